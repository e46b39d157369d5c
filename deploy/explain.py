"""`stormwatch explain`: how an alert came about, line by line, and by which records."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from deploy.explained import Moved, in_words, mover_of
from deploy.moments import Moment
from deploy.policy_option import engine_of, management_option, policy_option, replayer_of
from deploy.replay_lines import ReplayLines, read_lines
from stream.clinical.engine import Engine
from stream.clinical.replay import replay
from stream.journal_replay import JournalError, Replayer, replay_journal
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.feeds.replay import Line

SHORTEST_ID: Final = 4
NAMED_MAX: Final = 20  # alerts that are named where none is found


@click.command()
@click.argument("alert_id")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@management_option
@policy_option
@click.option("--journal", is_flag=True, help="FILES are journals of a worker: as it took them.")
@click.option("--at", "until", type=Moment(), help="With what falls due behind the last line.")
def explain(  # noqa: PLR0913, what click hands over
    alert_id: str,
    files: tuple[Path, ...],
    management: str | None,
    policy_file: Path | None,
    *,
    journal: bool,
    until: datetime | None,
) -> None:
    """Say how an alert came about: every line of it, and the record or the time that moved it.

    ALERT_ID or its first digits, as a page shows them. FILES are replay files, or journals.
    """
    if journal and until is not None:
        raise click.UsageError("a journal has its own ticks: --at goes with replay files")
    if journal:
        told = _of_journals(files, replayer_of(policy_file, management))
    else:
        told = _of_lines(engine_of(policy_file, management), read_lines(files), until)
    try:
        history = _history(told, alert_id)
    except JournalError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(in_words(history)))


def _history(told: Iterable[Moved], prefix: str) -> Sequence[Moved]:
    by_id: dict[str, list[Moved]] = {}
    for each in told:
        by_id.setdefault(each.alert.alert_id, []).append(each)
    if len(prefix) < SHORTEST_ID:
        raise click.UsageError(f"give {SHORTEST_ID} digits of the id or more")
    found = [alert_id for alert_id in by_id if alert_id.startswith(prefix)]
    if len(found) == 1:
        return by_id[found[0]]
    some = found or list(by_id)
    named = [f"  {_named(by_id[each][0].alert)}" for each in some[:NAMED_MAX]]
    rest = [f"  and {len(some) - NAMED_MAX} more"] if len(some) > NAMED_MAX else []
    said = f"{len(found)} alerts begin with {prefix}:" if found else f"no alert {prefix}, only:"
    raise click.ClickException("\n".join([said, *named, *rest]))


def _named(alert: Alert) -> str:
    return f"{alert.alert_id}  {alert.patient_id}  {alert.rule}"


def _of_lines(engine: Engine, found: ReplayLines, until: datetime | None) -> Iterator[Moved]:
    taken: list[Line] = []

    def taking() -> Iterator[Line]:
        for line in found.lines:
            taken[:] = [line]
            yield line

    for each in replay(engine, taking(), () if until is None else (epoch_ms(until),)):
        if isinstance(each, Alert):
            line = taken[0]
            # What the time moved bears another time than the line; the line has its own timestamp.
            fell_due = epoch_ms(each.at) != line.timestamp_ms
            mover = None if fell_due else mover_of(line.topic, line.key, line.value)
            yield Moved(each, mover, "" if fell_due else found.place_of(line))


def _of_journals(files: Iterable[Path], replayer: Replayer) -> Iterator[Moved]:
    for path in files:
        for record, text in replay_journal(path, replayer):
            alert = codec.decode_line(registry.ALERTS, text)
            if isinstance(alert, Alert):
                place = f"{path}, {record.topic} {record.offset}"
                mover = mover_of(record.topic, record.key, record.value)
                yield Moved(alert, mover, "" if mover is None else place)
