"""ICANS-UP: the patient meets criteria for ICANS; its priority follows the grade.

It never asks whether there is CRS: in 10 to 15 % of patients there is none (ICANS-NO-CRS).
Source: CLINICAL.md §1.1 (review lines 50 to 57), §1.11, §2.3, DEC-3, DEC-53 to DEC-58.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.exams import exam_of
from stream.clinical.flags import CAPD_WITHOUT_AGE, flags_of
from stream.clinical.grade import GradeRange
from stream.clinical.levels import INTUBATED, Level
from stream.clinical.neuro import Domain, arousal_of
from stream.clinical.policies.register import GRADING
from stream.clinical.rules import texts
from stream.clinical.rules.crs_up import in_words
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.sedation import NEURO_CAUSE, SEDATIVE_RATES
from stream.clinical.series import Reading
from stream.clinical.signals import (
    AGE,
    CAPD,
    CONSCIOUSNESS,
    ICE,
    SEDATED,
    SEIZURE,
    Consciousness,
    Ice,
    Seizure,
    Signal,
    neuro_sign,
)
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

NAME: Final = "ICANS-UP"
SIGNS: Final = tuple(dict.fromkeys(sign for policy in GRADING for sign in policy.icans.by_sign))
UNABLE_INPUTS: Final[tuple[Signal[Any] | Level[Any], ...]] = (
    ICE,
    CAPD,
    AGE,
    SEDATED,
    INTUBATED,
    *SEDATIVE_RATES,
    NEURO_CAUSE,  # a clinician may name sedation
)
ICANS_INPUTS: Final[tuple[Signal[Any] | Level[Any], ...]] = (
    *UNABLE_INPUTS,
    CONSCIOUSNESS,
    SEIZURE,
    *(neuro_sign(sign) for sign in SIGNS),
)
SEVERE_FROM: Final = 3
PRIORITY_BY_GRADE: Final = MappingProxyType(
    {1: Priority.P2, 2: Priority.P2, 3: Priority.P1, 4: Priority.P1}
)


def judge(view: View) -> Verdict:
    """Hold at grade 1 or more, under each policy by its own grade."""
    turns = [each.turns_ms for each in view.icans.values() if each.turns_ms is not None]
    wake_ms = min(turns, default=None)
    grades = proven(view)
    if not grades:
        return Verdict(None, wake_ms, "The criteria for ICANS are no longer met.")
    finding = Finding(
        priorities={name: PRIORITY_BY_GRADE[grade] for name, grade in grades.items()},
        because=of_grade(view),
        advice=lambda: _advice(view, grades),
        source="review-2025 L50-57; Lee 2019",
        grades=grades,
    )
    return Verdict(finding, wake_ms)


def proven(view: View) -> Mapping[str, int]:
    """Give the grades of ICANS that are proven, of the policies under which there is one."""
    lowest = {name: each.grade.lowest for name, each in view.icans.items()}
    return {name: grade for name, grade in lowest.items() if grade > 0}


def of_grade(view: View) -> tuple[Evidence, ...]:
    """Name what makes the grade as severe as it is under each policy."""
    found: dict[str, Evidence] = {}
    for neuro in view.icans.values():
        if neuro.grade.lowest > 0:
            found |= {each.signal: each for each in _severest(neuro.domains, neuro.grade)}
    return tuple(found.values())


def _severest(domains: tuple[Domain, ...], grade: GradeRange) -> Iterator[Evidence]:
    for domain in domains:
        if domain.grade.lowest == grade.lowest:
            yield from (of_finding(name, reading) for name, reading in domain.shown)


def of_finding(name: str, reading: Reading[Any]) -> Evidence:
    """Name one finding of the brain, with its value in words."""
    return Evidence(name, _said(reading.value), None, reading.effective_ms, reading.event_id)


def _said(value: Any) -> float | str:  # noqa: ANN401, of whatever kind a finding is
    match value:
        case Ice(points, scheme):
            return points if scheme == "astct" else f"{points} (0-2 form)"
        case Consciousness():
            return arousal_of(value).name.lower()
        case Seizure(seizure_type):
            return seizure_type.replace("_", " ")
        case bool():
            return "present"
        case _:
            return int(value)


def _advice(view: View, grades: Mapping[str, int]) -> str:
    words = [f"Meets criteria for ICANS {in_words(grades)}."]
    if any(each.estimated for each in view.icans.values()):
        exam = exam_of(view.patient, view.until_ms)
        words.append(f"{exam} cannot be done: the grade is carried forward, and an estimate.")
    elif any(each.grade.highest > each.grade.lowest for each in view.icans.values()):
        words.append("It may be higher: not everything was examined, or not lately.")
    if CAPD_WITHOUT_AGE in flags_of(view):
        words.append(f"Check: {called(CAPD_WITHOUT_AGE)}. From 12 years on do ICE.")
    words.append("See the patient and confirm these findings.")
    if max(grades.values()) >= SEVERE_FROM:
        words.append("Watch the airway, and call intensive care.")
    return texts.joined(*words, texts.icans_no_crs(view), texts.outside_peak(view, NAME))


RULE: Final = Rule(NAME, Bound.STAY, ICANS_INPUTS, judge, lasting=True)
