"""How long a reading counts as fresh.

The ages are thresholds of the site, their end included. An old reading is named as stale and
widens `highest`; it never lowers `lowest` and never ends an alert.
Source: CLINICAL.md §5.8, DEC-35, DEC-50.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.bedside import oxygen_that_decides
from stream.clinical.oxygen import INVASIVE
from stream.clinical.patient import Patient
from stream.clinical.policies.thresholds import Site
from stream.clinical.series import Reading
from stream.clinical.signals import (
    CAPD,
    CONSCIOUSNESS,
    FERRITIN,
    HEART_RATE,
    ICE,
    OXYGEN,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
    Oxygen,
    Pressure,
    Signal,
)

FRESH_MS: Final[Mapping[Signal[Any], Callable[[Site], int]]] = MappingProxyType(
    {
        TEMPERATURE: attrgetter("fresh_temperature_ms"),
        PRESSURE: attrgetter("fresh_pressure_ms"),
        SPO2: attrgetter("fresh_spo2_ms"),
        OXYGEN: attrgetter("fresh_oxygen_ms"),
        HEART_RATE: attrgetter("fresh_heart_rate_ms"),
        RESPIRATORY_RATE: attrgetter("fresh_respiratory_rate_ms"),
        ICE: attrgetter("fresh_ice_ms"),
        CAPD: attrgetter("fresh_capd_ms"),
        CONSCIOUSNESS: attrgetter("fresh_consciousness_ms"),
        FERRITIN: attrgetter("fresh_ferritin_ms"),
    }
)


def is_fresh(signal: Signal[Any], reading: Reading[Any], at_ms: int, site: Site) -> bool:
    """Tell whether a reading is young enough; a ventilator runs until it is stopped."""
    if isinstance(reading.value, Oxygen) and reading.value.device == INVASIVE:
        return True
    return at_ms - reading.effective_ms <= FRESH_MS[signal](site)


def stale_signals(patient: Patient, at_ms: int, site: Site) -> list[str]:
    """Name the signals that were measured once and are too old now, in the order of their names."""
    stale: list[str] = []
    for signal, fresh_ms in FRESH_MS.items():
        series = patient.series.get(signal.name)
        newest = None if series is None else series.newest
        if newest is None or newest.effective_ms < (patient.stay_from_ms or 0):
            continue
        if signal is OXYGEN:
            stale += _stale_oxygen(patient, at_ms, site)
        elif at_ms - newest.effective_ms > fresh_ms(site):
            stale += _names(signal, newest.value)
    return sorted(stale)


def _stale_oxygen(patient: Patient, at_ms: int, site: Site) -> Iterator[str]:
    """Name the device in use and its flow, each by when it was last charted."""
    used = oxygen_that_decides(patient, None)
    if used is None or used.named.value.device == INVASIVE:
        return
    if used.named.value.device is not None and not is_fresh(OXYGEN, used.named, at_ms, site):
        yield "oxygen_device"
    if used.flow is not None and not is_fresh(OXYGEN, used.flow, at_ms, site):
        yield "flow_l_min"


def _names(signal: Signal[Any], value: object) -> list[str]:
    if isinstance(value, Pressure):
        measured = zip(value._fields, value, strict=True)
        return [name for name, measure in measured if measure is not None]
    return [signal.name]
