"""Finds topics of a partition that are read no more, although their brokers answer.

aiokafka takes most errors of a fetch for something that passes and asks again for ever, and a topic
that it has paused and not resumed tells nothing either. The other topics of the partition get on,
so that nothing else would show it: a lab result would be missing from every grade.

Whether the worker ends is decided with care, since starting anew begins by asking the brokers where
each topic ends. Where a broker does not answer that, it is an outage, and a worker that ends makes
it one of all its patients: so only a topic whose end is told when asked ends it. And where a worker
that has just started can't read the topic either, another start helps nobody: Prometheus calls.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stream import metrics
from stream.runs import TopicPartition
from stream.thread import Thread

if TYPE_CHECKING:
    from stream.pipeline import Pipeline

LOOK_S: Final = 1.0
ASKED_AFTER_S: Final = 5.0  # so long nothing was told; what waits is known from then on
ASKED_AT_ONCE: Final = 8
ANSWERS: Final = 5  # in a row, while fetches tell nothing: by then it is no chance
LIMITS_AT_WORK: Final = 10  # a worker that has read for so many limits may try a new start

log = logging.getLogger("stormwatch.unread")


@dataclass
class _Topic:
    """What is known of one topic of a partition."""

    fine_s: float  # when it was last read, or held back on purpose
    told_s: float  # when something was last told of it, or it was held back
    position: int | None = None
    asked_s: float = 0.0
    answers: int = 0  # where it ends, since fetches have told nothing for longer than may be
    is_logged: bool = False


class Unread:
    """Looks once a second at each topic of each partition."""

    def __init__(
        self, pipeline: "Pipeline", limit_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._pipeline, self._limit_s, self._now = pipeline, limit_s, now
        self.reason: str | None = None  # for which the worker has to end
        self._start: int | None = None  # the start of reading that is looked at
        self._at_work_s: float | None = None  # since when the process has read anything
        self._topics: dict[TopicPartition, _Topic] = {}
        self._were_read: set[TopicPartition] = set()  # by this process

    async def run(self) -> None:
        """Look from now on, and ask brokers about what fetches tell nothing of."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()
            await self.ask()

    def look(self) -> None:
        """Look once."""
        now_s, pipeline = self._now(), self._pipeline
        if not pipeline.reading or pipeline.scheduler.start != self._start:
            self._begin(now_s)
        reasons = []
        for tp, topic in self._topics.items():
            self._look_at(tp, topic, now_s)
            metrics.PARTITION_UNTOLD_SECONDS.labels(*tp).set(now_s - topic.told_s)
            if topic.answers >= ANSWERS and self._helps_to_end(tp, topic, now_s):
                reasons.append(f"{tp.topic} of partition {tp.partition}")
        names = " and ".join(reasons)
        self.reason = f"{names} can't be read, though brokers answer" if reasons else None

    async def ask(self) -> None:
        """Ask where topics end that fetches have told nothing of for a while."""
        now_s = self._now()
        silent = [
            (topic.asked_s, tp)
            for tp, topic in self._topics.items()
            if now_s - topic.fine_s > ASKED_AFTER_S
        ]
        await asyncio.gather(*(self._ask(tp) for _, tp in sorted(silent)[:ASKED_AT_ONCE]))

    def _begin(self, now_s: float) -> None:
        """Know nothing of any topic: reading starts anew, or nothing is read for now."""
        pipeline, self._start = self._pipeline, self._pipeline.scheduler.start
        self._topics = {
            TopicPartition(topic, partition): _Topic(now_s, now_s)
            for partition in (pipeline.owned if pipeline.reading else ())
            for topic in pipeline.work.inputs
        }
        if self._topics and self._at_work_s is None:
            self._at_work_s = now_s

    def _look_at(self, tp: TopicPartition, topic: _Topic, now_s: float) -> None:
        at, pipeline = self._thread.standing(tp), self._pipeline
        is_held_back = pipeline.scheduler.holds(tp) or not pipeline.has_room()
        is_told = at.told_s is not None and at.told_s > topic.fine_s
        is_at_end = at.position is not None and at.end is not None and at.position >= at.end
        is_read = is_told and (is_at_end or at.position != topic.position)
        if is_read:
            self._were_read.add(tp)
        if is_read or is_held_back:
            topic.fine_s, topic.answers = now_s, 0
        topic.told_s = now_s if is_held_back else max(topic.told_s, at.told_s or 0.0)
        topic.position = at.position

    async def _ask(self, tp: TopicPartition) -> None:
        topic, topic.asked_s = self._topics[tp], self._now()
        end = await self._thread.ask_end(tp)
        is_late = self._now() - topic.fine_s > self._limit_s
        topic.answers = topic.answers + 1 if end is not None and is_late else 0

    def _helps_to_end(self, tp: TopicPartition, topic: _Topic, now_s: float) -> bool:
        at_work_s = now_s - (self._at_work_s or now_s)
        if tp in self._were_read or at_work_s > LIMITS_AT_WORK * self._limit_s:
            return True
        if not topic.is_logged:
            topic.is_logged = True
            log.error("not_read %s-%s, and starting anew has not helped", tp.topic, tp.partition)
        return False

    @property
    def _thread(self) -> Thread:
        thread: Thread = self._pipeline.app.consumer._thread  # noqa: SLF001, our own thread
        return thread
