"""Workers as a supervisor keeps them: one that ends is started again."""

import asyncio
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord
from commands import Read, Stormwatch
from oracle import Outcome, expected, recovered

from topics import registry

PATIENCE_S = 60
LOOK_S = 0.1


@dataclass
class Supervised:
    """Watchers that are kept running until they are released; `ended` are their exit statuses."""

    stormwatch: Stormwatch
    running: dict[str, tuple[subprocess.Popen[bytes], dict[str, str]]] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)

    def start(self, name: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a watcher, which is started again whenever it ends."""
        process = self.stormwatch.start("watch", **variables)
        self.running[name] = process, variables
        return process

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """Return the process that runs under a name now."""
        return self.running[name][0]

    def log(self, name: str) -> str:
        """Return what it has said."""
        return self.stormwatch.log_of(self.process(name))

    def reasons(self) -> list[str]:
        """Return why those that ended by themselves did."""
        said = (log.read_text(errors="replace") for _, log in self.stormwatch.started)
        return [line for each in said for line in each.splitlines() if "worker_ends" in line]

    def measured(self, name: str, metric: str) -> float:
        """Add up the series of a metric."""
        (port,) = re.findall(r"metrics_and_health_served.*port=(\d+)", self.log(name))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(metric))

    def look(self) -> None:
        """Start again what has ended."""
        for name, (process, variables) in list(self.running.items()):
            if (status := process.poll()) is not None:
                self.ended.append(status)
                self.start(name, **variables)

    def release(self) -> list[int]:
        """End all of them as asked; return their exit statuses."""
        statuses = [self.stormwatch.end(process) for process, _ in self.running.values()]
        self.running.clear()
        return statuses


async def until_same(
    supervised: Supervised, read_all: Read, wanted: Outcome, patience_s: float = PATIENCE_S
) -> dict[str, bytes]:
    """Return the states of the changelog, once they are as wanted or time is up."""
    deadline = time.monotonic() + patience_s
    while True:
        supervised.look()
        states = recovered(await read_all(registry.WATCH_CHANGELOG))
        if states == wanted.states or time.monotonic() > deadline:
            return states
        await asyncio.sleep(5 * LOOK_S)


async def what_must_come_out(read_all: Read) -> Outcome:
    """Return what a worker that nothing happens to makes of what lies on the input topics."""
    inputs = [await read_all(spec.name) for spec in registry.INPUTS]
    return expected(record for each in inputs for record in each)


def repeated(records: Iterable[ConsumerRecord]) -> int:
    """Count alert lines that were written more than once."""
    lines = [record.value for record in records if b'"type":"alert"' in record.value]
    return len(lines) - len(set(lines))


def one_line_each(wanted: Outcome) -> dict[tuple[str, int], set[bytes]]:
    """Return the lines that must be there, as `alert_lines` returns those that are."""
    return {name: {line} for name, line in wanted.alerts.items()}
