"""What is kept of each signal for a stay, and what is forgotten of it."""

from datetime import datetime, timedelta

import pytest
from bedside import Bedside
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    dose,
    fluid,
    ice,
    infusion,
    lab,
    patient,
    vitals,
)

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
    events = [lab("crp", 10 + hour, at=at(hour)) for hour in range(5)]

    assert len(after_some_days(*events).patient.series["crp"]) == 1


@pytest.mark.parametrize("again", [{"device": "nasal_cannula"}, {"fio2_fraction": 0.3}])
def test_what_was_last_charted_of_the_device_in_use_is_kept(again: dict[str, object]) -> None:
    cannula = {"device": "nasal_cannula", "flow_l_min": 8}
    bed = Bedside(patient(), vitals(at=at(1), temperature_c=39.0, oxygen=cannula))
    for hour in range(2, 120):
        bed.take(vitals(at=at(hour), temperature_c=39.0, oxygen=again))

    kept = {each.effective_ms for each in bed.patient.series["oxygen"]}
    assert int(at(2).timestamp() * 1000) not in kept
    assert bed.grades(at(119)) == (3, 3)


# What is known by readings that are older than the rest


DAILY = [vitals(at=at(24 * day + hour)) for day in range(3, 10) for hour in (2, 8, 14, 20)]


def on(*events: Fields, **readings: object) -> Bedside:
    """Take events of the first days, and then vital signs four times a day until the tenth."""
    later = [each | readings for each in DAILY]
    return Bedside(patient(), *sorted((*events, *later), key=lambda each: each["effective_at"]))


def monitor(after_h: float, **readings: object) -> Fields:
    return vitals(at=at(after_h), **readings)


def other_cause(domain: str, after_h: float, cause: str = "infection") -> Fields:
    return assessment("attribution", at=at(after_h), domain=domain, cause=cause)


def tube(fio2: float) -> dict[str, object]:
    return {"device": "invasive", "fio2_fraction": fio2}


@pytest.mark.parametrize("again_h", [None, 150])
def test_organs_are_compared_with_what_was_known_before_the_day_that_counts(
    again_h: float | None,
) -> None:
    """Where nothing more is charted of organs as well, and where something is."""
    fever = {"temperature_c": 38.4, "mean_arterial_mmhg": 85, "oxygen": tube(0.3)}
    results = [
        lab("platelets", 160, at=at(50)),
        lab("bilirubin_total", 0.8, at=at(50)),
        lab("platelets", 40, at=at(140)),
    ]
    again = [] if again_h is None else [lab("bilirubin_total", 0.8, at=at(again_h))]
    bed = on(monitor(49, **fever), *results, *again, **fever)

    assert bed.states("REFRACTORY") == ["raised P1"]


@pytest.mark.parametrize("charted_h", [58, 61])  # before PaO2, or soon after it
def test_pao2_is_compared_with_the_fio2_of_its_time(charted_h: float) -> None:
    first = 1.0 if charted_h < 60 else None
    bed = on(
        monitor(52, temperature_c=38.5, oxygen={"device": "invasive", "fio2_fraction": first}),
        monitor(charted_h, oxygen=tube(0.5)),
        lab("pao2", 98, at=at(60)),
        lab("paco2", 40, at=at(160)),
        oxygen=tube(0.7),
    )

    assert bed.told("PRONE") == []


def test_a_fever_outside_of_another_cause_counts_for_the_episode() -> None:
    """The first and the last lie in times of another cause, and one between them does not."""
    causes = [(34, "infection"), (38, "crs"), (56, "infection"), (60, "crs")]
    low = {"systolic_mmhg": 85}
    bed = on(
        *(other_cause("fever", after_h, cause) for after_h, cause in causes),
        *(monitor(after_h, temperature_c=38.5, **low) for after_h in (36, 42, 58)),
        monitor(62, **low),
        **low,
    )

    assert bed.grades(at(240)) == (2, 2)


def test_oxygen_from_before_another_cause_counts_after_it() -> None:
    cannula = {"oxygen": {"device": "nasal_cannula", "flow_l_min": 3}, "temperature_c": 38.2}
    bed = on(
        monitor(36, **cannula),
        other_cause("hypoxia", 50),
        other_cause("hypoxia", 237, "crs"),
        **cannula,
    )

    assert bed.grades(at(240)) == (2, 2)


def test_a_flow_from_before_another_device_does_not_come_back() -> None:
    """An extubation is kept, and so is what ended the oxygen that was given after it."""
    bed = on(
        monitor(30, temperature_c=38.5, oxygen=tube(0.5)),
        monitor(40, oxygen={"device": "nasal_cannula", "flow_l_min": 8}),
        monitor(50),
        oxygen={"device": "nasal_cannula"},
        temperature_c=38.5,
    )

    assert bed.ranges(at(236))[0][0] == 2
