"""Hands records over in runs, all topics of a partition merged in order of time.

A record is handed over once every other topic of its partition has a later one waiting or has been
read to its end, and after a bounded wait in any case: Kafka promises no order between topics, and
vitals read before the tocilizumab given hours earlier would page for nothing.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from stream import metrics
from stream.runs import Record, Run, TopicPartition

Queues = dict[str, deque[Record]]

TIMESTAMP_TYPE: Final = 0  # CreateTime
HELD_RUNS: Final = 2  # so many runs of one topic and partition are held, and one fetch
FETCHES_WAITED: Final = 2  # a topic that nobody asked for is not late
RUN_S: Final = 0.02  # so long a run should take: nothing else turns meanwhile
FEWEST_RECORDS: Final = 50  # of a run, however long they take


class Handed:
    """What Faust takes for a record: it carries a run, under the name of the run's last record."""

    __slots__ = ("offset", "partition", "timestamp", "topic", "value")

    key = None
    headers = ()
    checksum = None
    serialized_key_size = serialized_value_size = 0
    timestamp_type = TIMESTAMP_TYPE

    def __init__(self, run: Run) -> None:
        last = run.records[-1]
        self.value = run
        self.topic, self.partition = last.topic, last.partition
        self.offset, self.timestamp = last.offset, last.timestamp


class Scheduler(DefaultSchedulingStrategy):
    """Faust's ConsumerScheduler: takes what was fetched, hands over runs, holds the rest."""

    def __init__(  # noqa: PLR0913, what it asks of the worker
        self,
        inputs: Sequence[str],
        *,
        run_records: int,
        align_wait_s: float,
        at_end: Callable[[TopicPartition], bool],
        now: Callable[[], float],
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._inputs = tuple(inputs)
        self._run_records = run_records
        self._run_limit = min(run_records, FEWEST_RECORDS)  # until it is known how long they take
        self._align_wait_s = align_wait_s
        self._at_end = at_end
        self._now, self._has_room = now, has_room
        self._fetches = 0
        self._held: dict[int, Queues] = {}
        self._tail: dict[TopicPartition, int] = {}  # the last offset handed over
        self._since: dict[int, tuple[float, int]] = {}  # when, and at which fetch, it began to wait
        self._waits: dict[int, tuple[float, list[TopicPartition]]] = {}  # the last look at a wait
        self._gates: dict[int, tuple[TopicPartition, int]] = {}
        self.start = 0  # counts the starts of reading

    # Reading

    def begin(self, start: Mapping[TopicPartition, int]) -> None:
        """Start reading anew at these offsets; what was held is read again."""
        self._held = {}  # a new one: an iteration under way sees that it is not its own, and ends
        self._since.clear()
        self._waits.clear()
        self._tail = {tp: offset - 1 for tp, offset in start.items()}
        self.start += 1

    def abandon(self) -> None:
        """Hand nothing more over until reading starts anew."""
        self._held = {}
        self.start += 1

    def gate(self, tp: TopicPartition, offset: int) -> None:
        """Hand no record over before those of this topic that are earlier, up to an offset.

        However long it takes to fetch them, and whatever the last fetch said of the topic's end.

        Time moves by ticks alone: without the ticks that its new owner wrote for the time in
        which there was none, the records of that time would seem to come from the future.
        """
        self._gates[tp.partition] = tp, offset

    def open_gates(self) -> None:
        """Forget every gate: the partitions are no longer ours."""
        self._gates.clear()

    def full(self) -> set[TP]:
        """Name the topics and partitions of which enough is held: no more is fetched of them.

        A topic that lies far behind may keep all of the others waiting.
        """
        enough = HELD_RUNS * self._run_records
        return {
            TP(topic, partition)
            for partition, queues in self._held.items()
            for topic, queue in queues.items()
            if len(queue) >= enough
        }

    @contextmanager
    def timed(self, run: Run) -> Iterator[None]:
        """Learn how long a run takes, so that the next ones take `RUN_S`.

        While a run is taken nothing is written: after an outage long runs would keep the producer
        from its turn until a write was given up.
        """
        began_s = self._now()
        yield
        taken_s = self._now() - began_s
        fitting = int(len(run.records) * RUN_S / taken_s) if taken_s > 0 else self._run_records
        half_way = (self._run_limit + fitting) // 2  # one slow run is no rule
        self._run_limit = min(max(half_way, FEWEST_RECORDS), self._run_records)

    def held_records(self, partition: int) -> int:
        """Count the records of a partition that wait for those of other topics."""
        return sum(map(len, self._held.get(partition, {}).values()))

    # Handing over

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """Yield runs of what was fetched and held; a changelog's records pass as they are."""
        held = self._held
        self._fetches += 1
        for tp, batch in records.items():
            if tp.topic in self._inputs:
                held.setdefault(tp.partition, self._empty())[tp.topic].extend(batch)
            else:
                for record in batch:
                    yield tp, record
        turns = deque(held)
        while turns and self._held is held and self._has_room():
            partition = turns.popleft()
            run = self._run(partition, held[partition])
            if run is None:
                continue
            # Served last the next time too, when there may be room for a few only: a partition
            # that lies far behind must not keep the others waiting.
            held[partition] = held.pop(partition)
            turns.append(partition)
            yield TP(run.records[-1].topic, partition), Handed(run)

    def _empty(self) -> Queues:
        return {topic: deque() for topic in self._inputs}

    def _run(self, partition: int, queues: Queues) -> Run | None:
        if not any(queues.values()) or self._must_wait(partition, queues):
            return None
        records, span = self._merge(partition, queues)
        self._tail.update({tp: last for tp, (_, last) in span.items()})
        at_end = not any(queues.values()) and all(
            self._at_end(TopicPartition(topic, partition)) for topic in queues
        )
        return Run(partition, records, span, self.start, at_end)

    def _merge(
        self, partition: int, queues: Queues
    ) -> tuple[list[Record], dict[TopicPartition, tuple[int, int]]]:
        heads = [
            (queue[0].timestamp, rank, topic)
            for rank, (topic, queue) in enumerate(queues.items())
            if queue
        ]
        heapq.heapify(heads)
        records: list[Record] = []
        span: dict[TopicPartition, tuple[int, int]] = {}
        while heads and len(records) < self._run_limit:
            _, rank, topic = heapq.heappop(heads)
            queue, tp = queues[topic], TopicPartition(topic, partition)
            before = self._tail.get(tp, queue[0].offset - 1)
            # Up to the next head of another topic there is nothing to compare: most records are
            # vitals, and a look at all topics for each would cost as much as a small engine.
            until_ms = heads[0][0] + (rank < heads[0][1]) if heads else math.inf
            while queue and queue[0].timestamp < until_ms and len(records) < self._run_limit:
                records.append(queue.popleft())
            last = records[-1].offset
            span[tp] = (span[tp][0] if tp in span else before, last)
            if queue:
                heapq.heappush(heads, (queue[0].timestamp, rank, topic))
            elif self._gated(tp, last) or not self._at_end(tp):
                break  # the next record of this topic may be earlier than the heads of the others
        return records, span

    def _must_wait(self, partition: int, queues: Queues) -> bool:
        empty = [TopicPartition(topic, partition) for topic, queue in queues.items() if not queue]
        gated = [tp for tp in empty if self._gated(tp, self._tail.get(tp, -1))]
        waited_for = gated or [tp for tp in empty if not self._at_end(tp)]
        self._measure(partition, waited_for)
        if gated:
            return True
        since_s, fetch = self._since.setdefault(partition, (self._now(), self._fetches))
        waited_s, fetches = self._now() - since_s, self._fetches - fetch
        if waited_for and (waited_s < self._align_wait_s or fetches < FETCHES_WAITED):
            return True
        del self._since[partition]
        metrics.ALIGNMENT_WAIT_SECONDS.observe(waited_s)
        for tp in waited_for:
            metrics.FORCED_ALIGNMENTS.labels(topic=tp.topic).inc()
        return False

    def _measure(self, partition: int, waited_for: list[TopicPartition]) -> None:
        """Add up how long each topic was waited for, from look to look."""
        if partition in self._waits:
            looked_s, waited_for_then = self._waits.pop(partition)
            for tp in waited_for_then:
                waited_s = self._now() - looked_s
                metrics.ALIGNMENT_WAITED_SECONDS.labels(topic=tp.topic).inc(waited_s)
        if waited_for:
            self._waits[partition] = self._now(), waited_for

    def _gated(self, tp: TopicPartition, handed_over: int) -> bool:
        gate = self._gates.get(tp.partition)
        if gate is None or gate[0] != tp:
            return False
        if handed_over < gate[1]:
            return True
        del self._gates[tp.partition]
        return False
