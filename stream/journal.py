"""The journal: what a worker takes, in its order, so that a night can be replayed as it happened.

One file for each partition and each time that a worker begins with it: a head, the states it began
with, then every record, ticks too. A thread writes it, so that a slow disk keeps nobody waiting,
and where it can't be written it ends, and the watching goes on: see `Journal.end_early`.
"""

import base64
import logging
import os
import queue
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from stream import metrics
from stream.clinical.engine import Engine
from stream.runs import Group, Kept, Record, Run, Work

FORMAT: Final = 2
SUFFIX: Final = ".journal.ndjson"
WAITING_MAX: Final = 200_000  # records that wait for the disk
ENDED_WITHIN_S: Final = 5.0
OURS_ALONE: Final = 0o600  # it holds all that is known of patients
FOLDER_OURS_ALONE: Final = 0o700

log = logging.getLogger("stormwatch.journal")


class Journal:
    """Writes what was taken. Nothing here raises: whoever takes records is never kept from it."""

    def __init__(self, folder: Path, *, limit_bytes: int, head: Mapping[str, Any]) -> None:
        self._folder, self._limit_bytes, self._head = folder, limit_bytes, head
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._put = self._written = 0  # records; each is counted by one thread alone
        self._files: dict[int, BinaryIO] = {}  # of the writing thread alone
        self._bytes = 0
        self._has_ended = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()
        metrics.JOURNAL_OPEN.set(1)

    # What the worker calls

    def begin(self, partition: int, states: Mapping[bytes, Kept], clock_ms: int | None) -> None:
        """Begin a file with the states that a partition is taken over with."""
        kept = list(states.items())  # now: the table goes on changing
        self._work.put(lambda: self._open(partition, kept, clock_ms))

    def taken(self, run: Run) -> None:
        """Write the records of a run, in their order."""
        if self._has_ended:
            return
        if self._put - self._written > WAITING_MAX:
            self.end_early("the disk is too slow")
            return
        self._put += len(run.records)
        self._work.put(lambda: self._append(run))

    def end_files(self) -> None:
        """Close every file: the partitions are no longer ours."""
        self._work.put(self._close)

    def end(self) -> None:
        """Write what waits, and end."""
        self._work.put(self._close)
        self._work.put(None)
        self._thread.join(ENDED_WITHIN_S)

    def end_early(self, reason: str) -> None:
        """Write nothing more while this worker lives, and say so.

        A journal with a gap would tell of a night that never was, and a worker that ended for want
        of one would watch nobody. So it ends where it is, and the watching goes on.
        """
        if not self._has_ended:
            self._has_ended = True
            metrics.JOURNAL_OPEN.set(0)
            log.error("journal_ended: %s", reason)

    # What its thread does

    def _run(self) -> None:
        while (step := self._work.get()) is not None:
            if self._has_ended and step != self._close:
                continue
            try:
                step()
            except OSError as error:
                self.end_early(f"{type(error).__name__}: {error.strerror}")
            except Exception as error:  # noqa: BLE001, whatever it was: it must not go on with a gap
                self.end_early(type(error).__name__)

    def _open(
        self, partition: int, states: Iterable[tuple[bytes, Kept]], clock_ms: int | None
    ) -> None:
        self._folder.mkdir(mode=FOLDER_OURS_ALONE, exist_ok=True)
        if not self._files:
            self._bytes = sum(each.stat().st_size for each in self._folder.glob(f"*{SUFFIX}"))
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        path = self._folder / f"p{partition:02}-{now}-{os.getpid()}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE)
        self._files[partition] = os.fdopen(descriptor, "wb")
        head = {"journal": FORMAT, "partition": partition, "clock_ms": clock_ms, **self._head}
        self._write(partition, [orjson.dumps(head), *(state_line(*each) for each in states)])

    def _append(self, run: Run) -> None:
        self._written += len(run.records)
        self._write(run.partition, [record_line(record) for record in run.records])

    def _write(self, partition: int, lines: list[bytes]) -> None:
        text = b"\n".join([*lines, b""])
        if self._bytes + len(text) > self._limit_bytes:
            self.end_early("STORMWATCH_JOURNAL_MB is reached: move files away, restart the worker")
            return
        file = self._files[partition]
        file.write(text)
        file.flush()
        self._bytes += len(text)

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()


@dataclass
class Journaled:
    """A work whose records are written down as they are handed over to it."""

    work: Work
    journal: Journal

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input topics of the work."""
        return self.work.inputs

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.work.table

    @property
    def version(self) -> int:
        """The version of its states."""
        return self.work.version

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),
    ) -> None:
        """Begin a file, and the work."""
        self.journal.begin(partition, states, clock_ms)
        self.work.recovered(partition, states, clock_ms, made_anew)

    def revoked(self) -> None:
        """End the files, and have the work forget."""
        self.journal.end_files()
        self.work.revoked()

    def take(self, run: Run, group: Group) -> None:
        """Write down the run, and hand it over."""
        self.journal.taken(run)
        self.work.take(run, group)

    def finish(self, group: Group) -> None:
        """Have the work finish a group."""
        self.work.finish(group)

    def durable(self, group: Group) -> None:
        """Tell the work that a group is durable."""
        self.work.durable(group)

    async def close(self) -> None:
        """End the work, and the journal."""
        await self.work.close()
        self.journal.end()


def head_of(engine: Engine) -> dict[str, Any]:
    """Say what a replay has to be run with to be the same."""
    return {
        "management": engine.management,
        "paging_policy": engine.paging_policy,
        "overrides": engine.overrides,
        "policy_hash": engine.policy_hash,
        "version": metadata.version("stormwatch"),
    }


def state_line(key: bytes, kept: Kept) -> bytes:
    """Return a state as a line, its bytes as they are."""
    value, due_ms = kept
    head = orjson.dumps({"patient_id": key.decode(), "due_ms": due_ms})
    return head[:-1] + b',"state":' + value + b"}"


def record_line(record: Record) -> bytes:
    """Return a record as a line: exactly, whatever its bytes are."""
    return orjson.dumps(
        {
            "topic": record.topic,
            "offset": record.offset,
            "timestamp": record.timestamp,
            **_bytes("key", record.key),
            **_bytes("value", record.value),
        }
    )


def _bytes(name: str, value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {name: None}
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}
