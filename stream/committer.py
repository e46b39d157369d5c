"""Group commit: what changed is made durable in groups, in an order that loses nothing.

Everything published (alerts, status, dead letters) is confirmed before a state is written, every
state before its offsets count as durable. So a crash in between repeats alerts, under the ids they
had, and never skips one. While one group is written the next one fills. A worker that is late lets
a group fill for longer, where what is written once a group costs much: so it catches up.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from stream import metrics
from stream.ending import end_process
from stream.partition import MARKER_KEY, NEVER, Epoch, Stamp, head_of, write, write_marker
from stream.runs import Fields, Group, Kept, Row, TopicPartition, Work
from stream.table import StateTable

CONFIRMED_WITHIN_S: Final = 30.0
HANDED_OVER_WITHIN_S: Final = 2.0  # or else the next owner takes again what it finds to be taken
REWRITTEN_AT_ONCE: Final = 500  # states that are written anew with one group, at most
IN_TIME_S: Final = 1.0  # nothing is gathered while a worker is no later than this
GATHERED_S: Final = 2.0  # for which a group fills, at most
OF_LATENESS: Final = 0.5  # of what is over `IN_TIME_S`: no alert gets later by more than that

Positions = dict[TopicPartition, int]


class Committer:
    """Closes groups, writes them one after the other, and ends the process when a write fails."""

    def __init__(  # noqa: PLR0913, what a group is written with
        self,
        work: Work,
        table: StateTable,
        *,
        producer: Callable[[], AIOKafkaProducer],
        on_durable: Callable[[Positions], None],
        check_alive: Callable[[], None],
        pending_records: int,
        rewrite_after_s: float,
    ) -> None:
        self._work, self._table = work, table
        self._producer, self._on_durable = producer, on_durable
        self._check_alive = check_alive
        self._pending_records = pending_records
        self._rewrite_after_s = rewrite_after_s
        self.group = Group()
        self.epochs: dict[int, Epoch] = {}
        self._writing: Group | None = None
        self._unconfirmed: list[float] = []  # when each of what is being sent began to be
        self._number = 0
        self._claimed: set[int] = set()
        self._wake, self._room, self._idle = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._idle.set()
        self._enough = asyncio.Event()  # the open group is to be written now
        self._closed_s = 0.0  # when the group before it was closed

    # Filling a group

    async def taken(self) -> None:
        """Know that the open group has grown; wait while too much of it is not durable."""
        self._idle.clear()
        self._wake.set()
        if not self.group.late_s or _alerts_in_time(self.group):
            self._enough.set()
        if self.group.records < self._pending_records:
            return
        self._enough.set()
        self._room.clear()
        await self._room.wait()

    def rewrite_old(self) -> None:
        """Write states anew that compaction might soon reach past.

        Compaction keeps the last record of a key, whoever wrote it. It is held off by
        `min.compaction.lag.ms`; within that time each state is followed by one of its owner,
        however often owners change: a state is as old as its record.
        """
        before_ms = int(1000 * (time.time() - self._rewrite_after_s))
        old = [
            (partition, key)
            for partition in self._claimed
            for key, written_ms in self._table.of(partition).written_ms.items()
            if written_ms < before_ms
        ]
        for partition, key in old[:REWRITTEN_AT_ONCE]:
            in_flight = self._writing.states.get(partition, {}) if self._writing else {}
            if key not in in_flight and key not in self.group.states.get(partition, {}):
                self.group.keep(partition, key, self._table.of(partition).states[key])
                metrics.STATES_REWRITTEN.inc()
        if old:
            self._idle.clear()
            self._wake.set()

    def touch_all(self, partition: int) -> None:
        """Have every state of a partition written anew with the next group."""
        for key in self._table.of(partition).states:
            self.group.touch(partition, key.decode())
        self._idle.clear()
        self._wake.set()

    def release(self) -> None:
        """Know that no partition is ours any more: nothing of them is written anew."""
        self._claimed.clear()

    # Writing it

    async def run(self) -> None:
        """Write groups for as long as the process lives."""
        try:
            while True:
                await self._wake.wait()
                await self._gather()
                self._wake.clear()
                await self._write(self._close())
                if not self._wake.is_set():
                    self._idle.set()
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001, whatever it was: memory is ahead of what is durable
            end_process("what is in memory can't be made durable")

    def unconfirmed_for_s(self) -> float:
        """Return for how long brokers have not confirmed what is sent: a group, or a marker."""
        return time.monotonic() - min(self._unconfirmed) if self._unconfirmed else 0.0

    @property
    def is_idle(self) -> bool:
        """Whether everything taken is durable."""
        return self._idle.is_set()

    async def drained(self) -> None:
        """Wait until everything taken is durable."""
        self._enough.set()
        await self._idle.wait()

    async def _gather(self) -> None:
        """Let the group fill while the worker is late and more waits: ending one costs much."""
        late_s = max(self.group.late_s.values(), default=0.0)
        gathered_s = min(GATHERED_S, OF_LATENESS * (late_s - IN_TIME_S))
        left_s = gathered_s - (time.monotonic() - self._closed_s)
        if left_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), left_s)

    def _close(self) -> Group:
        self._closed_s = time.monotonic()
        self._enough.clear()
        self._work.finish(self.group)
        group, self.group = self.group, Group()
        self._room.set()
        return group

    async def _write(self, group: Group) -> None:
        self._writing, began_s = group, time.monotonic()
        self._number += 1
        self._check_alive()
        await self._send_all(group.published)
        _observe_alerts(group)
        self._check_alive()
        await self._send_all(self._states(group))
        self._remember(group)
        self._on_durable(group.positions)
        self._writing = None
        metrics.GROUPS.inc()
        metrics.GROUP_RECORDS.observe(group.records)
        metrics.GROUP_WRITE_SECONDS.observe(time.monotonic() - began_s)
        self._work.durable(group)

    def _states(self, group: Group) -> dict[TopicPartition, Iterable[Fields]]:
        topic = self._table.changelog_topic_name
        rows: dict[TopicPartition, Iterable[Fields]] = {
            TopicPartition(topic, partition): _stamped(head_of(self.stamp(partition)), states)
            for partition, states in group.states.items()
        }
        for partition, clock_ms in group.clocks.items():
            positions = self._positions(group, partition)
            value = write_marker(self.stamp(partition), clock_ms, positions)
            marker, tp = Row(MARKER_KEY, value, None, ()), TopicPartition(topic, partition)
            rows[tp] = itertools.chain(rows.get(tp, ()), [marker])
        return rows

    def _positions(self, group: Group, partition: int) -> dict[str, int]:
        taken = {tp.topic: at for tp, at in group.positions.items() if tp.partition == partition}
        return self._table.of(partition).positions | taken

    def stamp(self, partition: int) -> Stamp:
        """Return the stamp of what this owner writes now."""
        epoch, highest = self.epochs[partition], self._table.of(partition).highest
        if epoch < highest:  # the next owner would ignore it, and go on from its offsets
            end_process(f"partition {partition} is of {highest}, and would be written as {epoch}")
        return Stamp(epoch, self._number)

    def _remember(self, group: Group) -> None:
        now_ms = time.time_ns() // 1_000_000
        for partition, states in group.states.items():
            held = self._table.of(partition)
            held.states.update(states)
            held.written_ms.update(dict.fromkeys(states, now_ms))
        for partition, clock_ms in group.clocks.items():
            self._table.of(partition).clock_ms = clock_ms
        for partition in {tp.partition for tp in group.positions}:
            self._table.of(partition).positions = self._positions(group, partition)

    async def claim(self, partition: int, epoch: Epoch) -> int:
        """Write the marker of a new owner: what others write to this partition now is ignored.

        Returns where it lies in the changelog.
        """
        before = self.epochs.get(partition, NEVER.epoch)
        if epoch <= before:  # what was read is older than what we wrote ourselves
            end_process(f"partition {partition} was ours as {before}, and is claimed as {epoch}")
        self.epochs[partition] = epoch
        self._claimed.add(partition)  # at once: it may be let go of before the broker confirms
        return await self._mark(partition)

    async def hand_over(self, partitions: Collection[int]) -> None:
        """Write down how far all that is durable goes, for the next owner to go on from there.

        Markers come with ticks, and some records after the last of them. Without this they would
        be read again, and nothing would come of it: so it is given up where a broker is slow.
        """
        with contextlib.suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(HANDED_OVER_WITHIN_S):
                await asyncio.gather(*map(self._mark, partitions))

    async def _mark(self, partition: int) -> int:
        self._check_alive()
        self._number += 1
        held = self._table.of(partition)
        value = write_marker(self.stamp(partition), held.clock_ms, held.positions)
        marker, topic = Row(MARKER_KEY, value, None, ()), self._table.changelog_topic_name
        return await self.send(TopicPartition(topic, partition), [marker])

    async def _send_all(self, published: Mapping[TopicPartition, Iterable[Fields]]) -> None:
        await asyncio.gather(*(self.send(tp, rows) for tp, rows in published.items()))

    async def send(self, tp: TopicPartition, rows: Iterable[Fields]) -> int:
        """Send rows to one partition in as few batches as fit; return the last one's offset.

        Returns only when the broker has confirmed all of them; raises when it has not. The limit is
        ours: an idempotent producer tries for ever to reach a broker that is gone.
        """
        began_s = time.monotonic()
        self._unconfirmed.append(began_s)
        try:
            async with asyncio.timeout(CONFIRMED_WITHIN_S):
                return await self._send(tp, rows)
        finally:
            self._unconfirmed.remove(began_s)

    async def _send(self, tp: TopicPartition, rows: Iterable[Fields]) -> int:
        producer = self._producer()
        sent: list[Awaitable[Any]] = []
        batch = producer.create_batch()
        for row in rows:
            if not _append(batch, row):
                sent.append(await producer.send_batch(batch, tp.topic, partition=tp.partition))
                batch = producer.create_batch()
                _append(batch, row)  # an empty batch takes a row of any size
        last_records = batch.record_count()
        sent.append(await producer.send_batch(batch, tp.topic, partition=tp.partition))
        confirmed = await asyncio.gather(*sent)
        last: int = confirmed[-1].offset + last_records - 1
        return last


def _stamped(head: bytes, states: Mapping[bytes, Kept]) -> Iterator[Fields]:
    """Yield what is written of states; made one by one, each is copied while the caches hold it."""
    for key, kept in states.items():
        yield key, write(head, kept), None, ()


def _alerts_in_time(group: Group) -> bool:
    """Tell whether a record that came in time has brought an alert just now."""
    if not group.alerted_ms:
        return False
    return time.time() - group.alerted_ms[-1] / 1000 <= IN_TIME_S


def _observe_alerts(group: Group) -> None:
    now_s = time.time()
    for at_ms in group.alerted_ms:
        metrics.RECORD_TO_ALERT_SECONDS.observe(now_s - at_ms / 1000)


def _append(batch: Any, row: Fields) -> bool:  # noqa: ANN401, aiokafka has no type for it
    key, value, at_ms, headers = row
    added = batch.append(key=key, value=value, timestamp=at_ms, headers=list(headers))
    return added is not None
