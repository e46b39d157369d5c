"""What every sink has to keep to, and a real gateway on this machine to hold it against.

How to add a sink: write its module in `alerts/sinks`, give its test a `Gateway` that answers as its
gateway would, and run `assert_outcomes` and `assert_leaks_nothing` on it.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from pager import Case, line

from alerts.page import Page
from alerts.sinks import Delivery, Sink
from alerts.wording import write

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

Make = Callable[[str], Sink]  # from the URL of a gateway


@dataclass
class Gateway:
    """A gateway that answers as it is told, and keeps what it was sent."""

    url: str = ""
    status: int = 204
    hangs: Callable[[], Awaitable[None]] | None = None
    breaks: bool = False
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        if self.hangs is not None:
            await self.hangs()
        if self.breaks and request.transport is not None:
            request.transport.close()
        elsewhere = {"location": f"{self.url}/elsewhere"}
        return web.Response(status=self.status, text="said so", headers=elsewhere)


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

            assert (status, await sink.send(a_page())) == (status, outcome)
            assert len(it.requests) == 1
        await sink.close()


async def assert_leaks_nothing(
    make: Make, secrets: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Break the connection in every way; no secret may reach a log, an error or a repr."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    async with gateway() as it:
        sink = make(it.url)
        for it.status, it.breaks in ((401, False), (500, False), (200, True)):
            await sink.send(a_page())
        said += [repr(sink), str(sink), repr(vars(sink))]
        await sink.close()
    nobody = make(it.url)  # the gateway is gone
    assert await nobody.send(a_page()) is Delivery.RETRY
    await nobody.close()
    said += [record.getMessage() + str(record.exc_info) for record in caplog.records]

    found = [secret for secret in secrets for text in said if secret in text]
    assert found == []
