"""UNATTRIBUTED-DETERIORATION: what CRS does not explain (CLINICAL.md DEC-22, DEC-41, DEC-52)."""

from typing import Any

import pytest
from bedside import Bedside, hours, late, removed
from builders import Fields, assessment, connected, infusion, on_day, patient, reading, vitals

RULE = "UNATTRIBUTED-DETERIORATION"
START = on_day(1, "04:00")
PROTECTED = {"device": "invasive", "reason": "airway_protection"}


def attributed(domain: str, cause: str, after_h: float = 0) -> Fields:
    at = START + hours(after_h)
    return assessment("attribution", at=at, domain=domain, cause=cause, by="doctor")


def states(*events: Fields) -> list[str]:
    return Bedside(patient(), *events).states(RULE)


def now(after_h: float = 0, **readings: Any) -> Fields:
    return vitals(at=START + hours(after_h), **readings)


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        ({"systolic_mmhg": 89}, ["raised P2"]),
        ({"systolic_mmhg": 90}, []),
        ({"mean_arterial_mmhg": 64, "diastolic_mmhg": 50}, ["raised P2"]),
        ({"oxygen": {"device": "nasal_cannula", "flow_l_min": 1}}, ["raised P2"]),
        ({"oxygen": {"device": "invasive", "reason": "hypoxia"}}, ["raised P2"]),
        ({"oxygen": PROTECTED}, []),
        ({"oxygen": PROTECTED | {"fio2_fraction": 0.39}}, []),
        (
            {"oxygen": PROTECTED | {"fio2_fraction": 0.4}},
            ["raised P2"],
        ),  # DEC-49: then it is hypoxia
        ({"oxygen": {"device": "nasal_cannula", "reason": "baseline"}}, []),
        ({"oxygen": {"device": "high_flow", "reason": "procedure"}}, []),
        ({"spo2_percent": 89.9}, ["raised P2"]),
        ({"spo2_percent": 90}, []),
        ({"spo2_percent": 85, "oxygen": None}, ["raised P2"]),  # on room air or not
        ({}, []),
    ],
)
def test_hypotension_or_hypoxia_without_fever_raises_it(
    readings: dict[str, Any], told: list[str]
) -> None:
    assert states(now(**readings)) == told


def test_a_low_spo2_on_oxygen_is_told_as_the_device() -> None:
    oxygen = {"device": "nasal_cannula", "flow_l_min": 3}
    seen = Bedside(patient(), now(spo2_percent=85, oxygen=oxygen))

    assert [each.signal for each in seen.told(RULE)[0].because] == ["oxygen_device", "flow_l_min"]


def test_a_vasopressor_counts_as_hypotension() -> None:
    seen = Bedside(patient(), now(), infusion("norepinephrine", at=START + hours(1)))

    assert seen.states(RULE) == ["raised P2"]
    assert seen.states("CRS-UP") == []


def test_it_ends_when_the_patient_is_well() -> None:
    assert states(now(systolic_mmhg=80), now(1)) == ["raised P2", "resolved"]


def test_it_ends_when_fever_makes_it_crs() -> None:
    seen = Bedside(patient(), now(systolic_mmhg=80))
    seen.take(now(1, systolic_mmhg=80, temperature_c=38.4))

    assert seen.states(RULE) == ["raised P2", "resolved"]
    assert seen.states("CRS-UP") == ["raised P2"]


def test_it_ends_when_a_cause_is_named_and_comes_back_without() -> None:
    told = states(
        now(systolic_mmhg=80),
        attributed("hypotension", "bleeding", 1),
        attributed("hypotension", "crs", 2),
    )

    assert told == ["raised P2", "resolved", "raised P2"]


def test_a_cause_in_another_domain_changes_nothing() -> None:
    assert states(now(systolic_mmhg=80), attributed("hypoxia", "infection", 1)) == ["raised P2"]


def test_it_is_told_again_when_the_other_one_joins() -> None:
    low = {"systolic_mmhg": 80}
    told = states(now(**low), now(1, **low, spo2_percent=85))

    assert told == ["raised P2", "changed P2"]


def test_what_held_after_an_episode_closed_was_true() -> None:
    """A late fever makes it CRS at first: until the episode closes, hours before the next fever."""
    hypoxia = reading(at=START, spo2_percent=85)
    cool = [reading(at=START + hours(each), temperature_c=36.8) for each in (1, 23)]
    late_fever = late(reading(at=START - hours(1), temperature_c=38.2), hours(27))
    cannula = {"device": "nasal_cannula", "flow_l_min": 2}
    graded = late(reading(at=START + hours(29), temperature_c=38.5, oxygen=cannula), hours(0.1))

    told = states(hypoxia, *cool, late_fever, graded)

    assert told == ["raised P2", "resolved"]


def test_a_pressure_without_a_mean_sets_aside_an_older_mean() -> None:
    older = reading(at=START, mean_arterial_mmhg=60)
    newer = reading(at=START + hours(1), systolic_mmhg=92, diastolic_mmhg=50)

    assert states(older, newer) == ["raised P2", "resolved"]


def test_it_is_bound_to_the_stay() -> None:
    line = Bedside(patient(), now(systolic_mmhg=80)).told(RULE)[0]

    assert line.episode == 0
    assert line.priorities == {"manikath-2025": "P2", "astct-2019": "P2"}
    assert "not CRS" in line.advice


# Where CRS is graded already


FEVER = {"temperature_c": 38.9}
CANNULA = {"device": "nasal_cannula", "flow_l_min": 2}


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        ({"spo2_percent": 78}, ["raised P2"]),
        ({"spo2_percent": 89.9}, ["raised P2"]),
        ({"spo2_percent": 90}, []),
        ({"spo2_percent": 78, "oxygen": None}, ["raised P2"]),
        ({"spo2_percent": 78, "systolic_mmhg": 80}, ["raised P2"]),  # a grade 2 that is not of it
        ({"spo2_percent": 78, "oxygen": CANNULA}, []),
        ({"spo2_percent": 78, "oxygen": {"device": "cpap"}}, []),
        ({"spo2_percent": 78, "oxygen": {"fio2_fraction": 0.4}}, []),  # the review counts it
        ({"spo2_percent": 78, "oxygen": PROTECTED}, []),
        ({"systolic_mmhg": 80}, []),
    ],
)
def test_a_low_spo2_on_room_air_is_told_beside_crs_as_no_grade_counts_it(
    readings: dict[str, Any], told: list[str]
) -> None:
    seen = Bedside(*connected(), now(**FEVER), now(2, **FEVER | readings))

    assert seen.states(RULE) == told
    assert seen.is_open("CRS-UP")


@pytest.mark.parametrize("celsius", [36.8, 38.9])
def test_positive_pressure_as_at_home_is_no_oxygen(celsius: float) -> None:
    home = patient(home_positive_pressure=True)
    low = {"temperature_c": celsius, "spo2_percent": 80}
    added = {"device": "cpap", "fio2_fraction": 0.3}

    assert Bedside(home, now(**low, oxygen={"device": "cpap"})).states(RULE) == ["raised P2"]
    of_device = Bedside(home, now(**low, oxygen=added)).told(RULE)
    assert [each.signal for line in of_device for each in line.because] == (
        ["oxygen_device"] if celsius < 38 else []
    )


def test_beside_crs_it_changes_no_grade_and_says_what_to_do() -> None:
    seen = Bedside(*connected(), now(**FEVER), now(2, **FEVER, spo2_percent=78))

    (line,) = seen.told(RULE)
    assert [each.signal for each in line.because] == ["spo2_percent", "temperature_c"]
    assert "room air" in line.advice
    assert "no CRS grade counts it" in line.advice
    assert line.priorities == {"manikath-2025": "P2", "astct-2019": "P2"}
    assert seen.ranges(START + hours(2)) == ((1, 1), (1, 1))
    assert seen.states("CRS-UP") == ["raised P3"]


def test_a_fever_that_follows_a_low_spo2_does_not_end_it() -> None:
    seen = Bedside(*connected(), now(spo2_percent=78), now(1, **FEVER, spo2_percent=78))

    assert seen.states(RULE) == ["raised P2", "changed P2"]
    assert "no CRS grade counts it" in seen.told(RULE)[-1].advice


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (now(3, **FEVER, spo2_percent=90), "oxygen are well"),
        (now(3, **FEVER, spo2_percent=85, oxygen=CANNULA), "counts as CRS now"),
        (attributed("hypoxia", "infection", 3), "a cause was named"),
    ],
)
def test_beside_crs_it_ends_with_oxygen_that_is_graded_a_better_spo2_or_a_cause(
    end: Fields, why: str
) -> None:
    seen = Bedside(*connected(), now(**FEVER), now(2, **FEVER, spo2_percent=85), end)

    assert seen.states(RULE) == ["raised P2", "resolved"]
    assert why in seen.told(RULE)[-1].advice


def test_beside_crs_it_stays_while_nothing_new_is_measured() -> None:
    seen = Bedside(*connected(), now(**FEVER), now(2, **FEVER, spo2_percent=85))
    seen.tick(START + hours(12))

    assert seen.is_open(RULE)


def test_beside_crs_a_demo_value_counts_for_nothing() -> None:
    demo = now(2, **FEVER, spo2_percent=70, demo=True)

    assert Bedside(*connected(), now(**FEVER), demo).states(RULE) == []


def test_beside_crs_it_is_retracted_where_the_spo2_was_entered_in_error() -> None:
    low = reading(at=START + hours(2), spo2_percent=78)
    seen = Bedside(*connected(), now(**FEVER), low, removed(low, hours(1)))

    assert seen.states(RULE) == ["raised P2", "retracted"]
