"""Garbage in cycles is looked for among what is young.

A full look goes over all that is remembered of every patient, and nothing is read meanwhile: of
1 000 patients with thousands of readings each it took 11 s, longer than the group waits for a
worker. By Python's own rule it would come again and again while their states are replaced. A state
has no cycles; what has some, such as a task that failed, dies young. What outlives a look is looked
at once more within seconds, and then when the worker lets go of its partitions, and their patients.
A second look goes over all that came since the last: after a minute of 2 000 events a second it
would take a second.
"""

import asyncio
import gc
import time
from typing import Final

from stream import metrics

YOUNG_OBJECTS: Final = 50_000  # that came and did not go, before they are looked at
LEFT_OVER: Final = 1  # Python's name for what has been looked at once
NEVER: Final = 1_000_000_000
LOOK_S: Final = 5.0  # at what outlived the last look


async def run() -> None:
    """Look at what is young, for as long as the process lives."""
    spare_the_old()
    while True:
        await asyncio.sleep(LOOK_S)
        look()


def spare_the_old() -> None:
    """Let Python look at what is young alone."""
    gc.set_threshold(YOUNG_OBJECTS, NEVER, NEVER)


def look() -> None:
    """Look at what came since the last look and is still there."""
    gc.collect(LEFT_OVER)


def look_at_all() -> None:
    """Look at everything: where no patient is remembered that is soon done."""
    began_s = time.monotonic()
    gc.collect()
    metrics.GARBAGE_LOOK_SECONDS.set(time.monotonic() - began_s)
