"""A version of which a value was refused leaves the earlier one standing in it (decision 81)."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, minutes, removed
from builders import Fields, on_day, patient, reading

RANGE = "DATA-RANGE"
START = on_day(3, "08:00")
AGAIN = minutes(25)


def measured(at: datetime = START, **readings: Any) -> Fields:
    return reading(at=at, **({"temperature_c": 38.6, "heart_rate_per_min": 140} | readings))


LOW = measured(systolic_mmhg=80)
MISTYPED = corrected(LOW, AGAIN, systolic_mmhg=8, heart_rate_per_min=150)


def value_of(bed: Bedside, signal: str) -> float | None:
    readings = bed.patient.series.get(signal)
    return None if readings is None else readings[-1].value


def test_a_correction_with_a_refused_pressure_takes_none_away() -> None:
    bed = Bedside(patient(), LOW, MISTYPED)

    assert bed.grades(START + AGAIN) == (2, 2)
    assert bed.states("TOCI-IND") == ["raised P2"]
    assert bed.states(RANGE) == ["raised P2"]
    assert value_of(bed, "heart_rate_per_min") == 150


@pytest.mark.parametrize(
    ("readings", "wrong"),
    [
        ({"systolic_mmhg": 80, "mean_arterial_mmhg": 58}, {"mean_arterial_mmhg": 185}),
        ({"systolic_mmhg": 80}, {"temperature_c": 386}),
        ({"systolic_mmhg": 80}, {"systolic_mmhg": 8, "temperature_c": 386}),
    ],
)
def test_so_does_one_of_pressures_out_of_order_and_of_a_temperature(
    readings: dict[str, float], wrong: dict[str, float]
) -> None:
    first = measured(START, **readings)
    bed = Bedside(patient(), first, corrected(first, AGAIN, **wrong))

    assert bed.grades(START + AGAIN) == (2, 2)
    assert bed.is_open(RANGE)


def test_so_does_one_of_which_nothing_is_left_that_is_kept() -> None:
    """A cuff says a systolic and a diastolic pressure, of which rules ask for the first alone."""
    first = reading(at=START + minutes(1), systolic_mmhg=84, diastolic_mmhg=45)
    bed = Bedside(patient(), measured(), first, corrected(first, AGAIN, systolic_mmhg=8))

    assert bed.grades(START + AGAIN) == (2, 2)
    assert bed.states("TOCI-IND") == ["raised P2"]


def test_a_pressure_that_counts_is_not_mixed_with_one_of_the_earlier_version() -> None:
    first = measured(systolic_mmhg=85, mean_arterial_mmhg=55)
    right = {"systolic_mmhg": 125, "diastolic_mmhg": 80}
    bed = Bedside(patient(), first, corrected(first, AGAIN, mean_arterial_mmhg=9, **right))

    assert bed.grades(START + AGAIN) == (1, 1)
    assert bed.states("TOCI-IND") == ["raised P2", "retracted"]


def test_the_earlier_version_may_come_after_it() -> None:
    in_turn = Bedside(patient(), LOW, MISTYPED)
    bed = Bedside(patient(), MISTYPED)
    assert bed.grades(START + AGAIN) == (1, 1)

    bed.take_out_of_time(LOW, START + hours(1))
    in_turn.tick(START + hours(1))
    assert bed.grades(START + hours(1)) == in_turn.grades(START + hours(1)) == (2, 2)
    assert dict(bed.patient.series) == dict(in_turn.patient.series)
    assert bed.is_open("TOCI-IND")


def test_what_a_valid_correction_says_or_leaves_out_counts_as_ever() -> None:
    bed = Bedside(patient(), LOW, MISTYPED)
    bed.take(corrected(LOW, AGAIN * 2, systolic_mmhg=120))
    assert bed.states("TOCI-IND") == ["raised P2", "retracted"]

    bed = Bedside(patient(), LOW, MISTYPED)
    without = {name: each for name, each in LOW.items() if name != "systolic_mmhg"}
    bed.take(corrected(without, AGAIN * 2))
    assert bed.states("TOCI-IND") == ["raised P2", "retracted"]
    assert value_of(bed, "pressure") is None


def test_one_that_was_entered_in_error_takes_all_of_it_away() -> None:
    bed = Bedside(patient(), LOW, MISTYPED)
    bed.take(removed(LOW, AGAIN * 2))

    assert bed.grades(START + AGAIN * 2) == (0, 0)


def test_it_stands_through_another_mistyped_one_and_a_state_that_is_read_again() -> None:
    bed = Bedside(patient(), LOW, MISTYPED)
    bed.restored()
    bed.take(corrected(LOW, AGAIN * 2, systolic_mmhg=800, heart_rate_per_min=151))
    bed.restored()

    assert bed.grades(START + AGAIN * 2) == (2, 2)
    assert value_of(bed, "heart_rate_per_min") == 151


def test_the_first_version_counts_without_what_was_refused() -> None:
    bed = Bedside(patient(), measured(systolic_mmhg=8))
    bed.restored()
    assert bed.grades(START) == (1, 1)

    bed.take(corrected(measured(), AGAIN, systolic_mmhg=80))
    assert bed.grades(START + AGAIN) == (2, 2)
