"""Ends a worker that is assigned, behind and not moving, whatever asyncio or Faust does.

Faust can be alive and stuck: a fetch that never comes back, an agent that awaits what never
happens, a recovery without an end. It looks from a thread of its own, so nothing of that keeps it
from looking, and says where every task and thread was.
"""

import time
from collections.abc import Callable, Mapping
from typing import Final

from stream.ending import look_for_ever

LOOK_S: Final = 1.0


class Watchdog:
    """Looks once a second at what waits, by partition, and at how long the worker is not ready.

    A partition that gets on may have a topic that does not: `stream/unread.py` looks at each. And
    what gets on may be another's by now: `stream/membership.py` looks at that.

    After an outage much may lie before a partition's own records: where it waits its turn behind
    others that get on, it is not stuck. Ended over it, the worker would begin again and end again.
    """

    def __init__(  # noqa: PLR0913, what it looks at and what it does
        self,
        *,
        waiting: Callable[[], Mapping[int, int]],
        in_turn: Callable[[int], bool],
        ill: Callable[[], str | None],
        unready_s: Callable[[], float],
        stall_limit_s: float,
        unready_limit_s: float,
        end: Callable[[str], object],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting, self._in_turn, self._unready_s = waiting, in_turn, unready_s
        self._ill = ill  # why: a topic is read no more, or the worker is out of its group
        self._stall_limit_s, self._unready_limit_s = stall_limit_s, unready_limit_s
        self._end, self._now = end, now
        self._moved_s: dict[int, float] = {}  # when a partition last got on, or had nothing to do
        self._any_moved_s = self._now()

    def start(self) -> None:
        """Look from now on."""
        look_for_ever("watchdog", self.look, LOOK_S)

    def moved(self, partition: int) -> None:
        """Know that records of a partition were taken."""
        self._moved_s[partition] = self._any_moved_s = self._now()

    def look(self) -> None:
        """Look once."""
        now_s, waiting = self._now(), self._waiting()
        for partition in set(self._moved_s) - set(waiting):
            self._moved_s.pop(partition, None)  # another's by now
        others_get_on = now_s - self._any_moved_s <= self._stall_limit_s
        for partition, records in waiting.items():
            if not records or (others_get_on and self._in_turn(partition)):
                self._moved_s[partition] = now_s
            idle_s = now_s - self._moved_s.setdefault(partition, now_s)
            if idle_s > self._stall_limit_s:
                self._end(f"{records} records of partition {partition} wait, and none is taken")
                return
        if (why := self._ill()) is not None:
            self._end(why)
            return
        unready_s = self._unready_s()
        if unready_s > self._unready_limit_s:
            self._end(f"not ready for {unready_s:.0f} s")
