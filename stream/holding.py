"""Pages of one partition that are decided, durable, and not to leave yet."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from alerts.life import Life
from alerts.outcomes import hold
from alerts.present import must_wait
from stream import metrics
from stream.lineup import Weight
from stream.lives import Desk, Order, queued
from topics.base import epoch_ms

CAUGHT_UP_WITHIN_S: Final = 60.0  # of real time; what is open by then is paged


class Holding:
    """Hands orders on when their time has come.

    After recovery all wait, until what happened meanwhile is taken: a page may have arrived, or be
    answered. Then those wait that are about the past, until the watchers have caught up.

    A page that waits for the watchers says since when in its state: whoever owns it next has it
    wait for the rest of its time. It leaves once the state says that it waits no longer: else it
    would be taken, after a crash, for one that nobody was told of.
    """

    def __init__(
        self, desk: Desk, submit: Callable[[Weight, Order], None], now: Callable[[], datetime]
    ) -> None:
        self._desk, self._submit, self._now = desk, submit, now
        self._present_ms: int | None = None
        self._recovering: list[Order] | None = None
        self._late: list[Order] = []
        self._freed: list[Order] = []
        self._recovery_timer: asyncio.TimerHandle | None = None
        self._late_timer: asyncio.TimerHandle | None = None

    def recover(self, limit_s: float) -> None:
        """Begin with what was on its way, and hand nothing on until `caught_up`, or a limit."""
        held_after_ms = self._now_ms() - round(1000 * CAUGHT_UP_WITHIN_S)
        self._recovering = list(self._desk.recover(held_after_ms))
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
        elif not self._must_wait(order):
            self._hand_on(order)
        else:
            self._late.append(order)
            self._set_limit(order)
            metrics.PAGES_HELD.inc()

    def hold(self, life: Life, orders: Iterable[Order]) -> tuple[Life, list[Order]]:
        """Mark what has to wait for the watchers, in an alert and in its pages."""
        marked = []
        for order in orders:
            if self._must_wait(order):
                life, send = hold(life, order.send, self._now_ms())
                marked.append(order._replace(send=send))
            else:
                marked.append(order)
        return life, marked

    def present(self, at_ms: int) -> None:
        """Know that the watchers had caught up at that time."""
        self._present_ms = max(at_ms, self._present_ms or at_ms)
        for order in self._taken_out():
            self._hand_on(order)

    def without_freed(self, orders: Iterable[Order]) -> list[Order]:
        """Return the orders that are not durable yet without those that wait no longer by now."""
        left = []
        for order in orders:
            is_ours = order.partition == self._desk.partition
            if is_ours and order.send.is_held and not self._must_wait(order):
                self._hand_on(order)
            else:
                left.append(order)
        return left

    def freed(self) -> list[Order]:
        """Give, once, what waits no longer, and leaves when the state of its patient says so."""
        orders, self._freed = self._freed, []
        return orders

    def drop(self) -> None:
        """Forget what waits: the partition is another's."""
        if self._recovery_timer is not None:
            self._recovery_timer.cancel()
        self._taken_out()

    def _must_wait(self, order: Order) -> bool:
        """Tell whether an order is about the past, and the watchers are not known to be past it."""
        about_ms, clock_ms = order.about_ms, self._desk.clock_ms
        return about_ms is not None and must_wait(about_ms, clock_ms, self._present_ms)

    def _set_limit(self, order: Order) -> None:
        """Have nothing wait longer than its limit, over changes of owner too."""
        held_ms, now_ms = order.send.held_ms, self._now_ms()
        waited_s = 0.0 if held_ms is None else max(0.0, (now_ms - held_ms) / 1000)
        loop = asyncio.get_running_loop()
        over_s = loop.time() + max(0.0, CAUGHT_UP_WITHIN_S - waited_s)
        if self._late_timer is not None and self._late_timer.when() <= over_s:
            return
        if self._late_timer is not None:
            self._late_timer.cancel()
        self._late_timer = loop.call_at(over_s, self._end_waiting)

    def _end_waiting(self) -> None:
        """Let all leave that waits: what is open by now is paged, whatever the watchers do."""
        for order in self._taken_out():
            self._hand_on(order._replace(about_ms=None))

    def _hand_on(self, order: Order) -> None:
        """Have a page tried that is still to be sent; one that was held, once that is kept.

        After a minute it leaves at once, also with no broker to keep it: then whoever owns it next
        does not believe that it was held (see `recover`).
        """
        life = self._desk.of(order.patient_id).get(order.alert_id)
        if life is None or (send := queued(life, order)) is None:
            return  # another page is true by now, and waits in the same place
        if send.is_held:
            life, send = hold(life, send, None)
            self._desk.put(order.patient_id, order.alert_id, life)
            if order.about_ms is not None:
                self._freed.append(order._replace(send=send, about_ms=None))
                return
        self._submit(life.level.weight, order)

    def _now_ms(self) -> int:
        return epoch_ms(self._now())

    def _taken_out(self) -> list[Order]:
        orders, self._late = self._late, []
        metrics.PAGES_HELD.dec(len(orders))
        if self._late_timer is not None:
            self._late_timer.cancel()
            self._late_timer = None
        return orders
