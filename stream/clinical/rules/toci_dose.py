"""TOCI-DOSE: tocilizumab was ordered or given in another dose than the weight asks for.

Outside of 10 % around the dose by weight, which is capped at 800 mg, or above 800 mg; 10 % exactly
is inside. Without a weight only the 800 mg can be checked. Each dose is checked when it is told,
however late, and when a weight shows it that is told or corrected in the 24 hours after it. The
next order or dose that is right ends it, or 12 hours.
Source: CLINICAL.md §1.2 (review lines 67 and 68), §1.11; decision 46.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.series import Reading
from stream.clinical.signals import WEIGHT
from stream.clinical.times import DAY_MS
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    MAX_DOSE_MG,
    Checked,
    breach,
    dose_in_words,
    dose_mg,
    ending,
    mg_of,
    name_of,
    orders_of,
    still_told,
)
from stream.clinical.view import View
from topics.alerts import Priority

SHOWN_MS: Final = DAY_MS  # after a dose: a weight that is told by then was that of the dose
ROUNDING_MG: Final = 1e-6


def judge(view: View) -> Verdict:
    """Hold while an order or a dose that was told last is out of range."""
    wrong = still_told(
        view,
        [
            breach(order, *_shown_by(view, order, mg))
            for order in orders_of(view)
            if (mg := mg_of(order.dose.value)) is not None
            and _is_out_of_range(view, mg, view.weight_kg)
        ],
    )
    if not wrong:
        return Verdict(None, None, ending(view, "The newest order or dose fits the weight."))
    orders = [each.order for each in wrong]
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(
            *(evidence.of_dose(name_of(view, order), order.dose) for order in orders),
            *evidence.of_weight(view),
        ),
        advice=lambda: " ".join(_advice(view, order) for order in orders),
        source="review-2025 L67-68",
    )
    return Verdict(finding, wrong[0].until_ms)


def _shown_by(view: View, order: Checked, mg: float) -> Iterator[Reading[float]]:
    """Name the weight since which a dose is wrong, where that is told soon after the dose.

    One of days later is another weight, and not that of the dose.
    """
    shown: Reading[float] | None = None
    for weight in reversed(view.patient.readings(WEIGHT)):
        if not _is_out_of_range(view, mg, weight.value):
            break
        shown = weight
    latest_ms = order.dose.recorded_ms + SHOWN_MS
    if shown is not None and mg <= MAX_DOSE_MG and shown.recorded_ms <= latest_ms:
        yield shown


def _is_out_of_range(view: View, mg: float, weight_kg: float | None) -> bool:
    """Tell whether a dose is too large or too small."""
    if mg > MAX_DOSE_MG:
        return True
    if weight_kg is None:
        return False
    right = dose_mg(weight_kg)
    tolerance_mg = view.site.tocilizumab_tolerance_percent / 100 * right
    return abs(mg - right) > tolerance_mg + ROUNDING_MG


def _advice(view: View, order: Checked) -> str:
    mg = mg_of(order.dose.value)
    words = [f"{mg:g} mg of tocilizumab {order.said}; the dose is {dose_in_words(view.weight_kg)}."]
    if order.is_given:
        words.append("Check weight and dose, and tell the pharmacy and the team.")
    else:
        words.append("Check weight and order before it is given.")
    return " ".join(words)


RULE: Final = Rule("TOCI-DOSE", Bound.EPISODE, (*CHECKED_SIGNALS, WEIGHT), judge, lasting=True)
