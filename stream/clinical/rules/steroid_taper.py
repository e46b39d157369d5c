"""STEROID-TAPER: on a steroid, and neither CRS nor ICANS is above grade 1 any more.

"Continue until toxicity improves to grade 1": where it never was above 1, grade 0 is waited for.
A dose that is smaller than one before it in the course is the taper that is asked for, and ends it.
Grades are those that are proven; where more is possible, or is proven under another policy, the
advice says so.
Source: CLINICAL.md §1.3 (review line 93), §1.11, DEC-11.
"""

from typing import Final

from stream.clinical.causes import Spell
from stream.clinical.exams import exam_of
from stream.clinical.kept import Kept
from stream.clinical.neuro import TURNS_MS, neuro_of
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.icans_up import ICANS_INPUTS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.sedation import intubated
from stream.clinical.steroids import SteroidCourse, course_of, next_turn_ms
from stream.clinical.view import View
from topics.alerts import Priority

MILD: Final = 1
# What came before now stays as it was, while nothing more is charted of it.
KEPT: Final[Kept[frozenset[str]]] = Kept(lambda _: TURNS_MS)


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
        advice=lambda: _advice(view, mild),
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
    return policy in _had_icans(view, course.from_ms)


def _now(view: View, policy: str) -> int:
    return max(view.crs[policy].lowest, view.icans[policy].grade.lowest)


def _had_icans(view: View, from_ms: int) -> frozenset[str]:
    """Name the policies under which ICANS was above grade 1 since a course began."""
    airways = intubated(view.patient, view.until_ms)
    if view.until_ms is not None:
        return _graded_above(view, from_ms, airways)
    return KEPT.of(
        view.patient,
        view.at_ms,
        view.site,
        lambda: _graded_above(view, from_ms, airways),
        from_ms,
        airways,
    )


def _graded_above(view: View, from_ms: int, airways: tuple[Spell, ...]) -> frozenset[str]:
    found = set[str]()
    for at_ms in sorted(_turns(view, from_ms, airways)):
        graded = neuro_of(view.patient, at_ms, view.site, at_ms)
        found |= {name for name, each in graded.items() if each.grade.lowest > MILD}
        if len(found) == len(graded):
            break
    return frozenset(found)


def _turns(view: View, from_ms: int, airways: tuple[Spell, ...]) -> set[int]:
    """Name the moments since a course began at which ICANS may have been another."""
    said = {end for spell in airways for end in spell if end is not None}
    for signal, ages_ms in TURNS_MS.items():
        for reading in view.patient.series.get(signal.name, ()):
            said.update(reading.effective_ms + age_ms + 1 for age_ms in ages_ms)
            said.add(reading.effective_ms)
    return {from_ms, *(each for each in said if from_ms < each <= view.at_ms)}


def _advice(view: View, mild: list[str]) -> str:
    exam = exam_of(view.patient, view.until_ms)
    by = "" if len(mild) == len(view.crs) else f" by {' and '.join(mild)}"
    above = [said for name in view.crs if (said := _above_in_words(view, name))]
    how = f"; {'; '.join(above)}: ask before it is tapered" if above else ": taper it"
    words = [
        f"On a steroid, and{by} neither CRS nor ICANS is above grade 1{how} over 3 to 4 days.",
        f"Watch for a flare, with an assessment by {exam} before each step.",
    ]
    open_ended = [each for name in mild for each in (view.crs[name], view.icans[name].grade)]
    if any(grade.highest > MILD for grade in open_ended):
        words.append(f"A higher grade is not ruled out{by}: not everything is known or fresh.")
    return " ".join(words)


def _above_in_words(view: View, policy: str) -> str:
    """Say which grades above 1 are proven under a policy; nothing where none is."""
    grades = (("CRS", view.crs[policy].lowest), ("ICANS", view.icans[policy].grade.lowest))
    said = [f"{name} is grade {grade}" for name, grade in grades if grade > MILD]
    return f"by {policy} {' and '.join(said)}" if said else ""


RULE: Final = Rule(
    "STEROID-TAPER",
    Bound.EPISODE,
    (*GRADE_INPUTS, *(each for each in ICANS_INPUTS if each not in GRADE_INPUTS)),
    judge,
    settles=True,
)
