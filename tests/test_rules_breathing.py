"""LPV, PRONE and INTUB-WINDOW, at each boundary."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, dose, infusion, lab, on_day, patient, reading

START = on_day(6, "04:00")
SECOND = timedelta(seconds=1)
FEVER = reading(at=START - hours(2), temperature_c=38.4)
MAN_178_CM: Fields = {"sex": "male", "height_cm": 178}  # predicted 73.3 kg


def at(after_min: float) -> datetime:
    return START + minutes(after_min)


def tube(after_min: float = 0, fio2: float | None = 0.7, **ventilator: float) -> Fields:
    oxygen = {"device": "invasive", "reason": "hypoxia"}
    said: dict[str, Any] = {"oxygen": oxygen if fio2 is None else oxygen | {"fio2_fraction": fio2}}
    return reading(at=at(after_min), **said | ({"ventilator": ventilator} if ventilator else {}))


def off(after_min: float) -> Fields:
    return reading(at=at(after_min), oxygen={"device": "high_flow", "fio2_fraction": 0.5})


def gas(after_min: float, **mmhg: float) -> list[Fields]:
    return [lab(name, value, at=at(after_min)) for name, value in mmhg.items()]


def bed(*events: Fields, **facts: Any) -> Bedside:
    return Bedside(patient(**MAN_178_CM | facts), FEVER, *events)


# LPV


@pytest.mark.parametrize(
    ("setting", "outside"),
    [
        ({"tidal_volume_ml": 476}, False),  # 6.494 mL/kg
        ({"tidal_volume_ml": 477}, True),  # 6.508
        ({"plateau_cmh2o": 29.9}, False),
        ({"plateau_cmh2o": 30}, True),
        ({"peep_cmh2o": 9.9}, True),
        ({"peep_cmh2o": 10}, False),
        ({"peep_cmh2o": 15}, False),
        ({"peep_cmh2o": 15.1}, True),
    ],
)
def test_each_setting_has_its_limit(setting: dict[str, float], outside: bool) -> None:
    assert bed(tube(**setting)).states("LPV") == ["raised P3"] * outside


def test_half_a_millilitre_of_tolerance_is_included() -> None:
    """A woman of 152.4 cm has a predicted weight of 45.5 kg: 6.5 mL/kg are 295.75 mL."""
    small = {"sex": "female", "height_cm": 152.4}

    assert bed(tube(tidal_volume_ml=295.75), **small).states("LPV") == []
    assert bed(tube(tidal_volume_ml=295.76), **small).states("LPV") == ["raised P3"]


@pytest.mark.parametrize(("mmhg", "outside"), [(50, False), (60, False), (60.1, True)])
def test_hypercapnia_is_accepted_up_to_60(mmhg: float, outside: bool) -> None:
    assert bed(tube(), *gas(5, paco2=mmhg)).states("LPV") == ["raised P3"] * outside


def test_a_child_gets_no_volume_by_the_formula_for_adults() -> None:
    """At 104 cm it would be 36 mL for 16 kg."""
    child = {"age_years": 4, "weight_kg": 16, "sex": "male", "height_cm": 104}
    (line,) = bed(tube(tidal_volume_ml=100), **child).told("LPV")

    assert "tidal volume 100 mL: judge it by a predicted weight for children" in line.advice
    assert "set it to" not in line.advice


@pytest.mark.parametrize(("age_years", "told"), [(4, True), (60, False)])
def test_a_child_is_told_that_the_limits_are_those_of_adults(age_years: int, told: bool) -> None:
    for events in ([tube(peep_cmh2o=5)], [tube(plateau_cmh2o=31)], [tube(), *gas(5, paco2=61)]):
        (line,) = bed(*events, age_years=age_years).told("LPV")
        assert ("The source gives adult limits: ask for the child's." in line.advice) is told


def test_it_says_the_volume_for_this_patient() -> None:
    (line,) = bed(tube(tidal_volume_ml=520, plateau_cmh2o=31, peep_cmh2o=8)).told("LPV")

    assert [each.signal for each in line.because] == [
        "tidal_volume_ml",
        "plateau_cmh2o",
        "peep_cmh2o",
    ]
    assert "7.1 mL/kg: set it to 440 mL (6 mL/kg at a predicted weight of 73 kg)" in line.advice
    assert "keep the plateau pressure below 30 cmH2O; set PEEP to 10 to 15 cmH2O" in line.advice


@pytest.mark.parametrize("unknown", [{"sex": None}, {"height_cm": None}])
def test_without_sex_or_height_the_volume_is_not_judged_and_the_rest_is(
    unknown: dict[str, Any],
) -> None:
    assert bed(tube(tidal_volume_ml=800), **unknown).states("LPV") == []
    assert bed(tube(tidal_volume_ml=800, plateau_cmh2o=31), **unknown).states("LPV") == [
        "raised P3"
    ]


def test_newer_settings_within_the_limits_end_it_each_by_itself() -> None:
    seen = bed(tube(tidal_volume_ml=520, peep_cmh2o=8), tube(30, peep_cmh2o=12))
    assert seen.states("LPV") == ["raised P3", "changed P3"]

    seen.take(tube(60, tidal_volume_ml=440))
    assert seen.states("LPV")[-1] == "resolved"


def test_extubation_ends_it_and_what_was_set_before_does_not_come_back() -> None:
    seen = bed(tube(peep_cmh2o=8), off(60), tube(120))

    assert seen.states("LPV") == ["raised P3", "resolved"]


def test_a_mask_has_no_such_limits() -> None:
    mask = reading(at=START, oxygen={"device": "bipap"}, ventilator={"peep_cmh2o": 5})

    assert bed(mask).states("LPV") == []


def test_settings_that_grow_old_stay() -> None:
    seen = bed(tube(peep_cmh2o=8))
    seen.tick(at(0) + hours(60))

    assert seen.states("LPV") == ["raised P3"]


# PRONE


@pytest.mark.parametrize(
    ("pao2", "fio2", "told"),
    [
        (98, 0.7, ["raised P2"]),
        (105, 0.7, []),  # 150 exactly
        (104.9, 0.7, ["raised P2"]),
        (82.5, 0.55, []),
        (150, 1.0, []),
        (149.9, 1.0, ["raised P2"]),
    ],
)
def test_below_150_the_prone_position_is_considered(
    pao2: float, fio2: float, told: list[str]
) -> None:
    assert bed(tube(fio2=fio2), *gas(5, pao2=pao2)).states("PRONE") == told


def test_it_shows_both_and_the_ratio() -> None:
    (line,) = bed(tube(), *gas(5, pao2=98)).told("PRONE")

    assert [(each.signal, each.value) for each in line.because] == [
        ("pao2", 98),
        ("fio2_fraction", 0.7),
    ]
    assert "PaO2/FiO2 is 140 mmHg" in line.advice
    assert line.episode == 0  # of the stay


def test_the_fio2_is_that_of_the_moment_of_the_sample() -> None:
    """Less oxygen afterwards makes no better ratio of it."""
    seen = bed(tube(fio2=0.7), *gas(5, pao2=98), tube(30, fio2=0.4))
    assert seen.states("PRONE") == ["raised P2"]

    before = bed(tube(fio2=None), *gas(5, pao2=98), tube(10, fio2=0.7))
    assert before.states("PRONE") == ["raised P2"]


@pytest.mark.parametrize(
    ("comparator", "value", "told"),
    [("<", 60, ["raised P2"]), ("<", 105, ["raised P2"]), ("<", 106, []), (">", 60, [])],
)
def test_a_comparator_counts_where_it_proves_it(
    comparator: str, value: float, told: list[str]
) -> None:
    sample = lab("pao2", value, at=at(5), comparator=comparator)

    assert bed(tube(), sample).states("PRONE") == told


def test_a_sample_from_before_the_tube_does_not_count_and_one_of_its_moment_does() -> None:
    assert bed(*gas(-10, pao2=60), tube()).states("PRONE") == []
    assert bed(*gas(0, pao2=60), tube()).states("PRONE") == ["raised P2"]


def test_a_better_ratio_or_extubation_ends_it() -> None:
    better = bed(tube(), *gas(5, pao2=98), *gas(60, pao2=110))
    assert better.states("PRONE") == ["raised P2", "resolved"]

    assert bed(tube(), *gas(5, pao2=98), off(60)).states("PRONE") == ["raised P2", "resolved"]


def test_a_corrected_sample_retracts_it() -> None:
    (sample,) = gas(5, pao2=98)

    assert bed(tube(), sample, corrected(sample, hours(1), value=140)).states("PRONE") == [
        "raised P2",
        "retracted",
    ]


def test_blockade_is_named_in_the_first_48_hours_with_care_under_steroids() -> None:
    early = bed(tube(), *gas(5, pao2=98)).told("PRONE")[0].advice
    assert "neuromuscular blockade may help in severe ARDS." in early

    steroid = dose("dexamethasone", at=at(-60), dose_value=10)
    assert "beware of myopathy" in bed(steroid, tube(), *gas(5, pao2=98)).told("PRONE")[0].advice
    late_on = bed(tube(), *gas(60 * 48 + 1, pao2=98)).told("PRONE")[0].advice
    assert "blockade" not in late_on


def test_ecmo_is_weighed_in_severe_ards_alone() -> None:
    assert "ECMO" not in bed(tube(), *gas(5, pao2=70)).told("PRONE")[0].advice  # 100

    low = [lab("platelets", 30, at=at(1)), lab("fibrinogen", 120, at=at(1))]
    advice = bed(*low, tube(), *gas(5, pao2=69)).told("PRONE")[0].advice
    assert "Against it now: platelets are low, fibrinogen is low." in advice


@pytest.mark.parametrize(
    ("support", "weighed"), [("ecmo_vv", False), ("ecmo_va", False), ("ecmo_considered", True)]
)
def test_ecmo_that_runs_is_not_weighed(support: str, weighed: bool) -> None:
    begun = assessment("support", at=at(1), support=support, action="start")
    advice = bed(tube(), begun, *gas(5, pao2=69)).told("PRONE")[0].advice

    assert ("ECMO" in advice) is weighed
    stopped = assessment("support", at=at(2), support=support, action="stop")
    assert "ECMO" in bed(tube(), begun, stopped, *gas(5, pao2=69)).told("PRONE")[0].advice


# INTUB-WINDOW


def intubated_on(day: int, clock: str = "12:00", *events: Fields) -> Bedside:
    when = on_day(day, clock)
    return Bedside(patient(), *events, reading(at=when, oxygen={"device": "invasive"}))


@pytest.mark.parametrize(
    ("day", "clock", "told"),
    [
        (4, "23:59", []),
        (5, "00:00", ["raised P2"]),
        (10, "23:59", ["raised P2"]),
        (11, "00:00", []),
    ],
)
def test_the_days_on_which_icans_peaks(day: int, clock: str, told: list[str]) -> None:
    assert intubated_on(day, clock).states("INTUB-WINDOW") == told


@pytest.mark.parametrize("day", [2, 12])
def test_in_an_episode_it_is_considered_on_any_day(day: int) -> None:
    seen = intubated_on(day, "12:00", reading(at=on_day(day, "06:00"), temperature_c=38.5))
    (line,) = seen.told("INTUB-WINDOW")

    assert (line.priority, line.episode) == ("P2", 1)
    assert "consider dexamethasone 10 mg IV every 6 h" in line.advice


def test_on_the_days_of_the_peak_it_is_always() -> None:
    (line,) = bed(tube()).told("INTUB-WINDOW")

    assert "Intubated on day 6, while ICANS peaks: give dexamethasone 10 mg IV" in line.advice
    assert "EEG" in line.advice
    assert [(each.signal, each.value) for each in line.because] == [("oxygen_device", "invasive")]


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        (dose("dexamethasone", at=at(30), dose_value=10), True),
        (dose("dexamethasone", at=at(0), dose_value=10), True),
        (dose("dexamethasone", at=at(30), dose_value=9.9), False),
        (dose("methylprednisolone", at=at(30), dose_value=54), True),
        (dose("methylprednisolone", at=at(30), dose_value=53), False),
        (dose("dexamethasone", at=at(30), dose_value=10, action="ordered"), False),
        (dose("dexamethasone", at=at(30), dose_value=None, dose_unit=None), False),
        (dose("dexamethasone", at=at(30), dose_value=10, route="other"), False),
    ],
)
def test_enough_of_a_steroid_ends_it(given: Fields, ends: bool) -> None:
    assert bed(tube(), given).is_open("INTUB-WINDOW") is not ends


def test_a_steroid_from_before_does_not_answer_it_and_is_named() -> None:
    before = dose("dexamethasone", at=at(-30), dose_value=10)
    (line,) = bed(before, tube()).told("INTUB-WINDOW")

    assert line.state == "raised"
    assert "Last given: dexamethasone 10 mg, 7 Mar 03:30 UTC." in line.advice


@pytest.mark.parametrize(
    ("from_min", "rate", "ends_h"),
    [
        (-120, 10, 6),  # 1.875 mg an hour as dexamethasone
        (-90, 10, 6.5),  # the hour of the intubation is not all of it
        (0, 54, 1),
        (-120, 8.8, None),  # 9.9 mg in 6 hours
    ],
)
def test_an_infusion_ends_it_once_enough_ran_in_within_6_hours(
    from_min: float, rate: float, ends_h: float | None
) -> None:
    drip = infusion("methylprednisolone", at=at(from_min), rate_value=rate, rate_unit="mg/h")
    seen = bed(drip, tube())
    assert seen.states("INTUB-WINDOW") == ["raised P2"]

    seen.tick(START + hours(ends_h or 20) - SECOND)
    assert seen.states("INTUB-WINDOW") == ["raised P2"]
    seen.tick(START + hours(20))
    ended = [line.at for line in seen.told("INTUB-WINDOW")[1:]]
    assert ended == ([] if ends_h is None else [START + hours(ends_h)])


def test_extubation_ends_it_and_the_next_tube_asks_anew() -> None:
    seen = bed(tube(), off(60), tube(120))

    assert seen.states("INTUB-WINDOW") == ["raised P2", "resolved", "raised P2"]


def test_where_no_episode_is_open_it_lasts_a_day() -> None:
    seen = intubated_on(7)
    seen.tick(on_day(8) - SECOND)
    assert seen.states("INTUB-WINDOW") == ["raised P2"]

    seen.tick(on_day(8))
    assert seen.states("INTUB-WINDOW") == ["raised P2", "resolved"]


def test_a_tube_that_was_charted_late_counts_from_when_it_was_and_one_in_error_not() -> None:
    assert bed(late(tube(), hours(20))).states("INTUB-WINDOW") == ["raised P2"]
    wrong = tube()
    assert bed(wrong, removed(wrong, hours(1))).states("INTUB-WINDOW") == [
        "raised P2",
        "retracted",
    ]
