"""What the changelog holds of a partition: how it is recovered, and who may write to it.

A worker that was paused past its session and wakes up can still write an old state. So every owner
of a partition, once it has recovered it, writes a marker with its epoch to the changelog, and each
state carries the epoch of its owner and the number of its group. Recovery takes the log in order
and ignores what is older than what it has seen.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from stream.runs import Kept
from topics.reserved import is_made_up_key

MARKER_KEY: Final = b"\xffpartition"  # no patient's: it is not UTF-8
HEAD: Final = b'{"epoch":['
DUE: Final = b',"due_ms":'
STATE: Final = b',"state":'

log = logging.getLogger("stormwatch.partition")


class Epoch(NamedTuple):
    """Whose a state is. The group's generation grows with each rebalance.

    The incarnation grows where a generation does not: when the same member returns within its
    session, or when the broker has forgotten the group.
    """

    incarnation: int
    generation: int

    def next(self, generation: int) -> "Epoch":
        """Return the epoch of an owner that recovered what this one wrote."""
        if generation > self.generation:
            return Epoch(self.incarnation, generation)
        return Epoch(self.incarnation + 1, generation)


class Stamp(NamedTuple):
    """When a state was written: under which epoch, and in which group of its owner."""

    epoch: Epoch
    group: int


NEVER: Final = Stamp(Epoch(0, 0), 0)


@dataclass(slots=True)
class Partition:
    """What the changelog holds of one partition, as bytes; decoded when somebody asks."""

    states: dict[bytes, Kept] = field(default_factory=dict)
    stamps: dict[bytes, Stamp] = field(default_factory=dict)
    written_ms: dict[bytes, int] = field(default_factory=dict)  # timestamps of their records
    highest: Epoch = NEVER.epoch
    clock_ms: int | None = None
    positions: dict[str, int] = field(default_factory=dict)  # the next offset, by topic
    made_anew: set[str] = field(default_factory=set)  # shorter than was read of them
    read_to: int = 0  # of the changelog itself, the next offset
    ignored: int = 0  # states of an owner that had lost the partition
    _counted: tuple[int, int] = (0, 0)  # states, and the patients among them

    @property
    def patients(self) -> int:
        """How many patients it has, but for those who are made up."""
        if self._counted[0] != len(self.states):  # one may come, and none goes
            patients = sum(not is_made_up_key(key) for key in self.states)
            self._counted = len(self.states), patients
        return self._counted[1]

    def reach(self, topic: str, offset: int) -> None:
        """Know that the states are of all before an offset, or that it is gone."""
        self.positions[topic] = max(offset, self.positions.get(topic, 0))

    def apply(self, key: bytes, value: bytes | None, written_ms: int = 0) -> None:
        """Take one record of the changelog, in the order of the log."""
        if value is None:
            self.states.pop(key, None)
            self.stamps.pop(key, None)
            self.written_ms.pop(key, None)
            return
        if not value.startswith(HEAD):
            log.error("changelog_junk skipped")  # none of ours: somebody wrote it by hand
            return
        stamp, head, state = read(value)
        if stamp.epoch < self.highest or stamp < self.stamps.get(key, NEVER):
            self.ignored += 1
            return
        self.highest = stamp.epoch
        self.stamps[key] = stamp
        if key == MARKER_KEY:
            self.clock_ms = head["clock_ms"]
            self.positions = head.get("positions", {})
        else:
            self.states[key] = state, head["due_ms"]
            self.written_ms[key] = written_ms


def head_of(stamp: Stamp) -> bytes:
    """Return what each state of one stamp begins with: all of a partition's in a group have it."""
    return orjson.dumps(_head(stamp))[:-1]


def write(head: bytes, kept: Kept) -> bytes:
    """Return a state as the changelog keeps it, its stamp first."""
    value, due_ms = kept
    due = b"null" if due_ms is None else b"%d" % due_ms
    return b"".join((head, DUE, due, STATE, value, b"}"))


def write_marker(stamp: Stamp, clock_ms: int | None, positions: Mapping[str, int]) -> bytes:
    """Return the marker of an owner: its epoch, the latest tick it has taken, and how far it is."""
    return orjson.dumps(_head(stamp) | {"clock_ms": clock_ms, "positions": positions})


def read(value: bytes) -> tuple[Stamp, Mapping[str, Any], bytes]:
    """Return the stamp, the head and the state of a changelog record; a marker has no state."""
    at = value.find(STATE)
    head = orjson.loads(value if at < 0 else value[:at] + b"}")
    state = b"" if at < 0 else value[at + len(STATE) : -1]
    return Stamp(Epoch(*head["epoch"]), head["group"]), head, state


def _head(stamp: Stamp) -> dict[str, Any]:
    return {"epoch": list(stamp.epoch), "group": stamp.group}
