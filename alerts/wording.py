"""The words on the pager: who, what, why, what to do, under which policy, and how to answer.

A page names a patient by pseudonymous id, ward and bed; no name or record number comes this far.
It says that criteria are met, never that a patient has something: that is a clinician's word.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from alerts.life import BEFORE_ANY_TICK, Life, Reason, Send
from alerts.page import Page
from alerts.policy import NOT_BY_CRS_GRADE, Part, Policy, Target
from alerts.readings import A_MINUTE, ago, clean, clock_time, reading, span
from alerts.titles import title_of
from topics.alerts import Alert, AlertState, Grade
from topics.base import EPOCH, MILLISECOND

SUBJECT_MAX: Final = 139  # characters: what CDS Hooks asks of a summary
READINGS_MAX: Final = 12
ID_SHOWN: Final = 8  # characters of an alert's id that are enough to answer it
CALLED_NOW: Final = timedelta(minutes=5)  # who must answer this soon is called now

ROLES: Final = MappingProxyType(
    {
        Target.RAPID_RESPONSE: "Rapid response",
        Target.PRIMARY_TEAM: "Primary team",
        Target.WORK_LIST: "Work list",
    }
)
WHY_NOW: Final = MappingProxyType(
    {
        Reason.RAISED: "New.",
        Reason.WORSE: "WORSE than when it was last told.",
        Reason.REPEATED: "AGAIN: still true, and nobody has answered.",
        Reason.CONCERNED: "Milder than before; it is yours now.",
        Reason.UNACKNOWLEDGED: "AGAIN: the acknowledgement was taken back.",
        Reason.ANSWER_OVER: "AGAIN: the snooze is over, and it is still true.",
    }
)
HOW_ENDED: Final = MappingProxyType(
    {
        AlertState.RESOLVED: "It was true and has ended.",
        AlertState.RETRACTED: "RETRACTED: it was never true with what is known now.",
    }
)


def write(life: Life, send: Send, policy: Policy, clock_ms: int = BEFORE_ANY_TICK) -> Page:
    """Write a page in the words of the newest line of its alert, as of the moment it leaves.

    That is by the clock of its partition, which is behind what asked for the page by a tick.
    """
    line = life.line
    now = EPOCH + max(send.at_ms, clock_ms) * MILLISECOND
    within = _answer_within(life, send, policy)
    return Page(
        page_id=send.page_id,
        alert_id=line.alert_id,
        revision=line.revision,
        patient_id=line.patient_id,
        unit=line.unit,
        bed=line.bed,
        rule=clean(line.rule),
        priority=life.level.priority,
        state=line.state,
        is_open=life.is_open,
        at=now,
        target=send.address.target,
        tier=send.tier,
        part=send.part,
        answer_within=within,
        subject=_subject(life, send),
        call=_call(life, send, within),
        title=clean(title_of(line.rule)),
        who=_who(line),
        what=_said(_what(life, send, now)),
        why=_said(_why(line, now) if life.is_open else (clean(line.advice),)),
        advice=_advice(life, send),
        under=_under(line, policy),
        source=clean(line.source),
        answer=_answer(line) if life.is_open else "",
    )


def bare(life: Life) -> Life:
    """Leave out all that words are made of, for when they fail: a page without them still calls."""
    left_out: dict[str, object] = dict.fromkeys(("crs", "unit", "bed", "day"))
    advice = "The details cannot be shown. Go and look at the patient."
    rest = {"because": (), "priorities": {}, "advice": advice}
    return replace(life, line=life.line.model_copy(update=left_out | rest))


def _answer_within(life: Life, send: Send, policy: Policy) -> timedelta | None:
    tiers = policy.tiers_of(life.level.priority)
    if not life.is_open or send.part is not Part.ACT or send.tier > len(tiers):
        return None
    return tiers[send.tier - 1].answer_within


def _subject(life: Life, send: Send) -> str:
    line = life.line
    what = f"{life.level.priority} {clean(title_of(line.rule))}"
    if grades := _grades(line):
        what += f", {grades}"
    if not life.is_open:
        what = f"ENDED: {what}"
    elif send.part is Part.HEADS_UP:
        what = f"Heads-up: {what}"
    patient = f" | patient {clean(line.patient_id)}"
    place = f" | {' '.join(_place(line))}" if _place(line) else ""
    for subject in (what + patient + place, what + patient):
        if len(subject) <= SUBJECT_MAX:
            return subject
    return what[: SUBJECT_MAX - len(patient)] + patient


def _call(life: Life, send: Send, within: timedelta | None) -> str:
    role = ROLES[send.address.target]
    if not life.is_open:
        return f"ENDED {life.level.priority} | {role}: this alert is over"
    lead = f"{life.level.priority} | {role}"
    if send.part is Part.ACT and within is not None:
        soon = "now" if within <= CALLED_NOW else f"within {span(within)}"
        return f"{lead}: answer {soon}"
    return f"{lead}: heads-up" if send.part is Part.HEADS_UP else lead


def _who(line: Alert) -> str:
    place = _place(line) or ("ward and bed not known",)
    who = [f"Patient {clean(line.patient_id)}", *place]
    if line.day is not None:
        who.append(f"day {line.day} after infusion" if line.day >= 0 else "before infusion")
    return ", ".join(who)


def _place(line: Alert) -> tuple[str, ...]:
    ward = () if line.unit is None else (f"ward {clean(line.unit)}",)
    return ward if line.bed is None else (*ward, f"bed {clean(line.bed)}")


def _what(life: Life, send: Send, now: datetime) -> tuple[str, ...]:
    since = EPOCH + life.open_since_ms * MILLISECOND
    if not life.is_open:
        ended = clock_time(life.line.at)
        return (HOW_ENDED[life.line.state], f"Open since {clock_time(since)}, ended {ended}.")
    grades = f"Meets criteria for {said}." if (said := _grades(life.line)) else ""
    began = f"Open since {clock_time(since)}."
    if now - since >= A_MINUTE:
        began = f"{began[:-1]}, {ago(since, now)}."
    return (
        f"{grades} {_doubt(life.line)}".strip(),
        f"{WHY_NOW.get(send.reason, '')} {began}".strip(),
    )


def _said(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what says nothing."""
    return tuple(each for each in lines if each)


def _grades(line: Alert) -> str:
    """Write the grades that are proven, and under which policy; empty where none is."""
    proven = {name: grade.lowest for name, grade in _crs(line).items() if grade.lowest > 0}
    return f"CRS grade {_by_number(proven)}" if proven else ""


def _doubt(line: Alert) -> str:
    """Say how much worse it may be; empty where nothing more is known to be possible."""
    possible = {
        name: grade.highest
        for name, grade in _crs(line).items()
        if grade.highest > grade.lowest > 0
    }
    if not possible:
        return ""
    # Which value it is, the line doesn't say.
    return f"Not ruled out: grade {_by_number(possible)}; a value that sets it is missing or old."


def _crs(line: Alert) -> Mapping[str, Grade]:
    return {} if line.crs is None or line.rule in NOT_BY_CRS_GRADE else line.crs


def _by_number(grades: Mapping[str, int]) -> str:
    """Write grades with their policies: 2 (manikath-2025), 3 (astct-2019)."""
    names: dict[int, list[str]] = {}
    for name, grade in grades.items():
        names.setdefault(grade, []).append(clean(name))
    return ", ".join(f"{grade} ({', '.join(of)})" for grade, of in names.items())


def _why(line: Alert, now: datetime) -> tuple[str, ...]:
    shown = tuple(reading(each, now) for each in line.because[:READINGS_MAX])
    left_out = len(line.because) - len(shown)
    return (*shown, f"and {left_out} more") if left_out else shown


def _advice(life: Life, send: Send) -> str:
    if not life.is_open:
        return "Nothing more for this alert. Others of the patient may be open."
    if send.part is Part.HEADS_UP:
        return "Be ready: the primary team is called first."
    return clean(life.line.advice)


def _under(line: Alert, policy: Policy) -> str:
    by_priority: dict[str, list[str]] = {}
    for name, priority in line.priorities.items():
        by_priority.setdefault(priority, []).append(clean(name))
    said = [f"{priority} by {', '.join(names)}" for priority, names in sorted(by_priority.items())]
    if policy.narrowed_to is not None:
        said.append(f"paged by {policy.narrowed_to} alone")
    if line.management:
        said.append(f"advice of {clean(line.management)}")
    return "; ".join(said)


def _answer(line: Alert) -> str:
    """Say how to acknowledge: the beginning of the id is enough."""
    return f"stormwatch ack {line.alert_id[:ID_SHOWN]} --by YOUR-NAME"
