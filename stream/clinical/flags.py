"""Doubts about the grades, for the status line and the words of an alert.

Source: CONTRACT (`flags`); CLINICAL.md §5.1 (column `soft`), DEC-8, DEC-37, DEC-48, DEC-53;
decision 19.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.circulation import is_high_dose
from stream.clinical.exams import is_capd_without_age
from stream.clinical.oxygen import device_conflicts_with_fio2
from stream.clinical.policies.register import GRADING
from stream.clinical.signals import (
    HEART_RATE,
    ICE,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
)
from stream.clinical.view import View
from stream.clinical.weight import jump
from topics.limits import is_unusual

SURFACE_SITES: Final = ("axillary", "skin")
CAPD_WITHOUT_AGE: Final = "capd_without_age"


def flags_of(view: View) -> list[str]:
    """Name doubts about the grades."""
    flags = []
    if view.oxygen is not None and device_conflicts_with_fio2(view.oxygen.value):
        flags.append("device_fio2_conflict")
    if any(
        is_high_dose(drug, reading.value, view.weight_kg) is None
        for drug, reading in view.vasopressors.items()
    ):
        flags.append("vasopressor_intensity_unknown")
    if view.temperature is not None and view.temperature.value.site in SURFACE_SITES:
        flags.append("surface_temperature")
    ice = view.latest(ICE)
    if ice is not None and any(ice.value.scheme not in each.icans.ice_schemes for each in GRADING):
        flags.append("ice_form_without_scale")
    if is_capd_without_age(view.patient, view.until_ms):
        flags.append(CAPD_WITHOUT_AGE)
    flags += [f"unusual_{signal}" for signal, value in _measured(view) if is_unusual(signal, value)]
    if jump(view.patient) is not None:
        flags.append("weight_jump")
    return flags


def _measured(view: View) -> Iterator[tuple[str, float]]:
    """Give the newest of what has soft limits."""
    if view.temperature is not None:
        yield TEMPERATURE.name, view.temperature.value.celsius
    for signal in (HEART_RATE, RESPIRATORY_RATE, SPO2):
        if (reading := view.latest(signal)) is not None:
            yield signal.name, reading.value
    pressure = view.latest(PRESSURE)
    if pressure is not None and pressure.value.systolic_mmhg is not None:
        yield "systolic_mmhg", pressure.value.systolic_mmhg
