"""`stormwatch demo`: real Kafka, published cases through it, pages on the console."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from deploy.broker.cluster import Cluster
from deploy.broker.failure import BrokerError
from deploy.summary import Summary, summarise, table_of

CASES: Final = Path(__file__).parent.parent / "tests" / "vectors"
SHOWN: Final = ("B01", "B02", "B12", "B38", "B39")
ANOTHER: Final = CASES / "B04.events.ndjson"
RECORD_SECONDS_A_SECOND: Final = 20_000  # five days of ward in less than half a minute
READY_LIMIT_S: Final = 60.0
DONE_LIMIT_S: Final = 120.0
LOOKS: Final = 2  # one look may fall between two records
END_LIMIT_S: Final = 20.0
STORMWATCH: Final = (sys.executable, "-m", "deploy.cli")

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Leave everything running, and say how to try it.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=RECORD_SECONDS_A_SECOND,
    show_default=True,
    help="Seconds of the cases in each second of the demo.",
)
def demo(files: Sequence[Path], *, keep: bool, speed: float) -> None:
    """Stream published cases through a real Kafka and page on this console.

    Without FILES the cases are those of the clinical vectors. Ends by itself with a table of the
    patients; with --keep it goes on until Ctrl-C.
    """
    files = files or [CASES / f"{name}.events.ndjson" for name in SHOWN]
    if missing := [path for path in files if not path.is_file()]:
        raise click.ClickException(f"no such case: {missing[0].name}; name replay files instead")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with tempfile.TemporaryDirectory(prefix="stormwatch-demo-") as folder:
            Demo(Path(folder), files, speed).run(keep=keep)
    except BrokerError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        err.print("ended")


@dataclass
class Demo:
    """One demo: a broker, a watcher, a pager and a loader, all on this machine."""

    folder: Path
    files: Sequence[Path]
    speed: float
    workers: dict[str, "Worker"] = field(default_factory=dict)

    def run(self, *, keep: bool) -> None:
        """Play the cases and show what became of the patients."""
        say("Starting Apache Kafka.")
        with Cluster(self.folder / "kafka") as kafka, contextlib.ExitStack() as ended:
            self._command(kafka.bootstrap, "topics", "create", "--keep")
            say(f"Kafka answers at {kafka.bootstrap}. Starting the watcher and the pager.")
            for role in ("watch", "page"):
                self.workers[role] = Worker.start(role, kafka.bootstrap, self.folder)
                ended.callback(self.workers[role].end)
            for worker in self.workers.values():
                worker.wait(lambda at: at.is_ready, READY_LIMIT_S, "ready")
            say(f"Playing {len(self.files)} cases at {self.speed:,.0f} times their speed.\n")
            names = [str(path) for path in self.files]
            self._command(kafka.bootstrap, "load", "--speed", str(self.speed), *names)
            for worker in self.workers.values():
                worker.wait(lambda at: at.is_done, DONE_LIMIT_S, "done")
            summary = asyncio.run(summarise(kafka.bootstrap))
            out.print(table_of(summary))
            if keep:
                self._stay(kafka.bootstrap, summary)

    def _command(self, bootstrap: str, *arguments: str) -> None:
        done = subprocess.run(
            [*STORMWATCH, *arguments],
            env=environment(bootstrap),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise click.ClickException(f"{arguments[0]}: {done.stderr.strip() or done.stdout}")

    def _stay(self, bootstrap: str, summary: Sequence[Summary]) -> None:
        alert_id = next((each.newest_alert for each in summary if each.newest_alert), "ALERT_ID")
        out.print(
            "\nEverything goes on running; Ctrl-C ends it. In another shell:\n\n"
            f"  export STORMWATCH_KAFKA={bootstrap}\n"
            "  stormwatch status\n"
            f"  stormwatch ack {alert_id} --by 'your name'\n"
            f"  stormwatch load {ANOTHER} --speed {self.speed:g}\n\n"
            "Its clock is that of the cases: what is loaded with --now would lie in its future.\n",
            soft_wrap=True,
        )
        for worker in self.workers.values():
            at = f"http://127.0.0.1:{worker.port}/metrics"
            out.print(f"  {worker.role}: {at}, log {worker.log}", soft_wrap=True)
        while not (
            ended := [each for each in self.workers.values() if each.process.poll() is not None]
        ):
            time.sleep(0.5)
        raise click.ClickException(
            f"{ended[0].role} has ended ({ended[0].process.returncode}): {ended[0].last_words()}"
        )


def environment(bootstrap: str, **more: str) -> dict[str, str]:
    """Return our environment with no setting but those of the demo."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("STORMWATCH_") or name == "STORMWATCH_CACHE"
    }
    return kept | {"STORMWATCH_KAFKA": bootstrap} | more


@dataclass(frozen=True)
class Metrics:
    """What a worker says of itself."""

    is_ready: bool
    values: dict[str, float]

    @property
    def is_done(self) -> bool:
        """Whether nothing waits: no record unread, no page unsent."""
        return not any(
            value
            for name, value in self.values.items()
            if name.startswith(("stormwatch_partition_lag_records", "stormwatch_pages_pending"))
        )


@dataclass(frozen=True)
class Worker:
    """A worker of the demo: the pager's pages go to this console, everything else to its log."""

    role: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, role: str, bootstrap: str, folder: Path) -> "Worker":
        """Start a worker whose clock is that of the cases."""
        port, log = free_port(), folder / f"{role}.log"
        settings = environment(
            bootstrap, STORMWATCH_TICKS="topic", STORMWATCH_METRICS_PORT=str(port)
        )
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [*STORMWATCH, role], env=settings, stdin=subprocess.DEVNULL, stderr=errors
            )
        return cls(role, port, log, process)

    def wait(self, until: Callable[[Metrics], bool], limit_s: float, what: str) -> None:
        """Wait until the metrics say so, more than once in a row."""
        deadline, seen = time.monotonic() + limit_s, 0
        while seen < LOOKS:
            if self.process.poll() is not None:
                raise click.ClickException(f"{self.role} ended: {self.last_words()}")
            if time.monotonic() > deadline:
                raise click.ClickException(f"{self.role} is not {what} after {limit_s:.0f} s")
            seen = seen + 1 if (now := self._metrics()) is not None and until(now) else 0
            time.sleep(1.0 if seen else 0.2)

    def _metrics(self) -> Metrics | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
                lines = answer.read().decode().splitlines()
        except (urllib.error.URLError, ConnectionError):
            return None
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        values = {name: float(value) for name, value in pairs}
        return Metrics(values.get("stormwatch_ready") == 1, values)

    def last_words(self) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])

    def end(self) -> None:
        """Ask it to end; it makes durable what it has taken."""
        self.process.terminate()
        try:
            self.process.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def say(text: str) -> None:
    """Tell whoever watches what is happening."""
    out.print(text, style="dim")
