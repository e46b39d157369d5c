"""UNATTRIBUTED-DETERIORATION: what CRS does not explain (CLINICAL.md DEC-22, DEC-41, DEC-52)."""

from typing import Any

import pytest
from bedside import Bedside, hours, late
from builders import Fields, assessment, infusion, on_day, patient, reading, vitals

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
    next_fever = late(reading(at=START + hours(29), temperature_c=38.5), hours(0.1))

    told = states(hypoxia, *cool, late_fever, next_fever)

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
