"""What `stormwatch load` writes, partition by partition and in order: lines, and ticks between."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka.partitioner import murmur2

from topics import codec, registry
from topics.base import rfc_3339
from topics.feeds.replay import Line
from topics.ticks import Tick

TIMES: Final = ("effective_at", "recorded_at", "infused_at", "scheduled_at", "snooze_until")
MILLISECOND: Final = timedelta(milliseconds=1)
POSITIVE: Final = 0x7FFFFFFF  # Kafka's partitioner clears the sign of the hash


@dataclass(frozen=True)
class Planned:
    """A record to write; `at_ms` is its timestamp, and the time to write it if time is kept."""

    topic: str
    partition: int
    at_ms: int
    key: bytes
    value: bytes


def with_ticks(
    lines: Sequence[Line], partitions: int, step_ms: int | None = None
) -> list[Iterator[Planned]]:
    """Plan the lines for each partition, with ticks that say the time of the file.

    A tick stamped T - 1 ms stands before each line stamped T, unless the partition's clock is
    there already. Behind its last line every partition gets a tick of T - 1 ms and one of T,
    where T is the time of the whole file's last line: what a worker then makes of it equals
    `stormwatch replay --at T`. With `step_ms` every partition gets a tick after each such span
    of record time too, so that time goes on where no line comes. A tick that stands in the file
    goes to every partition.
    """
    if not lines:
        return []
    times_ms = [line.timestamp_ms for line in lines]
    first_ms, last_ms = min(times_ms), max(times_ms)
    return [
        _beside_ticks(own, _Clock(partition, first_ms, step_ms), last_ms)
        for partition, own in enumerate(_by_partition(lines, partitions))
    ]


def without_ticks(lines: Sequence[Line], partitions: int) -> list[Iterator[Planned]]:
    """Plan the lines for each partition, for a worker that writes ticks from its own clock."""
    return [
        _alone(own, partition) for partition, own in enumerate(_by_partition(lines, partitions))
    ]


def shifted(lines: Iterable[Line], by: timedelta) -> list[Line]:
    """Move every time of every line; what is no time is left for the codec to judge."""
    moved = []
    for line in lines:
        fields = json.loads(line.value.decode("utf-8", "surrogatepass"))
        later = {name: _later(fields[name], by) for name in TIMES if name in fields}
        at_ms = line.timestamp_ms + by // MILLISECOND
        text = json.dumps(fields | later, ensure_ascii=False, separators=(",", ":"))
        value = text.encode("utf-8", "surrogatepass")  # what is no text is the codec's to refuse
        moved.append(line._replace(timestamp_ms=at_ms, value=value))
    return moved


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition in which every client with Kafka's own partitioner puts this key."""
    return int((murmur2(key) & POSITIVE) % partitions)


def _by_partition(lines: Sequence[Line], partitions: int) -> list[list[Line]]:
    of: list[list[Line]] = [[] for _ in range(partitions)]
    for line in lines:
        everywhere = line.topic == registry.TICKS
        for own in of if everywhere else [of[partition_of(line.key, partitions)]]:
            own.append(line)
    return of


def _alone(lines: list[Line], partition: int) -> Iterator[Planned]:
    for line in lines:
        if line.topic != registry.TICKS:
            yield _planned(line, partition)


def _beside_ticks(lines: list[Line], clock: "_Clock", last_ms: int) -> Iterator[Planned]:
    for line in lines:
        if line.topic == registry.TICKS:
            yield from clock.ticks_to(line.timestamp_ms)
        else:
            yield from clock.ticks_to(line.timestamp_ms - 1)
            yield _planned(line, clock.partition)
    yield from clock.ticks_to(last_ms - 1)
    yield from clock.ticks_to(last_ms)


class _Clock:
    """The newest tick of one partition."""

    def __init__(self, partition: int, first_ms: int, step_ms: int | None) -> None:
        self.partition = partition
        self._first_ms, self._step_ms = first_ms, step_ms
        self._at_ms = first_ms - 2  # so that the first line has a tick before it

    def ticks_to(self, at_ms: int) -> Iterator[Planned]:
        """Bring the clock to a time, unless it is there: a tick for each step, and one for it."""
        if self._step_ms:
            steps = max(0, self._at_ms - self._first_ms) // self._step_ms + 1
            first = self._first_ms + steps * self._step_ms
            for step_ms in range(first, at_ms, self._step_ms):
                yield self._tick(step_ms)
        if self._at_ms < at_ms and at_ms >= 0:  # Kafka knows no time before 1970
            yield self._tick(at_ms)

    def _tick(self, at_ms: int) -> Planned:
        self._at_ms = at_ms
        tick = Tick(at=datetime.fromtimestamp(at_ms / 1000, UTC))
        key = str(self.partition).encode()
        return Planned(registry.TICKS, self.partition, at_ms, key, codec.encode(tick))


def _planned(line: Line, partition: int) -> Planned:
    return Planned(line.topic, partition, line.timestamp_ms, line.key, line.value)


def _later(value: object, by: timedelta) -> object:
    if not isinstance(value, str):
        return value
    try:
        return rfc_3339(datetime.fromisoformat(value.upper()) + by)
    except (ValueError, OverflowError):
        return value
