"""Tries pages through sinks: several at once, never two of one alert to one role at a time.

So what is told last arrives last: the end of an alert does not overtake its page. Pages about one
patient that are decided within seconds travel together; P1 waits for no company. Which try follows
when is decided by `alerts.decide`; here those that fall due together are spread over seconds, and a
gateway that is down or asks for it is let alone (`stream.breaker`).
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

from alerts.bundle import together
from alerts.page import Page
from alerts.sinks import Delivery, Sink, Tried
from stream import metrics
from stream.breaker import Breaker
from stream.lineup import Lane, Lineup, Weight, incident_of
from stream.lives import Order
from topics.alerts import Priority

AT_ONCE: Final = 8  # tries under way through one sink
AT_ONCE_FROM: Final = Priority.P1.urgency
ALARM_MIN_S: Final = 0.001  # a loop that counts in milliseconds would turn on the spot for less

log = logging.getLogger("stormwatch.sender")

Depart = Callable[[Order], Page | None]
Conclude = Callable[[Order, Page, Page, Tried], Awaitable[None]]


class Sender:
    """Takes orders, the most urgent first, and tries each once.

    `depart` gives the page, or None where it is obsolete. `conclude` keeps how the try ended: of a
    page, and of the message that carried it. Where one of them fails, `fail` is called: nobody
    would know of that page any more.
    """

    def __init__(  # noqa: PLR0913, what it reaches the world by
        self,
        sinks: Mapping[str, Sink],
        *,
        depart: Depart,
        conclude: Conclude,
        fail: Callable[[str], object],
        try_limit_s: float,
        gather_s: float,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sinks, self._try_limit_s, self._gather_s = sinks, try_limit_s, gather_s
        self._depart, self._conclude, self._fail = depart, conclude, fail
        self._chance = chance
        self._lineups: dict[str, Lineup] = {}
        self._breakers: dict[str, Breaker] = {}
        self._tries: dict[str, set[asyncio.Task[None]]] = {}
        self._alarms: dict[str, asyncio.TimerHandle] = {}  # of gateways that are let alone
        self._busy: set[Lane] = set()

    def submit(self, weight: Weight, order: Order) -> None:
        """Have a page tried, once it is its turn."""
        name = order.send.address.sink
        loop = asyncio.get_running_loop()
        if name not in self._lineups:
            sink = self._sinks.get(name)
            self._lineups[name] = Lineup(bundles=sink is not None and sink.bundles)
            self._breakers[name] = Breaker(loop.time, self._chance)
            self._tries[name] = set()
        wait_s = self._wait_s(weight, order)
        number = self._lineups[name].add(weight, order, gathers=wait_s > 0)
        if wait_s > 0:
            loop.call_later(wait_s, self._ready, name, number)
        # Not at once: what is submitted in one go is sorted before any of it leaves.
        loop.call_soon(self._go_on, name)

    def _wait_s(self, weight: Weight, order: Order) -> float:
        """Return how long a page waits: for company, or not to be tried again with all others."""
        if order.send.attempt > 1:
            return self._gather_s * self._chance()
        return self._gather_s if weight[0] < AT_ONCE_FROM else 0.0

    def clear(self) -> None:
        """Forget what waits for its turn; tries under way go on."""
        for lineup in self._lineups.values():
            lineup.clear()

    async def close(self, grace_s: float) -> None:
        """Begin no more tries; let those under way end, if that takes no longer than this."""
        self.clear()
        under_way = [each for tries in self._tries.values() for each in tries]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=grace_s)
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for sink in self._sinks.values():
            await sink.close()

    def _ready(self, name: str, number: int) -> None:
        self._lineups[name].ready(number)
        self._go_on(name)

    def _go_on(self, name: str) -> None:
        """Begin as many tries as may be under way."""
        tries, breaker = self._tries[name], self._breakers[name]
        while len(tries) < AT_ONCE and breaker.may_try():
            if not (orders := self._lineups[name].take(self._busy)):
                break
            breaker.begin()
            lanes = {Lane(each.patient_id, each.alert_id, each.send.address) for each in orders}
            if (sink := self._sinks.get(name)) is not None and sink.answers_as is not None:
                # An answer on its way must not arrive after what rings anew.
                lanes |= {incident_of(each) for each in orders}
            self._busy |= lanes
            task = asyncio.get_running_loop().create_task(self._try(name, orders))
            tries.add(task)
            task.add_done_callback(partial(self._ended, name, lanes))
        metrics.SINK_STATE.labels(name).set(breaker.state)
        self._set_alarm(name, breaker.wait_s)

    def _set_alarm(self, name: str, wait_s: float) -> None:
        """Go on once a gateway is let alone no longer.

        A timer may fire a little early, as those of uvloop do: then it is set again for the rest,
        or what waits would wait until the next page.
        """
        if (alarm := self._alarms.pop(name, None)) is not None:
            alarm.cancel()
        if wait_s > 0:
            loop = asyncio.get_running_loop()
            self._alarms[name] = loop.call_later(max(wait_s, ALARM_MIN_S), self._go_on, name)

    def _ended(self, name: str, lanes: set[Lane], done: "asyncio.Task[None]") -> None:
        self._tries[name].discard(done)
        self._busy -= lanes
        if not done.cancelled() and done.exception() is not None:
            log.critical("sender_failed", exc_info=done.exception())
            self._fail("what became of a page can't be kept")
            return
        self._go_on(name)

    async def _try(self, name: str, orders: tuple[Order, ...]) -> None:
        pages = [(order, page) for order in orders if (page := self._depart(order)) is not None]
        breaker = self._breakers[name]
        if not pages:
            breaker.abandon()
            return
        message = together([page for _, page in pages])
        sink = self._sinks.get(name)
        # A sink that the site has taken away since delivers nothing any more.
        gone = Tried(Delivery.REFUSED, "no such sink")
        tried = gone if sink is None else await self._deliver(sink, message)
        breaker.end(tried)
        for order, page in pages:
            await self._conclude(order, page, message, tried)

    async def _deliver(self, sink: Sink, page: Page) -> Tried:
        try:
            async with asyncio.timeout(self._try_limit_s):
                return await sink.send(page)
        except TimeoutError:
            log.warning("try_timed_out sink=%s page=%s", sink.name, page.page_id)
            return Tried(Delivery.RETRY, "no answer in time")
        except Exception:
            # A bug of a sink must not lose the page that it was given.
            log.exception("sink_failed sink=%s page=%s", sink.name, page.page_id)
            return Tried(Delivery.RETRY, "a fault of ours")
