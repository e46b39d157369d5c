"""When fetches last told something of each topic and partition, by a clock that never goes back.

aiokafka notes it too, by the wall clock: where that is set back an old answer would count as new
until the clock has caught up.
"""

import math
import time
from collections.abc import Callable
from typing import Any, Final

from stream.runs import TopicPartition

# What a fetch told of a topic's end holds for so long. A broker that is not reached tells nothing,
# and what it has may be earlier than what the others give.
TOLD_FOR_S: Final = 0.5


class Told:
    """Notes what fetches tell: records and an end are told, a refused fetch is not."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last: dict[TopicPartition, tuple[int, float]] = {}  # as aiokafka noted it, and when
        self._since_s: dict[TopicPartition, float] = {}

    def fetched(self, assignment: Any, request: Any) -> None:  # noqa: ANN401, aiokafka is untyped
        """Know that aiokafka has worked on an answer: note what it tells of."""
        now_s, last = self._now(), self._last
        for topic, partitions in request.topics:
            for partition, *_ in partitions:
                tp = TopicPartition(topic, partition)
                noted: int | None = assignment.state_value(tp).timestamp
                if noted is not None and (tp not in last or last[tp][0] != noted):
                    if tp in last and now_s - last[tp][1] > TOLD_FOR_S:
                        self._since_s[tp] = now_s
                    last[tp] = noted, now_s

    def at_s(self, tp: TopicPartition) -> float | None:
        """Say when something was last told of a partition; None: never."""
        return self._last[tp][1] if tp in self._last else None

    def since_s(self, tp: TopicPartition) -> float:
        """Say since when there was no gap in what was told of a partition."""
        return self._since_s.get(tp, -math.inf)
