"""ABX-EMPIRIC: at CRS of grade 2 or more empiric antibiotics are due until infection is excluded.

A beta-lactam against Pseudomonas ends it, or covers the patient already; that vancomycin belongs to
it, and how soon, is ABX-1H.
Source: CLINICAL.md §1.5 (review lines 165 and 185), §1.11.
"""

from typing import Final

from stream.clinical.antibiotics import ANTIBIOTIC_SIGNALS, BETA_LACTAM, covering
from stream.clinical.infection import is_excluded
from stream.clinical.rules import texts
from stream.clinical.rules.infection_task import (
    EXCLUDED,
    TASK_INPUTS,
    because,
    begun_ms,
    due_from,
    ends_ms,
)
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "ABX-EMPIRIC"


def judge(view: View) -> Verdict:
    """Hold while nothing was given."""
    began = begun_ms(view)
    if not began:
        return Verdict(None, None, "The criteria for CRS of grade 2 are no longer met.")
    left = due_from(began, lambda from_ms: _is_due(view, from_ms))
    if not left:
        given = all(covering(view, BETA_LACTAM, times[-1]) for times in began.values())
        return Verdict(None, None, "Antibiotics were given." if given else EXCLUDED)
    from_ms = min(left.values())
    finding = Finding(
        priorities=dict.fromkeys(left, Priority.P2),
        because=because(view, NAME, from_ms),
        advice=lambda: texts.joined(
            "CRS of grade 2 or more: give broad-spectrum antibiotics now, a beta-lactam against "
            "Pseudomonas and vancomycin, until infection is excluded. Draw cultures first.",
            texts.toci_with_abx(view),
        ),
        source="review-2025 L165, L185",
    )
    return Verdict(finding, ends_ms(view, began))


def _is_due(view: View, from_ms: int) -> bool:
    return covering(view, BETA_LACTAM, from_ms) is None and not is_excluded(view, from_ms)


RULE: Final = Rule(NAME, Bound.EPISODE, (*TASK_INPUTS, *ANTIBIOTIC_SIGNALS), judge)
