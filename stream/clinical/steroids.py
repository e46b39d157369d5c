"""Steroids that were given: what counts as one, how much in a day, and when a course ends.

Systemic steroids count (route `other` is topical or inhaled). An infusion counts hour by hour: what
ran in is a dose at the end of each hour, and nothing at its start. A day is the 24 hours up to a
moment; a dose that is exactly 24 hours old is none of it. While a course goes on the day up to its
newest dose counts as well: a dose that comes late is no smaller one.
Source: CLINICAL.md §1.3 (review lines 85 to 97), §1.11, §5.6, DEC-11, DEC-12, DEC-45, DEC-50.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.masking import MG_BY_UNIT, STEROIDS
from stream.clinical.scores.steroids import dexamethasone_mg, is_high_dose
from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import Dose, Rate, Signal, given, rate
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View

COVERED_MS: Final = 6 * HOUR_MS  # a dose is the answer to an advice for so long, the end included
SHOWN_MS: Final = 12 * HOUR_MS  # a shock that a steroid ends has ended by then
GAP_MS: Final = 12 * HOUR_MS  # more than this without a dose, and a course is over
INTERVAL_MAX_MS: Final = DAY_MS  # as charted; a dose covers for no longer
LATE_MS: Final = 6 * HOUR_MS  # after the interval that is charted
PART_MS: Final = HOUR_MS  # of an infusion
DECIMALS: Final = 6  # of a sum: hours of an infusion add up to a day

STEROID_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *(given(drug) for drug in STEROIDS),
    *(rate(drug) for drug in STEROIDS),
)
NAMES: Final = frozenset(signal.name for signal in STEROID_SIGNALS)
MG_H_BY_UNIT: Final = MappingProxyType({"mg/h": 1.0, "ug/min": 0.06})
MG_KG_H_BY_UNIT: Final = MappingProxyType({"mg/kg/d": 1 / 24, "ug/kg/min": 0.06})


class Given(NamedTuple):
    """A dose, or what ran in up to a moment."""

    at_ms: int
    drug: str
    mg: float | None  # None is unknown
    interval_ms: int | None  # to the next one, as charted
    covers_until_ms: int  # the last moment at which it is the answer to an advice
    next_until_ms: int  # a dose until then is of the same course
    reading: Reading[Any]

    @property
    def is_part(self) -> bool:
        """Tell whether it ran in."""
        return isinstance(self.reading.value, Rate)

    @property
    def dexamethasone_mg(self) -> float:
        """What is proven of it, as dexamethasone."""
        return 0.0 if self.mg is None else dexamethasone_mg(self.drug, self.mg)


class SteroidCourse(NamedTuple):
    """Doses without a gap that would end the course, the newest last."""

    doses: tuple[Given, ...]

    @property
    def from_ms(self) -> int:
        """When the first dose was given."""
        return self.doses[0].at_ms

    @property
    def ends_ms(self) -> int:
        """The last moment of it if nothing more is given."""
        return max(dose.next_until_ms for dose in self.doses)


@lru_cache(maxsize=8)  # several rules ask about one view
def doses_of(view: View) -> tuple[Given, ...]:
    """Give every dose, of this stay or not, by when it was given."""
    if view.patient.series.keys().isdisjoint(NAMES):
        return ()
    found = [dose for drug in STEROIDS for dose in (*_doses(view, drug), *_parts(view, drug))]
    return tuple(sorted(found, key=lambda each: (each.at_ms, each.drug)))


@lru_cache(maxsize=8)
def course_of(view: View) -> SteroidCourse | None:
    """Find the course that goes on; None where none does."""
    doses = doses_of(view)
    if not doses:
        return None
    first = 0
    until_ms = doses[0].next_until_ms
    for place, dose in enumerate(doses):
        if dose.at_ms > until_ms:
            first = place
        until_ms = max(until_ms, dose.next_until_ms)
    return SteroidCourse(doses[first:]) if view.at_ms <= until_ms else None


def covering(view: View) -> Given | None:
    """Find the newest dose that a shock is still to answer to: within 12 hours, at most."""
    covers = [dose for dose in doses_of(view) if _shown_until_ms(dose) >= view.at_ms]
    return covers[-1] if covers else None


def is_high(view: View) -> bool:
    """Tell whether the steroid of a day is high-dose (DEC-12)."""
    doses = doses_of(view)
    return any(
        is_high_dose(
            dexamethasone_mg_a_day=dexamethasone_mg_of_day(doses, end_ms),
            methylprednisolone_mg_a_day=_methylprednisolone_mg(doses, end_ms),
            weight_kg=view.weight_kg,
        )
        for end_ms in _ends_of_days_ms(view)
    )


def first_since_ms(view: View, from_ms: int) -> int | None:
    """Find the first dose since a moment, or an earlier one of the course or of a day of it.

    Where no course goes on, that is the first since then or of the last 24 hours.
    """
    doses, course = doses_of(view), course_of(view)
    first = [] if course is None else [course.from_ms]
    first += [dose.at_ms for dose in doses if from_ms <= dose.at_ms <= view.at_ms][:1]
    for end_ms in _ends_of_days_ms(view):
        first += [dose.at_ms for dose in day_of_doses(doses, end_ms)[:1]]
    return min(first, default=None)


def dexamethasone_mg_of_day(doses: Sequence[Given], end_ms: int) -> float:
    """Add up the 24 hours up to a moment, as dexamethasone; what is unknown adds nothing."""
    return round(sum(each.dexamethasone_mg for each in day_of_doses(doses, end_ms)), DECIMALS)


def day_of_doses(doses: Sequence[Given], end_ms: int) -> Sequence[Given]:
    """Give the doses of the 24 hours up to a moment."""
    start = bisect_right(doses, end_ms - DAY_MS, key=_at)
    return doses[start : bisect_right(doses, end_ms, key=_at)]


def dexamethasone_mg_a_day(view: View) -> float:
    """Give what is given a day, as dexamethasone: the most of a day that counts, or as charted.

    Of a dose with an interval, or an infusion that runs, a day need not be over.
    """
    doses, course = doses_of(view), course_of(view)
    amounts = [dexamethasone_mg_of_day(doses, end_ms) for end_ms in _ends_of_days_ms(view)]
    if course is not None:
        amounts.append(_charted_mg_a_day(view, course.doses[-1]))
    return round(max(amounts), DECIMALS)


def next_turn_ms(view: View) -> int | None:
    """Find when one of these answers may change though nothing happens."""
    turns = [
        turn_ms
        for dose in doses_of(view)[-200:]
        for turn_ms in (dose.at_ms + DAY_MS, _shown_until_ms(dose) + 1, dose.next_until_ms + 1)
    ]
    for drug in STEROIDS:
        newest = view.patient.newest(rate(drug), None, view.until_ms)
        if newest is not None and newest.value.value > 0:
            parts = (view.at_ms - newest.effective_ms) // PART_MS
            turns.append(newest.effective_ms + (parts + 1) * PART_MS)
    return min((each for each in turns if each > view.at_ms), default=None)


def _ends_of_days_ms(view: View) -> tuple[int, ...]:
    """Name the moments up to which a day counts: now, and the newest dose of a course."""
    course = course_of(view)
    return (view.at_ms,) if course is None else (view.at_ms, course.doses[-1].at_ms)


def _charted_mg_a_day(view: View, dose: Given) -> float:
    """Work out a day of a dose that is charted to go on, as dexamethasone; 0 of any other."""
    if dose.interval_ms is not None:
        return dose.dexamethasone_mg * DAY_MS / max(dose.interval_ms, HOUR_MS)
    running = view.patient.newest(rate(dose.drug), None, view.until_ms)
    if running is None or running != dose.reading:
        return 0.0
    mg_h = _mg_h(running.value, view.weight_kg)
    return 0.0 if mg_h is None else dexamethasone_mg(dose.drug, mg_h * DAY_MS / HOUR_MS)


def _at(dose: Given) -> int:
    return dose.at_ms


def _shown_until_ms(dose: Given) -> int:
    return min(dose.covers_until_ms, dose.at_ms + SHOWN_MS)


def _methylprednisolone_mg(doses: Sequence[Given], end_ms: int) -> float:
    amounts = [
        dose.mg
        for dose in day_of_doses(doses, end_ms)
        if dose.drug == "methylprednisolone" and dose.mg is not None
    ]
    return round(sum(amounts), DECIMALS)


def _doses(view: View, drug: str) -> Iterator[Given]:
    reading: Reading[Dose]
    for reading in one_a_moment(view.every(given(drug))):
        value, unit, route, interval_h, _ = reading.value
        if route == "other":
            continue
        mg = None if value is None or unit is None else value * MG_BY_UNIT[unit]
        yield _given(reading, reading.effective_ms, drug, mg, interval_h)


def _parts(view: View, drug: str) -> Iterator[Given]:
    """Divide what ran in into hours, and what is left of one when it stops or changes."""
    rates: list[Reading[Rate]] = list(one_a_moment(view.every(rate(drug))))
    for place, reading in enumerate(rates):
        end_ms = rates[place + 1].effective_ms if place + 1 < len(rates) else None
        if reading.value.value <= 0:
            continue
        mg_h = _mg_h(reading.value, view.weight_kg)
        until_ms = view.at_ms if end_ms is None else end_ms
        from_ms = reading.effective_ms
        moments = [from_ms, *range(from_ms + PART_MS, until_ms + 1, PART_MS)]
        if end_ms is not None and moments[-1] < end_ms:
            moments.append(end_ms)
        yield _given(reading, from_ms, drug, 0.0, None)
        for before_ms, at_ms in pairwise(moments):
            mg = None if mg_h is None else mg_h * (at_ms - before_ms) / HOUR_MS
            yield _given(reading, at_ms, drug, mg, None)


def _given(
    reading: Reading[Any], at_ms: int, drug: str, mg: float | None, interval_h: float | None
) -> Given:
    interval_ms = None
    if interval_h is not None:
        interval_ms = round(min(interval_h * HOUR_MS, INTERVAL_MAX_MS))
    covers_ms = max(interval_ms or 0, COVERED_MS)
    gap_ms = max(GAP_MS, (interval_ms or 0) + LATE_MS)
    return Given(at_ms, drug, mg, interval_ms, at_ms + covers_ms, at_ms + gap_ms, reading)


def _mg_h(running: Rate, weight_kg: float | None) -> float | None:
    unit = running.unit or ""
    if unit in MG_H_BY_UNIT:
        return running.value * MG_H_BY_UNIT[unit]
    if unit in MG_KG_H_BY_UNIT and weight_kg is not None:
        return running.value * MG_KG_H_BY_UNIT[unit] * weight_kg
    return None
