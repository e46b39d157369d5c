"""Notices that a worker is out of its group, and stays out.

After an error that it did not expect aiokafka tells the fetch that waits just then, and stops until
it is asked for it. Where none waits, as while a worker stands by, nobody hears of it, and Faust
never asks: no heartbeat is sent any more and the group is not joined anew, while the worker reads
on and hears its own ticks. Others have its partitions by then, and a stand-by takes none over.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from stream.thread import Thread

if TYPE_CHECKING:
    from stream.pipeline import Pipeline

LOOK_S: Final = 1.0
REBALANCE_TIMEOUT_S: Final = 15.0

log = logging.getLogger("stormwatch.membership")


class Membership:
    """Looks once a second whether the worker is in its group, as what was assigned to it says."""

    def __init__(self, pipeline: "Pipeline", now: Callable[[], float] = time.monotonic) -> None:
        self._pipeline, self._now = pipeline, now
        # By then a group that only settles anew has settled.
        self._limit_s = pipeline.settings.session_timeout_s + REBALANCE_TIMEOUT_S
        self._out_since_s: float | None = None
        self.reason: str | None = None  # for which the worker has to end

    async def run(self) -> None:
        """Look from now on."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Look once. While partitions change hands nothing is assigned, and nothing is missed."""
        assignment, now_s = self._pipeline.claims.assignment, self._now()
        if assignment is None or self._thread.takes_part(assignment.generation):
            self._out_since_s = None
            return
        if self._out_since_s is None:
            self._out_since_s = now_s
            log.warning("out_of_group: it was assigned in generation %s", assignment.generation)
        out_s = now_s - self._out_since_s
        if out_s > self._limit_s:
            self.reason = f"out of its group for {out_s:.0f} s, and it does not join it anew"

    @property
    def _thread(self) -> Thread:
        thread: Thread = self._pipeline.app.consumer._thread  # noqa: SLF001, our own thread
        return thread
