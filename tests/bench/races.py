"""Runs contenders as processes, one at a time, and reads their reports."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bench.task import Report, Task

TESTS: Final = Path(__file__).parent.parent
QUIX: Final = TESTS.parent / ".venv-quix/bin/python"  # its pydantic is not ours
MODULES: Final = MappingProxyType(
    {"stormwatch": "pipeline", "aiokafka": "bare", "faust": "faust_table", "quix": "quix"}
)
REPORT_LIMIT_S: Final = 180.0
END_LIMIT_S: Final = 20.0
LOG_LINES: Final = 30


class RaceError(Exception):
    """A contender did not report, or not every alert of it came, once.

    The message says which; of one that did not report it has the end of what it logged.
    """


@dataclass
class Running:
    """A contender at work."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    started_at: float  # epoch seconds

    async def report(self) -> Report:
        """Wait for its report."""
        try:
            async with asyncio.timeout(REPORT_LIMIT_S):
                return await self._read()
        except TimeoutError:
            raise self._failed(f"no report within {REPORT_LIMIT_S:.0f} s") from None

    def cpu_s(self) -> float:
        """Return the seconds of processor that it has used, all its threads together."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def end(self) -> None:
        """Ask it to end, for what it still holds to be written."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), END_LIMIT_S)
        except TimeoutError:
            await self.kill()

    async def _read(self) -> Report:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            if line.startswith(b'{"records"'):
                return Report(**json.loads(line))
        raise self._failed("it has ended")

    def _failed(self, why: str) -> RaceError:
        lines = self.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        return RaceError("\n".join([f"{self.name}: {why}", *lines]))


def available(name: str) -> bool:
    """Tell whether a contender can run here."""
    return name != "quix" or QUIX.exists()


@asynccontextmanager
async def running(name: str, task: Task, folder: Path) -> AsyncIterator[Running]:
    """Start a contender; whatever happens it is gone at the end."""
    log = folder / f"{task.name}-{time.monotonic_ns()}.log"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("STORMWATCH_")}
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            str(QUIX) if name == "quix" else sys.executable,
            "-m",
            f"bench.contenders.{MODULES[name]}",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env=kept | {"PYTHONPATH": str(TESTS)} | task.variables(),
        )
    contender = Running(name, process, log, time.time())
    try:
        yield contender
    finally:
        await contender.kill()


async def race(name: str, task: Task, folder: Path) -> Report:
    """Have a contender take its records, and return how it did."""
    async with running(name, task, folder) as contender:
        return await contender.report()
