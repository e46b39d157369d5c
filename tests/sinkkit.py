"""What every sink has to keep to, and a real gateway on this machine to hold it against.

How to add a sink: write its module in `alerts/sinks`, give its test a `Gateway` that answers as its
gateway would, and run `assert_outcomes` and `assert_leaks_nothing` on it.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web
from jsonschema import Draft202012Validator, FormatChecker
from pager import Case, line
from pagerbench import Bench, until
from programs import ROOT
from prometheus_client import generate_latest

from alerts.page import Page
from alerts.sinks import Delivery, Sink, Tried
from alerts.wording import write
from stream import logs, metrics

# What an HTTP status means to a pager. 3xx: we follow no redirect, and somebody may mend it.
OUTCOMES = {
    200: Delivery.SENT,
    201: Delivery.SENT,
    202: Delivery.SENT,
    204: Delivery.SENT,
    301: Delivery.RETRY,
    307: Delivery.RETRY,
    400: Delivery.REFUSED,
    401: Delivery.REFUSED,
    403: Delivery.REFUSED,
    404: Delivery.REFUSED,
    408: Delivery.RETRY,
    410: Delivery.REFUSED,
    422: Delivery.REFUSED,
    429: Delivery.RETRY,
    500: Delivery.RETRY,
    502: Delivery.RETRY,
    503: Delivery.RETRY,
    599: Delivery.RETRY,
}

LIBRARIES = ("_poster", "_apprise", "_host")  # what of a sink speaks to a library

Make = Callable[[str], Sink]  # from the URL of a gateway


@dataclass
class Gateway:
    """A gateway that answers as it is told, and keeps what it was sent."""

    url: str = ""
    status: int = 204
    statuses: list[int] = field(default_factory=list)  # of the next answers, before `status`
    hangs: Callable[[], Awaitable[None]] | None = None
    breaks: bool = False
    headers: dict[str, str] = field(default_factory=dict)  # of its answers
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        if self.hangs is not None:
            await self.hangs()
        if self.breaks and request.transport is not None:
            request.transport.close()
        headers = {"location": f"{self.url}/elsewhere", **self.headers}
        # It says back all it was sent, as careless gateways do.
        echo = f"{request.url} {dict(request.headers)} {self.requests[-1][1]!r}"
        status = self.statuses.pop(0) if self.statuses else self.status
        return web.Response(status=status, text=echo, headers=headers)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """Run a gateway on a free port of this machine."""
    it = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", it.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield it
    finally:
        await runner.cleanup()


def schema_of(name: str) -> Draft202012Validator:
    """Return what checks a body against the schema that a vendor published."""
    schema = json.loads((ROOT / "tests" / "schemas" / f"{name}.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


def a_page(*, is_open: bool = True) -> Page:
    """Write a page of P1, or that its alert is over."""
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "changed", "P1", grade=3) if is_open else line(2, "resolved", "P1"))
    return write(case.known, case.known.sends[0], case.policy)


async def assert_outcomes(make: Make) -> None:
    """Check every status of the table, and that nothing of an answer is followed."""
    async with gateway() as it:
        sink = make(it.url)
        for status, outcome in OUTCOMES.items():
            it.status, it.requests = status, []

            page = replace(a_page(), renews=False)
            assert (status, (await sink.send(page)).delivery) == (status, outcome)
            assert len(it.requests) == 1
        await sink.close()


class _Ear(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.said = said
        self.setFormatter(logs._Formatter(logs._renderer("json")))

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Keep each line that reaches the handler of a worker, from the least urgent on."""
    root, ear = logging.getLogger(), _Ear([])
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(ear)
    try:
        yield ear.said
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


async def assert_leaks_nothing(make: Make, secrets: list[str]) -> None:
    """Break it in every way; no secret may reach a log, a metric, a note, an error or a repr.

    The gateway says back whatever it was sent: its URL, every header, the body.
    """
    with overheard() as heard:
        said = await _broken_in_every_way(make)
    said += [*heard, generate_latest(metrics.REGISTRY).decode()]

    assert heard
    assert [secret for secret in secrets for text in said if secret in text] == []


async def _broken_in_every_way(make: Make) -> list[str]:
    said: list[str] = []
    for break_it in (_statuses, _broken, _hanging, _without_tls, _gone):
        tried, sink = await break_it(make)
        said += [str(each) for each in tried]
        said += [repr(sink), str(sink), repr(vars(sink))]
    return [*said, await in_the_records_of_a_pager(make)]


async def _statuses(make: Make) -> tuple[list[Tried], Sink]:
    async with gateway() as it:
        sink, tried = make(it.url), []
        for it.status in (400, 401, 403, 404, 429, 500, 503):
            tried.append(await sink.send(a_page()))
        await sink.close()
    assert Delivery.SENT not in {each.delivery for each in tried}
    return tried, sink


async def _broken(make: Make) -> tuple[list[Tried], Sink]:
    async with gateway() as it:
        it.breaks = True
        return await _once(make(it.url))


async def _hanging(make: Make) -> tuple[list[Tried], Sink]:
    async with gateway() as it:
        it.hangs = asyncio.Event().wait  # type: ignore[assignment]  # what it returns is not read
        return await _once(make(it.url))


async def _without_tls(make: Make) -> tuple[list[Tried], Sink]:
    """The gateway speaks no TLS, and the sink has been told that it does."""
    async with gateway() as it:
        return await _once(make(it.url.replace("http", "https", 1)))


async def _gone(make: Make) -> tuple[list[Tried], Sink]:
    async with gateway() as it:
        url = it.url
    return await _once(make(url))


async def _once(sink: Sink) -> tuple[list[Tried], Sink]:
    tried = await sink.send(a_page())
    await sink.close()
    assert tried.delivery is Delivery.RETRY
    return [tried], sink


async def in_the_records_of_a_pager(make: Make) -> str:
    """Refuse a page, then fail in the library itself; return all that a pager writes of it."""
    async with gateway() as it:
        it.status = 401
        bench = Bench()
        sink = bench.gateways["console"] = make(it.url)  # type: ignore[assignment]  # a sink
        await bench.hears(line(priority="P1"))
        await until(lambda: bool(bench.written))
        await sink.close()
        fields = vars(sink)
        for name in [each for each in LIBRARIES if each in fields]:
            fields[name] = _Broken(it.url + repr(it.requests))
        written = list(bench.written)
        await bench.reads_back()
        await bench.hears(line(2, "resolved", "P1"))
        await until(lambda: bool(bench.written))
    assert [each.outcome for each in written] == ["refused"]
    return str(written) + str(bench.written) + str(bench.published) + str(bench.states)


class _Broken:
    """Stands for a library that fails, and says in its error all that it knows."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(self._text)

    def __repr__(self) -> str:
        return "broken"
