"""Reads the calendars of a site from time to time; one that can't be read keeps what it said."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp

from alerts.routing import Rotas, Shift
from stream import metrics
from stream.addresses import check_url
from stream.on_call import CALENDAR_MAX_BYTES, Known, NoCalendarError, Rota, read_rota
from stream.routes_file import Feed, RoutesFile, Schedule

EVERY_S: Final = 300.0
FETCH_LIMIT_S: Final = 10.0
BACK: Final = timedelta(days=2)
AHEAD: Final = timedelta(days=30)  # so long a calendar that can't be read any more is good for

log = logging.getLogger("stormwatch.rotas")


class Calendars:
    """The schedules of a routes file, as far as they could be read."""

    def __init__(
        self, routes: RoutesFile, now: Callable[[], datetime], *, every_s: float = EVERY_S
    ) -> None:
        self._schedules = routes.schedules
        self._now, self._every_s = now, every_s
        self._task: asyncio.Task[None] | None = None
        self._known: Mapping[str, tuple[str, ...]] = {
            key: (person.name, *person.known_as) for key, person in routes.people.items()
        }
        self._shifts: dict[tuple[str, int], Rota] = {}  # by schedule and number of the feed
        for name in self._schedules:
            for outcome in metrics.ROTA_OUTCOMES:
                metrics.ROTA_READS.labels(name, outcome)

    async def read(self) -> Rotas:
        """Read every calendar once; return who has duty as far as is known."""
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=FETCH_LIMIT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        ) as session:
            for name, schedule in self._schedules.items():
                for number, feed in enumerate(schedule.feeds):
                    await self._read_feed(session, name, number, schedule, feed)
        return self.rotas()

    def rotas(self) -> Rotas:
        """Return who has duty as far as was read."""
        found: dict[str, tuple[Shift, ...]] = dict.fromkeys(self._schedules, ())
        for (name, _), rota in self._shifts.items():
            found[name] += rota.shifts
        return found

    def unknown(self, schedule: str) -> int:
        """Return how many entries of a schedule name nobody who is known."""
        return sum(rota.unknown for (name, _), rota in self._shifts.items() if name == schedule)

    def start(self, use: Callable[[Rotas], None]) -> None:
        """Read from time to time from now on; `use` gets what is known each time."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_reading(use))
            self._task.add_done_callback(_say)

    def stop(self) -> None:
        """Read no more."""
        if self._task is not None:
            self._task.cancel()

    async def _keep_reading(self, use: Callable[[Rotas], None]) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            use(await self.read())

    async def _read_feed(
        self, session: aiohttp.ClientSession, name: str, number: int, schedule: Schedule, feed: Feed
    ) -> None:
        now = self._now()
        try:
            calendar = await _contents(session, feed)
            span = (now - BACK, now + AHEAD)
            known = Known(self._known, feed.person)
            # In a thread: of a big one it takes seconds, in which no page would leave.
            rota = await asyncio.to_thread(read_rota, calendar, known, span, schedule.zone)
            self._shifts[name, number] = rota
        except Exception as error:  # noqa: BLE001, whatever it was: the other calendars are read
            # Its text may hold the address, which lets whoever has it read the calendar.
            why = type(error).__name__
            log.warning("rota_failed schedule=%s feed=%s %s", name, number + 1, why)
            metrics.ROTA_READS.labels(name, "failed").inc()
        else:
            metrics.ROTA_READS.labels(name, "read").inc()


def _say(task: "asyncio.Task[None]") -> None:
    """Name what ended the reading. Who has duty stays as it is known: pages must go on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("rotas_no_longer_read", exc_info=error)


async def _contents(session: aiohttp.ClientSession, feed: Feed) -> bytes:
    if feed.file is not None:
        return await asyncio.to_thread(feed.file.read_bytes)
    url = feed.url
    if url is None and feed.url_file is not None:
        url = (await asyncio.to_thread(feed.url_file.read_text, "utf-8")).strip()
        check_url(url)
    async with session.get(url or "", allow_redirects=False) as reply:
        if reply.status != HTTPStatus.OK:
            raise NoCalendarError(f"was not given: status {reply.status}")
        read = bytearray()
        async for chunk in reply.content.iter_any():
            read += chunk
            if len(read) > CALENDAR_MAX_BYTES:
                break
        return bytes(read)
