"""The words on the pager: who, what, why, what to do, under which policy, and how to answer.

A page names a patient by pseudonymous id, ward and bed; no name or record number comes this far.
It says that criteria are met, never that a patient has something: that is a clinician's word.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from alerts.answers import TAKEN_WITHIN
from alerts.endings import ENDINGS
from alerts.life import BEFORE_ANY_TICK, Life, Reason, Send
from alerts.page import Page
from alerts.policy import Policy, Shown, deciding_grades
from alerts.readings import A_MINUTE, ago, clean, clock_time, doubts, reading, span
from alerts.routing import Part
from alerts.sentences import (
    by_number,
    grades_of,
    place_of,
    sentence_of,
    who_of,
)
from alerts.titles import title_of
from topics.alerts import Alert, AlertState
from topics.base import EPOCH, MILLISECOND
from topics.reserved import is_made_up

READINGS_MAX: Final = 12
ID_SHOWN: Final = 8  # characters of an alert's id that are enough to answer it
CALLED_NOW: Final = timedelta(minutes=5)  # who must answer this soon is called now

WHY_NOW: Final = MappingProxyType(
    {
        Reason.RAISED: "New.",
        Reason.WORSE: "WORSE than when it was last told.",
        Reason.REPEATED: "AGAIN: still true, and nobody has answered.",
        Reason.CONCERNED: "Milder than before; it is yours now.",
        Reason.REMINDED: "AGAIN: nobody has answered yet.",
        Reason.CLIMBED: "ESCALATED: nobody who was called before you has answered.",
        Reason.UNREACHED: "ESCALATED: nobody who comes before you could be told.",
        Reason.DECLINED: "ESCALATED: somebody who was called cannot come.",
        Reason.HANDED_OVER: "HANDED OVER to you: acknowledge, or everyone is called again.",
        Reason.UNACKNOWLEDGED: "AGAIN: the acknowledgement was taken back.",
        Reason.ANSWERED: "Somebody has answered.",
        Reason.ANSWER_OVER: "AGAIN: the time of the answer is over, and it is still true.",
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
    line, shows, routing = life.line, policy.shows, policy.routing
    now = EPOCH + (at_ms := max(send.at_ms, clock_ms)) * MILLISECOND
    within = _answer_within(life, send, policy, at_ms)
    return Page(
        page_id=send.page_id,
        alert_id=line.alert_id,
        revision=line.revision,
        patient_id=line.patient_id if Shown.PATIENT in shows else None,
        unit=line.unit if Shown.UNIT in shows else None,
        bed=line.bed if Shown.BED in shows else None,
        rule=clean(line.rule),
        priority=life.level.priority,
        state=line.state,
        is_open=life.is_open,
        at=now,
        target=send.address.target,
        role=routing.title_of(send.address.target),
        person=_person(send, policy),
        tier=send.tier,
        part=send.part,
        answer_within=within,
        subject=_subject(life, send, policy),
        call=_call(life, send, within, policy),
        title=clean(title_of(line.rule)),
        who=_who(line, shows),
        what=_said(_what(life, send, now)),
        why=_said(_why(life, now)),
        advice=_advice(life, send),
        ends=_ends(life, send),
        under=_under(line, policy),
        source=clean(line.source),
        answer=_answer(line) if life.is_open else "",
        renews=life.is_open and send.reason not in (Reason.RAISED, Reason.ANSWERED),
        answered=life.answer.action if send.tells_answer and life.answer else None,
    )


def bare(life: Life) -> Life:
    """Leave out all that words are made of, for when they fail: a page without them still calls."""
    left_out: dict[str, object] = dict.fromkeys(("crs", "unit", "bed", "day", "doubts"))
    advice = "The details cannot be shown. Go and look at the patient."
    rest = {"because": (), "priorities": {}, "advice": advice}
    return replace(life, line=life.line.model_copy(update=left_out | rest))


def _person(send: Send, policy: Policy) -> str:
    person = send.address.person
    return policy.routing.title_of(person) if person else ""


def _answer_within(life: Life, send: Send, policy: Policy, at_ms: int) -> timedelta | None:
    if not life.is_open or send.part is not Part.ACT:
        return None
    if send.reason is Reason.HANDED_OVER:
        return TAKEN_WITHIN
    tiers = policy.routing.route_of(life.about, at_ms).tiers
    return tiers[send.tier - 1].answer_within if send.tier <= len(tiers) else None


def _subject(life: Life, send: Send, policy: Policy) -> str:
    lead = "Heads-up: " if life.is_open and send.part is Part.HEADS_UP else ""
    return sentence_of(life.line, life.level.priority, shows=policy.shows, lead=lead)


def _call(life: Life, send: Send, within: timedelta | None, policy: Policy) -> str:
    target, _, person = send.address
    role = clean(policy.routing.title_of(target))
    if person not in ("", target):
        role += f" ({clean(policy.routing.title_of(person))})"
    if not life.is_open:
        return f"ENDED {life.level.priority} | {role}: this alert is over"
    lead = f"{life.level.priority} | {role}"
    if send.part is Part.ACT and within is not None:
        soon = "now" if within <= CALLED_NOW else f"within {span(within)}"
        return f"{lead}: answer {soon}"
    return f"{lead}: heads-up" if send.part is Part.HEADS_UP else lead


def _who(line: Alert, shows: frozenset[Shown]) -> str:
    if is_made_up(line.patient_id):
        return who_of(line, shows)
    place = place_of(line, shows) or ("ward and bed not known",)
    name = f"Patient {clean(line.patient_id)}" if Shown.PATIENT in shows else "Patient"
    who = [name, *place]
    if line.day is not None:
        who.append(f"day {line.day} after infusion" if line.day >= 0 else "before infusion")
    return ", ".join(who)


def _what(life: Life, send: Send, now: datetime) -> tuple[str, ...]:
    since = EPOCH + life.open_since_ms * MILLISECOND
    if not life.is_open:
        ended = clock_time(life.line.at)
        return (HOW_ENDED[life.line.state], f"Open since {clock_time(since)}, ended {ended}.")
    grades = f"Meets criteria for {said}." if (said := grades_of(life.line)) else ""
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


def _doubt(line: Alert) -> str:
    """Say how much worse it may be; empty where nothing more is known to be possible."""
    possible = {
        name: grade.highest
        for name, grade in deciding_grades(line).items()
        if grade.highest > grade.lowest > 0
    }
    if not possible:
        return ""
    return f"Not ruled out: grade {by_number(possible)}; a value that sets it is missing or old."


def _why(life: Life, now: datetime) -> tuple[str, ...]:
    line = life.line
    if not life.is_open:
        return clean(line.advice), *doubts(line, now)
    shown = tuple(reading(each, now) for each in line.because[:READINGS_MAX])
    left_out = len(line.because) - len(shown)
    more = (f"and {left_out} more",) if left_out else ()
    return *shown, *more, *doubts(line, now)


def _advice(life: Life, send: Send) -> str:
    if not life.is_open:
        return "Nothing more for this alert. Others of the patient may be open."
    if send.part is Part.HEADS_UP:
        return "Be ready: the primary team is called first."
    return clean(life.line.advice)


def _ends(life: Life, send: Send) -> str:
    return "" if not life.is_open or send.part is Part.HEADS_UP else ENDINGS.get(life.line.rule, "")


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
