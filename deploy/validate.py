"""`stormwatch validate`: what of a replay file the pipeline would take, line by line.

It says of each line what the codec says of its record, so that an integrator sees before going
live what would end among the dead letters, and where.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from pydantic import BaseModel
from pydantic_core import from_json
from rich.console import Console
from rich.text import Text

from alerts.readings import counted
from topics import codec
from topics.codec import Rejected
from topics.feeds import replay
from topics.feeds.replay import BrokenLine, Line
from topics.reserved import is_made_up


class Verdict(StrEnum):
    """What becomes of a line."""

    TAKEN = "in order"
    NOTED = "in order with a remark"
    DROPPED = "with readings dropped"
    REFUSED = "refused"
    BROKEN = "broken"


AHEAD: Final = timedelta(minutes=5)  # of the clock: what is recorded later is refused

COLOURS: Final = {
    Verdict.NOTED: "yellow",
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
        dropped = (f"{each.reason} at {each.path}: {each.detail}" for each in found.dropped)
        return Finding(line.number, Verdict.DROPPED, tuple(dropped))
    remarks = (
        *_unknown_fields(found.event, from_json(line.value)),
        *_ahead(line),
        *_reserved(found.event),
    )
    return Finding(line.number, Verdict.NOTED if remarks else Verdict.TAKEN, remarks)


def _unknown_fields(model: BaseModel, sent: dict[str, Any], path: str = "$") -> Iterator[str]:
    """Name what the contract does not know: it is ignored, and may be a field misspelt."""
    for name, value in sent.items():
        if name not in type(model).model_fields:
            yield f"not in the contract, ignored: {path}.{name}"
        elif isinstance(inner := getattr(model, name), BaseModel):
            yield from _unknown_fields(inner, value, f"{path}.{name}")


def _ahead(line: Line) -> Iterator[str]:
    if datetime.fromtimestamp(line.timestamp_ms / 1000, UTC) > datetime.now(UTC) + AHEAD:
        yield "recorded in the future of this machine's clock: live it would be refused as ahead"


def _reserved(event: BaseModel) -> Iterator[str]:
    if is_made_up(getattr(event, "patient_id", "")):
        yield "a patient id of Stormwatch's own: its alerts reach no team"


def _told(file: Path, finding: Finding, remark: str) -> Text:
    words = {
        Verdict.NOTED: remark,
        Verdict.DROPPED: f"dropped: {remark}",
        Verdict.REFUSED: remark,
        Verdict.BROKEN: f"broken line: {remark}",
    }[finding.verdict]
    return Text.assemble(f"{file}:{finding.number}: ", (words, COLOURS[finding.verdict]))


def _summary(found: Counter[Verdict]) -> str:
    lines = found.total()
    counts = (f"{found[verdict]} {verdict}" for verdict in Verdict if found[verdict])
    return f"{counted(lines, 'line')}: {', '.join(counts)}" if lines else "no lines"
