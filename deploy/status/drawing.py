"""Draws what is known: all patients as a table, or one patient with everything there is."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from alerts.readings import (
    A_MINUTE,
    ago,
    clean,
    clock_time,
    counted,
    doubts,
    name_of,
    reading,
    span,
)
from alerts.titles import title_of
from deploy.status.known import Board, Known, priority_of, sickest_first
from deploy.status.scores import of_hlh, of_scores
from deploy.timeline import COLOUR_BY_GRADE, COLOUR_BY_PRIORITY
from stream.clinical.policies.register import POLICY_NAMES
from topics.alerts import Alert, Grade
from topics.names import called
from topics.status import Status

UNKNOWN: Final = "unknown"
OLD_AFTER: Final = timedelta(hours=1)  # a line older than this is marked: nothing came since
COLUMNS: Final = (  # and how wide each is at least
    ("patient", 7),
    ("where", 7),
    *((f"CRS {name}", len(name)) for name in POLICY_NAMES),
    ("open alerts", 15),
    ("doubts", 12),
    ("tocilizumab", 11),
)
STALE_NAMED: Final = 2  # in the table; all of them where one patient is shown
INDENT: Final = (0, 0, 0, 4)


def draw_board(board: Board, shown: Sequence[Known], wall: datetime) -> RenderableType:
    """Draw patients in the order given; `wall` is this machine's time."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name, width in COLUMNS:
        table.add_column(name, overflow="fold", min_width=width)
    for name in ("day", "last change"):
        table.add_column(name, justify="right")
    for known in shown:
        table.add_row(*_cells(known, board.now_of(known)))
    return Group(_head(board, len(shown), wall), table)


def draw_patient(board: Board, known: Known, wall: datetime) -> RenderableType:
    """Draw all that is known of one patient."""
    now = board.now_of(known)
    rows = Table.grid(padding=(0, 2))
    for name, told in _facts(known, now):
        rows.add_row(Text(name, "dim"), told)
    parts: list[RenderableType] = [Text(f"Patient {clean(known.patient_id)}", "bold"), rows]
    parts += [Text("")]
    for line in known.open_alerts:
        parts += _alert(line, now)
    if not known.open_alerts:
        parts.append(Text("No alert is open."))
    return Group(_clock(board, wall), *parts)


def _head(board: Board, shown: int, wall: datetime) -> Text:
    hidden = len(board.patients) - shown
    told = Text(f"{shown} patient{'' if shown == 1 else 's'}, the sickest first")
    told.append(f"; {hidden} no longer watched" if hidden else "")
    return told.append(". ").append(_clock(board, wall))


def _clock(board: Board, wall: datetime) -> Text:
    """Say up to when everything is known, and shout where that is not now."""
    if board.clock is None:
        return Text("No tick has come: nobody watches.", "bold red")
    told = Text(f"Known up to {clock_time(board.clock)}.")
    if wall - board.clock > A_MINUTE:
        told.append(f" That is {span(wall - board.clock)} ago.", "bold red")
    if board.unread:
        told.append(f" {counted(board.unread, 'line')} can't be read.", "bold red")
    return told


def _cells(known: Known, now: datetime | None) -> Iterator[RenderableType]:
    status = known.status
    yield Text(clean(known.patient_id), "bold")
    yield Text(_place(known))
    yield from (_grade(status, name) for name in POLICY_NAMES)
    yield Text("\n").join(_briefly(line) for line in known.open_alerts)
    yield Text(", ".join(_doubts(status, STALE_NAMED)))
    yield Text("; ".join(_tocilizumab(status, now)))
    day = None if status is None or status.episode is None else status.episode.day
    yield Text("" if day is None else str(day))
    yield _age(status, now)


def _place(known: Known) -> str:
    unit, bed = known.place
    named = (unit, f"bed {bed}" if bed is not None else None)
    return clean(", ".join(each for each in named if each is not None)) or UNKNOWN


def _grade(status: Status | None, policy: str) -> Text:
    if status is None:
        return Text(UNKNOWN, "dim")
    if status.crs is None:
        return Text("no longer watched", "dim")
    grade = status.crs.get(policy)
    return Text(UNKNOWN, "dim") if grade is None else _range(grade)


def _range(grade: Grade) -> Text:
    """Write what is proven and, where it is more, what is not ruled out."""
    known = grade.lowest == grade.highest
    told = f"{grade.lowest}" if known else f"{grade.lowest} to {grade.highest}"
    return Text(told, COLOUR_BY_GRADE[grade.lowest])


def _briefly(line: Alert) -> Text:
    priority = priority_of(line)
    return Text(f"{priority} {clean(line.rule)}", COLOUR_BY_PRIORITY[priority])


def _doubts(status: Status | None, at_most: int | None = None) -> Iterator[str]:
    if status is None:
        return
    yield from (clean(called(flag)) for flag in status.flags)
    if status.stale:
        names = [name_of(signal) for signal in status.stale[:at_most]]
        if rest := len(status.stale) - len(names):
            names.append(f"and {rest} more")
        yield "stale: " + ", ".join(names)


def _tocilizumab(status: Status | None, now: datetime | None) -> Iterator[str]:
    line = None if status is None else status.tocilizumab
    if line is None or not line.doses:
        return
    yield f"{line.doses} given"
    if line.next_allowed_at is None:
        yield "no more in this stay"
    elif now is None or line.next_allowed_at > now:
        yield f"next from {clock_time(line.next_allowed_at)}"
    else:
        yield "next allowed now"


def _age(status: Status | None, now: datetime | None) -> Text:
    if status is None:
        return Text("")
    if now is None:
        return Text(clock_time(status.at))
    is_old = now - status.at > OLD_AFTER
    return Text(ago(status.at, now) or clock_time(status.at), "bold yellow" if is_old else "")


def _facts(known: Known, now: datetime | None) -> Iterator[tuple[str, Text]]:
    """Name each part of the status line, those that are not computed left out."""
    yield "where", Text(_place(known))
    status = known.status
    if status is None:
        yield "status", Text("no status line yet")
        return
    for name in POLICY_NAMES:
        yield f"CRS, {name}", _grade(status, name)
    for name, grade in (status.icans or {}).items():
        yield f"ICANS, {name}", _range(grade).append(" (estimated)" if grade.estimated else "")
    if status.hlh is not None:
        yield from ((name, Text(said)) for name, said in of_hlh(status.hlh))
    if status.scores is not None:
        yield from ((name, Text(said)) for name, said in of_scores(status.scores))
    if status.episode is not None:
        onset, day = status.episode.crs_onset_at, status.episode.day
        yield "episode", Text("none open" if onset is None else f"CRS since {clock_time(onset)}")
        yield "day", Text(UNKNOWN if day is None else str(day))
    yield "tocilizumab", Text("; ".join(_tocilizumab(status, now)) or "none given")
    yield "doubts", Text(", ".join(_doubts(status)) or "none")
    yield "last change", _age(status, now)


def _alert(line: Alert, now: datetime | None) -> Iterator[RenderableType]:
    priority = priority_of(line)
    under = ", ".join(f"{each} by {name}" for name, each in sorted(line.priorities.items()))
    head = Text(f"{priority} {clean(title_of(line.rule))}", COLOUR_BY_PRIORITY[priority])
    yield head.append(f" ({clean(line.rule)})", "default")
    told = [reading(each, now or line.at) for each in line.because]
    told += doubts(line, now or line.at)
    told += [clean(line.advice), f"{under}; advice of {clean(line.management)}" if under else ""]
    told.append(
        f"{clean(line.source)}; since its last change {clock_time(line.at)}, "
        f"alert {clean(line.alert_id)}, revision {line.revision}"
    )
    yield from (Padding(Text(each), INDENT) for each in told if each)


def shown_of(board: Board, *, everyone: bool) -> list[Known]:
    """Choose the patients to show: those who are watched, unless everyone is asked for."""
    patients: Iterable[Known] = board.patients.values()
    return sickest_first(known for known in patients if everyone or known.is_watched)
