"""Replays a journal: the same work over the same records in the same order, without Kafka."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from stream.clinical import state
from stream.clinical.engine import Engine
from stream.clinical.policies.bounds import Value
from stream.grading import Grading
from stream.journal import FORMAT
from stream.runs import Group, Kept, Run, TopicPartition
from stream.versions import foreign_version
from topics import registry


class JournalError(Exception):
    """The file cannot be replayed; the text says why."""


@dataclass
class Taken:
    """A record as it was handed over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True)
class Replayer:
    """Under which policy a journal is replayed: what is None is as the journal has it.

    `tell` is told where that is another policy than the worker's.
    """

    tell: Callable[[str], None]
    management: str | None = None
    overrides: Callable[[str], Mapping[str, Value]] | None = None  # under a management profile

    def engine_of(self, path: Path, head: Mapping[str, Any]) -> Engine:
        """Make the engine for a journal; raise JournalError where it cannot be the worker's.

        That is so where neither was asked for, and this version has other tables or thresholds.
        """
        if head.get("journal") != FORMAT:
            raise JournalError(f"{path}: no journal, or one of another version")
        was, management = head["policy_hash"], self.management or head["management"]
        try:
            engine = Engine(
                management=management,
                paging_policy=head["paging_policy"],
                overrides=head["overrides"]
                if self.overrides is None
                else self.overrides(management),
            )
        except (TypeError, ValueError) as error:
            raise JournalError(f"{path}: its policy is none of this version: {error}") from error
        if engine.policy_hash == was:
            return engine
        if self.management is None and self.overrides is None:
            raise JournalError(
                f"{path}: written under policy {was} by version {head['version']}, of which this "
                f"version makes {engine.policy_hash}; replay it with that version, or name a "
                "policy (--management, --policy)"
            )
        self.tell(f"{path}: written under policy {was}, replayed under {engine.policy_hash}")
        return engine


def replay_journal(path: Path, replayer: Replayer) -> Iterator[tuple[Taken, Sequence[bytes]]]:
    """Give each record with the alert lines that the worker published of it, byte for byte.

    Under another policy than the worker's: those that it would have published. Raises
    `JournalError`.
    """
    with path.open("rb") as file:
        lines = _lines(file, path)
        head = next(lines, {})
        engine = replayer.engine_of(path, head)
        partition = head["partition"]
        work, states = Grading(engine), dict[bytes, Kept]()
        records = _after_states(lines, states, path)
        first = next(records, None)
        work.recovered(partition, states, head["clock_ms"])
        while first is not None:
            group = Group()
            record = _record(first, partition)
            work.take(Run(partition, [record], {}, 0, at_end=False), group)
            rows = group.published.get(TopicPartition(registry.ALERTS, partition), ())
            yield record, [row.value for row in rows if row.value is not None]
            first = next(records, None)


def _lines(file: BinaryIO, path: Path) -> Iterator[dict[str, Any]]:
    """Read the lines; the last may have been cut short as the worker was killed."""
    for number, line in enumerate(file, start=1):
        if not line.endswith(b"\n"):
            return
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise JournalError(f"{path}:{number}: not JSON") from error
        yield found


def _after_states(
    lines: Iterator[dict[str, Any]], states: dict[bytes, Kept], path: Path
) -> Iterator[dict[str, Any]]:
    """Give the records, after having read the states that stand before them."""
    for line in lines:
        if "topic" in line:
            yield line
        else:
            value = orjson.dumps(line["state"])
            if (version := foreign_version(value, state.VERSION)) is not None:
                raise JournalError(
                    f"{path}: it begins with a state of version {version}, and the one that is "
                    f"known is {state.VERSION}"
                )
            states[line["patient_id"].encode()] = value, line["due_ms"]


def _record(line: dict[str, Any], partition: int) -> Taken:
    key, value = (_bytes(line, name) for name in ("key", "value"))
    return Taken(line["topic"], partition, line["offset"], line["timestamp"], key, value)


def _bytes(line: dict[str, Any], name: str) -> bytes | None:
    if (text := line.get(name)) is not None:
        return str(text).encode()
    encoded = line.get(f"{name}_base64")
    return None if encoded is None else base64.b64decode(encoded)
