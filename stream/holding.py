"""Pages of one partition that are decided, durable, and not to leave yet."""

import asyncio
import math
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
MARGIN_S: Final = 5.0  # between clocks: so close to its limit a page may have left
TIMER_S: Final = 0.01  # by which a timer may fire early


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
        self._late: list[tuple[float, Order]] = []  # with its limit, by the loop's clock
        self._freed: list[Order] = []
        self._recovery_timer: asyncio.TimerHandle | None = None
        self._late_timer: asyncio.TimerHandle | None = None

    def recover(self, limit_s: float) -> None:
        """Begin with what was on its way, and hand nothing on until `caught_up`, or a limit."""
        now_ms, margin_ms = self._now_ms(), round(1000 * MARGIN_S)
        held_ms = now_ms - round(1000 * CAUGHT_UP_WITHIN_S) + margin_ms, now_ms + margin_ms
        self._recovering = list(self._desk.recover(held_ms))
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
            self._late.append((self._limit_s(order), order))
            self._set_timer()
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
        for order in self._taken_out(math.inf):
            self._hand_on(order)

    def without_freed(self, orders: Iterable[Order]) -> list[Order]:
        """Return the orders that are not durable yet without those that wait no longer by now."""
        left = []
        for order in orders:
            waited = order.partition == self._desk.partition and order.send.is_held
            if not waited or self._must_wait(order) or not self._free(order):
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
        self._taken_out(math.inf)

    def _must_wait(self, order: Order) -> bool:
        """Tell whether an order is about the past, and the watchers are not known to be past it."""
        about_ms, clock_ms = order.about_ms, self._desk.clock_ms
        return about_ms is not None and must_wait(about_ms, clock_ms, self._present_ms)

    def _limit_s(self, order: Order) -> float:
        """Find until when a page waits at most, over changes of owner too."""
        held_ms, now_ms = order.send.held_ms, self._now_ms()
        waited_s = 0.0 if held_ms is None else max(0.0, (now_ms - held_ms) / 1000)
        return asyncio.get_running_loop().time() + max(0.0, CAUGHT_UP_WITHIN_S - waited_s)

    def _set_timer(self) -> None:
        if self._late_timer is not None:
            self._late_timer.cancel()
        first_s = min((limit_s for limit_s, _ in self._late), default=None)
        loop = asyncio.get_running_loop()
        at_limit = None if first_s is None else loop.call_at(first_s, self._end_waiting)
        self._late_timer = at_limit

    def _end_waiting(self) -> None:
        """Let leave what has waited for its minute: whatever the watchers do, it is open by now.

        What was held later has its own: till then others believe that nobody was told of it.
        """
        for order in self._taken_out(asyncio.get_running_loop().time() + TIMER_S):
            self._hand_on(order._replace(about_ms=None))

    def _hand_on(self, order: Order) -> None:
        """Have a page tried that is still to be sent; one that was held, once that is kept.

        After a minute it leaves at once, also with no broker to keep it: then whoever owns it next
        does not believe that it was held (see `recover`).
        """
        if order.about_ms is not None and self._free(order):
            return
        life = self._desk.of(order.patient_id).get(order.alert_id)
        if life is None or (send := queued(life, order)) is None:
            return  # another page is true by now, and waits in the same place
        if send.is_held:
            life, _ = hold(life, send, None)
            self._desk.put(order.patient_id, order.alert_id, life)
        self._submit(life.level.weight, order)

    def _free(self, order: Order) -> bool:
        """Have a page that is held leave with the next group; tell whether it is one."""
        life = self._desk.of(order.patient_id).get(order.alert_id)
        send = None if life is None else queued(life, order)
        if life is None or send is None or not send.is_held:
            return False
        life, send = hold(life, send, None)
        self._desk.put(order.patient_id, order.alert_id, life)
        self._freed.append(order._replace(send=send, about_ms=None))
        return True

    def _now_ms(self) -> int:
        return epoch_ms(self._now())

    def _taken_out(self, until_s: float) -> list[Order]:
        """Take out what waits until then at most."""
        orders = [order for limit_s, order in self._late if limit_s <= until_s]
        self._late = [each for each in self._late if each[0] > until_s]
        metrics.PAGES_HELD.dec(len(orders))
        self._set_timer()
        return orders
