"""Time as an event: each owner of a partition writes a tick to it every few seconds.

Only ticks move a partition's clock. While nobody owned it none were written; so that the records of
that time don't seem to come from the future, its next owner writes the ticks that are missing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

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

Send = Callable[[TopicPartition, Sequence[Row]], Awaitable[int]]


class Ticker:
    """Writes ticks, each confirmed."""

    def __init__(self, send: Send, *, interval_s: float) -> None:
        self._send, self._interval_s = send, interval_s
        self.written: dict[int, int] = {}  # the offset of the last tick, by partition

    async def run(self, partitions: Callable[[], Iterable[int]]) -> None:
        """Write a tick to each partition that is ours, at every interval."""
        while True:
            await asyncio.sleep(self._interval_s)
            now_ms = time.time_ns() // 1_000_000
            await asyncio.gather(*(self.write(each, [now_ms]) for each in partitions()))

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


def disbelieve_the_future(partitions: Iterable[Partition]) -> None:
    """Forget clocks that the wrong clock of their last owner has moved."""
    for held in partitions:
        if is_of_the_future(held.clock_ms):
            held.clock_ms = None


def encode(at_ms: int) -> bytes:
    """Return a tick as it stands in its record."""
    return codec.encode(Tick(at=datetime.fromtimestamp(at_ms / 1000, UTC)))
