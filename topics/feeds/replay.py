"""Replay files: one event a line, in arrival order, with the topic added.

A line is *broken* where it cannot be placed or addressed: it is no JSON object, its topic is no
input, or no patient or record time can be read. Everything else travels, and the codec judges it.
"""

import heapq
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NamedTuple

from topics import registry
from topics.base import read_epoch_ms
from topics.codec import RECORD_MAX

LINE_MAX: Final = 2 * RECORD_MAX  # bytes; what is longer is no event
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"  # some editors put it before the first line
TICK_KEY: Final = b"0"  # a tick speaks of a partition, and a file is one

# Where times are equal. Answers of people rank before ticks, as everything does.
RANKS: Final = MappingProxyType(
    {
        **{topic.name: float(rank) for rank, topic in enumerate(registry.INPUTS)},
        registry.ACKS: len(registry.INPUTS) - 1.5,
    }
)


class Line(NamedTuple):
    """A line as it travels: key and value are those on Kafka, the time is in epoch milliseconds."""

    number: int
    topic: str
    timestamp_ms: int
    key: bytes
    value: bytes


class BrokenLine(NamedTuple):
    """A line that cannot travel, and why."""

    number: int
    reason: str


class _BrokenError(Exception):
    """The line cannot travel; the message says why."""


def read(path: Path) -> Iterator[Line | BrokenLine]:
    """Read a file line by line. Empty lines are skipped; numbers begin with 1."""
    with path.open("rb") as file:
        for number, raw in enumerate(_lines(file), start=1):
            if raw is None:
                yield BrokenLine(number, f"longer than {LINE_MAX} bytes")
            elif raw.strip():
                yield _read_line(number, raw)


def merge(*files: Iterable[Line]) -> Iterator[Line]:
    """Bring lines into the order in which they are taken: by time, then by the rank of the topic.

    Each topic of each file is a queue, as on Kafka: a line is never taken before one that stands
    above it in its queue, even where that one has a later time. Equal ones keep their order.
    """
    queues: dict[tuple[float, int], list[Line]] = {}
    for index, lines in enumerate(files):
        for line in lines:
            queues.setdefault((RANKS[line.topic], index), []).append(line)
    ordered = [queues[place] for place in sorted(queues)]
    return heapq.merge(*ordered, key=lambda line: (line.timestamp_ms, RANKS[line.topic]))


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Give each line, and None for one that is too long to be held."""
    while raw := file.readline(LINE_MAX):
        if len(raw) < LINE_MAX or raw.endswith(b"\n"):
            yield raw.removeprefix(BYTE_ORDER_MARK)
            continue
        while (rest := file.readline(LINE_MAX)) and not rest.endswith(b"\n"):
            pass
        yield None


def _read_line(number: int, raw: bytes) -> Line | BrokenLine:
    try:
        fields = _object(raw)
        topic = _topic(fields.pop("topic", None))
        key = TICK_KEY if topic == registry.TICKS else _key(fields)
        timestamp_ms = _timestamp_ms(topic, fields)
    except _BrokenError as broken:
        return BrokenLine(number, str(broken))
    # A lone surrogate stays what it is: bytes that are no UTF-8, for the codec to refuse.
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return Line(number, topic, timestamp_ms, key, text.encode("utf-8", "surrogatepass"))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _BrokenError("not JSON") from error
    if not isinstance(fields, dict):
        raise _BrokenError("not a JSON object")
    return fields


def _topic(sent: object) -> str:
    if not isinstance(sent, str) or sent not in RANKS:
        raise _BrokenError("no input topic")
    return sent


def _key(fields: dict[str, Any]) -> bytes:
    patient_id = fields.get("patient_id")
    if not isinstance(patient_id, str) or not patient_id:
        raise _BrokenError("no patient_id")
    try:
        return patient_id.encode()
    except UnicodeEncodeError as error:
        raise _BrokenError("a patient_id that is no text") from error


def _timestamp_ms(topic: str, fields: dict[str, Any]) -> int:
    names = ("at",) if topic == registry.TICKS else ("recorded_at", "effective_at")
    name = next((name for name in names if fields.get(name) is not None), None)
    if name is None:
        raise _BrokenError(f"no {' or '.join(reversed(names))}")
    timestamp_ms = read_epoch_ms(fields[name])
    if timestamp_ms is None:
        raise _BrokenError(f"{name} is no RFC 3339 time with an offset")
    return timestamp_ms
