"""qSOFA: three signs of a bad course where infection is suspected; 2 or more count.

Source: Singer et al., JAMA 2016;315:801-810, DOI 10.1001/jama.2016.0287; CLINICAL.md §3.
"""

from dataclasses import dataclass
from typing import Final

POSITIVE_FROM: Final = 2
RESPIRATORY_RATE_FROM_PER_MIN: Final = 22.0
SYSTOLIC_UP_TO_MMHG: Final = 100.0
GCS_FULL: Final = 15


@dataclass(frozen=True, slots=True)
class QSofa:
    """The points that are proven, and the inputs that are missing."""

    points: int
    missing: tuple[str, ...]


def qsofa(
    *, respiratory_rate_per_min: float | None, systolic_mmhg: float | None, gcs: int | None
) -> QSofa:
    """Count the signs that are there; an unknown one is none and is named."""
    signs = {
        "respiratory_rate_per_min": None
        if respiratory_rate_per_min is None
        else respiratory_rate_per_min >= RESPIRATORY_RATE_FROM_PER_MIN,
        "systolic_mmhg": None if systolic_mmhg is None else systolic_mmhg <= SYSTOLIC_UP_TO_MMHG,
        "gcs": None if gcs is None else gcs < GCS_FULL,
    }
    missing = tuple(name for name, sign in signs.items() if sign is None)
    return QSofa(list(signs.values()).count(True), missing)
