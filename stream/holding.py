"""Pages of one partition that are decided, durable, and not to leave yet."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from alerts.present import must_wait
from stream import metrics
from stream.lives import Desk, Order

CAUGHT_UP_WITHIN_S: Final = 60.0  # of real time; what is open by then is paged


class Holding:
    """Hands orders on when their time has come.

    After recovery all wait, until what happened meanwhile is taken: a page may have arrived, or be
    answered. Then those wait that are about the past, until the watchers have caught up.

    A page that waits for the watchers says so in its state: after a crash it waits for them again.
    """

    def __init__(self, desk: Desk, submit: Callable[[Order], None]) -> None:
        self._desk, self._submit = desk, submit
        self._present_ms: int | None = None
        self._recovering: list[Order] | None = None
        self._late: list[Order] = []
        self._recovery_timer: asyncio.TimerHandle | None = None
        self._late_timer: asyncio.TimerHandle | None = None

    def recover(self, orders: Iterable[Order], limit_s: float) -> None:
        """Begin with what was on its way, and hand nothing on until `caught_up`, or a limit."""
        self._recovering = list(orders)
        loop = asyncio.get_running_loop()
        self._recovery_timer = loop.call_later(limit_s, self.caught_up)

    def caught_up(self) -> None:
        """Know that what happened while nobody paged is taken."""
        orders, self._recovering = self._recovering, None
        for order in orders or ():
            self.offer(order)

    def offer(self, order: Order) -> None:
        """Hand an order on, or keep it until its time has come."""
        if self._recovering is not None:
            self._recovering.append(order)
        elif not self.must_wait(order):
            self._submit(order)
        else:
            if self._late_timer is None:
                loop = asyncio.get_running_loop()
                self._late_timer = loop.call_later(CAUGHT_UP_WITHIN_S, self._release)
            self._late.append(order)
            metrics.PAGES_HELD.inc()

    @property
    def late(self) -> frozenset[str]:
        """The patients of whom a page waits for the watchers."""
        return frozenset(order.patient_id for order in self._late)

    def present(self, at_ms: int) -> None:
        """Know that the watchers had caught up at that time."""
        self._present_ms = max(at_ms, self._present_ms or at_ms)
        self._release()

    def drop(self) -> None:
        """Forget what waits: the partition is another's."""
        if self._recovery_timer is not None:
            self._recovery_timer.cancel()
        self._taken_out()

    def must_wait(self, order: Order) -> bool:
        """Tell whether an order is about the past, and the watchers are not known to be past it."""
        about_ms, clock_ms = order.about_ms, self._desk.clock_ms
        return about_ms is not None and must_wait(about_ms, clock_ms, self._present_ms)

    def _release(self) -> None:
        for order in self._taken_out():
            self._submit(order)

    def _taken_out(self) -> list[Order]:
        orders, self._late = self._late, []
        metrics.PAGES_HELD.dec(len(orders))
        if self._late_timer is not None:
            self._late_timer.cancel()
            self._late_timer = None
        return orders
