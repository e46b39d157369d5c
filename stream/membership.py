"""Notices that a worker is out of its group, or can't hear of its brokers, and stays so.

After an error that it did not expect aiokafka tells the fetch that waits just then, and stops until
it is asked for it. Where none waits, as while a worker stands by, nobody hears of it, and Faust
never asks: no heartbeat is sent any more and the group is not joined anew, while the worker reads
on and hears its own ticks. Others have its partitions by then, and a stand-by takes none over.

Where the task that asks for metadata has ended, the worker never learns where its coordinator or a
leader is now: it would wait for those that it knew.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from stream.thread import Thread

if TYPE_CHECKING:
    from stream.pipeline import Pipeline

LOOK_S: Final = 1.0
REBALANCE_TIMEOUT_S: Final = 15.0

log = logging.getLogger("stormwatch.membership")


class Amiss(NamedTuple):
    """What a member does no more: its name in the log, and why the worker ends."""

    event: str
    reason: str


OUT: Final = Amiss("out_of_group", "out of its group for {:.0f} s, and it does not join it anew")
BLIND: Final = Amiss(
    "no_metadata", "asking for no metadata for {:.0f} s, and it won't find brokers that moved"
)


class Membership:
    """Looks once a second whether the worker does what a member of its group must."""

    def __init__(self, pipeline: "Pipeline", now: Callable[[], float] = time.monotonic) -> None:
        self._pipeline, self._now = pipeline, now
        # By then a group that only settles anew has settled.
        self._limit_s = pipeline.settings.session_timeout_s + REBALANCE_TIMEOUT_S
        self._since_s: float | None = None  # it does it no more
        self.reason: str | None = None  # for which the worker has to end

    async def run(self) -> None:
        """Look from now on."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def look(self) -> None:
        """Look once. While partitions change hands nothing is assigned, and nothing is missed."""
        assignment, now_s = self._pipeline.claims.assignment, self._now()
        if assignment is None or (amiss := self._amiss(assignment.generation)) is None:
            self._since_s = None
            return
        if self._since_s is None:
            self._since_s = now_s
            log.warning("%s: it was assigned in generation %s", amiss.event, assignment.generation)
        if now_s - self._since_s > self._limit_s:
            self.reason = amiss.reason.format(now_s - self._since_s)

    def _amiss(self, generation: int) -> Amiss | None:
        if not self._thread.asks_for_metadata:
            return BLIND
        return None if self._thread.takes_part(generation) else OUT

    @property
    def _thread(self) -> Thread:
        thread: Thread = self._pipeline.app.consumer._thread  # noqa: SLF001, our own thread
        return thread
