"""Tries pages through sinks: several at once, never two of one alert to one role at a time.

So what is told last arrives last: the end of an alert does not overtake its page.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import Final, NamedTuple

from alerts.life import Address
from alerts.page import Page
from alerts.sinks import Delivery, Sink
from stream.lives import Order

AT_ONCE: Final = 8  # tries under way through one sink

log = logging.getLogger("stormwatch.sender")

Waiting = tuple[int, int, Order]  # the least is tried first
Depart = Callable[[Order], Page | None]
Conclude = Callable[[Order, Page, Delivery], Awaitable[None]]


class Lane(NamedTuple):
    """What has one try under way at most."""

    patient_id: str
    alert_id: str
    address: Address


class Sender:
    """Takes orders, the most urgent first, and tries each once.

    `depart` gives the page, or None where it is obsolete. `conclude` keeps how the try ended. Where
    one of them fails, `fail` is called: nobody would know of that page any more.
    """

    def __init__(
        self,
        sinks: Mapping[str, Sink],
        *,
        depart: Depart,
        conclude: Conclude,
        fail: Callable[[str], object],
        try_limit_s: float,
    ) -> None:
        self._sinks, self._try_limit_s = sinks, try_limit_s
        self._depart, self._conclude, self._fail = depart, conclude, fail
        self._queues: dict[str, asyncio.PriorityQueue[Waiting]] = {}
        self._numbers = count()
        self._workers: list[asyncio.Task[None]] = []
        self._busy: set[Lane] = set()
        self._behind: dict[Lane, Waiting] = {}  # the newest order for a lane that is busy
        self._idle = asyncio.Event()
        self._idle.set()

    def submit(self, urgency: int, order: Order) -> None:
        """Have a page tried, once it is the turn of its urgency."""
        name = order.send.address.sink
        if name not in self._queues:
            self._start(name)
        self._queues[name].put_nowait((-urgency, next(self._numbers), order))

    async def close(self, grace_s: float) -> None:
        """Begin no more tries; let those under way end, if that takes no longer than this."""
        for queue in self._queues.values():
            while not queue.empty():
                queue.get_nowait()
        self._behind.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), grace_s)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for sink in self._sinks.values():
            await sink.close()

    def _start(self, name: str) -> None:
        self._queues[name] = asyncio.PriorityQueue()
        for _ in range(AT_ONCE):
            worker = asyncio.get_running_loop().create_task(self._work(name))
            worker.add_done_callback(self._ended)
            self._workers.append(worker)

    def _ended(self, worker: "asyncio.Task[None]") -> None:
        if not worker.cancelled() and worker.exception() is not None:
            log.critical("sender_failed", exc_info=worker.exception())
            self._fail("what became of a page can't be kept")

    async def _work(self, name: str) -> None:
        queue = self._queues[name]
        while True:
            waiting = await queue.get()
            order = waiting[-1]
            lane = Lane(order.patient_id, order.alert_id, order.send.address)
            if lane in self._busy:
                self._behind[lane] = waiting
                continue
            self._busy.add(lane)
            self._idle.clear()
            try:
                await self._try(order)
            finally:
                self._free(lane)

    def _free(self, lane: Lane) -> None:
        self._busy.discard(lane)
        if not self._busy:
            self._idle.set()
        if (waiting := self._behind.pop(lane, None)) is not None:
            self._queues[lane.address.sink].put_nowait(waiting)

    async def _try(self, order: Order) -> None:
        page = self._depart(order)
        if page is not None:
            sink = self._sinks.get(order.send.address.sink)
            # A sink that the site has taken away since delivers nothing any more.
            delivery = Delivery.REFUSED if sink is None else await self._deliver(sink, page)
            await self._conclude(order, page, delivery)

    async def _deliver(self, sink: Sink, page: Page) -> Delivery:
        try:
            async with asyncio.timeout(self._try_limit_s):
                return await sink.send(page)
        except TimeoutError:
            log.warning("try_timed_out sink=%s page=%s", sink.name, page.page_id)
        except Exception:
            # A bug of a sink must not lose the page that it was given.
            log.exception("sink_failed sink=%s page=%s", sink.name, page.page_id)
        return Delivery.RETRY
