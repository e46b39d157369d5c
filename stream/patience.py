"""How long the records of a partition wait for topics that are behind, and what goes then.

The wait is bounded for each record, not for each run: once it has lasted for its limit everything
goes that was held then, in however many runs. What comes afterwards waits by itself, so that order
is as good as the limit allows if the topic comes back. The topic that was waited for in vain counts
as silent until it says something, a record or its end: from then on it is waited for as before.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from stream import metrics
from stream.runs import Record, TopicPartition

Queues = dict[str, deque[Record]]

FETCHES_WAITED: Final = 2  # a topic that nobody asked for is not late


class _Forced(NamedTuple):
    """What goes although topics are behind, since it was held when the wait for them ended."""

    silent: set[TopicPartition]  # topics that were waited for in vain and have said nothing since
    until: Mapping[str, int]  # the last offset of each topic that was held then


class Patience:
    """Says whether a partition's records still wait, and counts for what they did."""

    def __init__(
        self,
        limit_s: float,
        *,
        enough: int,
        is_at_end: Callable[[TopicPartition], bool],
        now: Callable[[], float],
    ) -> None:
        self._limit_s, self._enough = limit_s, enough
        self._is_at_end, self._now = is_at_end, now
        self._fetches = 0
        self._since: dict[int, tuple[float, int]] = {}  # when, and at which fetch, it began to wait
        self._waits: dict[int, tuple[float, Collection[TopicPartition]]] = {}  # the last look at it
        self._forced: dict[int, _Forced] = {}

    def begin(self) -> None:
        """Know of no wait: reading starts anew."""
        self._since.clear()
        self._waits.clear()
        self._forced.clear()

    def asked(self) -> None:
        """Know that all topics were asked for once more."""
        self._fetches += 1

    def holds_nothing(self, partition: int) -> None:
        """Know that nothing of a partition waits."""
        self._since.pop(partition, None)
        self._waits.pop(partition, None)

    def measure(self, partition: int, waited_for: Collection[TopicPartition]) -> None:
        """Add up how long each topic was waited for, from look to look."""
        if partition in self._waits:
            looked_s, waited_for_then = self._waits.pop(partition)
            for tp in waited_for_then:
                waited_s = self._now() - looked_s
                metrics.ALIGNMENT_WAITED_SECONDS.labels(topic=tp.topic).inc(waited_s)
        if waited_for:
            self._waits[partition] = self._now(), waited_for

    def lasts(self, partition: int, queues: Queues, waited_for: Collection[TopicPartition]) -> bool:
        """Tell whether the records of a partition wait on for these topics."""
        now_s = self._now()
        since_s, fetch = self._since.setdefault(partition, (now_s, self._fetches))
        if not waited_for:
            self._forced.pop(partition, None)
            del self._since[partition]
        elif not self._goes_anyway(partition, queues, waited_for):
            if now_s - since_s < self._limit_s or self._fetches - fetch < FETCHES_WAITED:
                return True
            # From now on, not from when all of this has gone: what comes meanwhile would else wait
            # for longer than the limit.
            self._since[partition] = now_s, self._fetches
            until = {topic: queue[-1].offset for topic, queue in queues.items() if queue}
            self._forced[partition] = _Forced(set(waited_for), until)
        metrics.ALIGNMENT_WAIT_SECONDS.observe(now_s - since_s)
        for tp in waited_for:
            metrics.FORCED_ALIGNMENTS.labels(topic=tp.topic).inc()
        return False

    def _goes_anyway(
        self, partition: int, queues: Queues, waited_for: Collection[TopicPartition]
    ) -> bool:
        if (forced := self._forced.get(partition)) is None:
            return False
        # Ticks that are read to their end and waited for all the same are not silent.
        forced.silent.intersection_update(tp for tp in waited_for if not self._is_at_end(tp))
        if not forced.silent.issuperset(waited_for):
            return False
        # Of what is held in plenty no more is fetched: it would wait at the broker instead.
        return any(
            queue[0].offset <= forced.until.get(topic, -1) or len(queue) >= self._enough
            for topic, queue in queues.items()
            if queue
        )
