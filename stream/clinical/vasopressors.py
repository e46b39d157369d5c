"""Vasopressors that run: since when, and beside which others.

Source: CLINICAL.md §1.6 (review lines 224 to 227), §1.11, DEC-45, DEC-47.
"""

from types import MappingProxyType
from typing import Final

from stream.clinical.bedside import running_vasopressors
from stream.clinical.circulation import DECIMALS, MINUTES_AN_HOUR
from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import Rate, rate
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

CHECKED_MS: Final = 12 * HOUR_MS  # after a rate was told, its check is over
UNITS_MIN_BY_UNIT: Final = MappingProxyType({"[IU]/min": 1.0, "[IU]/h": 1 / MINUTES_AN_HOUR})


def began(view: View, drug: str) -> Reading[Rate]:
    """Give the rate with which an infusion began that runs."""
    first = view.vasopressors[drug]
    for reading in reversed(list(one_a_moment(view.every(rate(drug))))):
        if reading.value.value <= 0:
            break
        first = reading
    return first


def beside(view: View, drug: str) -> frozenset[str]:
    """Name the other vasopressors that run now, or ran when this one began."""
    began_ms = began(view, drug).effective_ms
    then = running_vasopressors(view.patient, began_ms)
    return frozenset({*then, *view.vasopressors} - {drug})


def checked_until_ms(reading: Reading[Rate]) -> int:
    """Find when the check of a rate is over; what comes late is checked at its arrival."""
    return max(reading.effective_ms, reading.recorded_ms) + CHECKED_MS


def units_min(vasopressin: Rate) -> float | None:
    """Convert a rate of vasopressin to units/min; None where its unit is not known."""
    factor = UNITS_MIN_BY_UNIT.get(vasopressin.unit or "")
    return None if factor is None else round(vasopressin.value * factor, DECIMALS)
