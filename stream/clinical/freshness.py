"""How long a reading counts as fresh.

The ages are thresholds of the site, their end included. An old reading is named as stale and
widens `highest`; it never lowers `lowest` and never ends an alert.
Source: CLINICAL.md §5.8, DEC-35, DEC-50.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.oxygen import INVASIVE
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
