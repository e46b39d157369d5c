"""ABX-EMPIRIC: at CRS of grade 2 or more empiric antibiotics are due until infection is excluded.

A beta-lactam against Pseudomonas ends it, or covers the patient already. Vancomycin belongs to it,
and is not asked for where it was given; how soon both are due is ABX-1H.
Source: CLINICAL.md §1.5 (review lines 165 and 185), §1.11.
"""

from typing import Final

from stream.clinical.antibiotics import (
    ANTIBIOTIC_SIGNALS,
    BETA_LACTAM,
    VANCOMYCIN,
    Given,
    covering,
)
from stream.clinical.infection import is_excluded
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.infection_task import (
    EXCLUDED,
    TASK_INPUTS,
    because,
    begun_ms,
    due_from,
    ends_ms,
)
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.times import in_words
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
        done = all(covering(view, BETA_LACTAM, times[-1]) for times in began.values())
        return Verdict(None, None, "Antibiotics were given." if done else EXCLUDED)
    # One that covers since the last of these times is the answer to each of them.
    vancomycin = covering(view, VANCOMYCIN, max(times[-1] for times in began.values()))
    given = () if vancomycin is None else (evidence.of_dose(VANCOMYCIN, vancomycin.reading),)
    finding = Finding(
        priorities=dict.fromkeys(left, Priority.P2),
        because=(*because(view, NAME, min(left.values())), *given),
        advice=lambda: _advice(view, vancomycin),
        source="review-2025 L165, L185",
    )
    return Verdict(finding, ends_ms(view, began))


def _is_due(view: View, from_ms: int) -> bool:
    return covering(view, BETA_LACTAM, from_ms) is None and not is_excluded(view, from_ms)


def _advice(view: View, vancomycin: Given | None) -> str:
    """Say which of the two is missing."""
    beta_lactam, given = "a beta-lactam against Pseudomonas", ""
    missing = f"broad-spectrum antibiotics now, {beta_lactam} and vancomycin"
    if vancomycin is not None:
        missing = f"{beta_lactam} now"
        given = f"Vancomycin was given, {in_words(vancomycin.at_ms)}."
    return texts.joined(
        f"CRS of grade 2 or more: give {missing}, until infection is excluded.",
        given,
        "Draw cultures first.",
        texts.toci_with_abx(view),
    )


RULE: Final = Rule(NAME, Bound.EPISODE, (*TASK_INPUTS, *ANTIBIOTIC_SIGNALS), judge)
