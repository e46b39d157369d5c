"""`stormwatch validate`: what of a replay file the pipeline would take, line by line.

It says of each line what the codec says of its record, so that an integrator sees before going
live what would end among the dead letters, and where.
"""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import click
from rich.console import Console
from rich.text import Text

from topics import codec
from topics.codec import Rejected
from topics.feeds import replay
from topics.feeds.replay import BrokenLine, Line


class Verdict(StrEnum):
    """What becomes of a line."""

    TAKEN = "in order"
    DROPPED = "with readings dropped"
    REFUSED = "refused"
    BROKEN = "broken"


COLOURS: Final = {
    Verdict.DROPPED: "yellow",
    Verdict.REFUSED: "bold red",
    Verdict.BROKEN: "bold red",
}


class Finding(NamedTuple):
    """What becomes of a line, and what there is to say about it."""

    number: int
    verdict: Verdict
    remarks: tuple[str, ...]


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.pass_context
def validate(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check replay files line by line; the exit status is 1 if a line would be refused."""
    console = Console(highlight=False, soft_wrap=True)
    total: Counter[Verdict] = Counter()
    for file in files:
        found: Counter[Verdict] = Counter()
        for finding in findings(file):
            found[finding.verdict] += 1
            for remark in finding.remarks:
                console.print(_told(file, finding, remark))
        console.print(Text(f"{file}: {_summary(found)}"))
        total += found
    if len(files) > 1:
        console.print(Text(f"{len(files)} files: {_summary(total)}"))
    ctx.exit(1 if total[Verdict.REFUSED] or total[Verdict.BROKEN] else 0)


def findings(file: Path) -> Iterator[Finding]:
    """Judge each line of a file as the pipeline would."""
    for line in replay.read(file):
        if isinstance(line, BrokenLine):
            yield Finding(line.number, Verdict.BROKEN, (line.reason,))
        else:
            yield _judge(line)


def _judge(line: Line) -> Finding:
    found = codec.decode(line.topic, line.key, line.value, check_key=False)
    if isinstance(found, Rejected):
        remark = f"{found.reason} at {found.path}: {found.detail}"
        return Finding(line.number, Verdict.REFUSED, (remark,))
    if found.dropped:
        remarks = (f"{each.reason} at {each.path}: {each.detail}" for each in found.dropped)
        return Finding(line.number, Verdict.DROPPED, tuple(remarks))
    return Finding(line.number, Verdict.TAKEN, ())


def _told(file: Path, finding: Finding, remark: str) -> Text:
    words = {
        Verdict.DROPPED: f"dropped: {remark}",
        Verdict.REFUSED: remark,
        Verdict.BROKEN: f"broken line: {remark}",
    }[finding.verdict]
    return Text.assemble(f"{file}:{finding.number}: ", (words, COLOURS[finding.verdict]))


def _summary(found: Counter[Verdict]) -> str:
    lines = found.total()
    counts = (f"{found[verdict]} {verdict}" for verdict in Verdict if found[verdict])
    return f"{lines} lines: {', '.join(counts)}" if lines else "no lines"
