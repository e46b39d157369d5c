"""Fluids that were given to raise a blood pressure, and how much that is for a patient.

Crystalloid counts, and a fluid of which no kind is said; not albumin, blood or anything other, and
nothing that is charted as maintenance. Each record is a volume of its own: two of one moment are
two. Without a weight nothing is known by weight.
Source: CLINICAL.md §1.6 (review line 218).
"""

from typing import Final

from stream.clinical.circulation import is_hypotension
from stream.clinical.series import Reading, since
from stream.clinical.signals import PRESSURE, Fluid, Signal, fluid
from stream.clinical.times import DAY_MS
from stream.clinical.view import View
from stream.clinical.weight import kg_in_words

RESUSCITATION: Final[Signal[Fluid]] = fluid("resuscitation")
CRYSTALLOID: Final = "crystalloid"
INITIAL_ML_KG: Final = (20, 30)
LOOK_BACK_MS: Final = DAY_MS
DECIMALS: Final = 6  # of a volume by weight


def of_episode(view: View) -> tuple[Reading[Fluid], ...]:
    """Give the fluids of the open episode, from its onset on."""
    onset_ms = view.course.onset_ms
    return () if onset_ms is None else _crystalloid(view, onset_ms)


def for_pressure(view: View) -> tuple[Reading[Fluid], ...]:
    """Give the fluids that were given for a low pressure.

    They are those of the episode. Where the pressure fell before it began, or none is open, they
    are those from 24 hours before it fell: a fever that is measured late takes no fluid away.
    """
    onset_ms, pressure = view.course.onset_ms, view.pressure
    if pressure is None:
        return of_episode(view)
    fell_ms = _low_since_ms(view, pressure.effective_ms)
    if onset_ms is not None and onset_ms <= fell_ms:
        return of_episode(view)
    return _crystalloid(view, fell_ms - LOOK_BACK_MS)


def before_pressure(view: View) -> tuple[Reading[Fluid], ...]:
    """Give the fluids for a low pressure, up to the one that decides."""
    if view.pressure is None:
        return ()
    measured_ms = view.pressure.effective_ms
    return tuple(each for each in for_pressure(view) if each.effective_ms <= measured_ms)


def total_ml(fluids: tuple[Reading[Fluid], ...]) -> float:
    """Add up volumes."""
    return sum(each.value.volume_ml for each in fluids)


def ml_kg(view: View, fluids: tuple[Reading[Fluid], ...]) -> float | None:
    """Add up volumes by weight; None without a weight."""
    weight_kg = view.weight_kg
    return None if weight_kg is None else round(total_ml(fluids) / weight_kg, DECIMALS)


def ml_in_words(view: View, per_kg: float) -> str:
    """Write a volume by weight, and what that is for the patient."""
    weight_kg = view.weight_kg
    if weight_kg is None:
        return f"{per_kg:g} mL/kg (the weight is unknown)"
    return f"{per_kg:g} mL/kg ({per_kg * weight_kg:.0f} mL at {kg_in_words(weight_kg)})"


def _low_since_ms(view: View, measured_ms: int) -> int:
    """Find since when the blood pressure has been low, up to the last one measured."""
    since_ms = measured_ms
    for reading in reversed(view.readings(PRESSURE)):
        low = is_hypotension(reading.value, view.age_years)
        if low is False:
            break
        since_ms = reading.effective_ms if low else since_ms
    return since_ms


def _crystalloid(view: View, from_ms: int) -> tuple[Reading[Fluid], ...]:
    return tuple(
        each
        for each in since(view.readings(RESUSCITATION), from_ms)
        if each.value.fluid in (CRYSTALLOID, None)
    )
