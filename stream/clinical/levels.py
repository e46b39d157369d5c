"""Levels: all that a rule makes of a reading, where it needs no more than that.

A rule depends on a signal, and then each reading of it reaches the rule; or on a level of it, and
then a reading reaches the rule only where the level turns. So a monitor that says every minute
that all is as it was costs next to nothing. A level stands for its signal only where nothing but
the level of the newest reading matters, and its order among all that is charted by hand; not how
long ago it was, nor what was measured before. What a rule shows of such a reading is what it was
when something last turned or was said again.
Source: CLINICAL.md §1.9, DEC-1, DEC-27, DEC-41.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from stream.clinical.bedside import fact
from stream.clinical.circulation import MEAN_LIMIT_MMHG, systolic_limit_mmhg
from stream.clinical.crs import FEVER_C
from stream.clinical.oxygen import INVASIVE
from stream.clinical.patient import Patient
from stream.clinical.scores.hscore import TEMPERATURE_C
from stream.clinical.scores.steps import points_of
from stream.clinical.series import Reading, Readings, place_at, since
from stream.clinical.signals import (
    AGE,
    OXYGEN,
    PRESSURE,
    TEMPERATURE,
    Oxygen,
    Pressure,
    Result,
    Signal,
    Temperature,
    given,
)
from stream.clinical.times import HOUR_MS

T = TypeVar("T")

# When a fever is looked for after a dose, at the soonest and at the latest that a site may ask.
POST_TOCILIZUMAB_MS: Final = (8 * HOUR_MS, 12 * HOUR_MS)


@dataclass(frozen=True, slots=True, eq=False)  # two levels are the same only if they are one
class Level(Generic[T]):
    """A level of a signal: `of` gives it for a value, at an age in years.

    With `anew_after` the readings count that come between so many ms and so many after one of
    another signal, and the first after them, whatever their level: somewhere there a rule may look
    at how old the one before it was.
    """

    signal: Signal[T]
    of: Callable[[T, float | None], object]
    anew_after: tuple[Signal[Any], tuple[int, int]] | None = None
    name: str = field(init=False)  # that of its signal

    def __post_init__(self) -> None:
        """Look the name up once: it is asked for at every record."""
        object.__setattr__(self, "name", self.signal.name)


def still(
    before: Patient, after: Patient, levels: Iterable[Level[Any]], at_ms: int
) -> frozenset[Level[Any]]:
    """Name the levels that a reading of their signal, which became true then, left as they were.

    It follows one of the same level, and that one follows all that is charted by hand: so neither
    comes to lie on the other side of a dose, of a rate, or of an attribution; nor of the infusion,
    before which no reading counts. Later readings may
    be known already: those of a device come late, and not always in order.

    Where the levels of a signal follow each other, its readings are looked for once.
    """
    found = []
    age_years = fact(after, AGE)
    charted_ms, stay_from_ms = after.charted_ms, after.stay_from_ms or 0
    name, between = "", None
    for level in levels:
        if level.name != name:
            name = level.name
            between = _come_between(before.series.get(name), after.series.get(name), at_ms)
        if between is None or between[0].effective_ms < charted_ms:
            continue
        last, came, following = between
        if last.effective_ms < stay_from_ms <= following.effective_ms:
            continue  # not all of them are of the stay
        if level.anew_after is not None and _begins_anew(after, level.anew_after, last, following):
            continue
        was, now = last.value, came.value
        if was == now or level.of(was, age_years) == level.of(now, age_years):
            found.append(level)
    return frozenset(found)


def _come_between(
    was: Readings[Any] | None, now: Readings[Any] | None, at_ms: int
) -> tuple[Reading[Any], Reading[Any], Reading[Any]] | None:
    """Find the one before a reading that came, that reading, and the one after it, or it again."""
    if was is None or now is None or now.size != was.size + 1:
        return None
    newest, last_now = was.newest, now.newest
    if newest is None or last_now is None:
        return None
    if newest.effective_ms < at_ms:
        return (newest, last_now, last_now) if last_now.effective_ms == at_ms else None
    place = place_at(was, at_ms)
    came, following = now[place], was[place]
    if not place or not came.effective_ms == at_ms < following.effective_ms:
        return None
    return was[place - 1], came, following


def _begins_anew(
    patient: Patient,
    anew_after: tuple[Signal[Any], tuple[int, int]],
    last: Reading[Any],
    following: Reading[Any],
) -> bool:
    signal, (least_ms, most_ms) = anew_after
    doses = patient.series.get(signal.name)
    if doses is None:
        return False
    recent = since(doses, last.effective_ms - most_ms)
    return any(each.effective_ms < following.effective_ms - least_ms for each in recent)


def _fever(temperature: Temperature, _: float | None) -> object:
    return temperature.celsius >= FEVER_C


def _low(pressure: Pressure, age_years: float | None) -> object:
    """Which of the two are there, and which of them is low."""
    systolic, mean = pressure
    return (
        None if systolic is None else systolic < systolic_limit_mmhg(age_years),
        None if mean is None else mean < MEAN_LIMIT_MMHG,
    )


@lru_cache(maxsize=1024)  # the same few tenths of a degree come again and again
def _scored(temperature: Temperature, _: float | None) -> object:
    return points_of(TEMPERATURE_C, Result(temperature.celsius, None, "Cel")).proven


def _intubated(oxygen: Oxygen, _: float | None) -> object:
    """None where no device is named: that ends nothing, as a later one does."""
    return None if oxygen.device is None else oxygen.device == INVASIVE


def _as_charted(oxygen: Oxygen, _: float | None) -> object:
    return oxygen


FEVER: Final = Level(TEMPERATURE, _fever)
FEVER_AFTER_TOCILIZUMAB: Final = Level(
    TEMPERATURE, _fever, (given("tocilizumab"), POST_TOCILIZUMAB_MS)
)
LOW_PRESSURE: Final = Level(PRESSURE, _low)
OXYGEN_USED: Final = Level(OXYGEN, _as_charted)
INTUBATED: Final = Level(OXYGEN, _intubated)
SCORED_TEMPERATURE: Final = Level(TEMPERATURE, _scored)  # of the HScore
