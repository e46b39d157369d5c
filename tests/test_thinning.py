"""What is kept of each signal for a stay, and what is forgotten of it."""

from datetime import datetime, timedelta

import pytest
from bedside import Bedside
from builders import INFUSED_AT, Fields, assessment, dose, fluid, ice, infusion, patient, vitals

HOUR = timedelta(hours=1)


def after_some_days(*events: Fields, days: int = 5) -> Bedside:
    """Let vital signs come every 20 minutes, after events of the first hours."""
    bed = Bedside(patient(), *events)
    at = INFUSED_AT + timedelta(days=2)
    while at < INFUSED_AT + timedelta(days=days):
        bed.take(vitals(at=at))
        at += timedelta(minutes=20)
    return bed


def at(hours: float) -> datetime:
    return INFUSED_AT + hours * HOUR


def test_a_state_that_is_charted_again_and_again_is_kept_where_it_changes() -> None:
    rates = [infusion(at=at(hour), action="change", rate_value=5) for hour in range(1, 6)]
    bed = after_some_days(*rates, infusion(at=at(7), action="stop"))

    kept = bed.patient.series["rate:norepinephrine"]

    assert [each.effective_ms for each in kept] == [
        int(at(hour).timestamp() * 1000) for hour in (1, 5, 7)
    ]


def test_the_newest_of_a_state_is_kept() -> None:
    found = [assessment("neuro_finding", at=at(hour), finding="tremor") for hour in range(4)]
    bed = after_some_days(*found)

    assert len(bed.patient.series["neuro:tremor"]) == 2


def test_of_consciousness_the_first_and_the_last_of_a_level_and_day_are_kept() -> None:
    levels = ["alert", "voice", "voice", "alert", "voice", "alert", "alert"]
    found = [
        assessment("consciousness", at=at(hour), level=level) for hour, level in enumerate(levels)
    ]
    bed = after_some_days(*found)

    kept = [each.value.level for each in bed.patient.series["consciousness"]]

    assert kept == ["alert", "voice", "voice", "alert", "alert"]  # the newest is kept as well


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("given:dexamethasone", [dose("dexamethasone", at=at(6 * n)) for n in range(5)]),
        ("fluid:resuscitation", [fluid(500, at=at(n)) for n in range(5)]),
        ("ice", [ice(10, at=at(6 * n)) for n in range(5)]),
    ],
)
def test_what_counts_one_by_one_is_kept_one_by_one(name: str, events: list[Fields]) -> None:
    assert len(after_some_days(*events).patient.series[name]) == 5


def test_a_result_is_kept_for_72_hours_and_the_newest_for_longer() -> None:
    events = [assessment("gcs", at=at(hour), total=15) for hour in range(5)]

    assert len(after_some_days(*events).patient.series["gcs"]) == 1


@pytest.mark.parametrize("again", [{"device": "nasal_cannula"}, {"fio2_fraction": 0.3}])
def test_what_was_last_charted_of_the_device_in_use_is_kept(again: dict[str, object]) -> None:
    cannula = {"device": "nasal_cannula", "flow_l_min": 8}
    bed = Bedside(patient(), vitals(at=at(1), temperature_c=39.0, oxygen=cannula))
    for hour in range(2, 120):
        bed.take(vitals(at=at(hour), temperature_c=39.0, oxygen=again))

    kept = {each.effective_ms for each in bed.patient.series["oxygen"]}
    assert int(at(2).timestamp() * 1000) not in kept
    assert bed.grades(at(119)) == (3, 3)
