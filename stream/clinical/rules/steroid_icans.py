"""STEROID-ICANS: ICANS, and no steroid was given that is an answer to it.

The review has a steroid at any grade, at once; a profile may begin at a higher one. A grade that is
carried forward counts: ICE that cannot be done is no reason to wait. A steroid answers it for 6
hours, or for the interval between two doses while the grade does not rise.
Source: CLINICAL.md §1.3 (review lines 86 to 97), §1.11, §4.1, DEC-3, DEC-50, vector B36.
"""

from collections.abc import Mapping
from typing import Final

from stream.clinical.policies.regimen import Regimen
from stream.clinical.rules import texts
from stream.clinical.rules.answered import ICANS, answers_of, given_in_words, last_in_words
from stream.clinical.rules.crs_up import in_words as grades_in_words
from stream.clinical.rules.icans_up import (
    ICANS_INPUTS,
    PRIORITY_BY_GRADE,
    SEVERE_FROM,
    of_grade,
    proven,
)
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.signals import WEIGHT
from stream.clinical.steroids import STEROID_SIGNALS
from stream.clinical.view import View


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grade a steroid is due, while none was given."""
    from_grade = view.management.steroid_for_icans_from_grade
    asking = {name: grade for name, grade in proven(view).items() if grade >= from_grade}
    given = answers_of(view, ICANS, regimens_of(view, asking))
    turns = [each.turns_ms for each in view.icans.values()] + [given.turns_ms]
    wake_ms = min((each for each in turns if each is not None), default=None)
    if not asking:
        return Verdict(None, wake_ms, "The criteria for a steroid for ICANS are no longer met.")
    grades = {name: grade for name, grade in asking.items() if name not in given.by_policy}
    if not grades:
        return Verdict(None, wake_ms, given.in_words())
    finding = Finding(
        priorities={name: PRIORITY_BY_GRADE[grade] for name, grade in grades.items()},
        because=of_grade(view),
        advice=lambda: _advice(view, grades),
        source="review-2025 L86, L91, L97"
        if from_grade == 1
        else f"review-2025 L86; {view.management.source}",
        grades=grades,
    )
    return Verdict(finding, wake_ms)


def regimens_of(view: View, grades: Mapping[str, int]) -> tuple[Regimen, ...]:
    """Give what is advised for the worst of some grades; nothing where it asks for none."""
    return view.management.steroids_for_icans.get(max(grades.values(), default=0), ())


def _advice(view: View, grades: Mapping[str, int]) -> str:
    words = [
        f"Meets criteria for ICANS {grades_in_words(grades)}; no steroid in the last 6 hours.",
        last_in_words(view),
        *given_in_words(view, regimens_of(view, grades), "Give now, without waiting:"),
    ]
    if max(grades.values()) >= SEVERE_FROM:
        words.append("Call intensive care.")
    return texts.joined(*words)


RULE: Final = Rule(
    "STEROID-ICANS",
    Bound.EPISODE,
    (*ICANS_INPUTS, *STEROID_SIGNALS, WEIGHT),
    judge,
    lasting=True,
    settles=True,
)
