"""Subcommands as real processes, and records on a real broker: for tests with Kafka."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import ConsumerRecord

from stream.ending import ENDED_WITHIN_S

STORMWATCH = Path(sys.executable).with_name("stormwatch")
END_TIMEOUT_S = 15
HANGING_S = ENDED_WITHIN_S + 5  # one that hangs is waited for, so that it says where


@dataclass(frozen=True)
class Produced:
    """A record to write; without a partition the key's murmur2 decides."""

    topic: str
    value: bytes | None
    key: bytes | None = None
    timestamp_ms: int | None = None
    partition: int | None = None


Read = Callable[[str], Awaitable[list[ConsumerRecord]]]
Produce = Callable[[Iterable[Produced]], Awaitable[None]]


@dataclass
class Stormwatch:
    """Subcommands of `stormwatch` as real processes against the broker of the test."""

    bootstrap: str
    folder: Path
    started: list[tuple[subprocess.Popen[bytes], Path]] = field(default_factory=list)

    def start(
        self, *arguments: str, program: Sequence[str | Path] = (STORMWATCH,), **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start a subcommand in the background; `variables` are added to its environment."""
        log = self.folder / f"{len(self.started) + 1}-{arguments[0]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(variables),
                start_new_session=True,
            )
        self.started.append((process, log))
        return process

    def run(
        self, *arguments: str, timeout_s: float = 60, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a subcommand to its end, whatever its exit status."""
        return subprocess.run(
            [STORMWATCH, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            env=self._environment(variables),
        )

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        """Tell what a started subcommand has said so far."""
        return next(log for p, log in self.started if p is process).read_text(errors="replace")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a subcommand as a power cut would."""
        process.kill()
        process.wait()

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Ask a subcommand to end and return its exit status; a test fails if it does not."""
        process.send_signal(signal.SIGTERM)
        began_s = time.monotonic()
        status = process.wait(HANGING_S)
        assert time.monotonic() - began_s < END_TIMEOUT_S, "it did not end in time"
        return status

    def _environment(self, variables: dict[str, str]) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("STORMWATCH_") or name == "STORMWATCH_CACHE"
        }
        return kept | {"STORMWATCH_KAFKA": self.bootstrap, "NO_COLOR": "1"} | variables
