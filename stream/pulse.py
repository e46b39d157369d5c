"""Notices from a thread of its own that this process stood still, or that its event loop does.

A process that was stopped for longer than its session owns nothing any more: it ends before it
writes anything. One whose event loop hangs watches nobody, whatever its sockets still do. And where
C code lets no thread of Python run, not even this one, the process ends once no beat has come.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from stream.ending import end_process, look_for_ever
from stream.stacks import end_unless_again, open_unblocked

BEAT_S: Final = 0.25
TURN_S: Final = 0.5
# Without a beat for so much longer than a loop may hang: who can say more comes first.
BEATLESS_S: Final = 5.0
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_boot_s() -> float:
    """Tell the time by a clock that goes on while the machine is suspended, as its group's does."""
    return time.clock_gettime(_CLOCK)


class Pulse:
    """Beats for as long as the process does. A loop that is busy for seconds is not stopped."""

    def __init__(
        self,
        *,
        stopped_limit_s: float,
        hanging_limit_s: float,
        end_stuck: Callable[[str], object],
        end: Callable[[str], object] = end_process,
        now: Callable[[], float] = since_boot_s,
    ) -> None:
        self._stopped_limit_s, self._hanging_limit_s = stopped_limit_s, hanging_limit_s
        self._end, self._end_stuck, self._now = end, end_stuck, now
        self._beat_s = self._turned_s = now()

    def start(self) -> None:
        """Beat from now on."""
        self._beat_s = self._turned_s = self._now()
        self._said_to = open_unblocked()
        self._arm()
        look_for_ever("pulse", self._beat, BEAT_S)

    def turned(self) -> None:
        """Know that the event loop turns."""
        self._turned_s = self._now()

    async def turn(self, also: Callable[[], object]) -> None:
        """Turn with the event loop, for as long as that does."""
        while True:
            self.turned()
            also()
            await asyncio.sleep(TURN_S)

    def check(self) -> None:
        """End the process if it was stopped until just now; asked before anything is written."""
        stopped_s = self._now() - self._beat_s
        if stopped_s > self._stopped_limit_s:
            self._end(f"stood still for {stopped_s:.1f} s, longer than its session")

    def beat(self) -> None:
        """Look once."""
        self.check()
        self._beat_s = self._now()
        hanging_s = self._beat_s - self._turned_s
        if hanging_s > self._hanging_limit_s:
            self._end_stuck(f"the event loop has not turned for {hanging_s:.0f} s")

    def _beat(self) -> None:
        self.beat()
        self._arm()

    def _arm(self) -> None:
        end_unless_again(self._hanging_limit_s + BEATLESS_S, self._said_to)
