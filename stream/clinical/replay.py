"""A replay: the lines of a file through the engine, with the ticks that the clock needs.

A tick stands before each line, a millisecond earlier, and at each time that is asked for, after
all lines of that time. So whatever falls due does so at its own time, as it does live. One more
stands behind the last line where something falls due in its very moment.
Source: CONTRACT (Time, Replay output).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from stream.clinical.asking import LATER
from stream.clinical.engine import Arrival, Engine, Ward
from stream.clinical.times import moment
from topics import codec, registry
from topics.alerts import Alert
from topics.codec import Decoded, Rejected
from topics.status import Status
from topics.ticks import Tick


class Line(Protocol):
    """A line of a replay file, as it travels."""

    @property
    def topic(self) -> str:
        """The topic that it lies in."""

    @property
    def timestamp_ms(self) -> int:
        """The timestamp of the record, epoch ms."""

    @property
    def key(self) -> bytes:
        """The patient's id."""

    @property
    def value(self) -> bytes:
        """The event."""


L = TypeVar("L", bound=Line)
F = TypeVar("F", Alert, Alert | Status)


class Refused(NamedTuple, Generic[L]):
    """A line that does not count, or of which readings were dropped."""

    line: L
    why: Rejected
    dropped: bool = False  # the rest of the line counts


def replay(
    engine: Engine, lines: Iterable[L], asked_ms: Sequence[int] = ()
) -> Iterator[Alert | Status | Refused[L]]:
    """Take lines in their order; give alerts as they come, and statuses when they are asked for."""
    return (found for _, found in replay_by_line(engine, lines, asked_ms))


def replay_by_line(
    engine: Engine, lines: Iterable[L], asked_ms: Sequence[int] = ()
) -> Iterator[tuple[L | None, Alert | Status | Refused[L]]]:
    """Give each with the line that brought it; None where a tick did."""
    ward, last_ms = Ward({}), 0
    asked = sorted(asked_ms)
    for offset, line in enumerate(lines):
        while asked and asked[0] < line.timestamp_ms:
            yield from _by_time(_status(engine, ward, asked.pop(0)))
        yield from _by_time(_tick(engine, ward, line.timestamp_ms - 1))
        found = codec.decode(line.topic, line.key, line.value)
        key = line.key.decode() if line.topic != registry.TICKS else None
        if line.topic == registry.ACKS:  # of the pager alone
            if isinstance(found, Rejected):
                yield line, Refused(line, found)
            continue
        arrival = Arrival(line.timestamp_ms, line.topic, offset, found, key)
        outcome = engine.take(ward, arrival)
        yield from ((line, each) for each in _refused(line, found, outcome.refused))
        yield from ((line, each) for each in outcome.alerts)
        last_ms = line.timestamp_ms
    if any(LATER in patient.wakes for patient in ward.patients.values()):
        yield from _by_time(_tick(engine, ward, last_ms))
    for at_ms in asked:
        yield from _by_time(_status(engine, ward, at_ms))


def _by_time(found: Iterable[F]) -> Iterator[tuple[None, F]]:
    return ((None, each) for each in found)


def _refused(
    line: L, found: Decoded | Rejected, refused: Iterable[Rejected]
) -> Iterator[Refused[L]]:
    """Tell what was dropped of a line from what refuses the whole of it."""
    dropped = {each.path for each in found.dropped} if isinstance(found, Decoded) else ()
    for why in refused:
        yield Refused(line, why, why.path in dropped)


def _tick(engine: Engine, ward: Ward, at_ms: int) -> list[Alert]:
    """Move the clock, unless it is there already."""
    if ward.clock_ms is not None and ward.clock_ms >= at_ms:
        return []
    found = Decoded(Tick(at=moment(at_ms)), (), b"")
    return engine.take(ward, Arrival(at_ms, registry.TICKS, 0, found, None)).alerts


def _status(engine: Engine, ward: Ward, at_ms: int) -> Iterator[Alert | Status]:
    yield from _tick(engine, ward, at_ms)
    for patient in ward.patients.values():
        yield engine.status(patient, at_ms)
