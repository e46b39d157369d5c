"""NEWS2, the early-warning score that every ward knows; it says nothing of CRS.

A temperature of 38.0 has no points here and is a fever there. Scale 2 of SpO2 is for patients with
hypercapnic failure, by a doctor's decision. A value between two bands, as a monitor may send it,
counts in the worse one. What is missing makes the score None; a missing consciousness counts as
alert and is named.
Source: Royal College of Physicians, National Early Warning Score (NEWS) 2, 2017, chart 1;
CLINICAL.md §3, DEC-62.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

URGENT_FROM: Final = 5  # within the hour; so is a single parameter with 3
EMERGENCY_FROM: Final = 7
FROM_AGE_YEARS: Final = 16
OXYGEN_POINTS: Final = 2
NOT_ALERT_POINTS: Final = 3
LEAST_ABOVE_HALF: Final = 1e-6
INF: Final = float("inf")

# Up to and with each limit a value has these points. The lower bands end where a normal value
# begins, so what lies between two of the published bands falls into the worse one.
RESPIRATORY_RATE: Final = ((8.9, 3), (11.9, 1), (20.0, 0), (24.0, 2), (INF, 3))
SPO2_SCALE_1: Final = ((91.9, 3), (93.9, 2), (95.9, 1), (INF, 0))
SPO2_SCALE_2: Final = ((83.9, 3), (85.9, 2), (87.9, 1), (92.0, 0))
SPO2_SCALE_2_ON_OXYGEN: Final = ((94.0, 1), (96.0, 2), (INF, 3))
SYSTOLIC: Final = ((90.9, 3), (100.9, 2), (110.9, 1), (219.0, 0), (INF, 3))
HEART_RATE: Final = ((40.9, 3), (50.9, 1), (90.0, 0), (110.0, 1), (130.0, 2), (INF, 3))
TEMPERATURE: Final = ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (INF, 2))

Bands = Sequence[tuple[float, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown."""

    respiratory_rate_per_min: float | None
    spo2_percent: float | None
    on_oxygen: bool | None  # positive pressure as at home is none
    systolic_mmhg: float | None
    heart_rate_per_min: float | None
    is_alert: bool | None  # new confusion is not alert
    temperature_c: float | None
    hypercapnic: bool = False  # then SpO2 counts by scale 2


@dataclass(frozen=True, slots=True)
class News2:
    """The sum, whether a single parameter has 3, and what was taken for granted."""

    points: int
    has_a_three: bool
    assumed: tuple[str, ...]


def news2(inputs: Inputs) -> News2 | None:
    """Score what is known; None where anything but consciousness is missing."""
    respiratory_rate, heart_rate = inputs.respiratory_rate_per_min, inputs.heart_rate_per_min
    spo2, systolic, celsius = inputs.spo2_percent, inputs.systolic_mmhg, inputs.temperature_c
    if (
        respiratory_rate is None
        or heart_rate is None
        or spo2 is None
        or systolic is None
        or celsius is None
        or inputs.on_oxygen is None
    ):
        return None
    single = (
        _points(RESPIRATORY_RATE, respiratory_rate),
        _points(_spo2_bands(spo2, inputs), spo2),
        _points(SYSTOLIC, systolic),
        _points(HEART_RATE, heart_rate),
        _points(TEMPERATURE, celsius),
        NOT_ALERT_POINTS if inputs.is_alert is False else 0,
    )
    oxygen = OXYGEN_POINTS if inputs.on_oxygen else 0
    assumed = ("consciousness",) if inputs.is_alert is None else ()
    return News2(sum(single) + oxygen, NOT_ALERT_POINTS in single, assumed)


def _spo2_bands(spo2_percent: float, inputs: Inputs) -> Bands:
    if not inputs.hypercapnic:
        return SPO2_SCALE_1
    above_target = spo2_percent > SPO2_SCALE_2[-1][0]
    if not above_target:
        return SPO2_SCALE_2
    return SPO2_SCALE_2_ON_OXYGEN if inputs.on_oxygen else ((INF, 0),)


def _points(bands: Bands, value: float) -> int:
    """Find the band of a value, rounded to 0.1 as charts are."""
    return next(points for limit, points in bands if _tenths(value) <= limit)


def _tenths(value: float) -> float:
    """Round to 0.1, a half upwards: 38.05 is a little less than that for a computer."""
    return round(value * 10 + LEAST_ABOVE_HALF) / 10
