"""Before a planned infusion nothing counts (CLINICAL.md DEC-44; decision 63)."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from bedside import Bedside, corrected, hours, minutes, removed
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    build,
    dose,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    vitals,
)

from stream.clinical.rules.register import RULES
from topics.base import MILLISECOND, epoch_ms

NET: Final = "UNATTRIBUTED-DETERIORATION"
ASKED: Final = {NET, "OPS-SILENCE", "DATA-UNIT", "DATA-RANGE"}
BEFORE: Final = on_day(-1)  # noon of the day before
PLANNED: Final = patient(at=on_day(-3), infused_at=INFUSED_AT)
LOW: Final[dict[str, Any]] = {"systolic_mmhg": 80}
CANNULA: Final[dict[str, Any]] = {"oxygen": {"device": "nasal_cannula", "flow_l_min": 2}}


def before(after_h: float = 0, **readings: Any) -> Fields:
    return vitals(at=BEFORE + hours(after_h), **readings)


def planned(at: datetime, infused_at: datetime) -> Fields:
    return build("patient", at, {"infused_at": infused_at})


def fever(at: datetime) -> Fields:
    return vitals(at=at, temperature_c=39)


def severe(at: datetime) -> list[Fields]:
    """All that makes the highest grades of CRS, ICANS and HLH, and hides a fever."""
    blood = {"ferritin": 60000, "platelets": 10, "triglycerides": 900, "fibrinogen": 90, "il6": 900}
    return [
        dose("dexamethasone", at=at, dose_value=10),
        dose("acetaminophen", at=at, dose_value=1000),
        dose("tocilizumab", at=at),
        dose("cefepime", at=at, dose_value=2000),
        infusion("norepinephrine", at=at, rate_value=25, rate_unit="ug/min"),
        infusion("dopamine", at=at, rate_value=12, rate_unit="ug/kg/min"),
        infusion("propofol", at=at, rate_value=50, rate_unit="mg/h"),
        *(
            assessment("support", at=at, support=support, action="start")
            for support in ("crrt", "ecmo_vv")
        ),
        assessment("seizure", at=at, seizure_type="clinical_generalized", resolved=False),
        assessment("neuro_finding", at=at, finding="papilledema"),
        assessment("consciousness", at=at, level="unarousable", sedated=True),
        assessment("ice", at=at, scheme="astct", total=0),
        assessment("echo", at=at, lvef_percent=30),
        vitals(at=at, temperature_c=40, oxygen={"device": "invasive", "reason": "hypoxia"}, **LOW),
        *(lab(analyte, value, at=at) for analyte, value in blood.items()),
    ]


# What counts


def test_whatever_is_found_before_the_infusion_nothing_is_graded() -> None:
    seen = Bedside(PLANNED, *severe(BEFORE))
    grades = seen.all_ranges(BEFORE + hours(1))

    assert {lowest for lowest, _ in grades.values()} == {0}
    assert {line.rule for line in seen.lines} <= ASKED
    assert seen.status(BEFORE + hours(1)).hlh == Bedside(PLANNED).status(BEFORE).hlh


def test_without_a_plan_the_same_is_graded() -> None:
    """Else the test before it would show nothing."""
    seen = Bedside(patient(infused_at=None, at=on_day(-3)), *severe(BEFORE))

    assert seen.grades(BEFORE + hours(1)) == (4, 4)
    assert len({line.rule for line in seen.lines} - ASKED) > 10


def test_the_rules_that_are_asked_before_the_infusion_are_named() -> None:
    assert {rule.name for rule in RULES if rule.before_infusion} == ASKED


def test_at_its_time_the_stay_begins_with_what_is_measured_from_then_on() -> None:
    seen = Bedside(PLANNED, fever(BEFORE))
    assert seen.patient.stay == 0
    seen.tick(INFUSED_AT)
    assert (seen.patient.stay, seen.states("CRS-UP")) == (1, [])

    seen.take(fever(INFUSED_AT))
    assert seen.states("CRS-UP") == ["raised P3"]
    assert [(line.stay, line.day, line.episode) for line in seen.told("CRS-UP")] == [(1, 0, 1)]


def test_days_are_counted_to_the_infusion_that_is_planned() -> None:
    episode = Bedside(PLANNED).status(BEFORE).episode

    assert episode is not None
    assert episode.day == -1


def test_ice_is_due_after_the_infusion_and_not_before_it() -> None:
    seen = Bedside(PLANNED)
    seen.tick(INFUSED_AT + hours(24))
    assert seen.states("ICE-DUE") == []

    seen.tick(INFUSED_AT + hours(24) + minutes(1))
    assert seen.states("ICE-DUE") == ["raised P3"]


def test_a_state_that_is_restored_waits_as_before() -> None:
    seen, restored = Bedside(PLANNED, before(**LOW)), Bedside(PLANNED, before(**LOW))
    restored.restored()
    for each in (seen, restored):
        each.take(before(1), fever(BEFORE + hours(2)), fever(INFUSED_AT + hours(1)))

    assert restored.lines == seen.lines
    assert restored.patient == seen.patient


# How far ahead


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(hours=2), []),
        (timedelta(days=30), []),
        (timedelta(days=30) + MILLISECOND, ["raised P3"]),
        (timedelta(days=365), ["raised P3"]),
    ],
)
def test_an_infusion_more_than_30_days_ahead_is_taken_for_wrong(
    ahead: timedelta, told: list[str]
) -> None:
    """A year that is wrong silences nobody."""
    seen = Bedside(planned(BEFORE - hours(1), BEFORE + ahead), fever(BEFORE))

    assert seen.states("CRS-UP") == told


def test_when_it_comes_nearer_than_that_it_is_believed() -> None:
    seen = Bedside(planned(BEFORE - hours(1), BEFORE + timedelta(days=31)), fever(BEFORE))
    near = BEFORE + timedelta(days=1)
    seen.tick(near - MILLISECOND)
    assert seen.is_open("CRS-UP")

    (line,) = [each for each in seen.tick(near) if each.rule == "CRS-UP"]
    assert line.state == "resolved"
    assert "The infusion is charted for 31 Mar 12:00 UTC, which has not come" in line.advice
    seen.tick(BEFORE + timedelta(days=31))
    assert seen.patient.stay == 1


# Plans that change


def test_a_plan_that_is_charted_takes_back_what_was_told_before_it() -> None:
    seen = Bedside(patient(at=on_day(-3), infused_at=None), fever(BEFORE))
    seen.take(planned(BEFORE + hours(1), INFUSED_AT))

    assert seen.states("CRS-UP") == ["raised P3", "retracted"]
    assert "nothing before it counts" in seen.told("CRS-UP")[-1].advice
    assert seen.grades(BEFORE + hours(2)) == (0, 0)


def test_a_plan_that_is_taken_back_leaves_the_patient_as_before_any() -> None:
    plan = planned(on_day(-2), INFUSED_AT)
    seen = Bedside(plan, fever(BEFORE), removed(plan, hours(30)))

    assert seen.states("CRS-UP") == ["raised P3"]
    assert seen.told("CRS-UP")[0].stay == 0


def test_a_plan_that_is_corrected_to_the_past_has_all_since_then_count() -> None:
    """The cells were given a day before the time that was charted."""
    plan = planned(on_day(-2), INFUSED_AT)
    seen = Bedside(plan, before(temperature_c=39, **LOW))
    assert (seen.states(NET), seen.states("CRS-UP")) == (["raised P2"], [])

    seen.take(corrected(plan, hours(25), infused_at=on_day(-1, "00:00").isoformat()))
    assert seen.states(NET) == ["raised P2", "resolved"]
    assert seen.states("CRS-UP") == ["raised P2"]
    assert (seen.patient.stay, seen.told("CRS-UP")[0].stay) == (1, 1)


@pytest.mark.parametrize("days", [2, 10])
def test_a_plan_that_was_moved_begins_no_stay(days: int) -> None:
    """Put off by however much: an infusion that was never given is no stay."""
    seen = Bedside(PLANNED, planned(BEFORE, on_day(days, "00:00")))
    seen.tick(on_day(1))
    seen.take(fever(on_day(1)))
    assert (seen.patient.stay, seen.states("CRS-UP")) == (0, [])

    seen.tick(on_day(days, "00:00"))
    assert (seen.patient.stay, seen.patient.due_ms is not None) == (1, True)
    assert seen.patient.stay_from_ms == epoch_ms(on_day(days, "00:00"))


def test_a_plan_that_was_moved_forward_begins_its_stay_sooner() -> None:
    seen = Bedside(PLANNED, planned(BEFORE, BEFORE + hours(2)))
    seen.take(fever(BEFORE + hours(3)))

    assert (seen.patient.stay, seen.states("CRS-UP")) == (1, ["raised P3"])


# The safety net


@pytest.mark.parametrize(
    "events",
    [
        [before(**LOW)],
        [before(temperature_c=39.5, **LOW)],  # with a fever most of all
        [before(), infusion("norepinephrine", at=BEFORE + minutes(1))],
        [before(**CANNULA)],
        [before(spo2_percent=85)],
        [before(), dose("acetaminophen", at=BEFORE), before(1, **LOW)],
        [dose("tocilizumab", at=BEFORE - hours(1)), before(**LOW)],
    ],
)
def test_hypotension_and_hypoxia_are_told_before_the_infusion(events: list[Fields]) -> None:
    seen = Bedside(PLANNED, *events)

    assert seen.states(NET) == ["raised P2"]
    assert {line.rule for line in seen.lines} == {NET}


@pytest.mark.parametrize(
    "events",
    [
        [before()],
        [before(temperature_c=39.5)],
        [before(oxygen={"device": "invasive", "reason": "procedure"})],
        [
            assessment("attribution", at=BEFORE, domain="hypotension", cause="bleeding", by="a"),
            before(1, **LOW),
        ],
    ],
)
def test_one_who_is_well_or_has_another_cause_is_let_alone(events: list[Fields]) -> None:
    assert Bedside(PLANNED, *events).states(NET) == []


def test_it_says_for_when_the_infusion_is_charted_and_what_follows() -> None:
    (line,) = Bedside(PLANNED, before(**LOW)).told(NET)

    assert "The infusion is charted for 1 Mar 00:00 UTC, which has not come" in line.advice
    assert "nothing before it counts as CRS" in line.advice
    assert "If the cells were given already, correct that time now" in line.advice
    assert "without fever" not in line.advice
    assert [(each.signal, each.value) for each in line.because] == [
        ("systolic_mmhg", 80),
        ("infused_at", "1 Mar 00:00 UTC"),
    ]
    assert line.because[-1].event_id == PLANNED["event_id"]
    assert (line.stay, line.day) == (0, -1)


def test_it_ends_when_the_patient_is_well() -> None:
    assert Bedside(PLANNED, before(**LOW), before(1)).states(NET) == ["raised P2", "resolved"]


def test_it_is_taken_back_where_it_never_was() -> None:
    low = before(**LOW)

    assert Bedside(PLANNED, low, removed(low, hours(1))).states(NET) == ["raised P2", "retracted"]


def test_it_ends_at_the_infusion_and_what_runs_is_told_in_the_stay() -> None:
    seen = Bedside(PLANNED, before(**LOW), infusion("norepinephrine", at=BEFORE))
    seen.tick(INFUSED_AT)

    assert seen.states(NET) == ["raised P2", "resolved", "raised P2"]
    assert [line.stay for line in seen.told(NET)] == [0, 0, 1]


def test_a_low_pressure_from_before_the_infusion_is_told_no_more_after_it() -> None:
    seen = Bedside(PLANNED, before(**LOW))
    seen.tick(INFUSED_AT)

    assert seen.states(NET) == ["raised P2", "resolved"]


def test_a_plan_that_is_charted_while_it_is_open_is_told_with_it() -> None:
    seen = Bedside(patient(at=on_day(-3), infused_at=None), before(**LOW))
    seen.take(planned(BEFORE + hours(1), INFUSED_AT))

    assert seen.states(NET) == ["raised P2", "changed P2"]
    assert "charted for 1 Mar 00:00 UTC" in seen.told(NET)[-1].advice


def test_a_saturation_that_falls_between_readings_of_a_monitor_is_told() -> None:
    sound = [reading(at=BEFORE + minutes(each), spo2_percent=97) for each in range(5)]
    seen = Bedside(PLANNED, *sound, reading(at=BEFORE + minutes(5), spo2_percent=85))

    assert seen.states(NET) == ["raised P2"]


# What is asked of every patient


def test_the_silence_of_one_who_waits_for_the_infusion_is_told() -> None:
    seen = Bedside(PLANNED, reading(at=BEFORE, spo2_percent=97))
    seen.tick(BEFORE + hours(4) + minutes(1))

    assert seen.states("OPS-SILENCE") == ["raised P2"]
    assert seen.status(BEFORE + hours(5)).stale == ("spo2_percent",)


def test_a_value_that_is_refused_is_told() -> None:
    seen = Bedside(PLANNED, reading(at=BEFORE, systolic_mmhg=5, spo2_percent=97))

    assert seen.states("DATA-RANGE") == ["raised P2"]


def test_one_who_goes_home_before_the_infusion_is_watched_again_from_it_on() -> None:
    seen = Bedside(PLANNED, before(**LOW), build("discharge", BEFORE + hours(1), {}))
    assert seen.states(NET) == ["raised P2", "resolved"]
    assert seen.status(BEFORE + hours(2)).crs is None
    seen.take(before(3, **LOW))
    assert not seen.is_open(NET)

    seen.take(fever(INFUSED_AT + hours(1)))
    assert seen.states("CRS-UP") == ["raised P3"]
