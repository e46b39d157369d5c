"""A value outside of its soft limit counts, and somebody is asked to confirm it."""

from typing import Any

import pytest
from bedside import Bedside, hours
from builders import NOON, connected, patient, vitals

from stream.clinical.weight import jump_in_words
from topics.limits import SOFT_LIMITS, WEIGHT_JUMP

# CLINICAL.md 5.1, column `soft`: the outermost usual values, and the next ones beyond.
USUAL = [
    ("temperature_c", 34.0, 33.9),
    ("temperature_c", 41.5, 41.6),
    ("heart_rate_per_min", 40, 39),
    ("heart_rate_per_min", 180, 181),
    ("respiratory_rate_per_min", 8, 7),
    ("respiratory_rate_per_min", 45, 46),
    ("spo2_percent", 80, 79),
    ("systolic_mmhg", 60, 59),
]


def flags(*events: Any) -> tuple[str, ...]:
    return tuple(Bedside(*connected(), *events).status(NOON + hours(1)).flags)


def reading(signal: str, value: float) -> Any:
    low: dict[str, Any] = {"diastolic_mmhg": 40, "mean_arterial_mmhg": 50}
    readings: dict[str, Any] = (low if signal == "systolic_mmhg" else {}) | {signal: value}
    return vitals(**readings)


@pytest.mark.parametrize(("signal", "usual", "unusual"), USUAL)
def test_a_value_is_unusual_beyond_its_soft_limit(
    signal: str, usual: float, unusual: float
) -> None:
    assert flags(reading(signal, usual)) == ()
    assert flags(reading(signal, unusual)) == (f"unusual_{signal}",)


def test_every_soft_limit_is_watched() -> None:
    assert {signal for signal, *_ in USUAL} == SOFT_LIMITS.keys()


def test_the_next_value_confirms_it_or_not() -> None:
    low, well = vitals(heart_rate_per_min=30), vitals(at=NOON + hours(0.5))

    assert flags(low, well) == ()


def test_a_page_asks_for_an_unusual_value_to_be_confirmed() -> None:
    seen = Bedside(*connected(), vitals(temperature_c=42.0, heart_rate_per_min=185))

    assert "Check: unusual temperature, unusual heart rate." in seen.told("CRS-UP")[-1].advice


def charted(*weights_kg: float) -> Bedside:
    """An adult of 80 kg, then of these weights, who has a fever and a low pressure."""
    again = [patient(at=NOON - hours(9 - n), weight_kg=kg) for n, kg in enumerate(weights_kg)]
    return Bedside(*connected(), *again, vitals(temperature_c=38.5, systolic_mmhg=85))


@pytest.mark.parametrize(
    ("weights_kg", "jumped"),
    [((), False), ((96,), False), ((64,), False), ((97,), True), ((63,), True), ((8, 8.1), False)],
)
def test_a_weight_that_jumps_by_more_than_a_fifth_is_flagged_until_it_is_confirmed(
    weights_kg: tuple[float, ...], jumped: bool
) -> None:
    seen = charted(*weights_kg)

    assert pytest.approx(0.2) == WEIGHT_JUMP
    assert ("weight_jump" in seen.status(NOON).flags) is jumped
    assert bool(jump_in_words(seen.patient)) is jumped


def test_a_dose_by_a_weight_that_has_jumped_names_both_weights() -> None:
    """80 kg charted as 8 would have made a tenth of the dose right."""
    said = charted(8).told("TOCI-IND")[-1].advice

    assert "96 mg IV (12 mg/kg at 8 kg)" in said
    assert "The weight is 8 kg and was 80 kg before: confirm it before a dose goes by it." in said
    assert "confirm it before" not in charted().told("TOCI-IND")[-1].advice
