"""A throw-away Kafka for the demo and the tests: it ends with the program that started it.

    with Cluster(folder, nodes=3) as kafka:
        kafka.bootstrap, kafka.kill(2), kafka.start(2), kafka.wait()

It blocks while it starts: in a program that runs an event loop, enter it in a thread.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Final, Self

from deploy.broker import layout as layouts
from deploy.broker import pids
from deploy.broker.failure import BrokerError
from deploy.broker.nodes import READY_TIMEOUT_S, prepare, software, start_node, wait_until_ready

# Ends all nodes when its standard input ends, which is when the program that started it does,
# however it ends. The kernel's own signal at a parent's death goes by the thread that started a
# process, not by the program, and not every system has it.
GUARD: Final = 'while read -r pids; do now=$pids; done; [ -z "$now" ] || kill -9 $now'


class Cluster:
    """Nodes 1, 2, …, each broker and controller; all that they write lies below one folder.

    `ports` are client ports to use, node by node; without them free ones are chosen. A folder
    that was used before is started again on its old records.
    """

    def __init__(
        self, folder: Path, nodes: int = 1, heap_mb: int = 256, ports: Sequence[int] | None = None
    ) -> None:
        self.folder, self.heap_mb = folder.absolute(), heap_mb
        self._nodes, self._clients = nodes, tuple(ports or ())
        self._layout: layouts.Layout | None = None
        self._class_path = ""
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._in_use = ExitStack()
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._class_path = software()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._in_use.enter_context(pids.claimed(self.folder))
        try:
            self._layout = self._laid_out()
            self._layout.save()
            prepare(self._layout, self._class_path)
            for node in self._layout.ports:
                self.start(node)
            self.wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def layout(self) -> layouts.Layout:
        """Where the nodes are; known once the cluster was entered."""
        if self._layout is None:
            raise RuntimeError("this cluster was not entered")
        return self._layout

    @property
    def bootstrap(self) -> str:
        """What clients connect to: host and port of every node."""
        return self.layout.bootstrap

    def start(self, node: int) -> None:
        """Start a node that does not run; `wait` until it is ready."""
        if node in self._running:
            raise RuntimeError(f"node {node} runs already")
        self._running[node] = start_node(self.layout, node, self._class_path, heap_mb=self.heap_mb)
        self._tell_guard()

    def wait(self, seconds: float = READY_TIMEOUT_S) -> None:
        """Wait until each running node counts all running nodes as alive."""
        alive: dict[int, Callable[[], bool]] = {
            node: partial(_is_alive, process) for node, process in self._running.items()
        }
        wait_until_ready(self.layout, alive, seconds)

    def kill(self, node: int) -> None:
        """End a node as a power cut would."""
        process = self._running.pop(node)
        process.kill()
        process.wait()
        self._tell_guard()

    def pid(self, node: int) -> int:
        """Name the process of a running node."""
        return self._running[node].pid

    def stop(self, patience_s: float = 0) -> None:
        """End all nodes: at once, since nobody will use their records, or asked to within a time.

        The last of three that are asked waits five seconds for voters that no longer come.
        """
        deadline = time.monotonic() + patience_s
        for process in self._running.values() if patience_s else ():
            process.terminate()
        for process in self._running.values() if patience_s else ():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
        for node in list(self._running):
            self.kill(node)
        if self._guard is not None:
            self._guard.communicate()
            self._guard = None
        self._in_use.close()

    def _laid_out(self) -> layouts.Layout:
        if (kept := layouts.load(self.folder)) is None:
            return layouts.new(self.folder, self._nodes, self._clients)
        if pids.running(kept):
            raise BrokerError(f"a broker runs in {self.folder}: `stormwatch broker stop` ends it")
        return layouts.again(kept, self._clients)

    def _tell_guard(self) -> None:
        if self._guard is None:
            guard = ["/bin/sh", "-c", GUARD]
            self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, start_new_session=True)
        assert self._guard.stdin is not None  # noqa: S101, it was asked for
        pids = " ".join(str(process.pid) for process in self._running.values())
        self._guard.stdin.write(f"{pids}\n".encode())
        self._guard.stdin.flush()


def _is_alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None
