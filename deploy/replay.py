"""`stormwatch replay`: replay files through the engine, with no broker."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import click

from deploy.moments import Moment
from deploy.policy_option import engine_of, management_option, policy_option, replayer_of
from deploy.replay_lines import ReplayLines, read_lines
from stream.clinical.replay import Refused
from stream.clinical.replay import replay as replayed
from stream.clinical.times import moment
from stream.journal_replay import JournalError, Replayer, replay_journal
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.feeds.replay import Line
from topics.status import Status


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="NDJSON for programs, else a timeline.")
@click.option("--at", "asked", type=Moment(), multiple=True, help="Say the status at this time.")
@management_option
@policy_option
@click.option("--journal", is_flag=True, help="FILES are journals of a worker: as it took them.")
@click.option("--keep-going", is_flag=True, help="Go on after a line that is broken.")
def replay(  # noqa: PLR0913, what click hands over
    files: tuple[Path, ...],
    asked: tuple[datetime, ...],
    management: str | None,
    policy_file: Path | None,
    *,
    journal: bool,
    as_json: bool,
    keep_going: bool,
) -> None:
    """Run replay files through the engine and say what it would have said, and when.

    With --journal say what a worker did say: in its order, with its clock, from the states that it
    began with, one file after the other.
    """
    if journal:
        if asked or keep_going:
            raise click.UsageError("--at and --keep-going go with replay files, not with journals")
        _replay_journals(files, replayer_of(policy_file, management), as_json=as_json)
        return
    found = read_lines(files, keep_going=keep_going)
    refusals: Counter[str] = Counter()
    asked_ms = [epoch_ms(each) for each in asked]
    told = _naming(
        replayed(engine_of(policy_file, management), found.lines, asked_ms), found, refusals
    )
    if as_json:
        sys.stdout.buffer.writelines(codec.encode(each) + b"\n" for each in told)
        sys.stdout.buffer.flush()
    else:
        _show(told, found.lines)
    for reason, count in sorted(refusals.items()):
        click.echo(f"refused {count} ({reason})", err=True)


def _replay_journals(files: Iterable[Path], replayer: Replayer, *, as_json: bool) -> None:
    told = (line for path in files for _, said in replay_journal(path, replayer) for line in said)
    try:
        if as_json:
            sys.stdout.buffer.writelines(line + b"\n" for line in told)
            sys.stdout.buffer.flush()
        else:
            read = (codec.decode_line(registry.ALERTS, line) for line in told)
            _show((line for line in read if isinstance(line, Alert)), [])
    except JournalError as error:
        raise click.ClickException(str(error)) from error


def _naming(
    told: Iterable[Alert | Status | Refused[Line]],
    found: ReplayLines,
    refusals: Counter[str],
) -> Iterator[Alert | Status]:
    """Leave out what was refused, name it as `stormwatch validate` does, and count it."""
    for each in told:
        if isinstance(each, Refused):
            line, why, dropped = each
            words = f"{why.reason} at {why.path}: {why.detail}"
            words = f"dropped: {words}" if dropped else words
            click.echo(f"{found.place_of(line)}: {words}", err=True)
            refusals[why.reason] += 1
        else:
            yield each


def _show(told: Iterable[Alert | Status], lines: Sequence[Line]) -> None:
    # Only a person waits for rich to load.
    from rich.console import Console  # noqa: PLC0415

    from deploy.timeline import show  # noqa: PLC0415

    times = [line.timestamp_ms for line in lines if line.topic != registry.PATIENTS]
    span = (moment(min(times)), moment(max(times))) if times else None
    show(told, span, Console(highlight=False))
