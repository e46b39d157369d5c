"""How old a reading may be, how often it has to come, and how often a patient is examined.

An old reading is named as stale and widens `highest`; it never lowers a grade and ends no alert. A
site may only shorten: what is asked for sooner is missed sooner.
Source: CLINICAL.md §5.8 (ages), §1.1 (ICE), DEC-30, DEC-35, DEC-50, DEC-53.
"""

from dataclasses import dataclass
from typing import Final

from stream.clinical.policies.bounds import hours, number

AGES: Final = "CLINICAL 5.8"
STALE_LATER: Final = "too short: what is charted by hand is stale before the next is due"
MISSED: Final = "too short: OPS-SILENCE for each reading that comes a little late"


@dataclass(frozen=True)
class Watching:
    """Lengths of time in ms, their end included."""

    fresh_temperature_ms: int = hours(8, 1, 8, source=AGES, wrong=STALE_LATER)
    fresh_pressure_ms: int = hours(4, 0.25, 4, source=AGES, wrong=STALE_LATER)
    fresh_spo2_ms: int = hours(4, 0.25, 4, source=AGES, wrong=STALE_LATER)
    fresh_oxygen_ms: int = hours(4, 1, 4, source=AGES, wrong=STALE_LATER)
    fresh_heart_rate_ms: int = hours(4, 0.25, 4, source=AGES, wrong=STALE_LATER)
    fresh_respiratory_rate_ms: int = hours(4, 0.25, 4, source=AGES, wrong=STALE_LATER)
    fresh_ice_ms: int = hours(24, 4, 24, source=AGES, wrong=STALE_LATER)
    fresh_capd_ms: int = hours(24, 4, 24, source=AGES, wrong=STALE_LATER)
    fresh_consciousness_ms: int = hours(12, 1, 12, source=AGES, wrong=STALE_LATER)
    fresh_ferritin_ms: int = hours(48, 12, 48, source=AGES, wrong=STALE_LATER)

    silence_temperature_ms: int = hours(8, 1 / 60, 8, source=AGES, wrong=MISSED)
    silence_pressure_ms: int = hours(4, 1 / 60, 4, source=AGES, wrong=MISSED)
    silence_spo2_ms: int = hours(4, 1 / 60, 4, source=AGES, wrong=MISSED)
    silence_heart_rate_ms: int = hours(4, 1 / 60, 4, source=AGES, wrong=MISSED)
    silence_respiratory_rate_ms: int = hours(4, 1 / 60, 4, source=AGES, wrong=MISSED)
    silence_by_hand_percent: float = number(
        25,
        "%",
        0,
        25,
        source="decision 61: rounds every 4 h, charted within the next hour",
        wrong="too small: OPS-SILENCE for each round of a ward that comes a little late",
    )

    ice_due_ms: int = hours(
        24,
        4,
        24,
        source="review-2025 L55; ASCO 2021: 12 h",
        wrong="too short: ICE-DUE between the rounds of a ward that examines less often",
    )
    ice_until_days: int = number(
        30,
        "days",
        30,
        90,
        source="CLINICAL 1.1 (ICE-DUE)",
        wrong="too many: ICE-DUE long after ICANS has become unlikely",
    )
