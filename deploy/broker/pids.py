"""Who uses a broker's folder: who is at work on it, and which nodes run in the background.

A file names the process of each node; it is believed only if that process is ours.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.broker.failure import BrokerError
from deploy.broker.java import is_running
from deploy.broker.layout import Layout

FILE: Final = "pid.json"
LOCK: Final = "lock"


@dataclass(frozen=True)
class Running:
    """A node that runs in the background."""

    pid: int
    since: datetime


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep others from starting or stopping a broker in this folder meanwhile."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BrokerError(f"another program is at work on the broker in {folder}") from error
        yield


def remember(layout: Layout, node: int, pid: int) -> None:
    """Write down that a node was started now."""
    told = {"pid": pid, "since": datetime.now(UTC).isoformat(timespec="seconds")}
    _file(layout, node).write_text(json.dumps(told) + "\n")


def forget(layout: Layout, node: int) -> None:
    """Remove what was written of a node that has ended."""
    _file(layout, node).unlink(missing_ok=True)


def running(layout: Layout) -> dict[int, Running]:
    """Find the nodes that run. A file that is spoilt or outlived its process counts for nothing."""
    found = {}
    for node in layout.ports:
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(_file(layout, node).read_text())
            known = Running(int(told["pid"]), datetime.fromisoformat(told["since"]))
            if is_running(known.pid, layout.mark(node)):
                found[node] = known
    return found


def _file(layout: Layout, node: int) -> Path:
    return layout.home(node) / FILE
