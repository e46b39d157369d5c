"""STEROID-TAPER: on a steroid, and neither CRS nor ICANS is above grade 1 any more.

"Continue until toxicity improves to grade 1": where it never was above 1, grade 0 is waited for.
A dose that is smaller than one before it in the course is the taper that is asked for, and ends it.
Grades are those that are proven; where more is possible the advice says so.
Source: CLINICAL.md §1.3 (review line 93), §1.11, DEC-11.
"""

from typing import Final

from stream.clinical.neuro import neuro_of
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.icans_up import ICANS_INPUTS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.steroids import SteroidCourse, course_of, next_turn_ms
from stream.clinical.view import View
from topics.alerts import Priority

MILD: Final = 1


def judge(view: View) -> Verdict:
    """Hold under each policy by which the illness has become mild."""
    course = course_of(view)
    if course is None:
        return Verdict(None, None, "The steroid course is over.")
    turns = [each.turns_ms for each in view.icans.values()]
    turns += [next_turn_ms(view), next_change_ms(view)]
    wake_ms = min((each for each in turns if each is not None), default=None)
    if is_tapered(course):
        return Verdict(None, wake_ms, "The dose was lowered.")
    mild = [name for name in view.crs if _has_become_mild(view, name, course)]
    if not mild:
        return Verdict(None, wake_ms, "CRS or ICANS is above grade 1.")
    finding = Finding(
        priorities=dict.fromkeys(mild, Priority.P3),
        because=(
            evidence.of_steroid("steroid since", course.doses[0]),
            evidence.of_steroid("steroid", course.doses[-1]),
        ),
        advice=lambda: _advice(view),
        source="review-2025 L93",
    )
    return Verdict(finding, wake_ms)


def is_tapered(course: SteroidCourse) -> bool:
    """Tell whether the last dose of a drug is smaller than one before it."""
    largest: dict[str, float] = {}
    last: dict[str, float] = {}
    for dose in course.doses:
        if dose.mg is not None and not dose.is_part:
            largest[dose.drug] = max(dose.mg, largest.get(dose.drug, 0.0))
            last[dose.drug] = dose.mg
    return any(mg < largest[drug] for drug, mg in last.items())


def _has_become_mild(view: View, policy: str, course: SteroidCourse) -> bool:
    now = _now(view, policy)
    if now > MILD:
        return False
    if now < MILD or policy in view.course.grade_2_from:
        return True
    return any(
        neuro_of(view.patient, at_ms, view.site, at_ms)[policy].grade.lowest > MILD
        for at_ms in _examined(view, course.from_ms)
    )


def _now(view: View, policy: str) -> int:
    return max(view.crs[policy].lowest, view.icans[policy].grade.lowest)


def _examined(view: View, from_ms: int) -> set[int]:
    """Name the moments since a course began at which ICANS may have been another."""
    said = {
        reading.effective_ms
        for each in ICANS_INPUTS
        for reading in view.patient.series.get(each.name, ())
        if from_ms < reading.effective_ms <= view.at_ms
    }
    return {from_ms, *said}


def _advice(view: View) -> str:
    words = [
        "On a steroid, and neither CRS nor ICANS is above grade 1: taper it over 3 to 4 days.",
        "Watch for a flare, with an ICE assessment before each step.",
    ]
    open_ended = [*view.crs.values(), *(each.grade for each in view.icans.values())]
    if any(grade.highest > max(grade.lowest, MILD) for grade in open_ended):
        words.append("A higher grade is not ruled out: not everything is known or fresh.")
    return " ".join(words)


RULE: Final = Rule(
    "STEROID-TAPER",
    Bound.EPISODE,
    (*GRADE_INPUTS, *(each for each in ICANS_INPUTS if each not in GRADE_INPUTS)),
    judge,
)
