"""Anakinra: what was given, and how much is advised.

Source: CLINICAL.md §1.4 (review lines 118 to 124), DEC-2.
"""

from itertools import zip_longest
from typing import Final

from stream.clinical.masking import ANAKINRA_WINDOW_MS
from stream.clinical.series import one_a_moment
from stream.clinical.signals import given, rate
from stream.clinical.view import View
from stream.clinical.weight import kg_in_words

DOSES: Final = given("anakinra")
RATES: Final = rate("anakinra")
LEAST_MG_KG_D: Final = 2.0  # as an infusion
MOST_MG_KG_D: Final = 10.0


def given_until_ms(view: View) -> int | None:
    """Find until when it counts as being given; None where it does not now.

    That is 24 hours from a dose, and for as long as an infusion runs.
    """
    running = view.patient.newest(RATES, None, view.until_ms)
    ends = [dose.effective_ms + ANAKINRA_WINDOW_MS for dose in view.every(DOSES)[-1:]]
    if running is not None and running.value.value > 0:
        ends.append(view.at_ms + ANAKINRA_WINDOW_MS)
    elif running is not None:
        ends.append(running.effective_ms + ANAKINRA_WINDOW_MS)
    return max((each for each in ends if each >= view.at_ms), default=None)


def first_ms(view: View, from_ms: int) -> int | None:
    """Find when it was first given since a moment."""
    doses = [dose.effective_ms for dose in view.every(DOSES)]
    doses += [each.effective_ms for each in view.every(RATES) if each.value.value > 0]
    return min((each for each in doses if each >= from_ms), default=None)


def counts_from_ms(view: View, from_ms: int) -> int | None:
    """Find when it was first given of what counts at a moment or later, the end included."""
    spans = [(dose.effective_ms, dose.effective_ms) for dose in view.every(DOSES)]
    rates = list(one_a_moment(view.every(RATES)))
    for reading, after in zip_longest(rates, rates[1:]):
        if reading.value.value > 0:
            until_ms = max(view.at_ms, from_ms) if after is None else after.effective_ms
            spans.append((reading.effective_ms, until_ms))
    reach = [began for began, ended in spans if ended + ANAKINRA_WINDOW_MS >= from_ms]
    return min(reach, default=None)


def in_words(weight_kg: float | None) -> str:
    """Write the two ways to give it."""
    by_weight = f"{LEAST_MG_KG_D:g} to {MOST_MG_KG_D:g} mg/kg"
    if weight_kg is None:
        amount = f"{by_weight} a day by continuous IV infusion (the weight is unknown)"
    else:
        least, most = round(LEAST_MG_KG_D * weight_kg), round(MOST_MG_KG_D * weight_kg)
        amount = (
            f"{least} to {most} mg a day by continuous IV infusion "
            f"({by_weight} at {kg_in_words(weight_kg)})"
        )
    return f"100 mg SC every 6 h, or {amount}"
