"""Notices from a thread of its own that this process stood still, or that its event loop does.

A process that was stopped for longer than its session owns nothing any more: it ends before it
writes anything. One whose event loop hangs watches nobody, whatever its sockets still do.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from stream.ending import end_process

BEAT_S: Final = 0.25


class Pulse:
    """Beats for as long as the process does. A loop that is busy for seconds is not stopped."""

    def __init__(
        self,
        *,
        stopped_limit_s: float,
        hanging_limit_s: float,
        end_stuck: Callable[[str], object],
        end: Callable[[str], object] = end_process,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stopped_limit_s, self._hanging_limit_s = stopped_limit_s, hanging_limit_s
        self._end, self._end_stuck, self._now = end, end_stuck, now
        self._beat_s = self._turned_s = now()

    def start(self) -> None:
        """Beat from now on."""
        self._beat_s = self._turned_s = self._now()
        threading.Thread(target=self._run, name="stormwatch-pulse", daemon=True).start()

    def turned(self) -> None:
        """Know that the event loop turns."""
        self._turned_s = self._now()

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

    def _run(self) -> None:
        while True:
            self.beat()
            time.sleep(BEAT_S)
