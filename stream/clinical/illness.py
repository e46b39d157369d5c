"""Whether a patient is ill: hypotension, a vasopressor or a need of oxygen of `manikath-2025`.

Source: CLINICAL.md DEC-33.
"""

from typing import Final

from stream.clinical.bedside import (
    fact,
    is_running,
    oxygen_that_decides,
    pressure_that_decides,
    running_vasopressors,
)
from stream.clinical.circulation import is_hypotension
from stream.clinical.oxygen import HIGH_FIO2_FRACTION, OxygenNeed, breathing_of
from stream.clinical.patient import Patient
from stream.clinical.signals import AGE, HOME_POSITIVE_PRESSURE, support

CRRT: Final = support("crrt")
ECMO_SIGNALS: Final = (support("ecmo_vv"), support("ecmo_va"))
ECMO_NAMES: Final = frozenset(signal.name for signal in ECMO_SIGNALS)


def is_ill(patient: Patient, until_ms: int | None) -> bool:
    """Tell whether hypotension, a vasopressor or an oxygen need of `manikath-2025` is proven."""
    if running_vasopressors(patient, until_ms):
        return True
    age_years = fact(patient, AGE)
    pressure = pressure_that_decides(patient, age_years, until_ms)
    if pressure is not None and is_hypotension(pressure.value, age_years):
        return True
    return needs_oxygen(patient, until_ms)


def needs_oxygen(patient: Patient, until_ms: int | None) -> bool:
    """Tell whether a device, or an FiO2 of 0.40 or more, or ECMO is in use."""
    oxygen = oxygen_that_decides(patient, until_ms)
    if oxygen is not None:
        home = fact(patient, HOME_POSITIVE_PRESSURE)
        held = oxygen.held()
        breathing = breathing_of(held, home_positive_pressure=home)
        if breathing.lowest is not None and breathing.lowest > OxygenNeed.ROOM_AIR:
            return True
        if held.fio2_fraction is not None and held.fio2_fraction >= HIGH_FIO2_FRACTION:
            return True
    if patient.series.keys().isdisjoint(ECMO_NAMES):
        return False  # as nearly always
    return any(is_running(patient, signal, until_ms) for signal in ECMO_SIGNALS)
