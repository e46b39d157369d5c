"""TOCI-DOSE: tocilizumab was ordered or given in another dose than the weight asks for.

Outside of 10 % around the dose by weight, which is capped at 800 mg, or above 800 mg; 10 % exactly
is inside. Without a weight only the 800 mg can be checked. The next order or dose that is right
ends it, or 12 hours.
Source: CLINICAL.md §1.2 (review lines 67 and 68), §1.11.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import WEIGHT
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    MAX_DOSE_MG,
    Checked,
    checked,
    dose_in_words,
    dose_mg,
    mg_of,
)
from stream.clinical.view import View
from topics.alerts import Priority

ROUNDING_MG: Final = 1e-6


def judge(view: View) -> Verdict:
    """Hold while the newest order or dose is out of range."""
    order = checked(view)
    if order is None:
        return Verdict(None, None, "The order was left out, or it is 12 hours old.")
    mg = mg_of(order.dose.value)
    if mg is None or not _is_out_of_range(view, mg):
        return Verdict(None, None, "The newest order or dose fits the weight.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(evidence.of_dose(order.name, order.dose), *evidence.of_weight(view)),
        advice=lambda: _advice(view, order, mg),
        source="review-2025 L67-68",
    )
    return Verdict(finding, order.until_ms)


def _is_out_of_range(view: View, mg: float) -> bool:
    """Tell whether a dose is too large or too small."""
    if mg > MAX_DOSE_MG:
        return True
    if view.weight_kg is None:
        return False
    right = dose_mg(view.weight_kg)
    tolerance_mg = view.site.tocilizumab_tolerance_percent / 100 * right
    return abs(mg - right) > tolerance_mg + ROUNDING_MG


def _advice(view: View, order: Checked, mg: float) -> str:
    said = "was given" if order.is_given else "is ordered"
    words = [f"{mg:g} mg of tocilizumab {said}; the dose is {dose_in_words(view.weight_kg)}."]
    if order.is_given:
        words.append("Check weight and dose, and tell the pharmacy and the team.")
    else:
        words.append("Check weight and order before it is given.")
    return " ".join(words)


RULE: Final = Rule("TOCI-DOSE", Bound.EPISODE, (*CHECKED_SIGNALS, WEIGHT), judge)
