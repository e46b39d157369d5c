"""Time as an event: each owner of a partition writes a tick to it every few seconds.

Only ticks move a partition's clock. While nobody owned it none were written; so that the records of
that time don't seem to come from the future, its next owner writes the ticks that are missing. One
that has no clock yet begins where the topic ends: it may be there before those who have one.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place

from stream import metrics
from stream.partition import Partition
from stream.runs import Row, TopicPartition
from topics import codec, registry
from topics.ticks import Tick

FILL_STEP_MS: Final = (
    4 * 60_000
)  # shorter than the 5 minutes that a record may be ahead of the clock
AHEAD_MS: Final = 5 * 60_000  # a tick so far ahead of our own clock is of a clock that is wrong
FILLED_AT_MOST: Final = 20_000  # ticks: the 45 days that the inputs are kept, and some
READ_WAIT_MS: Final = 50

log = logging.getLogger("stormwatch.ticks")

Send = Callable[[TopicPartition, Sequence[Row]], Awaitable[int]]


class Ticker:
    """Writes ticks, each confirmed."""

    def __init__(self, send: Send, *, bootstrap: str, interval_s: float) -> None:
        self._send, self._bootstrap, self._interval_s = send, bootstrap, interval_s
        self.written: dict[int, int] = {}  # the offset of the last tick, by partition

    async def run(self, partitions: Callable[[], Iterable[int]]) -> None:
        """Write a tick to each partition that is ours, at every interval; raise if one is refused.

        To one whose last tick is still under way none is written: ticks lie in their order, and a
        broker that is slow holds up the time of no partition but its own.
        """
        under_way: dict[int, asyncio.Task[int]] = {}
        try:
            async with asyncio.TaskGroup() as ticks:
                while True:
                    await asyncio.sleep(self._interval_s)
                    now_ms = time.time_ns() // 1_000_000
                    for each in partitions():
                        if each not in under_way or under_way[each].done():
                            under_way[each] = ticks.create_task(self.write(each, [now_ms]))
        except ExceptionGroup as refused:
            raise refused.exceptions[0] from None  # the others are of the same brokers

    async def since(self, clocks: Mapping[int, int | None]) -> dict[int, int]:
        """Say from when on ticks are missing: from each clock, or else from the topic's last tick.

        One of the future is of no use, and before one that is older than the inputs are kept there
        is nothing to be read.
        """
        unknown = [each for each, at_ms in clocks.items() if at_ms is None]
        last = await self.read_last(unknown) if unknown else {}
        oldest_ms = time.time_ns() // 1_000_000 - FILLED_AT_MOST * FILL_STEP_MS
        known = {each: at_ms for each, at_ms in clocks.items() if at_ms is not None}
        return known | {
            each: at_ms
            for each, at_ms in last.items()
            if at_ms > oldest_ms and not is_of_the_future(at_ms)
        }

    async def read_last(self, partitions: Collection[int]) -> dict[int, int]:
        """Read the time of the last tick of each partition that has one. Raises KafkaError."""
        places = [Place(registry.TICKS, each) for each in partitions]
        found: dict[int, int] = {}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            fetch_max_wait_ms=READ_WAIT_MS,
        )
        await consumer.start()
        try:
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            begins = await consumer.beginning_offsets(places)
            left = [place for place in places if begins[place] < ends[place]]
            for place in left:
                consumer.seek(place, ends[place] - 1)
            while left:
                batches = await consumer.getmany(*left, timeout_ms=READ_WAIT_MS)
                found |= {
                    place.partition: records[0].timestamp for place, records in batches.items()
                }
                left = [place for place in left if place.partition not in found]
        finally:
            await consumer.stop()
        return found

    async def fill(self, partition: int, clock_ms: int | None) -> int:
        """Write the ticks between a clock and now, and one for now; return the last's offset."""
        now_ms = time.time_ns() // 1_000_000
        missing = range(clock_ms + FILL_STEP_MS, now_ms, FILL_STEP_MS) if clock_ms else range(0)
        return await self.write(partition, [*missing[-FILLED_AT_MOST:], now_ms])

    async def write(self, partition: int, times_ms: Sequence[int]) -> int:
        """Write ticks of these times to a partition, confirmed; return the last one's offset."""
        rows = [Row(str(partition).encode(), encode(at_ms), at_ms, ()) for at_ms in times_ms]
        offset = await self._send(TopicPartition(registry.TICKS, partition), rows)
        self.written[partition] = offset
        metrics.TICKS_WRITTEN.inc(len(rows))
        return offset


def is_of_the_future(at_ms: int | None) -> bool:
    """Tell whether a time lies so far ahead that some machine's clock must be wrong."""
    return at_ms is not None and at_ms > time.time_ns() // 1_000_000 + AHEAD_MS


def believed(topic: str, batch: list[Any]) -> list[Any]:
    """Leave out ticks of the future: one wrong clock would move a partition's for good."""
    if topic != registry.TICKS:
        return batch
    kept = [tick for tick in batch if not is_of_the_future(tick.timestamp)]
    if len(kept) < len(batch):
        metrics.TICKS_REFUSED.inc(len(batch) - len(kept))
        last = batch[-1]
        log.error("ticks_of_the_future %s-%s@%s", topic, last.partition, last.offset)
    return kept


def disbelieve_the_future(partitions: Iterable[Partition]) -> None:
    """Forget clocks that the wrong clock of their last owner has moved."""
    for held in partitions:
        if is_of_the_future(held.clock_ms):
            held.clock_ms = None


def encode(at_ms: int) -> bytes:
    """Return a tick as it stands in its record."""
    return codec.encode(Tick(at=datetime.fromtimestamp(at_ms / 1000, UTC)))
