"""Tables of results: for a terminal, for a page, for a program."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """What one part of the benchmark found, as text."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    def show(self, console: Console) -> None:
        """Print it."""
        shown = RichTable(*self.columns, title=self.title, title_justify="left", box=SIMPLE)
        for column in shown.columns[1:]:
            column.justify = "right"
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)
        if self.note:
            console.print(f"{self.note}\n", soft_wrap=True)

    def markdown(self) -> str:
        """Return it as a section of a page."""
        lines = [self.columns, ("---", *["---:"] * (len(self.columns) - 1)), *self.rows]
        rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"### {self.title}\n\n{rows}\n" + (f"\n{self.note}\n" if self.note else "")


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return a median, with the least and the most of the rounds."""
    middle = statistics.median(values)
    return f"{middle:,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Divide round by round: what disturbs a round disturbs both."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
