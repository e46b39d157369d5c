"""How often each vital sign of a patient is expected: longer without one is a silence.

By default as long as a reading counts as fresh; a site may shorten that. Nothing else of a patient
is fed by a machine: ICE has a rule of its own, and what else is charted by hand or sent by the
laboratory comes when there is something to say.
Source: CLINICAL.md §5.8 ("a site may shorten them"), DEC-35.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.freshness import FRESH_MS
from stream.clinical.signals import (
    HEART_RATE,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
    Signal,
)

FED: Final[tuple[Signal[Any], ...]] = (TEMPERATURE, PRESSURE, SPO2, HEART_RATE, RESPIRATORY_RATE)
EVERY_MS: Final[Mapping[str, int]] = MappingProxyType(
    {signal.name: FRESH_MS[signal] for signal in FED}
)


@dataclass(frozen=True, slots=True)
class Expected:
    """By the name of a vital sign: the longest time between two of it, in ms, that included."""

    signals_ms: Mapping[str, int] = field(default_factory=lambda: EVERY_MS)


EXPECTED: Final = Expected()
