"""The life of an alert, the same for all rules: raised, changed, resolved or retracted.

A new line is due where the priority, the grade, the policies or the set of signals in `because`
changes, where a rule wants to be repeated, or where the doses that it tells are others since; a
value alone changes nothing. An alert that ends was either true and ended, or, with all that is
known now, it never was: to tell, the rule is asked at each moment since the alert was raised.
Source: CONTRACT (Replay output); CLINICAL.md §1.11, §6; decision 80.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from stream.clinical.grade import GradeRange
from stream.clinical.hindsight import held_all_the_time, held_since
from stream.clinical.observe import infusion_ms
from stream.clinical.patient import Patient, Told
from stream.clinical.rules.register import BY_NAME
from stream.clinical.rules.rule import Evidence, Finding, Rule, Verdict
from stream.clinical.rules.uncertain import as_kept, attributions_of, doubts_of
from stream.clinical.signals import BED, UNIT
from stream.clinical.times import day_of, moment
from stream.clinical.view import View
from stream.clinical.weight import jump_in_words
from topics.alerts import Alert, AlertState, Because, Grade, Priority, alert_id

BY_WEIGHT: Final = "/kg"  # in the words of a dose


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why rules are asked: at what time, and from when on something that is known changed."""

    at_ms: int  # of the record, or when it fell due
    from_ms: int  # the earliest moment about which something new is known
    changed: frozenset[str]  # the names of the signals that changed
    looks_back: bool  # something that was known was corrected or removed, or something came late
    paging_policy: str
    before_doses: View | None  # before a record by which doses may be others (see `redosed`)


class Name(NamedTuple):
    """Which alert of a patient it is."""

    rule: Rule
    episode: int  # its number; 0 for the stay, and where no episode is open
    key: str  # as `key_of_alert` makes it


def tell(
    view: View, alerts: dict[str, Told], name: Name, verdict: Verdict, occasion: Occasion
) -> Alert | None:
    """Compare a verdict with what was last said of the alert; note in `alerts` what is said now."""
    finding, identity = verdict.finding, name.key
    told = alerts.get(identity)
    is_open = told is not None and told.is_open
    if finding is None:
        return end(view, alerts, identity, occasion, verdict) if is_open else None
    if told is None or not is_open:
        now = _raised(view, told, name, finding, occasion)
    else:
        since_ms = _since(view, told, name.rule, occasion)
        is_news = _is_news(told, finding, occasion.at_ms)
        before_doses = occasion.before_doses
        if not is_news and not (
            before_doses and _is_advised_anew(name.rule, finding, before_doses)
        ):
            if since_ms != told.since_ms:
                alerts[identity] = replace(told, since_ms=since_ms)
            return None
        now = replace(
            told,
            state=AlertState.CHANGED,
            revision=told.revision + 1,
            since_ms=since_ms,
            repeat_ms=_next_repeat(told.repeat_ms, finding.repeat_after_ms, occasion.at_ms),
            **_content(view, finding, occasion.paging_policy),
        )
    alerts[identity] = now
    doubts = doubts_of(view, name.rule, finding.because)
    return _line(view, now, occasion.at_ms, _advice(view, finding), doubts)


def end(  # noqa: PLR0913, what is needed to say how and why
    view: View,
    alerts: dict[str, Told],
    identity: str,
    occasion: Occasion,
    verdict: Verdict,
    *,
    may_retract: bool = True,
) -> Alert:
    """End an open alert: it is resolved, or retracted where by all that is known it never was."""
    told = alerts[identity]
    never = (
        may_retract
        and occasion.looks_back
        and not BY_NAME[told.rule].never_retracts
        and (verdict.can_never_have_held or not held_since(view, BY_NAME[told.rule], told.since_ms))
    )
    state = AlertState.RETRACTED if never else AlertState.RESOLVED
    because = as_kept(view.patient, verdict.ended_by) or told.because
    now = replace(told, state=state, revision=told.revision + 1, repeat_ms=None, because=because)
    # Of one that has ended no more than its revision is asked for.
    alerts[identity] = replace(now, because=(), priorities={}, grades=None)
    advice = verdict.ending or "It no longer holds."
    if never:
        advice = f"With all that is known now it was never true. {verdict.never or advice}"
    doubts = tuple(attributions_of(view, BY_NAME[told.rule]))
    return _line(view, now, occasion.at_ms, advice, doubts)


def _advice(view: View, finding: Finding) -> str:
    """Say what to do, and of what goes by weight that the weight is in doubt where it is."""
    advice = finding.advice()
    doubt = jump_in_words(view.patient) if BY_WEIGHT in advice else ""
    return f"{advice} {doubt}".rstrip()


def paged_as(priorities: Mapping[str, Priority], paging_policy: str) -> Priority:
    """Choose the paging policy's priority, or the highest there is where that one does not hold."""
    held = priorities.get(paging_policy)
    return held if held is not None else max(priorities.values(), key=lambda each: each.urgency)


def _since(view: View, told: Told, rule: Rule, occasion: Occasion) -> int:
    """Move back since when it is true, where something late shows that it was true before."""
    earlier = occasion.from_ms < told.since_ms
    if earlier and any(signal.name in occasion.changed for signal in rule.inputs):
        held = held_all_the_time(view, rule, occasion.from_ms, told.since_ms)
        return occasion.from_ms if held else told.since_ms
    return told.since_ms


def _is_news(told: Told, finding: Finding, at_ms: int) -> bool:
    return (
        told.priorities != finding.priorities
        or told.grades != finding.grades
        or {each["signal"] for each in told.because} != {each.signal for each in finding.because}
        or (told.repeat_ms is not None and at_ms >= told.repeat_ms)
    )


def _is_advised_anew(rule: Rule, finding: Finding, before_doses: View) -> bool:
    """Tell whether other words are due since a weight, or a dose, is another one."""
    before = rule.judge(before_doses).finding
    return before is not None and before.advice() != finding.advice()


def _raised(
    view: View, told: Told | None, name: Name, finding: Finding, occasion: Occasion
) -> Told:
    """Raise it, or raise again what has ended: its revisions go on."""
    after_ms = finding.repeat_after_ms
    return Told(
        rule=name.rule.name,
        stay=view.patient.stay,
        episode=name.episode,
        state=AlertState.RAISED,
        revision=1 if told is None else told.revision + 1,
        since_ms=min(occasion.from_ms, occasion.at_ms),
        raised_ms=occasion.at_ms,
        repeat_ms=None if after_ms is None else occasion.at_ms + after_ms,
        **_content(view, finding, occasion.paging_policy),
    )


def _content(view: View, finding: Finding, paging_policy: str) -> dict[str, Any]:
    return {
        "priority": paged_as(finding.priorities, paging_policy),
        "priorities": dict(finding.priorities),
        "grades": None if finding.grades is None else dict(finding.grades),
        "because": as_kept(view.patient, finding.because),
        "source": finding.source,
    }


def _next_repeat(repeat_ms: int | None, after_ms: int | None, at_ms: int) -> int | None:
    """Repeats count from when the alert was raised, not from a change in between."""
    if repeat_ms is None or after_ms is None:
        return None
    missed = max((at_ms - repeat_ms) // after_ms + 1, 0)
    return repeat_ms + missed * after_ms


def _line(view: View, told: Told, at_ms: int, advice: str, doubts: tuple[Evidence, ...]) -> Alert:
    patient = view.patient
    return Alert(
        at=moment(at_ms),
        patient_id=patient.patient_id,
        alert_id=alert_id(patient.patient_id, told.stay, told.rule, told.episode),
        rule=told.rule,
        revision=told.revision,
        priority=Priority(told.priority),
        state=AlertState(told.state),
        priorities={name: Priority(each) for name, each in told.priorities.items()},
        management=view.management.name,
        because=tuple(_because(each) for each in told.because),
        advice=advice,
        source=told.source,
        crs=_grades(view.crs),
        icans=_grades({name: each.grade for name, each in view.icans.items()}),
        day=day_of(at_ms, infusion_ms(patient, at_ms)),
        unit=_fact(patient, UNIT.name),
        bed=_fact(patient, BED.name),
        episode=told.episode,
        stay=told.stay,
        policy_hash=view.management.policy_hash,
        doubts=tuple(_because(each._asdict()) for each in doubts) or None,
    )


def _because(shown: Mapping[str, Any]) -> Because:
    return Because(
        signal=shown["signal"],
        value=shown["value"],
        unit=shown["unit"],
        effective_at=moment(shown["effective_ms"]),
        event_id=shown["event_id"],
        status=shown.get("status"),
    )


def _grades(ranges: Mapping[str, GradeRange]) -> dict[str, Grade]:
    return {name: Grade(lowest=g.lowest, highest=g.highest) for name, g in ranges.items()}


def _fact(patient: Patient, name: str) -> str | None:
    readings = patient.series.get(name)
    return readings[-1].value if readings else None
