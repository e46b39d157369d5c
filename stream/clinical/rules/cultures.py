"""CULTURES: at CRS of grade 2 or more blood, airways and urine are cultured, before antibiotics.

A set from before the grade was reached does not answer it. It ends when all three were collected,
and is asked anew where the grade rises to 2 again after a day below.
Source: CLINICAL.md §1.5 (review line 195), §1.11, DEC-32; vector B01; decision 50.
"""

from typing import Final

from stream.clinical.infection import is_drawn
from stream.clinical.rules import texts
from stream.clinical.rules.infection_task import TASK_INPUTS, because, begun_ms, due_from, ends_ms
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "CULTURES"
NAME_BY_SPECIMEN: Final = {
    "blood": "blood cultures",
    "respiratory": "a respiratory culture",
    "urine": "urinalysis with culture",
}


def judge(view: View) -> Verdict:
    """Hold while one of the three was not collected since the grade was reached."""
    began = begun_ms(view)
    if not began:
        return Verdict(None, None, "The criteria for CRS of grade 2 are no longer met.")
    left = due_from(began, lambda from_ms: bool(_missing(view, from_ms)))
    if not left:
        return Verdict(None, None, "Blood, airways and urine were cultured.")
    from_ms = min(left.values())
    missing = _missing(view, from_ms)
    finding = Finding(
        priorities=dict.fromkeys(left, Priority.P2),
        because=because(view, NAME, from_ms),
        advice=lambda: texts.joined(
            f"CRS of grade 2 or more: obtain {', '.join(missing)} now. Antibiotics follow within "
            "the hour and do not wait for them.",
            texts.toci_with_abx(view),
        ),
        source="review-2025 L195",
    )
    return Verdict(finding, ends_ms(view, began))


def _missing(view: View, from_ms: int) -> list[str]:
    return [
        name for specimen, name in NAME_BY_SPECIMEN.items() if not is_drawn(view, specimen, from_ms)
    ]


RULE: Final = Rule(NAME, Bound.EPISODE, TASK_INPUTS, judge)
