"""A broker in the background: it outlives the command that starts it and keeps its records."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from deploy.broker import layout as layouts
from deploy.broker import pids
from deploy.broker.failure import BrokerError
from deploy.broker.java import is_running
from deploy.broker.layout import Layout
from deploy.broker.nodes import prepare, seen_by, software, start_node, wait_until_ready

HEAP_MB: Final = 256
ENDED_TIMEOUT_S: Final = 20.0  # the last of three nodes takes 5.5 s
LOOK_AGAIN_S: Final = 0.05


@dataclass(frozen=True)
class NodeStatus:
    """How one node is; `pid` and `since` are None where it does not run."""

    node: int
    port: int
    log: Path
    pid: int | None
    since: datetime | None
    answers: bool


def start(folder: Path, nodes: int | None, port: int | None) -> Layout:
    """Start the broker of this folder, new or on its old records, and wait until it is ready.

    Of a broker some nodes of which run the others are started. Raises `BrokerError`.
    """
    class_path = software()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with pids.claimed(folder):
        kept = layouts.load(folder)
        alive = pids.running(kept) if kept else {}
        layout = _laid_out(folder, kept, nodes, port, alive)
        if not alive:
            layout.save()
            prepare(layout, class_path)
        missing = [node for node in layout.ports if node not in alive]
        known: dict[int, Callable[[], bool]] = {
            node: partial(is_running, alive[node].pid, layout.mark(node)) for node in alive
        }
        started: dict[int, subprocess.Popen[bytes]] = {}
        try:
            for node in missing:
                started[node] = start_node(layout, node, class_path, heap_mb=HEAP_MB)
                pids.remember(layout, node, started[node].pid)
                known[node] = partial(_is_alive, started[node])
            wait_until_ready(layout, known)
        except BaseException:  # half a broker would keep its ports and help nobody
            for node, process in started.items():
                process.kill()
                process.wait()
                pids.forget(layout, node)
            raise
    return layout


def _laid_out(
    folder: Path,
    kept: Layout | None,
    nodes: int | None,
    port: int | None,
    alive: dict[int, pids.Running],
) -> Layout:
    """Lay out what is to be started, or say why it cannot be."""
    if kept is None:
        if strange := [p.name for p in folder.iterdir() if p.name != pids.LOCK]:
            raise BrokerError(f"{folder} is no broker's folder: {strange[0]} is in it")
        return layouts.new(folder, nodes or 1, _clients(nodes or 1, port))
    count = len(kept.ports)
    if nodes not in (None, count):
        raise BrokerError(f"the broker in {folder} has {count} nodes; --dir names another folder")
    if len(alive) == count:
        raise BrokerError(
            f"the broker in {folder} runs already, at {kept.bootstrap}; "
            "`stormwatch broker stop` ends it"
        )
    if alive:
        return kept
    return layouts.again(kept, _clients(count, port))


def _clients(nodes: int, port: int | None) -> list[int]:
    return [] if port is None else [port + number for number in range(nodes)]


def stop(folder: Path) -> int:
    """End the broker of this folder: asked first, killed if it does not. Tell how many nodes ran.

    Raises `BrokerError`.
    """
    if (layout := layouts.load(folder)) is None:
        return 0
    with pids.claimed(folder):
        alive = pids.running(layout)
        for known in alive.values():
            _signal(known.pid, signal.SIGTERM)
        deadline = time.monotonic() + ENDED_TIMEOUT_S
        while (left := pids.running(layout)) and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN_S)
        for known in left.values():
            _signal(known.pid, signal.SIGKILL)
        for node in layout.ports:
            pids.forget(layout, node)
    return len(alive)


def status(layout: Layout) -> list[NodeStatus]:
    """Say of each node whether it runs, and whether it answers."""
    alive = pids.running(layout)
    return [
        NodeStatus(
            node,
            ports.client,
            layout.log(node),
            pid=alive[node].pid if node in alive else None,
            since=alive[node].since if node in alive else None,
            answers=node in alive and _answers(layout, node),
        )
        for node, ports in layout.ports.items()
    ]


def _answers(layout: Layout, node: int) -> bool:
    try:
        return node in seen_by(layout, node)
    except (OSError, ValueError):
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(pid, number)


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None
