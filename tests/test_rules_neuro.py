"""ICANS-UP and the rules beside it: when they come, what they say, how they end."""

from datetime import datetime

import pytest
from bedside import Bedside, hours, minutes
from builders import Fields, assessment, dose, ice, infusion, on_day, patient, reading

START = on_day(6, "08:00")
FEVER = reading(at=START, temperature_c=38.5)


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def sign(finding: str, after_h: float = 0, *, present: bool = True) -> Fields:
    return assessment("neuro_finding", at=at(after_h), finding=finding, present=present)


def tube(after_h: float, device: str = "invasive") -> Fields:
    return reading(at=at(after_h), oxygen={"device": device})


# ICANS-UP


def test_icans_up_follows_the_grade_and_ends_with_it() -> None:
    events = ice(9, at=START), ice(5, at=at(1)), ice(1, at=at(2)), ice(10, at=at(3))
    bed = Bedside(patient(), *events)

    assert bed.states("ICANS-UP") == ["raised P2", "changed P2", "changed P1", "resolved"]
    assert [each.advice for each in bed.told("ICANS-UP")][-1] == (
        "The criteria for ICANS are no longer met."
    )


def test_icans_up_never_asks_for_crs_and_names_what_makes_the_grade() -> None:
    bed = Bedside(patient(), ice(6, at=START), assessment("consciousness", at=START, rass=-2))

    (first, last) = bed.told("ICANS-UP")

    assert [(each.signal, each.value) for each in first.because] == [("ice", 6)]
    assert {(each.signal, each.value) for each in last.because} == {
        ("ice", 6),
        ("consciousness", "voice"),
    }
    assert last.priorities == {"manikath-2025": "P1", "astct-2019": "P2"}
    assert last.crs is not None
    assert all(grade.lowest == 0 for grade in last.crs.values())
    assert "grade 3 by manikath-2025, grade 2 by astct-2019" in last.advice
    assert "Watch the airway" in last.advice


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (ice(2, at=START), ("ice", 2)),
        (
            assessment("ice", at=START, scheme="zero_to_two", total=2),
            ("ice", "2 (0-2 form)"),
        ),
        (
            assessment("seizure", at=START, seizure_type="clinical_focal", resolved=True),
            ("seizure", "clinical focal"),
        ),
        (sign("focal_weakness"), ("focal_weakness", "present")),
    ],
)
def test_icans_up_shows_each_kind_of_finding(event: Fields, shown: tuple[str, object]) -> None:
    (line,) = Bedside(patient(), event).told("ICANS-UP")

    assert [(each.signal, each.value) for each in line.because] == [shown]


def test_icans_up_of_a_child_shows_capd() -> None:
    bed = Bedside(patient(age_years=8), assessment("capd", at=START, total=9))

    (line,) = bed.told("ICANS-UP")

    assert line.priorities == {"astct-2019": "P1"}
    assert [(each.signal, each.value) for each in line.because] == [("capd", 9)]


def test_icans_up_says_what_may_be_worse_and_what_is_an_estimate() -> None:
    bed = Bedside(patient(), ice(5, at=START))
    bed.take(tube(1), assessment("consciousness", at=at(2), level="tactile"))

    first, last = bed.told("ICANS-UP")

    assert "It may be higher" in first.advice
    assert "an estimate" in last.advice


# NEURO-EDEMA


@pytest.mark.parametrize(
    ("finding", "holds"),
    [
        *(
            (each, True)
            for each in (
                "focal_edema",
                "diffuse_edema",
                "impending_herniation",
                "posturing",
                "papilledema",
                "cn6_palsy",
                "cushing_triad",
            )
        ),
        ("intracranial_hemorrhage", False),
        ("focal_weakness", False),
    ],
)
def test_neuro_edema_is_p1_whatever_the_cause(finding: str, holds: bool) -> None:
    cause = assessment("attribution", at=START, domain="neuro", cause="bleeding")
    bed = Bedside(patient(), cause, sign(finding, 1))

    assert bed.states("NEURO-EDEMA") == (["raised P1"] if holds else [])
    bed.take(sign(finding, 2, present=False))
    assert not bed.is_open("NEURO-EDEMA")


def test_neuro_edema_is_told_again_when_another_sign_comes() -> None:
    bed = Bedside(patient(), sign("focal_edema"), sign("papilledema", 1))

    assert bed.states("NEURO-EDEMA") == ["raised P1", "changed P1"]


# ICE-DUE


def due_from(*events: Fields, management: str = "manikath-2025", at: datetime) -> list[str]:
    bed = Bedside(patient(), *events, management=management)
    bed.tick(at)
    return bed.states("ICE-DUE")


def test_ice_is_due_right_after_24_hours() -> None:
    # The first day without any was a task as well, and has ended.
    events = ice(10, at=on_day(1, "00:00")), ice(10, at=on_day(1, "20:00"))

    assert due_from(*events, at=on_day(2, "20:00")) == []
    assert due_from(*events, at=on_day(2, "20:00") + minutes(1)) == ["raised P3"]


def test_ice_is_due_after_12_hours_where_the_profile_asks_for_it_twice_a_day() -> None:
    events = (ice(10, at=on_day(0, "06:00")),)

    assert due_from(*events, management="asco-2021", at=on_day(0, "18:00")) == []
    assert due_from(*events, management="asco-2021", at=on_day(0, "18:01")) == ["raised P3"]


def test_where_ice_was_never_done_the_clock_starts_at_the_infusion() -> None:
    bed = Bedside(patient())
    bed.tick(on_day(1, "00:01"))

    (line,) = bed.told("ICE-DUE")

    assert [(each.signal, each.value) for each in line.because] == [("ice", "none since infusion")]
    assert "No ICE for 24 hours" in line.advice


def test_ice_is_not_due_of_one_of_whom_it_is_said_that_it_is_sedation() -> None:
    said = assessment("attribution", at=at(26), domain="neuro", cause="sedation")
    bed = Bedside(patient(), ice(10, at=START), said)

    assert bed.states("ICE-DUE")[-1] == "resolved"


def test_an_ice_ends_that_it_is_due() -> None:
    bed = Bedside(patient())
    bed.tick(on_day(1, "01:00"))
    bed.take(ice(10, at=on_day(1, "02:00")))

    assert bed.states("ICE-DUE") == ["raised P3", "resolved"]


@pytest.mark.parametrize(("ill", "open_still"), [(True, True), (False, False)])
def test_the_task_ends_after_24_hours_where_no_episode_is_open(ill: bool, open_still: bool) -> None:
    bed = Bedside(patient(), ice(10, at=START))
    if ill:
        bed.take(FEVER, reading(at=at(25), temperature_c=38.5))
    bed.tick(at(49))

    assert bed.is_open("ICE-DUE") is open_still


def test_nothing_is_due_after_day_30_or_before_an_infusion_is_known() -> None:
    done = ice(10, at=on_day(29, "12:00")), ice(10, at=on_day(30, "12:00"))

    assert due_from(*done, at=on_day(32))[-1] == "resolved"
    assert due_from(done[0], at=on_day(30, "13:00"))[-1] == "raised P3"
    assert due_from(done[0], at=on_day(31, "00:00"))[-1] == "resolved"
    assert Bedside(patient(infused_at=None), ice(10, at=START)).states("ICE-DUE") == []


def test_while_ice_cannot_be_done_it_is_not_due_and_then_the_clock_starts_again() -> None:
    bed = Bedside(patient(), ice(10, at=START), tube(1))
    bed.tick(at(30))
    assert not bed.is_open("ICE-DUE")

    bed.take(tube(31, "room_air"))
    bed.tick(at(31 + 24))
    assert not bed.is_open("ICE-DUE")
    bed.tick(at(31 + 24) + minutes(1))
    assert bed.is_open("ICE-DUE")


@pytest.mark.parametrize("age_years", [8, None])
def test_a_child_has_capd_done_and_so_may_one_of_unknown_age(age_years: int | None) -> None:
    child = patient(age_years=age_years)
    done = Bedside(child, assessment("capd", at=on_day(0, "20:00"), total=2))
    done.tick(on_day(1, "20:01"))

    (line,) = done.told("ICE-DUE")

    assert [(each.signal, each.value) for each in line.because] == [("capd", 2)]
    assert line.advice == "No CAPD for 24 hours or more: do it now."


@pytest.mark.parametrize(("age_years", "exam", "other"), [(8, "CAPD", "ICE"), (60, "ICE", "CAPD")])
def test_every_rule_names_the_examination_that_the_patient_has(
    age_years: int, exam: str, other: str
) -> None:
    """CLINICAL.md §2.3: below 12 years CAPD stands in the place of ICE."""
    seen = Bedside(
        patient(age_years=age_years),
        FEVER,
        assessment("consciousness", at=START, level="voice"),
        sign("confusion", 1),
        dose("dexamethasone", at=at(2), dose_value=10),
        tube(3),
        sign("posturing", 4),
        dose("dexamethasone", at=at(8), dose_value=10),
    )
    seen.tick(at(12))
    seen.take(
        tube(13, "room_air"),
        assessment("consciousness", at=at(14), level="alert"),
        sign("posturing", 14, present=False),
        ice(10, at=at(15)) if exam == "ICE" else assessment("capd", at=at(15), total=0),
    )
    for rule in ("ICE-DUE", "ICE-SUBTLE", "ICE-UNABLE", "ICANS-UP", "STEROID-TAPER"):
        lines = seen.told(rule)
        told = " ".join(each.advice for each in lines)
        assert exam in told, rule
        assert other not in told, rule
        shown = [each for line in lines for each in (*line.because, *(line.doubts or ()))]
        assert other.lower() not in {each.signal for each in shown}
        assert not any(other in str(each.value) for each in shown)

    assert ("handwriting" in seen.told("ICE-DUE")[0].advice) is (exam == "ICE")


# ICE-SUBTLE


@pytest.mark.parametrize("finding", ["word_finding_difficulty", "confusion", "aphasia"])
def test_a_subtle_sign_asks_for_an_ice(finding: str) -> None:
    bed = Bedside(patient(), sign(finding))

    assert bed.states("ICE-SUBTLE") == ["raised P3"]
    bed.take(ice(9, at=at(1)))
    assert bed.states("ICE-SUBTLE") == ["raised P3", "resolved"]


def test_an_ice_from_before_the_sign_does_not_do() -> None:
    assert Bedside(patient(), ice(10, at=at(-1)), sign("confusion")).is_open("ICE-SUBTLE")
    assert not Bedside(patient(), sign("tremor")).told("ICE-SUBTLE")


def test_a_sign_that_is_noted_again_counts_from_when_it_was_first_noted() -> None:
    bed = Bedside(patient(), sign("confusion"), ice(9, at=at(1)), sign("confusion", 2))

    assert bed.states("ICE-SUBTLE") == ["raised P3", "resolved"]
    bed.take(sign("confusion", 3, present=False), sign("confusion", 4))
    assert bed.is_open("ICE-SUBTLE")


@pytest.mark.parametrize(("ill", "open_still"), [(True, True), (False, False)])
def test_a_subtle_sign_is_a_task_for_24_hours_or_an_episode(ill: bool, open_still: bool) -> None:
    bed = Bedside(patient(), *([FEVER] if ill else []), sign("confusion", 1))
    bed.tick(at(26))

    assert bed.is_open("ICE-SUBTLE") is open_still


# ICE-UNABLE


def test_where_ice_cannot_be_done_a_carried_grade_is_p2_and_none_is_info() -> None:
    carried = Bedside(patient(), ice(5, at=START), tube(1))
    none = Bedside(patient(), ice(10, at=START), tube(1))

    assert carried.states("ICE-UNABLE") == ["raised P2"]
    assert none.states("ICE-UNABLE") == ["raised INFO"]
    assert {each.signal for each in carried.told("ICE-UNABLE")[0].because} == {
        "oxygen_device",
        "ice",
    }
    assert "dexamethasone 10 mg" in carried.told("ICE-UNABLE")[0].advice


DRIP = infusion("methylprednisolone", at=at(-4), rate_value=10, rate_unit="mg/h")


@pytest.mark.parametrize(
    ("given", "last", "asked_for"),
    [
        ([], "", True),
        ([dose("dexamethasone", at=at(-5), dose_value=10)], "dexamethasone 10 mg, ", False),
        ([dose("dexamethasone", at=at(-5.1), dose_value=10)], "dexamethasone 10 mg, ", True),
        (
            [dose("dexamethasone", at=at(-5.1), dose_value=20, interval_h=12)],
            "dexamethasone 20 mg, ",
            False,
        ),
        ([DRIP], "methylprednisolone 10 mg/h, ", False),
        ([DRIP | {"rate_value": 8.8}], "methylprednisolone 8.8 mg/h, ", True),  # 39.6 mg a day
        ([dose("prednisone", at=at(0), dose_value=5, interval_h=24)], "prednisone 5 mg, ", True),
        ([dose("dexamethasone", at=at(0), dose_value=None)], "dexamethasone, ", True),
    ],
)
def test_a_steroid_that_covers_is_named_and_not_asked_for(
    given: list[Fields], last: str, asked_for: bool
) -> None:
    advice = Bedside(patient(), *given, ice(5, at=START), tube(1)).told("ICE-UNABLE")[0].advice

    assert (f"Last given: {last}" if last else "next ICE. Consider") in advice
    assert ("Consider dexamethasone 10 mg IV every 6 h, EEG, and imaging" in advice) is asked_for
    assert ("Go on with it; consider EEG, and imaging" in advice) is not asked_for


def test_it_names_what_sedates() -> None:
    runs = infusion("propofol", at=at(1), rate_value=30, rate_unit="ug/kg/min")
    said = assessment("consciousness", at=at(2), sedated=True)
    bed = Bedside(patient(), ice(5, at=START), runs, said)

    assert {each.signal for each in bed.told("ICE-UNABLE")[-1].because} == {
        "propofol",
        "sedated",
        "ice",
    }


@pytest.mark.parametrize("event", [ice(9, at=at(2)), tube(2, "room_air")])
def test_it_ends_when_ice_was_done_or_can_be_done(event: Fields) -> None:
    bed = Bedside(patient(), ice(5, at=START), tube(1), event)

    assert bed.states("ICE-UNABLE") == ["raised P2", "resolved"]


def test_it_ends_with_the_airway_though_a_flow_alone_was_charted_in_between() -> None:
    flow = reading(at=at(2), oxygen={"flow_l_min": 8})
    bed = Bedside(patient(), ice(5, at=START), tube(1), flow, tube(3, "room_air"))

    assert bed.states("ICE-UNABLE") == ["raised P2", "resolved"]


@pytest.mark.parametrize(("ill", "open_still"), [(True, True), (False, False)])
def test_it_ends_after_24_hours_where_no_episode_is_open(ill: bool, open_still: bool) -> None:
    # Intubated for a procedure: that opens no episode by itself, and no grade of CRS.
    done = reading(at=at(1), oxygen={"device": "invasive", "reason": "procedure"})
    bed = Bedside(patient(), *([FEVER] if ill else []), ice(5, at=START), done)
    bed.tick(at(26))

    assert bed.is_open("ICE-UNABLE") is open_still


def test_what_a_clinician_attributes_to_sedation_is_shown() -> None:
    """It alone makes that no ICE can be done."""
    said = assessment("attribution", at=START, domain="neuro", cause="sedation")
    (line,) = Bedside(patient(), said).told("ICE-UNABLE")

    (shown,) = line.because
    assert (shown.signal, shown.value, shown.event_id) == (
        "neuro_cause",
        "sedation",
        said["event_id"],
    )
