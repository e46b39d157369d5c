"""Hands records over in runs, all topics of a partition merged in order of time.

A record is handed over once every other topic of its partition has a later one waiting or has been
read to its end, and after a bounded wait in any case (stream/patience.py): Kafka promises no order
between topics, and vitals read before the tocilizumab given hours earlier would page for nothing.
While a topic that is behind gets on, whatever comes of it begins the wait anew. A record that lies
ahead of the clock waits a moment longer: its tick may have been written before it and not been read
yet, and without that the engine would refuse it as from the future.
"""

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from stream.clinical.engine import AHEAD_MS
from stream.patience import Patience, Queues
from stream.runs import Handed, Record, Run, TopicPartition
from topics import registry

HELD_RUNS: Final = 2  # so many runs of one topic and partition are held, and one fetch
# How often fetches tell of the end of the ticks before a record ahead of them is handed over. One
# may have been asked for before the record was written; the one after it was not.
ENDS_TOLD: Final = 2
RUN_S: Final = 0.02  # so long a run should take: nothing else turns meanwhile
FEWEST_RECORDS: Final = 50  # of a run, however long they take


class _Ahead(NamedTuple):
    """Records up to a time that lie ahead of the clock, and what was told since they came."""

    until_ms: int
    told_ms: set[int]  # when fetches told of the end of the ticks


class Scheduler(DefaultSchedulingStrategy):
    """Faust's ConsumerScheduler: takes what was fetched, hands over runs, holds the rest."""

    def __init__(  # noqa: PLR0913, what it asks of the worker
        self,
        inputs: Sequence[str],
        *,
        run_records: int,
        align_wait_s: float,
        end_told_ms: Callable[[TopicPartition], int | None],
        now: Callable[[], float],
        has_room: Callable[[], bool] = lambda: True,
        handed_over: Callable[[int], int] = lambda _: 0,
        ticks: str = registry.TICKS,
    ) -> None:
        self._inputs = tuple(inputs)
        self._run_records = run_records
        self._run_limit = min(run_records, FEWEST_RECORDS)  # until it is known how long they take
        self._enough = HELD_RUNS * run_records
        self._record_s = 0.0  # that one takes, by the last few runs
        self._end_told_ms = end_told_ms  # when; None: it is not at its end as far as is known
        self._now, self._has_room = now, has_room
        self._handed_over = handed_over  # of all that was fetched, by partition
        self._patience = Patience(
            align_wait_s, enough=self._enough, is_at_end=self._is_at_end, now=now
        )
        self._ticks = ticks
        self._clocks: dict[int, int] = {}  # the latest tick handed over
        self._ahead: dict[int, _Ahead] = {}
        self._held: dict[int, Queues] = {}
        self._tail: dict[TopicPartition, int] = {}  # the last offset handed over
        self._gates: dict[int, tuple[TopicPartition, int]] = {}
        self.start = 0  # counts the starts of reading

    # Reading

    def begin(self, start: Mapping[TopicPartition, int], clocks: Mapping[int, int | None]) -> None:
        """Start reading anew at these offsets and clocks; what was held is read again."""
        self._held = {}  # a new one: an iteration under way sees that it is not its own, and ends
        self._patience.begin()
        self._ahead.clear()
        self._clocks = {each: at_ms for each, at_ms in clocks.items() if at_ms is not None}
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
        return {
            TP(topic, partition)
            for partition, queues in self._held.items()
            for topic, queue in queues.items()
            if len(queue) >= self._enough
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
        self._record_s = (self._record_s + taken_s / len(run.records)) / 2
        fitting = int(len(run.records) * RUN_S / taken_s) if taken_s > 0 else self._run_records
        half_way = (self._run_limit + fitting) // 2  # one slow run is no rule
        self._run_limit = min(max(half_way, FEWEST_RECORDS), self._run_records)

    def left_s(self) -> float:
        """Say how long what is held will take by the runs before; asked from any thread."""
        held = sum(len(queue) for each in list(self._held.values()) for queue in each.values())
        return held * self._record_s

    def holds(self, tp: TopicPartition) -> bool:
        """Tell whether records of a topic wait here; asked from any thread."""
        return bool(self._held.get(tp.partition, {}).get(tp.topic))

    def holds_any(self) -> bool:
        """Tell whether records of any partition wait here."""
        return any(any(queues.values()) for queues in self._held.values())

    def held_records(self, partition: int) -> int:
        """Count the records of a partition that wait for those of other topics."""
        return sum(map(len, self._held.get(partition, {}).values()))

    # Handing over

    def asked(self) -> None:
        """Know that all topics were asked for once more."""
        self._patience.asked()

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """Yield runs of what was fetched and held; a changelog's records pass as they are."""
        held = self._held
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
        if not any(queues.values()):
            self._patience.holds_nothing(partition)
            return None
        reach_ms = self._reach_ms(partition, queues)
        if self._must_wait(partition, queues, reach_ms):
            return None
        records, span = self._merge(partition, queues, reach_ms)
        if partition in self._ahead and len(self._ahead[partition].told_ms) > ENDS_TOLD:
            del self._ahead[partition]  # what came since waits by itself
        self._tail.update({tp: last for tp, (_, last) in span.items()})
        at_end = not any(queues.values()) and all(
            self._is_at_end(TopicPartition(topic, partition)) for topic in queues
        )
        return Run(partition, records, span, self.start, at_end, self._handed_over(partition))

    def _merge(
        self, partition: int, queues: Queues, reach_ms: float
    ) -> tuple[list[Record], dict[TopicPartition, tuple[int, int]]]:
        heads = [
            (queue[0].timestamp, rank, topic)
            for rank, (topic, queue) in enumerate(queues.items())
            if queue
        ]
        heapq.heapify(heads)
        if heads[0][0] > reach_ms:
            reach_ms = math.inf  # it was waited for long enough
        records: list[Record] = []
        span: dict[TopicPartition, tuple[int, int]] = {}
        while heads and len(records) < self._run_limit:
            at_ms, rank, topic = heapq.heappop(heads)
            if at_ms > reach_ms:
                break
            queue, tp = queues[topic], TopicPartition(topic, partition)
            before = self._tail.get(tp, queue[0].offset - 1)
            # Up to the next head of another topic there is nothing to compare: most records are
            # vitals, and a look at all topics for each would cost as much as a small engine.
            until_ms = heads[0][0] + (rank < heads[0][1]) if heads else math.inf
            until_ms = min(until_ms, reach_ms + 1)
            while queue and queue[0].timestamp < until_ms and len(records) < self._run_limit:
                records.append(queue.popleft())
            last = records[-1].offset
            span[tp] = (span[tp][0] if tp in span else before, last)
            if topic == self._ticks:
                clock_ms = self._move_clock(partition, records)
                reach_ms = math.inf if queue else clock_ms + AHEAD_MS
            if queue:
                heapq.heappush(heads, (queue[0].timestamp, rank, topic))
            elif self._gated(tp, last) or not self._is_at_end(tp):
                break  # the next record of this topic may be earlier than the heads of the others
        return records, span

    def _move_clock(self, partition: int, records: Sequence[Record]) -> int:
        """Take in the ticks at the end of these records, and return the clock as it is then.

        Of two writers one may have a slow clock: like the engine's, ours never goes back.
        """
        last = itertools.takewhile(lambda each: each.topic == self._ticks, reversed(records))
        latest_ms, clock_ms = max(each.timestamp for each in last), self._clocks.get(partition)
        if clock_ms is not None and latest_ms <= clock_ms:
            return clock_ms
        self._ahead.pop(partition, None)
        self._clocks[partition] = latest_ms
        return latest_ms

    def _must_wait(self, partition: int, queues: Queues, reach_ms: float) -> bool:
        empty = [TopicPartition(topic, partition) for topic, queue in queues.items() if not queue]
        gated = [tp for tp in empty if self._gated(tp, self._tail.get(tp, -1))]
        earliest_ms = min(queue[0].timestamp for queue in queues.values() if queue)
        waited_for = gated or [
            tp
            for tp in empty
            if not self._is_at_end(tp) or (tp.topic == self._ticks and earliest_ms > reach_ms)
        ]
        self._patience.measure(partition, waited_for)
        return bool(gated) or self._patience.lasts(partition, queues, waited_for)

    def _reach_ms(self, partition: int, queues: Queues) -> float:
        """Say up to when records may go: no further ahead of the last tick than the engine takes.

        Further once it is known that no newer tick was written before them.
        """
        clock_ms = self._clocks.get(partition)
        if clock_ms is None or queues.get(self._ticks, True):
            return math.inf
        limit_ms, held = clock_ms + AHEAD_MS, [queue for queue in queues.values() if queue]
        if all(queue[0].timestamp <= limit_ms for queue in held):
            return limit_ms
        if (ahead := self._ahead.get(partition)) is None:
            # The last record of a topic need not be its latest: of several clocks one may be wrong.
            latest_ms = max(record.timestamp for queue in held for record in queue)
            ahead = self._ahead[partition] = _Ahead(latest_ms, set())
        told_ms = self._end_told_ms(TopicPartition(self._ticks, partition))
        if told_ms is not None:
            ahead.told_ms.add(told_ms)
        return limit_ms if len(ahead.told_ms) <= ENDS_TOLD else max(ahead.until_ms, limit_ms)

    def _is_at_end(self, tp: TopicPartition) -> bool:
        return self._end_told_ms(tp) is not None

    def _gated(self, tp: TopicPartition, handed_over: int) -> bool:
        gate = self._gates.get(tp.partition)
        if gate is None or gate[0] != tp:
            return False
        if handed_over < gate[1]:
            return True
        del self._gates[tp.partition]
        return False
