"""STEROID-ICANS: ICANS, and no steroid was given in the last 6 hours.

The review has a steroid at any grade, at once; a profile may begin at a higher one. A grade that is
carried forward counts: ICE that cannot be done is no reason to wait.
Source: CLINICAL.md §1.3 (review lines 86 to 97), §1.11, §4.1, DEC-3, DEC-50, vector B36.
"""

from collections.abc import Mapping
from typing import Final

from stream.clinical.policies.regimen import in_words
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
from stream.clinical.steroids import STEROID_SIGNALS, covering, next_turn_ms
from stream.clinical.view import View


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grade a steroid is due, while none was given."""
    turns = [each.turns_ms for each in view.icans.values()] + [next_turn_ms(view)]
    wake_ms = min((each for each in turns if each is not None), default=None)
    from_grade = view.management.steroid_for_icans_from_grade
    grades = {name: grade for name, grade in proven(view).items() if grade >= from_grade}
    if not grades:
        return Verdict(None, wake_ms, "The criteria for a steroid for ICANS are no longer met.")
    steroid = covering(view)
    if steroid is not None:
        return Verdict(None, wake_ms, f"{steroid.drug.capitalize()} was given.")
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


def _advice(view: View, grades: Mapping[str, int]) -> str:
    worst = max(grades.values())
    regimens = view.management.steroids_for_icans[worst]
    words = [
        f"Meets criteria for ICANS {grades_in_words(grades)}; no steroid in the last 6 hours.",
        f"Give {in_words(regimens, view.weight_kg)} now; do not wait.",
    ]
    if worst >= SEVERE_FROM:
        words.append("Call intensive care.")
    return " ".join(words)


RULE: Final = Rule("STEROID-ICANS", Bound.EPISODE, (*ICANS_INPUTS, *STEROID_SIGNALS, WEIGHT), judge)
