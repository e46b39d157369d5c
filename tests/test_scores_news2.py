"""NEWS2: every band of the chart, on both scales."""

from dataclasses import replace
from typing import Any

import pytest

from stream.clinical.scores.news2 import Inputs, News2, news2

WELL = Inputs(
    respiratory_rate_per_min=16,
    spo2_percent=97,
    on_oxygen=False,
    systolic_mmhg=120,
    heart_rate_per_min=70,
    is_alert=True,
    temperature_c=37.0,
)


def scored(**inputs: Any) -> News2:
    found = news2(replace(WELL, **inputs))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, 0),
        *(({"respiratory_rate_per_min": each}, 3) for each in (4, 8, 25, 40)),
        *(({"respiratory_rate_per_min": each}, 1) for each in (9, 11)),
        *(({"respiratory_rate_per_min": each}, 0) for each in (12, 20)),
        *(({"respiratory_rate_per_min": each}, 2) for each in (20.5, 21, 24)),
        *(({"spo2_percent": each}, 3) for each in (80, 91)),
        *(({"spo2_percent": each}, 2) for each in (92, 93)),
        *(({"spo2_percent": each}, 1) for each in (94, 95, 95.5)),
        *(({"spo2_percent": each}, 0) for each in (96, 100)),
        ({"on_oxygen": True}, 2),
        *(({"systolic_mmhg": each}, 3) for each in (60, 90, 220)),
        *(({"systolic_mmhg": each}, 2) for each in (91, 100)),
        *(({"systolic_mmhg": each}, 1) for each in (101, 110)),
        *(({"systolic_mmhg": each}, 0) for each in (111, 219)),
        *(({"heart_rate_per_min": each}, 3) for each in (40, 131)),
        *(({"heart_rate_per_min": each}, 1) for each in (41, 50, 91, 110)),
        *(({"heart_rate_per_min": each}, 0) for each in (51, 90)),
        *(({"heart_rate_per_min": each}, 2) for each in (111, 130)),
        ({"is_alert": False}, 3),
        ({"temperature_c": 35.0}, 3),
        ({"temperature_c": 35.1}, 1),
        ({"temperature_c": 36.0}, 1),
        ({"temperature_c": 36.1}, 0),
        ({"temperature_c": 38.0}, 0),
        ({"temperature_c": 38.04}, 0),  # as charts are read: 38.0
        ({"temperature_c": 38.05}, 1),  # and 38.1
        ({"temperature_c": 38.1}, 1),
        ({"temperature_c": 39.0}, 1),
        ({"temperature_c": 39.1}, 2),
    ],
)
def test_a_value_has_the_points_of_its_band(inputs: dict[str, Any], expected: int) -> None:
    assert scored(**inputs).points == expected


@pytest.mark.parametrize(
    ("spo2", "on_oxygen", "expected"),
    [
        (83, False, 3),
        (84, False, 2),
        (85, False, 2),
        (86, False, 1),
        (87, False, 1),
        (88, False, 0),
        (92, False, 0),
        (93, False, 0),
        (98, False, 0),
        (92, True, 0),
        (93, True, 1),
        (94, True, 1),
        (95, True, 2),
        (96, True, 2),
        (97, True, 3),
    ],
)
def test_scale_2_is_for_hypercapnic_failure(spo2: float, on_oxygen: bool, expected: int) -> None:
    found = scored(spo2_percent=spo2, on_oxygen=on_oxygen, hypercapnic=True)

    assert found.points - (2 if on_oxygen else 0) == expected


@pytest.mark.parametrize(
    "missing",
    [
        "respiratory_rate_per_min",
        "spo2_percent",
        "on_oxygen",
        "systolic_mmhg",
        "heart_rate_per_min",
        "temperature_c",
    ],
)
def test_with_an_input_missing_there_is_no_score(missing: str) -> None:
    unknown: dict[str, Any] = {missing: None}

    assert news2(replace(WELL, **unknown)) is None


def test_a_missing_consciousness_counts_as_alert_and_is_named() -> None:
    assert scored(is_alert=None) == News2(0, has_a_three=False, assumed=("consciousness",))


def test_a_single_three_is_told_apart() -> None:
    assert scored(systolic_mmhg=88).has_a_three
    assert not scored(on_oxygen=True, systolic_mmhg=95).has_a_three


def test_the_published_rows_of_a_sick_patient_add_up() -> None:
    found = scored(
        respiratory_rate_per_min=26,
        spo2_percent=91,
        on_oxygen=True,
        systolic_mmhg=88,
        heart_rate_per_min=132,
        temperature_c=39.2,
    )

    assert found.points == 16
