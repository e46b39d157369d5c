"""The lines of replay files, in the order in which they are taken."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from topics.feeds.replay import BrokenLine, Line, merge, read


class BrokenFileError(click.ClickException):
    """A line of a file cannot travel, and nobody said to go on."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def show(self, file: object = None) -> None:  # noqa: ARG002, click's signature
        """Name the line, with nothing around it."""
        click.echo(self.message, err=True)


class ReplayLines(NamedTuple):
    """Lines in their order, and where each stands, by its identity: one may stand in two files."""

    lines: Sequence[Line]
    paths: Mapping[int, Path]

    def place_of(self, line: Line) -> str:
        """Name the file and the line."""
        return f"{self.paths[id(line)]}:{line.number}"


def read_lines(
    files: Sequence[Path], *, keep_going: bool = False, exit_code: int = 1
) -> ReplayLines:
    """Read files; a broken line is named, and ends the run with a status unless it may go on."""
    found = [(path, list(_lines(path, keep_going, exit_code))) for path in files]
    paths = {id(line): path for path, lines in found for line in lines}
    return ReplayLines(list(merge(*[lines for _, lines in found])), paths)


def _lines(path: Path, keep_going: bool, exit_code: int) -> Iterator[Line]:
    for line in read(path):
        if not isinstance(line, BrokenLine):
            yield line
            continue
        said = f"{path.name}, line {line.number}: {line.reason}"
        if not keep_going:
            raise BrokenFileError(said, exit_code)
        click.echo(said, err=True)
