"""The scores in which monitors have a say: NEWS2, qSOFA, SOFA, and norepinephrine equivalents.

NEWS2 and qSOFA need readings that are fresh; SOFA is that of REFRACTORY, by the newest readings
however old. All three are for adults, and none is computed for a child. A GCS under sedation is
none. Norepinephrine equivalents are those of Goradia, for a trend; the grades go by Lee.
Source: CLINICAL.md §3, §5.7, §5.8, DEC-44, DEC-62; CONTRACT (status line).
"""

from typing import Final, NamedTuple, TypeVar

from stream.clinical.bedside import fact, oxygen_that_decides
from stream.clinical.circulation import is_child, ug_kg_min
from stream.clinical.freshness import is_fresh
from stream.clinical.kept import Kept
from stream.clinical.neuro import arousal_of
from stream.clinical.organs import ORGAN_SIGNALS, is_low_mean, pao2_of, sofa_of
from stream.clinical.oxygen import OxygenNeed, breathing_of
from stream.clinical.results import value_of
from stream.clinical.scores import news2
from stream.clinical.scores.norepinephrine import equivalent_ug_kg_min
from stream.clinical.scores.qsofa import QSofa, qsofa
from stream.clinical.scores.sofa import Sofa
from stream.clinical.sedation import NEURO_CAUSE, SEDATIVE_RATES, sedated
from stream.clinical.series import Reading, fold
from stream.clinical.signals import (
    AGE,
    CONSCIOUSNESS,
    GCS,
    HEART_RATE,
    HOME_POSITIVE_PRESSURE,
    OXYGEN,
    PRESSURE,
    RESPIRATORY_RATE,
    SEDATED,
    SPO2,
    TEMPERATURE,
    WEIGHT,
    Pressure,
    Rate,
    Signal,
    neuro_sign,
)
from stream.clinical.vasopressors import units_min
from stream.clinical.view import View

DECIMALS: Final = 4  # of norepinephrine equivalents
SIGNS: Final = 3  # of qSOFA; where all are missing there is no score
VASOPRESSIN: Final = "vasopressin"

T = TypeVar("T")


class AtBedside(NamedTuple):
    """The scores; None where an input is missing that they cannot be without."""

    news2: int | None = None
    news2_missing: tuple[str, ...] | None = None  # what was taken for normal
    qsofa: int | None = None
    qsofa_missing: tuple[str, ...] | None = None
    sofa: int | None = None
    sofa_missing: tuple[str, ...] | None = None
    norepinephrine_equivalent_ug_kg_min: float | None = None


# All of SOFA but the mean pressure and the oxygen, which come from monitors.
KEPT: Final[Kept[Sofa]] = Kept(
    lambda _: dict.fromkeys(
        (*ORGAN_SIGNALS, SEDATED, NEURO_CAUSE, *SEDATIVE_RATES, WEIGHT, AGE), ()
    )
)


def at_bedside(view: View) -> AtBedside:
    """Compute what can be computed now."""
    warning, signs, organs = _news2(view), _qsofa(view), _sofa(view)
    return AtBedside(
        None if warning is None else warning.points,
        None if warning is None else warning.assumed or None,
        None if signs is None else signs.points,
        None if signs is None else signs.missing or None,
        None if organs is None else organs.points,
        None if organs is None else organs.missing or None,
        _norepinephrine_equivalent(view),
    )


def _news2(view: View) -> news2.News2 | None:
    if view.age_years is not None and view.age_years < news2.FROM_AGE_YEARS:
        return None
    pressure, temperature = _fresh(view, PRESSURE), _fresh(view, TEMPERATURE)
    return news2.news2(
        news2.Inputs(
            respiratory_rate_per_min=value_of(_fresh(view, RESPIRATORY_RATE)),
            spo2_percent=value_of(_fresh(view, SPO2)),
            on_oxygen=_on_oxygen(view),
            systolic_mmhg=None if pressure is None else pressure.value.systolic_mmhg,
            heart_rate_per_min=value_of(_fresh(view, HEART_RATE)),
            is_alert=_is_alert(view),
            temperature_c=None if temperature is None else temperature.value.celsius,
        )
    )


def _qsofa(view: View) -> QSofa | None:
    """Score the signs, where one of them is known."""
    if is_child(view.age_years):
        return None
    pressure = _fresh(view, PRESSURE)
    found = qsofa(
        respiratory_rate_per_min=value_of(_fresh(view, RESPIRATORY_RATE)),
        systolic_mmhg=None if pressure is None else pressure.value.systolic_mmhg,
        gcs=_gcs(view),
    )
    return None if len(found.missing) == SIGNS else found


def _gcs(view: View) -> int | None:
    """Give the GCS while it is as fresh as a consciousness, and not of one who was sedated."""
    found = view.latest(GCS)
    if found is None or not is_fresh(CONSCIOUSNESS, found, view.at_ms, view.site):
        return None
    spells = sedated(view.patient, view.until_ms)
    return None if any(spell.until_ms is None for spell in spells) else found.value


def _sofa(view: View) -> Sofa | None:
    """Score the organs of which something is known, where there is one."""
    if is_child(view.age_years):
        return None
    readings, from_ms = view.patient.readings(PRESSURE), view.patient.stay_from_ms
    low = fold(readings, _with_mean, None, from_ms, view.until_ms)
    found = KEPT.of(
        view.patient, view.at_ms, view.site, lambda: sofa_of(view), low, *_oxygen_of_sofa(view)
    )
    return found if found.organs else None


def _oxygen_of_sofa(view: View) -> tuple[object, ...]:
    """Give what SOFA takes from the oxygen: that in use at the last PaO2, and the device now."""
    pao2 = pao2_of(view)
    if pao2 is None:
        return ()
    device = None if view.oxygen is None else view.oxygen.value.device
    return oxygen_that_decides(view.patient, pao2.effective_ms), device


def _with_mean(before: bool | None, reading: Reading[Pressure]) -> bool | None:
    """Tell on which side of its limit the last mean is: no more of it has a point."""
    low = is_low_mean(reading.value, None)
    return before if low is None else low


def _norepinephrine_equivalent(view: View) -> float | None:
    """Add the vasopressors that run; None where none does, or a rate by weight is not known."""
    running = view.vasopressors
    if not running:
        return None
    total = equivalent_ug_kg_min(
        {drug: _counted(drug, reading.value, view.weight_kg) for drug, reading in running.items()}
    )
    return None if total is None else round(total, DECIMALS)


def _counted(drug: str, rate: Rate, weight_kg: float | None) -> float | None:
    return units_min(rate) if drug == VASOPRESSIN else ug_kg_min(rate, weight_kg)


def _fresh(view: View, signal: Signal[T]) -> Reading[T] | None:
    reading = view.latest(signal)
    return (
        reading
        if reading is not None and is_fresh(signal, reading, view.at_ms, view.site)
        else None
    )


def _on_oxygen(view: View) -> bool | None:
    """Tell whether oxygen is given; positive pressure as at home is none (DEC-62)."""
    oxygen = view.oxygen
    if oxygen is None or not is_fresh(OXYGEN, oxygen, view.at_ms, view.site):
        return None
    home = fact(view.patient, HOME_POSITIVE_PRESSURE)
    lowest = breathing_of(oxygen.value, home_positive_pressure=home).lowest
    return None if lowest is None else lowest > OxygenNeed.ROOM_AIR


def _is_alert(view: View) -> bool | None:
    confused = _fresh_sign(view, "confusion")
    consciousness = _fresh(view, CONSCIOUSNESS)
    if confused:
        return False
    return None if consciousness is None else arousal_of(consciousness.value) == 0


def _fresh_sign(view: View, sign: str) -> bool:
    found = view.latest(neuro_sign(sign))
    return (
        found is not None and found.value and is_fresh(CONSCIOUSNESS, found, view.at_ms, view.site)
    )
