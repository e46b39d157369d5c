"""How far the download is: a bar on a terminal, a few plain lines elsewhere, all on stderr."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from deploy.broker.jars import KAFKA, SIZE

MEGABYTE: Final = 1_000_000
PLAIN_LINE_EVERY_S: Final = 5.0


class Progress:
    """Counts what was fetched. Called from several threads at once."""

    def __init__(self, jars: int) -> None:
        self.jars = jars
        self.done = 0
        self.size = 0
        self._lock = threading.Lock()

    def bytes_fetched(self, count: int) -> None:
        """Count some more bytes."""
        with self._lock:
            self.size += count
            self.show()

    def jar_fetched(self) -> None:
        """Count a jar that is in its place."""
        with self._lock:
            self.done += 1
            self.show()

    def show(self) -> None:
        """Tell whoever looks on; a subclass knows how."""


class OnTerminal(Progress):
    """Moves a bar."""

    def __init__(self, jars: int, bar: Bar) -> None:
        super().__init__(jars)
        self._bar = bar
        self._task = bar.add_task(KAFKA, total=jars, megabytes="")

    def show(self) -> None:
        """Move the bar."""
        megabytes = f"{self.size / MEGABYTE:.1f} MB"
        self._bar.update(self._task, completed=self.done, megabytes=megabytes)


class InPlainLines(Progress):
    """Prints a line from time to time: for log files, and for what others read by machine."""

    def __init__(self, jars: int, console: Console) -> None:
        super().__init__(jars)
        self._console = console
        self._next_s = time.monotonic() + PLAIN_LINE_EVERY_S

    def show(self) -> None:
        """Print where the download is, if the last line is old or this was the last jar."""
        if self.done == self.jars or time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + PLAIN_LINE_EVERY_S
            self._console.print(f"{self.done} of {self.jars} jars, {self.size / MEGABYTE:.1f} MB")


@contextmanager
def shown(jars: int, cache: Path) -> Iterator[Progress]:
    """Show on stderr how a download of so many jars goes on."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"Fetching {jars} jars of {KAFKA} ({SIZE} in all, once) into {cache}")
    if not console.is_terminal:
        yield InPlainLines(jars, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[megabytes]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        yield OnTerminal(jars, bar)
