"""The scores of the status line: what they are made of, and when there is none."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, hours
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    dose,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    vitals,
)

from topics.status import Scores

START = on_day(6, "08:00")
ALERT = assessment("consciousness", at=START, level="alert")


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def scores(*events: Fields, now: datetime = START) -> Scores:
    found = Bedside(*events).status(now).scores
    assert found is not None
    return found


def news2(*events: Fields, now: datetime = START, **facts: Any) -> int | None:
    return scores(patient(**facts), *events, now=now).news2


# NEWS2


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((vitals(at=START), ALERT), 0),
        ((vitals(at=START), assessment("consciousness", at=START, level="voice")), 3),
        ((vitals(at=START), assessment("consciousness", at=START, rass=-5)), 3),
        ((vitals(at=START), ALERT, assessment("neuro_finding", at=START, finding="confusion")), 3),
        ((vitals(at=START, oxygen={"device": "nasal_cannula", "flow_l_min": 2}), ALERT), 2),
        ((vitals(at=START, oxygen={"device": "cpap", "reason": "baseline"}), ALERT), 2),
        ((reading(at=START, temperature_c=37.0), ALERT), None),
        ((vitals(at=START, oxygen=None), ALERT), None),
        ((vitals(at=START, oxygen={"flow_l_min": 2}), ALERT), None),
    ],
)
def test_news2_is_made_of_what_is_charted(events: tuple[Fields, ...], expected: int | None) -> None:
    assert news2(*events) == expected


def test_positive_pressure_as_at_home_is_no_oxygen() -> None:
    asleep = vitals(at=START, oxygen={"device": "cpap"})

    assert news2(asleep, ALERT, home_positive_pressure=True) == 0


@pytest.mark.parametrize(("age", "expected"), [(15.9, None), (16, 0), (None, 0)])
def test_news2_is_not_for_children(age: float | None, expected: int | None) -> None:
    assert news2(vitals(at=START), ALERT, age_years=age) == expected


def test_old_vital_signs_make_no_score() -> None:
    assert news2(vitals(at=START), ALERT, now=at(4)) == 0
    assert news2(vitals(at=START), ALERT, now=at(4.1)) is None


def test_a_missing_consciousness_counts_as_alert_and_is_named() -> None:
    assert scores(patient(), vitals(at=START)).news2_missing == ("consciousness",)
    assert scores(patient(), vitals(at=START), ALERT).news2_missing is None


# EASIX


def test_easix_needs_results_of_48_hours_without_a_comparator() -> None:
    known = lab("ldh", 480, at=START), lab("creatinine", 1.2, at=START), lab("crp", 120, at=START)
    whole = scores(patient(), *known, lab("platelets", 40, at=START))
    old = scores(patient(), *known, lab("platelets", 40, at=START), now=at(48.1))
    open_ended = scores(patient(), *known, lab("platelets", 40, at=START, comparator="<"))

    assert (whole.easix, whole.m_easix) == (14.4, 144.0)
    assert (old.easix, open_ended.easix) == (None, None)


# CAR-HEMATOTOX


def blood(at: datetime, platelets: float = 60) -> list[Fields]:
    return [
        lab("platelets", platelets, at=at),
        lab("anc", 0.7, at=at),
        lab("hemoglobin", 8.5, at=at),
        lab("crp", 24, at=at),
        lab("ferritin", 1400, at=at),
    ]


def test_car_hematotox_is_scored_before_the_infusion_and_holds_for_the_stay() -> None:
    before, after = blood(INFUSED_AT - hours(120)), blood(START, platelets=300)
    bed = Bedside(patient(at=INFUSED_AT - hours(240)), *before, *after)
    # So many that the first results would long be forgotten.
    bed.take(*(vitals(at=at(each / 2)) for each in range(300)))

    found = bed.status(at(150)).scores

    assert found is not None
    assert found.car_hematotox == 5


def test_without_an_infusion_or_long_before_it_there_is_no_car_hematotox() -> None:
    assert scores(patient(infused_at=None), *blood(START)).car_hematotox is None
    long_ago = blood(INFUSED_AT - hours(15 * 24))
    assert scores(patient(at=INFUSED_AT - hours(600)), *long_ago).car_hematotox is None


# IEC-HS


HS = (
    lab("ferritin", 20_000, at=START),
    lab("ast", 250, at=START),
    lab("fibrinogen", 100, at=START),
)


@pytest.mark.parametrize(
    ("events", "grade"),
    [
        (HS[:2], None),
        (HS, 1),
        ((*HS, dose("anakinra", at=START)), 2),
        ((*HS, lab("creatinine", 2.0, at=START)), 3),
        ((*HS, reading(at=START, systolic_mmhg=80)), 3),
        ((*HS, reading(at=START, oxygen={"device": "high_flow"})), 3),
        ((*HS, infusion("norepinephrine", at=START)), 3),
        ((*HS, infusion("norepinephrine", at=START, rate_value=25)), 4),
        ((*HS, reading(at=START, oxygen={"device": "invasive"})), 4),
        ((*HS, assessment("support", at=START, support="crrt", action="start")), 4),
    ],
)
def test_iec_hs_is_graded_where_its_criteria_are_met(
    events: tuple[Fields, ...], grade: int | None
) -> None:
    found = Bedside(patient(), *events).status(START).hlh

    assert found is not None
    assert found.iec_hs_grade == grade


def test_after_a_discharge_nothing_is_scored() -> None:
    gone = {"event_id": "d", "patient_id": "P01", "kind": "discharge"}
    end = gone | {"effective_at": START.isoformat(), "source": "test"}
    status = Bedside(patient(), vitals(at=START), end).status(at(1))

    assert (status.icans, status.hlh, status.scores) == (None, None, None)


def test_the_start_of_an_intubation_is_kept_for_the_stay() -> None:
    """An ICE done while intubated counts, however long ago the tube was placed."""
    tube = {"device": "invasive"}
    bed = Bedside(patient(), reading(at=START, oxygen=tube))
    bed.take(assessment("ice", at=at(2), scheme="astct", total=8))
    bed.take(*(vitals(at=at(2 + each / 2), oxygen=tube) for each in range(300)))

    found = bed.status(at(152)).icans

    assert found is not None
    assert not found["astct-2019"].estimated
    assert found["astct-2019"].lowest == 1
