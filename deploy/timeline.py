"""A replay for people: what happened when, in words and colours, and the grade as a sparkline."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from alerts.built_in import through
from alerts.policy import Policy
from alerts.readings import clean, doubts, reading
from alerts.sentences import sentence_of
from topics.alerts import Alert, AlertState, Grade, Priority
from topics.names import called
from topics.status import Status

SPARK_WIDTH: Final = 48  # columns: with the names before it, a line of 80
SPARKS: Final = "▁▂▄▆█"  # grades 0 to 4
COLOUR_BY_GRADE: Final = ("green", "yellow", "dark_orange", "red", "bold red")
COLOUR_BY_PRIORITY: Final = MappingProxyType(
    {
        Priority.P1: "bold red",
        Priority.P2: "dark_orange",
        Priority.P3: "yellow",
        Priority.INFO: "dim",
    }
)
PAGED: Final = Policy(through())
INDENT: Final = (0, 0, 0, 4)

Step = tuple[datetime, int]  # from then on, this grade
Steps = dict[str, dict[str, list[Step]]]  # by patient and policy


def show(
    told: Iterable[Alert | Status], span: tuple[datetime, datetime] | None, console: Console
) -> None:
    """Print each change of an alert and each status as it comes, then a sparkline a patient."""
    steps: Steps = {}
    for each in told:
        if isinstance(each, Alert):
            _show_alert(each, console)
            for name, grade in (each.crs or {}).items():
                patient = steps.setdefault(each.patient_id, {})
                patient.setdefault(name, []).append((each.at, grade.lowest))
        else:
            _show_status(each, console)
    if span is not None and steps:
        _show_sparklines(steps, span, console)


def sparkline(steps: list[Step], begin: datetime, end: datetime) -> Text:
    """Draw the highest grade in each part of a span."""
    width = (end - begin) / SPARK_WIDTH
    drawn = Text()
    for part in range(SPARK_WIDTH):
        since = begin + width * part
        until = end if part + 1 == SPARK_WIDTH else since + width
        before = [grade for at, grade in steps if at <= since]
        within = [grade for at, grade in steps if since < at <= until]
        grade = max([*before[-1:], *within], default=0)
        drawn.append(SPARKS[grade], COLOUR_BY_GRADE[grade])
    return drawn


def _show_alert(alert: Alert, console: Console) -> None:
    ended = alert.state in (AlertState.RESOLVED, AlertState.RETRACTED)
    style = "green" if ended else COLOUR_BY_PRIORITY[alert.priority]
    head = _head(alert.at, alert.day, alert.patient_id)
    head.append(f"{alert.rule} {alert.state}", style)
    head.append("" if ended else f" {alert.priority}", style)
    console.print(head.append("  ").append(_grades(alert.crs)))
    # The very words of the pager, which goes by the most urgent policy.
    said = sentence_of(alert, PAGED.level_of(alert).priority)
    console.print(Padding(Text(said, "bold"), INDENT))
    console.print(Padding(Text(clean(alert.advice)), INDENT))
    if alert.because:
        read = [reading(each, alert.at) for each in alert.because]
        why = "; ".join([*read, *doubts(alert, alert.at)])
        console.print(Padding(Text(f"{why} [{alert.source}]", "dim"), INDENT))


def _show_status(status: Status, console: Console) -> None:
    day = None if status.episode is None else status.episode.day
    head = _head(status.at, day, status.patient_id).append("status  ", "blue")
    console.print(head.append(_grades(status.crs)))
    known = [f"{called(flag)} (doubt)" for flag in status.flags]
    known += [f"{called(signal)} is stale" for signal in status.stale]
    if status.tocilizumab is not None and status.tocilizumab.doses:
        known.append(f"tocilizumab given: {status.tocilizumab.doses}")
    if known:
        console.print(Padding(Text(", ".join(known), "dim"), INDENT))


def _show_sparklines(steps: Steps, span: tuple[datetime, datetime], console: Console) -> None:
    console.print(Text(f"\nCRS from {span[0]:%d %b %H:%M} to {span[1]:%d %b %H:%M} UTC", "dim"))
    for patient_id, by_policy in steps.items():
        for place, (name, each) in enumerate(by_policy.items()):
            label = Text(f"{'' if place else patient_id:<12} {name:<14} ")
            console.print(label.append(sparkline(each, *span)))


def _head(at: datetime, day: int | None, patient_id: str) -> Text:
    when = f"{at:%Y-%m-%d %H:%M}" if day is None else f"D{day} {at:%H:%M}"
    return Text(f"{when:<9} ", "cyan").append(f"{patient_id}  ", "bold")


def _grades(crs: Mapping[str, Grade] | None) -> Text:
    """Write the grade under each policy; a range where not everything is known."""
    if crs is None:
        return Text("no longer watched", "dim")
    drawn = Text("CRS ")
    for place, grade in enumerate(crs.values()):
        known = grade.lowest == grade.highest
        told = f"{grade.lowest}" if known else f"{grade.lowest}..{grade.highest}"
        drawn.append(" / " if place else "").append(told, COLOUR_BY_GRADE[grade.lowest])
    return drawn
