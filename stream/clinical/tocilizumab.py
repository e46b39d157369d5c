"""Tocilizumab: how much by weight, when again, and what is checked of an order or a dose.

Limits on the number of doses count the stay; the interval counts any dose. Two doses of one moment
are one that was charted twice.
Source: CLINICAL.md §1.2 (review lines 67 to 69), §1.11, §4.1, DEC-30, DEC-34, DEC-42, DEC-45.
"""

from typing import Final, NamedTuple

from stream.clinical.masking import MG_BY_UNIT
from stream.clinical.series import Reading, place_at
from stream.clinical.signals import Dose, given, not_given, ordered
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View

NAME: Final = "tocilizumab"
GIVEN: Final = given(NAME)
ORDERED: Final = ordered(NAME)
NOT_GIVEN: Final = not_given(NAME)
CHECKED_SIGNALS: Final = (ORDERED, NOT_GIVEN, GIVEN)  # of one moment the last of these counts

LIGHT_WEIGHT_KG: Final = 30.0  # below it 12 mg/kg; 30 kg gets 8
LIGHT_DOSE_MG_KG: Final = 12.0
DOSE_MG_KG: Final = 8.0
MAX_DOSE_MG: Final = 800.0
CHECKED_MS: Final = 12 * HOUR_MS  # after an order or dose was told, its check is over


class Checked(NamedTuple):
    """The newest order or dose of the stay, while it is checked."""

    dose: Reading[Dose]
    is_given: bool
    at_ms: int  # when it was given, or is planned for
    until_ms: int  # the check is over then
    before: tuple[Reading[Dose], ...]  # the doses of the stay that were given before it

    @property
    def number(self) -> int:
        """Count it among the doses of the stay."""
        return len(self.before) + 1

    @property
    def name(self) -> str:
        """Name it by its number, so that the next one is told anew."""
        return f"{NAME} dose {self.number}" + ("" if self.is_given else " ordered")


def checked(view: View) -> Checked | None:
    """Find what is checked now; None where it was left out, or 12 hours have passed.

    They count from when it was told: what comes late is checked at its arrival.
    """
    told = [
        (reading.effective_ms, place, reading)
        for place, signal in enumerate(CHECKED_SIGNALS)
        if (reading := view.latest(signal)) is not None
    ]
    if not told:
        return None
    _, place, dose = max(told)
    until_ms = max(dose.effective_ms, dose.recorded_ms) + CHECKED_MS
    if CHECKED_SIGNALS[place] == NOT_GIVEN or view.at_ms >= until_ms:
        return None
    is_given = CHECKED_SIGNALS[place] == GIVEN
    planned_ms = None if is_given else dose.value.scheduled_ms
    at_ms = dose.effective_ms if planned_ms is None else planned_ms
    before = tuple(each for each in view.tocilizumab if each.effective_ms < at_ms)
    return Checked(dose, is_given, at_ms, until_ms, before)


def last_before(view: View, at_ms: int) -> Reading[Dose] | None:
    """Find the last dose before a moment, of this stay or not."""
    doses = view.every(GIVEN)
    place = place_at(doses, at_ms)
    return doses[place - 1] if place else None


def in_24_h(doses: tuple[Reading[Dose], ...], at_ms: int) -> tuple[Reading[Dose], ...]:
    """Give those of the 24 hours before a moment; one that is exactly 24 h old is none of them."""
    return tuple(dose for dose in doses if at_ms - DAY_MS < dose.effective_ms <= at_ms)


def of_episode(view: View) -> tuple[Reading[Dose], ...]:
    """Give the doses that were given in the open episode."""
    onset_ms, doses = view.course.onset_ms, view.tocilizumab
    return () if onset_ms is None else doses[place_at(doses, onset_ms) :]


def next_dose_ms(view: View) -> int | None:
    """Find when the next dose is allowed; None where there is no more in this stay.

    A moment in the past means: now.
    """
    given_ms = [dose.effective_ms for dose in view.tocilizumab]
    if len(given_ms) >= view.site.tocilizumab_a_stay_doses:
        return None
    doses = view.every(GIVEN)
    earliest_ms = view.at_ms
    if doses:
        earliest_ms = doses[-1].effective_ms + view.site.tocilizumab_interval_ms
    most = view.site.tocilizumab_in_24_h_doses
    if len(given_ms) >= most:
        earliest_ms = max(earliest_ms, given_ms[-most] + DAY_MS)
    return earliest_ms


def dose_mg(weight_kg: float) -> float:
    """Compute the dose: weight decides, not age."""
    return min(_mg_kg(weight_kg) * weight_kg, MAX_DOSE_MG)


def mg_of(dose: Dose) -> float | None:
    """Give what was ordered or given in mg; None where it was not said."""
    return None if dose.value is None or dose.unit is None else dose.value * MG_BY_UNIT[dose.unit]


def dose_in_words(weight_kg: float | None) -> str:
    """Write the dose for a weight, and how it comes about."""
    if weight_kg is None:
        return "8 mg/kg IV (12 mg/kg below 30 kg), at most 800 mg; the weight is unknown"
    mg_kg = _mg_kg(weight_kg)
    capped = ", capped at 800 mg" if mg_kg * weight_kg > MAX_DOSE_MG else ""
    return f"{dose_mg(weight_kg):g} mg IV ({mg_kg:g} mg/kg at {weight_kg:g} kg{capped})"


def _mg_kg(weight_kg: float) -> float:
    return LIGHT_DOSE_MG_KG if weight_kg < LIGHT_WEIGHT_KG else DOSE_MG_KG
