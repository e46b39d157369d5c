"""Tocilizumab: how much by weight, when again, and what is checked of an order or a dose.

Limits on the number of doses count the stay; the interval counts any dose. Two doses of one moment
are one that was charted twice. Every dose is checked when it is told, however late, and the newest
order; what is wrong with one is known once all is told that shows it, and is told for 12 hours or
until another order or dose follows that was told later.
Source: CLINICAL.md §1.2 (review lines 67 to 69), §1.11, §4.1, DEC-30, DEC-34, DEC-42, DEC-45;
decision 46.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from stream.clinical.masking import MG_BY_UNIT, treated_after
from stream.clinical.series import Reading, place_after, place_at, since
from stream.clinical.signals import Dose, given, not_given, ordered
from stream.clinical.times import DAY_MS, HOUR_MS, in_words
from stream.clinical.view import View
from stream.clinical.weight import kg_in_words

NAME: Final = "tocilizumab"
GIVEN: Final = given(NAME)
ORDERED: Final = ordered(NAME)
NOT_GIVEN: Final = not_given(NAME)
CHECKED_SIGNALS: Final = (ORDERED, NOT_GIVEN, GIVEN)  # of one moment the last of these counts

LIGHT_WEIGHT_KG: Final = 30.0  # below it 12 mg/kg; 30 kg gets 8
LIGHT_DOSE_MG_KG: Final = 12.0
DOSE_MG_KG: Final = 8.0
MAX_DOSE_MG: Final = 800.0
LIGHT_DECIMALS: Final = 1  # of a dose in words below 30 kg; from there on it is whole mg
CHECKED_MS: Final = 12 * HOUR_MS  # after it was told, the check of an order or dose is over


SHOWN_MAX: Final = 3  # of those that are wrong by what was told at one moment
NOT_CHECKED: Final = "The order was left out, or it is 12 hours old."


class Checked(NamedTuple):
    """A dose of the stay that was given, or the newest order while nothing followed it."""

    dose: Reading[Dose]
    is_given: bool
    is_last: bool
    at_ms: int  # when it was given, or is planned for
    before: tuple[Reading[Dose], ...]  # the doses of the stay that were given before it

    @property
    def number(self) -> int:
        """Count it among the doses of the stay."""
        return len(self.before) + 1

    @property
    def said(self) -> str:
        """Say whether it was given, and when where that was not the last one."""
        if not self.is_given:
            return "is ordered"
        return "was given" if self.is_last else f"was given ({in_words(self.at_ms)})"


class Breach(NamedTuple):
    """An order or a dose that is wrong, and since when all is told that shows it."""

    order: Checked
    known_ms: int

    @property
    def until_ms(self) -> int:
        """The check is over then."""
        return self.known_ms + CHECKED_MS


def orders_of(view: View) -> tuple[Checked, ...]:
    """Give what is checked of the stay, by when it was given; an order comes last."""
    doses = view.tocilizumab
    found = [
        Checked(dose, True, place == len(doses) - 1, dose.effective_ms, doses[:place])
        for place, dose in enumerate(doses)
    ]
    order = _newest_order(view)
    if order is not None:
        planned_ms = order.value.scheduled_ms
        at_ms = order.effective_ms if planned_ms is None else planned_ms
        before = tuple(each for each in doses if each.effective_ms < at_ms)
        found.append(Checked(order, False, True, at_ms, before))
    return tuple(found)


def breach(order: Checked, *others: Reading[Any]) -> Breach:
    """Note that an order or a dose is wrong, by itself or beside others, be it a weight."""
    return Breach(order, max(map(_told_ms, (order.dose, *others))))


def still_told(view: View, breaches: Iterable[Breach]) -> tuple[Breach, ...]:
    """Leave out what is over, and then what was known before the last of them."""
    going_on = [each for each in breaches if _goes_on(view, each)]
    known_ms = max((each.known_ms for each in going_on), default=None)
    return tuple(each for each in going_on if each.known_ms == known_ms)[-SHOWN_MAX:]


def ending(view: View, right: str) -> str:
    """Say why nothing is told any more: the next one is right, or none is checked now."""
    checked = any(_goes_on(view, breach(order)) for order in orders_of(view))
    return right if checked else NOT_CHECKED


def name_of(view: View, order: Checked) -> str:
    """Name it by its number, so that the next one is told anew; what came late by its time.

    Where a dose comes late, its number was that of another one before.
    """
    if not order.is_given:
        return f"{NAME} dose {order.number} ordered"
    late = _is_late(view, order.dose)
    return _by_time(order.dose) if late else f"{NAME} dose {order.number}"


def name_before(view: View, dose: Reading[Dose]) -> str:
    """Name a dose beside which another one is wrong."""
    return _by_time(dose) if _is_late(view, dose) else NAME


def name_among(view: View, dose: Reading[Dose]) -> str:
    """Name a dose by its number, but for the first of the stay, so that the next one is told anew.

    What came late is named by its time.
    """
    place = place_at(view.tocilizumab, dose.effective_ms)
    if not place:
        return NAME
    return _by_time(dose) if _is_late(view, dose) else f"{NAME} dose {place + 1}"


def told_last(doses: Iterable[Reading[Dose]]) -> Reading[Dose] | None:
    """Find which dose was told last: it is what shows that another one is wrong."""
    return max(doses, key=lambda each: (_told_ms(each), each.effective_ms), default=None)


def last_before(view: View, at_ms: int) -> Reading[Dose] | None:
    """Find the last dose before a moment, of this stay or not."""
    doses = view.every(GIVEN)
    place = place_at(doses, at_ms)
    return doses[place - 1] if place else None


def in_24_h(doses: tuple[Reading[Dose], ...], at_ms: int) -> tuple[Reading[Dose], ...]:
    """Give those of the 24 hours before a moment; one that is exactly 24 h old is none of them."""
    return tuple(dose for dose in doses if at_ms - DAY_MS < dose.effective_ms <= at_ms)


def of_illness(view: View) -> tuple[Reading[Dose], ...]:
    """Give the doses that were given for the illness: of the open episode, or that a mask graded.

    One may have been given up to a day before the onset, since the last episode closed: where
    the first fever is measured, or charted, after it.
    """
    after_ms, doses = treated_after(view.course), view.tocilizumab
    return () if after_ms is None else doses[place_after(doses, after_ms) :]


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


def next_dose_in_words(view: View) -> str:
    """Write when the next dose is allowed, as a sentence."""
    next_ms = next_dose_ms(view)
    if next_ms is None:
        return "No more is given in this stay."
    return f"The next dose is allowed from {in_words(next_ms)}."


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
    kg = kg_in_words(weight_kg, LIGHT_WEIGHT_KG)
    mg = round(dose_mg(weight_kg), LIGHT_DECIMALS if weight_kg < LIGHT_WEIGHT_KG else None)
    return f"{mg:g} mg IV ({mg_kg:g} mg/kg at {kg}{capped})"


def _mg_kg(weight_kg: float) -> float:
    return LIGHT_DOSE_MG_KG if weight_kg < LIGHT_WEIGHT_KG else DOSE_MG_KG


def _newest_order(view: View) -> Reading[Dose] | None:
    """Find the order that nothing followed; of one moment a dose counts, then what was left out."""
    told = [
        (reading.effective_ms, place, reading)
        for place, signal in enumerate(CHECKED_SIGNALS)
        if (reading := view.latest(signal)) is not None
    ]
    if not told:
        return None
    _, place, newest = max(told)
    return newest if CHECKED_SIGNALS[place] == ORDERED else None


def _goes_on(view: View, found: Breach) -> bool:
    """Tell whether it is told still: another one that is later, and was told later, ends it."""
    if view.at_ms >= found.until_ms:
        return False
    later_ms = found.order.dose.effective_ms + 1
    return not any(
        _told_ms(each) > found.known_ms
        for signal in CHECKED_SIGNALS
        for each in since(view.readings(signal), later_ms)
    )


def _is_late(view: View, dose: Reading[Dose]) -> bool:
    """Tell whether a later dose was told before it, or before it was corrected."""
    later = since(view.every(GIVEN), dose.effective_ms + 1)
    return any(_told_ms(each) < _told_ms(dose) for each in later)


def _by_time(dose: Reading[Dose]) -> str:
    return f"{NAME} dose of {in_words(dose.effective_ms)}"


def _told_ms(said: Reading[Any]) -> int:
    return max(said.effective_ms, said.recorded_ms)
