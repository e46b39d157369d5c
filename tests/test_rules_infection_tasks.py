"""ABX-EMPIRIC, CULTURES, ABX-1H, ABX-NARROW and REASSESS, at each boundary of their clocks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, culture, dose, infusion, on_day, patient, reading

from stream.clinical.times import in_words
from topics.base import epoch_ms

START = on_day(3, "09:00")
ILL = reading(at=START, temperature_c=38.6, systolic_mmhg=86)
SECOND = timedelta(seconds=1)


def at(after_min: float) -> datetime:
    return START + minutes(after_min)


def drug(name: str, after_min: float, **fields: Any) -> Fields:
    return dose(name, at=at(after_min), **({"dose_value": 1, "dose_unit": "g"} | fields))


def drawn(specimen: str, after_min: float, result: str = "collected", **fields: Any) -> Fields:
    return culture(result, at=at(after_min), specimen=specimen, **fields)


def ill(*events: Fields) -> Bedside:
    return Bedside(patient(), ILL, *events)


BETA_LACTAM, VANCOMYCIN = drug("cefepime", 20), drug("vancomycin", 30)
ALL_DRAWN = [drawn(each, 5) for each in ("blood", "respiratory", "urine")]
CALM = {"temperature_c": 36.8, "systolic_mmhg": 120, "oxygen": {"device": "room_air"}}


# ABX-EMPIRIC


def test_antibiotics_are_due_at_grade_2_and_not_before() -> None:
    bed = Bedside(patient(), reading(at=START, temperature_c=38.6))
    assert bed.states("ABX-EMPIRIC") == []

    bed.take(reading(at=at(60), systolic_mmhg=86))
    (line,) = bed.told("ABX-EMPIRIC")
    assert (line.priority, line.episode) == ("P2", 1)
    assert [each.signal for each in line.because] == ["temperature_c", "systolic_mmhg"]
    assert "Give tocilizumab as well (640 mg IV" in line.advice


@pytest.mark.parametrize(
    "name",
    ["piperacillin_tazobactam", "cefepime", "ceftazidime", "meropenem", "imipenem", "aztreonam"],
)
def test_a_beta_lactam_against_pseudomonas_ends_it(name: str) -> None:
    assert ill(drug(name, 20)).states("ABX-EMPIRIC") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    "other",
    [
        drug("ceftriaxone", 20),
        drug("ertapenem", 20),
        drug("vancomycin", 20),
        drug("levofloxacin", 20),
        drug("cefepime", 20, action="ordered"),
        drug("cefepime", 20, action="not_given"),
        drug("aztreonam", 20, route="other"),  # inhaled
    ],
)
def test_nothing_else_does(other: Fields) -> None:
    bed = ill(other)

    assert bed.is_open("ABX-EMPIRIC")
    assert "resolved" not in bed.states("ABX-EMPIRIC")


@pytest.mark.parametrize(
    ("before_h", "interval_h", "covered"),
    [(8, None, True), (8.01, None, False), (12, 12, True), (12.01, 12, False), (24, 48, True)],
)
def test_who_is_covered_when_it_begins_needs_no_new_dose(
    before_h: float, interval_h: float | None, covered: bool
) -> None:
    running = drug("cefepime", -60 * before_h, interval_h=interval_h)
    bed = Bedside(patient(), running, ILL)

    assert bed.states("ABX-EMPIRIC") == ([] if covered else ["raised P2"])


def test_an_infusion_covers_while_it_runs_and_when_it_is_begun() -> None:
    runs = infusion("meropenem", at=at(-600), rate_value=125, rate_unit="mg/h")
    stopped = infusion("meropenem", at=at(-1), action="stop")
    begun = infusion("meropenem", at=at(20), rate_value=125, rate_unit="mg/h")

    assert Bedside(patient(), runs, ILL).states("ABX-EMPIRIC") == []
    assert Bedside(patient(), runs, stopped, ILL).states("ABX-EMPIRIC") == ["raised P2"]
    assert ill(begun).states("ABX-EMPIRIC") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    ("given_min", "states"),
    [(-1, ["raised P2"]), (20, ["raised P2", "changed P2"]), (-12 * 60, ["raised P2"])],
)
def test_vancomycin_that_was_given_is_not_asked_for(given_min: float, states: list[str]) -> None:
    """It still asks for the other one."""
    events = sorted((ILL, drug("vancomycin", given_min)), key=lambda each: each["effective_at"])
    bed = Bedside(patient(), *events)
    bed.tick(at(44))
    line = bed.told("ABX-EMPIRIC")[-1]

    assert bed.states("ABX-EMPIRIC") == states
    assert "give a beta-lactam against Pseudomonas now, until" in line.advice
    assert "and vancomycin" not in line.advice
    assert f"Vancomycin was given, {in_words(epoch_ms(at(given_min)))}." in line.advice
    assert line.because[-1].signal == "vancomycin"


def test_vancomycin_that_no_longer_covers_is_asked_for() -> None:
    bed = Bedside(patient(), drug("vancomycin", -12.1 * 60), ILL)

    (line,) = bed.told("ABX-EMPIRIC")
    assert "give broad-spectrum antibiotics now, a beta-lactam" in line.advice
    assert "Pseudomonas and vancomycin, until infection is excluded." in line.advice
    assert [each.signal for each in line.because] == ["temperature_c", "systolic_mmhg"]


def test_it_goes_on_though_the_grade_falls_and_ends_with_the_episode() -> None:
    bed = ill(reading(at=at(60), **CALM))
    assert bed.states("ABX-EMPIRIC") == ["raised P2"]

    bed.take(reading(at=at(60 + 24 * 60), **CALM))
    bed.tick(at(60 + 25 * 60))
    assert bed.states("ABX-EMPIRIC") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    ("answer", "ends"),
    [
        (drawn("blood", 60 * 48 + 5, "negative"), True),
        (drawn("blood", 60 * 48 + 4, "negative"), False),  # less than 48 h
        (drawn("urine", 60 * 48 + 5, "negative"), False),
        (drawn("blood", 60 * 48 + 5, "positive", organism="E. coli"), False),
    ],
)
def test_it_ends_when_the_blood_stays_sterile(answer: Fields, ends: bool) -> None:
    bed = ill(drawn("blood", 5), answer)

    assert (bed.states("ABX-EMPIRIC")[-1] == "resolved") is ends
    assert (bed.states("ABX-1H")[-1] == "resolved") is ends


def test_a_sterile_set_beside_a_positive_one_is_no_exclusion() -> None:
    sets = [drawn("blood", each, event_id=f"set-{each}") for each in (10, 15)]
    grown = drawn("blood", 13 * 60, "positive", organism="E. coli", collected_event_id="set-10")
    sterile = drawn("blood", 49 * 60, "negative", collected_event_id="set-15")
    bed = ill(*sets, grown, sterile)

    assert bed.states("ABX-EMPIRIC") == ["raised P2"]
    assert bed.is_open("ABX-1H")
    assert bed.is_open("SEPSIS-FEATURES")
    # One that is drawn later answers for what grew; until it is final nothing is excluded.
    bed.take(drawn("blood", 14 * 60, event_id="set-later"))
    bed.take(drawn("blood", 40 * 60, "negative", collected_event_id="set-later"))
    assert not bed.is_open("SEPSIS-FEATURES")


def test_what_was_due_before_infection_was_excluded_was_true() -> None:
    """A culture is charted at the time of its collection, and told two days later."""
    bed = ill(drawn("blood", 0), late(drawn("blood", 0, "negative"), hours(48)))

    assert bed.states("ABX-EMPIRIC") == ["raised P2", "resolved"]
    assert bed.states("ABX-1H") == ["raised P2", "changed P1", "resolved"]


def test_a_source_that_was_found_is_no_exclusion() -> None:
    source = assessment("exam", at=at(60), finding="infection_source")

    assert ill(drawn("blood", 5), source, drawn("blood", 60 * 48 + 5, "negative")).is_open(
        "ABX-EMPIRIC"
    )


def test_a_correction_of_what_made_the_grade_retracts_all_of_it() -> None:
    bed = ill()
    bed.tick(at(50))
    bed.take(corrected(ILL, minutes(55), systolic_mmhg=126))

    for rule in ("ABX-EMPIRIC", "CULTURES", "ABX-1H"):
        assert bed.states(rule) == ["raised P2", "retracted"]


def test_each_policy_has_its_own_clock() -> None:
    crrt = assessment("support", at=at(0), support="crrt", action="start")
    bed = Bedside(patient(), reading(at=START, temperature_c=38.6), crrt)
    assert bed.told("ABX-EMPIRIC")[-1].priorities == {"manikath-2025": "P2"}

    bed.take(reading(at=at(30), systolic_mmhg=86))
    bed.tick(at(60))
    assert bed.told("ABX-EMPIRIC")[-1].priorities == dict.fromkeys(
        ("manikath-2025", "astct-2019"), "P2"
    )
    assert bed.told("ABX-1H")[-1].priorities == {"manikath-2025": "P1"}
    bed.tick(at(75))
    assert bed.told("ABX-1H")[-1].priorities == {"manikath-2025": "P1", "astct-2019": "P2"}


def test_what_was_done_for_one_policy_long_before_does_not_answer_the_other() -> None:
    """By one policy a ventilator is grade 4, by the other CRS is of grade 2 two days later."""
    tube = {"device": "invasive", "fio2_fraction": 0.30, "reason": "airway_protection"}
    bed = Bedside(
        patient(),
        reading(at=START, temperature_c=38.8),
        reading(at=at(60), temperature_c=38.8, systolic_mmhg=120, oxygen=tube),
        *(drawn(each, 65) for each in ("blood", "respiratory", "urine")),
        drug("cefepime", 66),
        drug("vancomycin", 70),
    )
    for rule in ("ABX-EMPIRIC", "CULTURES", "ABX-1H"):
        assert not bed.is_open(rule)

    bed.take(reading(at=at(48 * 60), temperature_c=38.5, systolic_mmhg=80))
    bed.tick(at(49 * 60))
    for rule, priority in (("ABX-EMPIRIC", "P2"), ("CULTURES", "P2"), ("ABX-1H", "P1")):
        line = bed.told(rule)[-1]
        assert line.priorities == {"astct-2019": priority}, rule


def test_where_a_mask_alone_grades_it_ends_with_the_grade_or_after_a_day() -> None:
    steroid = dose("dexamethasone", at=at(-60), dose_value=10)
    low = reading(at=START, systolic_mmhg=86)
    bed = Bedside(patient(), steroid, low)
    assert bed.told("ABX-EMPIRIC")[-1].episode == 0
    bed.tick(START + hours(24) - SECOND)
    assert bed.is_open("ABX-EMPIRIC")

    bed.tick(START + hours(24))
    assert bed.states("ABX-EMPIRIC") == ["raised P2", "resolved"]
    better = Bedside(patient(), steroid, low, reading(at=at(60), systolic_mmhg=120))
    assert better.states("ABX-EMPIRIC") == ["raised P2", "resolved"]


def test_a_new_episode_asks_anew() -> None:
    calm = [reading(at=at(60 * each), **CALM) for each in range(2, 30, 2)]
    again = reading(at=at(60 * 60), temperature_c=38.8, systolic_mmhg=84)
    bed = ill(BETA_LACTAM, VANCOMYCIN, *calm, again)

    assert bed.states("ABX-EMPIRIC") == ["raised P2", "resolved", "raised P2"]
    assert [line.episode for line in bed.told("ABX-EMPIRIC")] == [1, 1, 2]


# CULTURES


def test_cultures_of_all_three_end_it() -> None:
    bed = ill(*ALL_DRAWN[:2])
    assert bed.states("CULTURES") == ["raised P2"]
    assert "blood cultures, a respiratory culture, urinalysis" in bed.told("CULTURES")[0].advice

    bed.take(ALL_DRAWN[2])
    assert bed.states("CULTURES") == ["raised P2", "resolved"]


def test_a_set_from_before_does_not_answer_it() -> None:
    """Nor does its answer, which comes afterwards."""
    blood = drawn("blood", -60)
    named = drawn("blood", 600, "negative", collected_event_id=blood["event_id"])
    unnamed = drawn("blood", 700, "negative")
    others = [drawn(each, 5) for each in ("respiratory", "urine")]
    bed = Bedside(patient(), blood, ILL, *others, named, unnamed)

    assert bed.states("CULTURES") == ["raised P2"]


def test_an_answer_of_a_set_that_nobody_charted_does() -> None:
    """By the contract a result says when it was collected."""
    others = [drawn(each, 5) for each in ("respiratory", "urine")]
    bed = ill(*others, late(drawn("blood", 0, "negative"), hours(30)))

    assert bed.states("CULTURES") == ["raised P2", "resolved"]


def test_a_set_that_was_charted_late_ends_it_and_one_that_is_removed_reopens_it() -> None:
    bed = ill(*ALL_DRAWN[:2], late(drawn("urine", 0), hours(2)))
    assert bed.states("CULTURES")[-1] == "resolved"

    bed.take(removed(ALL_DRAWN[0], hours(3)))
    assert bed.states("CULTURES")[-1] == "raised P2"


# ABX-1H


def test_the_warning_and_the_breach_fall_due_exactly() -> None:
    bed = ill()
    bed.tick(at(45) - SECOND)
    assert bed.states("ABX-1H") == []
    bed.tick(at(45))
    assert bed.states("ABX-1H") == ["raised P2"]
    bed.tick(at(60) - SECOND)
    assert bed.states("ABX-1H") == ["raised P2"]

    bed.tick(at(60))
    assert bed.states("ABX-1H") == ["raised P2", "changed P1"]
    assert bed.told("ABX-1H")[-1].at == at(60)
    assert "anti-pseudomonal beta-lactam and vancomycin" in bed.told("ABX-1H")[-1].advice
    bed.tick(at(600))
    assert len(bed.told("ABX-1H")) == 2


@pytest.mark.parametrize("only", [BETA_LACTAM, VANCOMYCIN])
def test_it_needs_both(only: Fields) -> None:
    bed = ill(only)
    bed.tick(at(60))

    assert bed.states("ABX-1H") == ["raised P2", "changed P1"]


@pytest.mark.parametrize("last_min", [45, 44])
def test_both_in_time_say_nothing(last_min: int) -> None:
    bed = ill(BETA_LACTAM, drug("vancomycin", last_min))
    bed.tick(at(120))

    assert bed.states("ABX-1H") == []


def test_given_exactly_at_the_hour_is_no_breach() -> None:
    bed = ill(BETA_LACTAM, drug("vancomycin", 60))
    bed.tick(at(120))

    assert bed.states("ABX-1H") == ["raised P2", "resolved"]


def test_given_late_it_ends_and_there_is_no_second_breach() -> None:
    bed = ill(BETA_LACTAM, drug("vancomycin", 75), reading(at=at(200), **CALM))
    bed.take(reading(at=at(300), systolic_mmhg=84))
    bed.tick(at(400))

    assert bed.states("ABX-1H") == ["raised P2", "changed P1", "resolved"]


def test_a_dose_that_was_charted_late_retracts_it_if_it_was_in_time() -> None:
    in_time = ill(BETA_LACTAM)
    in_time.tick(at(61))
    in_time.take(late(drug("vancomycin", 40), minutes(30)))
    assert in_time.states("ABX-1H") == ["raised P2", "changed P1", "retracted"]

    too_late = ill(BETA_LACTAM)
    too_late.tick(at(61))
    too_late.take(late(drug("vancomycin", 50), minutes(30)))
    assert too_late.states("ABX-1H") == ["raised P2", "changed P1", "resolved"]


def test_a_dose_that_is_removed_raises_it() -> None:
    bed = ill(BETA_LACTAM, VANCOMYCIN)
    bed.tick(at(61))
    assert bed.states("ABX-1H") == []

    bed.take(removed(VANCOMYCIN, minutes(60)))
    assert bed.states("ABX-1H") == ["raised P1"]


@pytest.mark.parametrize("instead", ["linezolid", "vancomycin"])
def test_nothing_stands_in_for_vancomycin_in_the_vein(instead: str) -> None:
    """By mouth it stays in the gut."""
    other = drug(instead, 20, route="po")
    bed = ill(BETA_LACTAM, other)
    bed.tick(at(60))

    assert bed.states("ABX-1H") == ["raised P2", "changed P1"]


def test_a_late_fall_of_pressure_moves_the_clock_back() -> None:
    fever = reading(at=START, temperature_c=38.6)
    bed = Bedside(patient(), fever, reading(at=at(50), systolic_mmhg=86))
    bed.take(late(reading(at=at(0), systolic_mmhg=88), minutes(61)))

    assert bed.states("ABX-1H") == ["raised P1"]


# ABX-NARROW


def test_48_hours_after_the_first_dose_they_are_narrowed() -> None:
    bed = ill(BETA_LACTAM, VANCOMYCIN)
    bed.tick(at(20) + hours(48) - SECOND)
    assert bed.states("ABX-NARROW") == []
    bed.tick(at(20) + hours(48))
    (line,) = bed.told("ABX-NARROW")

    assert line.priority == "P3"
    assert {each.signal for each in line.because} == {"cefepime", "vancomycin"}
    assert "By 7 Mar 09:20 UTC" in line.advice


@pytest.mark.parametrize(
    ("answer", "falls_due"),
    [
        (drawn("blood", 600, "positive", organism="E. coli"), True),
        (drawn("blood", 600, "positive"), False),
        (drawn("blood", 600, "negative"), False),
    ],
)
def test_a_final_culture_brings_it_earlier(answer: Fields, falls_due: bool) -> None:
    bed = ill(drawn("blood", 5), BETA_LACTAM, answer)

    assert bool(bed.told("ABX-NARROW")) is falls_due
    if falls_due:
        assert "Narrow them to what grew: E. coli." in bed.told("ABX-NARROW")[0].advice


def test_an_answer_of_long_before_the_first_dose_does_not() -> None:
    blood = drawn("blood", -60 * 49)
    sterile = drawn("blood", 60, "negative", collected_event_id=blood["event_id"])

    assert Bedside(patient(), blood, ILL, BETA_LACTAM, sterile).told("ABX-NARROW") == []


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (drug("ceftriaxone", 60 * 50), True),
        (drug("levofloxacin", 60 * 50), True),
        (drug("cefepime", 60 * 50), False),
        (drug("linezolid", 60 * 50), False),
    ],
)
def test_a_narrower_drug_ends_it(event: Fields, ends: bool) -> None:
    bed = ill(BETA_LACTAM, VANCOMYCIN)
    bed.tick(at(60 * 49))
    bed.take(event)

    assert bed.states("ABX-NARROW") == ["raised P3"] + ["resolved"] * ends


def test_what_was_given_before_to_prevent_does_not() -> None:
    prevents = [drug("levofloxacin", 60 * each) for each in (-24, 1, 25, 50)]
    bed = Bedside(patient(), prevents[0], ILL, BETA_LACTAM, *prevents[1:])

    assert bed.states("ABX-NARROW") == ["raised P3"]


def test_a_kind_that_was_charted_regularly_and_is_no_longer_has_been_stopped() -> None:
    beta = [drug("cefepime", 20 + 480 * each) for each in range(10)]
    vanco = [drug("vancomycin", 30 + 720 * each) for each in range(4)]
    bed = Bedside(patient(), *sorted([ILL, *beta, *vanco], key=lambda each: each["effective_at"]))
    bed.tick(at(60 * 50))
    assert bed.states("ABX-NARROW") == ["raised P3"]

    bed.tick(at(30 + 3 * 720 + 720 + 1440) + SECOND)
    assert bed.states("ABX-NARROW") == ["raised P3", "resolved"]


def test_where_no_episode_is_open_it_lasts_a_day() -> None:
    bed = Bedside(patient(), BETA_LACTAM)
    bed.tick(at(20) + hours(72) - SECOND)
    assert bed.states("ABX-NARROW") == ["raised P3"]
    bed.tick(at(20) + hours(72))

    assert bed.states("ABX-NARROW") == ["raised P3", "resolved"]


def test_a_course_of_before_the_episode_is_not_narrowed_in_it() -> None:
    old = drug("cefepime", -60 * 90)
    bed = Bedside(patient(), old, ILL)
    bed.tick(at(60))

    assert bed.states("ABX-NARROW") == ["raised P3", "resolved"]  # before the episode


# REASSESS


TOCI = dose("tocilizumab", at=at(30))
COOL = reading(at=at(400), temperature_c=36.9, systolic_mmhg=118)


def test_12_hours_after_tocilizumab_it_is_a_task_and_overdue_after_24() -> None:
    bed = ill(TOCI, COOL)
    bed.tick(at(30) + hours(12) - SECOND)
    assert bed.states("REASSESS") == []
    bed.tick(at(30) + hours(12))
    assert bed.states("REASSESS") == ["raised P3"]
    bed.tick(at(30) + hours(24) - SECOND)
    assert bed.states("REASSESS") == ["raised P3"]

    bed.tick(at(30) + hours(24))
    assert bed.states("REASSESS") == ["raised P3", "changed P2"]
    assert [line.at for line in bed.told("REASSESS")] == [
        at(30) + hours(12),
        at(30) + hours(24),
    ]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((COOL,), "this supports CRS"),
        ((drawn("blood", 300, "positive", organism="E. coli"),), "this supports infection"),
        ((), "neither CRS nor infection"),
    ],
)
def test_it_says_what_the_course_supports(events: tuple[Fields, ...], said: str) -> None:
    bed = ill(TOCI, *events)
    bed.tick(at(30) + hours(12))

    assert said in bed.told("REASSESS")[0].advice


@pytest.mark.parametrize(("after_min", "ends"), [(29 + 720, False), (30 + 720, True)])
def test_a_cause_that_is_named_when_it_is_due_ends_it(after_min: float, ends: bool) -> None:
    cause = assessment("attribution", at=at(after_min), domain="fever", cause="crs")
    bed = ill(TOCI, cause)
    bed.tick(at(30) + hours(30))

    assert bed.is_open("REASSESS") is not ends


def test_it_goes_by_the_first_dose_of_the_episode() -> None:
    """One of more than 24 hours before the onset was for something else."""
    again = dose("tocilizumab", at=at(30 + 8 * 60))
    before = dose("tocilizumab", at=at(-24 * 60 - 1))
    bed = Bedside(patient(), before, ILL, TOCI, again)
    bed.tick(at(30) + hours(12))

    assert [line.at for line in bed.told("REASSESS")] == [at(30) + hours(12)]


def test_a_dose_that_is_removed_retracts_it() -> None:
    bed = ill(TOCI)
    bed.tick(at(30) + hours(13))
    bed.take(removed(TOCI, hours(13)))

    assert bed.states("REASSESS") == ["raised P3", "retracted"]
