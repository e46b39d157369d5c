"""Garbage in cycles is looked for among what is young.

A full look goes over all that is remembered of every patient: with 20 000 of them it takes seconds,
and by Python's own rule it would come again and again while their states are replaced. Nothing is
read meanwhile. A state has no cycles; what has some, such as a task that failed, dies young. What
outlives a look is looked at once more within seconds, and then once an hour. A second look goes
over all that came since the last: after a minute of 2 000 events a second it would take a second.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Final

from stream import metrics

YOUNG_OBJECTS: Final = 50_000  # that came and did not go, before they are looked at
LEFT_OVER: Final = 1  # Python's name for what has been looked at once
NEVER: Final = 1_000_000_000
LOOK_S: Final = 5.0  # at what outlived the last look
FULL_LOOK_S: Final = 3_600.0


class Garbage:
    """Decides when the process looks for garbage."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._looked_s = now()

    async def run(self) -> None:
        """Do so for as long as the process lives."""
        self.spare_the_old()
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def spare_the_old(self) -> None:
        """Let Python look at what is young alone."""
        gc.set_threshold(YOUNG_OBJECTS, NEVER, NEVER)

    def look(self) -> None:
        """Look at what came since the last look and is still there; once an hour, at everything."""
        began_s = self._now()
        if began_s - self._looked_s < FULL_LOOK_S:
            gc.collect(LEFT_OVER)
            return
        gc.collect()
        self._looked_s = self._now()
        metrics.GARBAGE_LOOK_SECONDS.set(self._looked_s - began_s)
