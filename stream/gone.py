"""Notices records that retention has deleted right up to the end of a topic that is being read.

aiokafka goes on behind them without a word. The gap would show with the next record, and a ferritin
may come once a day. A gap alone says nothing, since logs have holes: the broker says where a topic
begins.
"""

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from stream import metrics
from stream.runs import TopicPartition

if TYPE_CHECKING:
    from stream.pipeline import Pipeline

LOOK_S: Final = 1.0

log = logging.getLogger("stormwatch.transport")


class Gone:
    """Looks once a second for topics that are read from further on than they were read to."""

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline
        self._jumps: dict[TopicPartition, tuple[int, int]] = {}  # from and to, at the last look

    async def run(self) -> None:
        """Look from now on."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Look once, and ask about the jumps that were there at the last look too."""
        before, self._jumps = self._jumps, self._found()
        for tp, (expected, position) in self._jumps.items():
            if before.get(tp) == (expected, position):  # nothing is on its way
                await self._ask(tp, expected)

    def _found(self) -> dict[TopicPartition, tuple[int, int]]:
        consumer, found = self._pipeline.app.consumer, {}
        for tp, expected in consumer.expected.items() if self._pipeline.reading else ():
            position: int | None = consumer._thread.standing(tp).position  # noqa: SLF001, our own
            if position is not None and position > expected:
                found[TopicPartition(*tp)] = expected, position
        return found

    async def _ask(self, tp: TopicPartition, expected: int) -> None:
        consumer, start = self._pipeline.app.consumer, self._pipeline.scheduler.start
        begins: int | None = await consumer._thread.ask_beginning(tp)  # noqa: SLF001, our own
        is_ours = self._pipeline.reading and self._pipeline.scheduler.start == start
        if begins is not None and begins > expected and is_ours:
            consumer.go_on_at(tp, expected, begins)


def tell_gone(tp: tuple[str, int], expected: int, first: int) -> None:
    """Tell operations of records that were deleted before they were read."""
    metrics.OFFSET_JUMPS.labels(verdict="believed").inc()
    log.error("records_gone %s-%s %s to %s", *tp, expected, first)
