"""FEVER-MASKED: the temperature is below 38.0, and something hides fever; the grade stands.

Source: CLINICAL.md §1.1 (review line 34), §5.5, DEC-2, DEC-43, DEC-51.
"""

from typing import Final

from stream.clinical.crs import FEVER_C
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called


def judge(view: View) -> Verdict:
    """Hold while a mask lasts, the newest temperature is no fever, and CRS is graded yet."""
    wake_ms, temperature = next_change_ms(view), view.temperature
    graded = any(grade.lowest > 0 for grade in view.crs.values())
    if not (graded and view.masks) or temperature is None:
        return Verdict(None, wake_ms, "Nothing hides a fever any more, or the episode is over.")
    shown = evidence.of_temperature(temperature)
    if temperature.value.celsius >= FEVER_C:
        return Verdict(None, wake_ms, "The fever is back.", ended_by=(shown,))
    names = ", ".join(called(mask.signal) for mask in view.masks)
    finding = Finding(
        priorities=under_every_policy(Priority.INFO),
        because=(shown, *(evidence.of_mask(mask) for mask in view.masks)),
        advice=lambda: (
            f"A normal temperature proves nothing now ({names}): fever counts as met, and the "
            "grade is set by blood pressure and oxygen."
        ),
        source="review-2025 L34",
    )
    return Verdict(finding, wake_ms)


RULE: Final = Rule("FEVER-MASKED", Bound.EPISODE, GRADE_INPUTS, judge)
