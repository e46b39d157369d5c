"""Garbage in cycles is looked for among what is young.

A full look goes over all that is remembered of every patient: with 20 000 of them it takes seconds,
and by Python's own rule it would come again and again while their states are replaced. Nothing is
read meanwhile. A state has no cycles; what has some, such as a task that failed, dies young. What
does not is found once an hour.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Final

from stream import metrics

YOUNG_OBJECTS: Final = 50_000  # that came and did not go, before they are looked at
LOOKS_AT_THE_YOUNG: Final = 5  # before those that were left over are looked at too
NEVER: Final = 1_000_000_000
FULL_LOOK_S: Final = 3_600.0
WHETHER_DUE_S: Final = 60.0


class Garbage:
    """Decides when the process looks for garbage."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._looked_s = now()

    async def run(self) -> None:
        """Do so for as long as the process lives."""
        self.spare_the_old()
        while True:
            await asyncio.sleep(WHETHER_DUE_S)
            self.look_if_due()

    def spare_the_old(self) -> None:
        """Let Python look at what is young alone."""
        gc.set_threshold(YOUNG_OBJECTS, LOOKS_AT_THE_YOUNG, NEVER)

    def look_if_due(self) -> None:
        """Take a full look once an hour."""
        began_s = self._now()
        if began_s - self._looked_s < FULL_LOOK_S:
            return
        gc.collect()
        self._looked_s = self._now()
        metrics.GARBAGE_LOOK_SECONDS.set(self._looked_s - began_s)
