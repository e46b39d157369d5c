"""What travels inside the pipeline: runs of records come in, groups of changes go out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

TIMESTAMP_TYPE: Final = 0  # CreateTime

Headers = Sequence[tuple[str, bytes]]


class Record(Protocol):
    """A record as aiokafka hands it out: the timestamp is in epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class TopicPartition(NamedTuple):
    """A partition of a topic; equal to Faust's and aiokafka's own pairs."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Run:
    """Records of one partition of all input topics, in order of (timestamp, rank, offset).

    `span` says for each topic in it which offset was handed over before, and which is its last.
    `start` says which start of reading it follows: after a rebalance reading starts anew, and
    what was handed over before belongs to nobody. `handed_over` counts the records of the partition
    since then, its own included.
    """

    partition: int
    records: Sequence[Record]
    span: Mapping[TopicPartition, tuple[int, int]]
    start: int
    at_end: bool  # nothing more was known to wait in this partition when it was handed over
    handed_over: int = 0


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


class Row(NamedTuple):
    """A record to be written: times in epoch milliseconds, None for the moment of writing."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None
    headers: Headers


Fields = tuple[bytes | None, bytes | None, int | None, Headers]  # a Row, or as little as it takes


# A state as the changelog holds it, and when it has to be looked at again, in epoch milliseconds. A
# plain tuple, since one is made for each record: with names it takes eight times as long.
Kept = tuple[bytes, int | None]


@dataclass(slots=True)
class Group:
    """What became of the records taken since the last group: written together, in three steps."""

    published: dict[TopicPartition, list[Row]] = field(default_factory=dict)
    states: dict[int, dict[bytes, Kept]] = field(default_factory=dict)
    clocks: dict[int, int] = field(default_factory=dict)
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    touched: dict[int, set[str]] = field(default_factory=dict)
    alerted_ms: list[int] = field(default_factory=list)  # timestamps of records that brought alerts
    records: int = 0
    late_s: dict[int, float] = field(default_factory=dict)  # the worker's, where more waits

    def publish(  # noqa: PLR0913, a record has these parts
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        *,
        timestamp_ms: int | None = None,
        headers: Headers = (),
    ) -> None:
        """Have a record written before any state of this group is."""
        rows = self.published.setdefault(TopicPartition(topic, partition), [])
        rows.append(Row(key, value, timestamp_ms, headers))

    def keep(self, partition: int, key: bytes, kept: Kept) -> None:
        """Have a state written once everything published is confirmed."""
        self.states.setdefault(partition, {})[key] = kept

    def touch(self, partition: int, patient_id: str) -> None:
        """Note that something about a patient changed; `Work.finish` writes it once a group."""
        self.touched.setdefault(partition, set()).add(patient_id)


class Work(Protocol):
    """What an app does with the records of its partitions. It does no I/O and never raises."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input topics, in order of rank."""

    @property
    def table(self) -> str:
        """The name of the table that holds its states."""

    @property
    def version(self) -> int:
        """The version of its states, which each of them says first; no other can be read."""

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),
    ) -> None:
        """Begin with what the changelog holds of a partition. Called again at each assignment.

        Topics that were `made_anew` count their offsets from 0 again: what a state holds of them
        says nothing any more.
        """

    def revoked(self) -> None:
        """Forget every partition: what is in memory may be ahead of what is durable."""

    def take(self, run: Run, group: Group) -> None:
        """Take the records of a run, and put what they change into the group."""

    def finish(self, group: Group) -> None:
        """Write into a group what is written once a group: it takes no more records."""

    def durable(self, group: Group) -> None:
        """Know that the broker has confirmed everything in a group."""

    async def close(self) -> None:
        """End: nothing is taken any more, and what was taken is durable."""
