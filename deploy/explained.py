"""The history of one alert in words: what was said when, what moved it, and what would end it."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from alerts.endings import ending_of
from alerts.life import OPEN_STATES
from alerts.readings import clean, doubts, moment, reading
from alerts.sentences import sentence_of
from alerts.titles import title_of
from stream.clinical.rules.register import BY_NAME
from topics import codec
from topics.alerts import Alert, Because, Grade, Priority
from topics.base import Event
from topics.codec import Rejected
from topics.ticks import Tick

BY_TIME: Final = "time alone: it fell due"
BY_ITS_MOMENT: Final = "time, and all that was told at this moment"
ENVELOPE: Final = {*Event.model_fields, "kind"}


class Record(NamedTuple):
    """A record as it came, and where it stands."""

    topic: str
    key: bytes | None
    value: bytes | None
    place: str


class Moved(NamedTuple):
    """A line of an alert, and what brought it.

    That is one record; or time, with what was told of the patient at the very moment: it is judged
    when the moment is over (decision 64).
    """

    alert: Alert
    records: tuple[Record, ...]
    by_time: bool


def said_of(record: Record) -> str:
    """Say what a record was."""
    found = codec.decode(record.topic, record.key, record.value)
    if isinstance(found, Rejected):
        return f"a record that was refused ({found.reason} at {found.path}): {found.detail}"
    event = found.event
    if isinstance(event, Tick):
        return BY_TIME
    told = event.model_dump(mode="json", exclude_none=True, exclude_unset=True, exclude=ENVELOPE)
    times = f"of {moment(event.effective_at)}"
    if event.recorded_at != event.effective_at:
        times += f", recorded {moment(event.recorded_at)}"
    marks = [] if event.status == "final" else [event.status.replace("_", " ")]
    marks += ["demo"] if event.demo else []
    how = f" ({', '.join(marks)})" if marks else ""
    said = ", ".join(_pairs(told))
    dropped = "".join(f"; dropped {each.path}: {each.detail}" for each in found.dropped)
    return f"{event.kind}{how} {said}, {times}, event {event.event_id} from {event.source}{dropped}"


def in_words(history: Sequence[Moved]) -> Iterator[str]:
    """Write the whole history of an alert."""
    first, last = history[0].alert, history[-1].alert
    yield f"{title_of(first.rule)} ({first.rule}), patient {clean(first.patient_id)}"
    yield f"Alert {first.alert_id}, stay {first.stay}, episode {first.episode or 'none'}"
    yield f"Policy {last.policy_hash}, management {last.management}"
    if first.rule in BY_NAME:
        yield f"Rule, its numbers as built in: {_rule(first.rule)}"
    before: tuple[Because, ...] = ()
    for moved in history:
        yield ""
        yield from _line(moved, before)
        before = moved.alert.because
    yield ""
    if last.state in OPEN_STATES:
        yield f"Open at the end of the file. What ends it: {ending_of(last.rule)}."
    else:
        yield f"It {last.state} {moment(last.at)}. What ends it: {ending_of(last.rule)}."


def _rule(name: str) -> str:
    """Give what the module of a rule says of it, but its sources."""
    module = inspect.getmodule(BY_NAME[name].judge)
    text = inspect.cleandoc("" if module is None else module.__doc__ or "")
    return " ".join(text.partition("Source:")[0].split())


def _line(moved: Moved, before: tuple[Because, ...]) -> Iterator[str]:
    alert = moved.alert
    is_open = alert.state in OPEN_STATES
    head = f"{alert.revision}. {moment(alert.at)}: {alert.state}"
    day = "" if alert.day is None else f", day {alert.day}"
    yield f"{head}{f' {alert.priority}' if is_open else ''}{day}{_graded(alert)}"
    yield from _movers(moved)
    yield f"   Says:     {sentence_of(alert, _paged(alert))}"
    for number, each in enumerate(alert.because):
        mark = "new" if _key(each) not in {_key(old) for old in before} else "as before"
        event = "" if each.event_id is None else f", event {each.event_id}"
        label = "Why:" if number == 0 else ""
        yield f"   {label:<9} {reading(each, alert.at)}{event} [{mark}]"
    for old in before:
        if is_open and _key(old) not in {_key(each) for each in alert.because}:
            yield f"             no longer: {reading(old, alert.at)}"
    yield from (f"   {said}" for said in doubts(alert, alert.at))
    yield f"   {'Do:' if is_open else 'Ended:':<9} {clean(alert.advice)}"
    yield f"   By:       {_policies(alert)}"
    yield f"   Source:   {clean(alert.source)}"


def _movers(moved: Moved) -> Iterator[str]:
    """Say what moved a line: a record, or time with what was told at its very moment."""
    label = "Moved by:"
    if moved.by_time:
        yield f"   {label} {BY_ITS_MOMENT if moved.records else BY_TIME}"
        label = " " * len(label)
    for record in moved.records:
        yield f"   {label} {said_of(record)}"
        yield f"             {record.place}"


def _paged(alert: Alert) -> Priority:
    """Give the priority that the pager goes by: the most urgent."""
    return max(alert.priorities.values(), key=lambda each: each.urgency, default=alert.priority)


def _policies(alert: Alert) -> str:
    return ", ".join(f"{priority} by {name}" for name, priority in alert.priorities.items())


def _graded(alert: Alert) -> str:
    said = []
    for name, grades in (("CRS", alert.crs), ("ICANS", alert.icans)):
        if grades:
            said.append(f"{name} {' / '.join(_span(each) for each in grades.values())}")
    return "".join(f", {each}" for each in said)


def _span(grade: Grade) -> str:
    if grade.lowest == grade.highest:
        return str(grade.lowest)
    return f"{grade.lowest}..{grade.highest}"


def _key(because: Because) -> tuple[object, ...]:
    return because.signal, because.effective_at, because.event_id, because.value


def _pairs(told: dict[str, Any]) -> Iterator[str]:
    for name, value in told.items():
        shown = ", ".join(_pairs(value)) if isinstance(value, dict) else clean(str(value))
        yield f"{name} {shown}"
