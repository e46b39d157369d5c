"""`stormwatch explain`: how an alert came about, line by line, and by which records."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from deploy.explained import Moved, Record, in_words
from deploy.moments import Moment
from deploy.policy_option import engine_of, management_option, policy_option, replayer_of
from deploy.replay_lines import ReplayLines, read_lines
from stream.clinical.engine import Engine
from stream.clinical.replay import replay_by_line
from stream.journal_replay import JournalError, Replayer, replay_journal
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.feeds.replay import Line

SHORTEST_ID: Final = 4
NOT_OF_PATIENTS: Final = frozenset({registry.TICKS, registry.ACKS})  # they move no alert
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
    told = _Told()

    def taking() -> Iterator[Line]:
        for line in found.lines:
            told.add(line.timestamp_ms, _record_of(line, found))
            yield line

    asked = () if until is None else (epoch_ms(until),)
    for line, each in replay_by_line(engine, taking(), asked):
        if isinstance(each, Alert):
            yield told.moved(each, None if line is None else _record_of(line, found))


def _record_of(line: Line, found: ReplayLines) -> Record:
    return Record(line.topic, line.key, line.value, found.place_of(line))


def _of_journals(files: Iterable[Path], replayer: Replayer) -> Iterator[Moved]:
    for path in files:
        told = _Told()
        for taken, texts in replay_journal(path, replayer):
            place = f"{path}, {taken.topic} {taken.offset}"
            record = Record(taken.topic, taken.key, taken.value, place)
            told.add(taken.timestamp, record)
            for text in texts:
                alert = codec.decode_line(registry.ALERTS, text)
                if isinstance(alert, Alert):
                    yield told.moved(alert, record)


class _Told:
    """What was told of each patient, by its moment."""

    def __init__(self) -> None:
        self._records: dict[tuple[bytes | None, int], list[Record]] = {}

    def add(self, timestamp_ms: int, record: Record) -> None:
        """Note a record as it is taken."""
        if record.topic not in NOT_OF_PATIENTS:
            self._records.setdefault((record.key, timestamp_ms), []).append(record)

    def moved(self, alert: Alert, by: Record | None) -> Moved:
        """Give an alert with its record; with all of its moment where a tick brought it."""
        if by is not None and by.topic != registry.TICKS:
            return Moved(alert, (by,), by_time=False)
        moment = alert.patient_id.encode(), epoch_ms(alert.at)
        return Moved(alert, tuple(self._records.get(moment, ())), by_time=True)
