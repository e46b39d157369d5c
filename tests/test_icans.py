"""ICANS under both policies: every level at its limits, and every way not to know."""

from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from bedside import Bedside, corrected, hours, late, minutes
from builders import Fields, assessment, ice, infusion, on_day, patient, reading
from hypothesis import given
from hypothesis import strategies as st

from stream.clinical import icans
from stream.clinical.grade import GradeRange
from stream.clinical.icans import CONSENSUS, REVIEW, Arousal, Capd, Convulsion, IcansTable, Ice

START = on_day(6, "08:00")
NOW = on_day(6, "12:00")
ADULT, CHILD = patient(age_years=60), patient(age_years=8)
AGELESS = patient(age_years=None)
ALERT = assessment("consciousness", at=START, level="alert")


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def conscious(after_h: float = 0, **fields: Any) -> Fields:
    return assessment("consciousness", at=at(after_h), **fields)


def seizure(after_h: float = 0, **fields: Any) -> Fields:
    said = {"seizure_type": "clinical_generalized"} | fields
    return assessment("seizure", at=at(after_h), **said)


def sign(finding: str, after_h: float = 0, **fields: Any) -> Fields:
    return assessment("neuro_finding", at=at(after_h), finding=finding, **fields)


def cause(cause: str, after_h: float) -> Fields:
    return assessment("attribution", at=at(after_h), domain="neuro", cause=cause)


def tube(after_h: float, device: str = "invasive") -> Fields:
    return reading(at=at(after_h), oxygen={"device": device})


def ranges(*events: Fields, now: datetime = NOW) -> tuple[tuple[int, int], tuple[int, int]]:
    """The range under the review and under the consensus."""
    found = Bedside(*events).status(now).icans
    assert found is not None
    review, consensus = found["manikath-2025"], found["astct-2019"]
    return (review.lowest, review.highest), (consensus.lowest, consensus.highest)


def grades(*events: Fields, now: datetime = NOW) -> tuple[int, int]:
    """The lowest grade under the review and under the consensus."""
    review, consensus = ranges(*events, now=now)
    return review[0], consensus[0]


def estimated(*events: Fields, now: datetime = NOW) -> bool:
    found = Bedside(*events).status(now).icans
    assert found is not None
    (said,) = {each.estimated for each in found.values()}
    return said


# The tables


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["manikath-2025", "astct-2019"])
def test_every_level_of_every_table_has_a_grade_that_never_falls(table: IcansTable) -> None:
    for levels, by_level in (
        (Ice, table.by_ice),
        (Capd, table.by_capd),
        (Arousal, table.by_arousal),
        (Convulsion, table.by_convulsion),
    ):
        assert list(by_level) == list(levels)
        assert sorted(by_level.values()) == list(by_level.values())


@pytest.mark.parametrize(
    ("points", "level"),
    [
        *((each, Ice.SEVERE) for each in (0, 1, 2)),
        *((each, Ice.MODERATE) for each in (3, 6)),
        *((each, Ice.MILD) for each in (7, 9)),
        (10, Ice.WHOLE),
    ],
)
def test_ice_at_each_limit(points: int, level: Ice) -> None:
    assert icans.ice_of(points) is level


@pytest.mark.parametrize(
    ("points", "level"), [(0, Capd.NONE), (1, Capd.LOW), (8, Capd.LOW), (9, Capd.HIGH)]
)
def test_capd_at_each_limit(points: int, level: Capd) -> None:
    assert icans.capd_of(points) is level


@given(
    ice_level=st.sampled_from(Ice),
    arousal=st.sampled_from(Arousal),
    lost=st.sets(st.sampled_from(["ice", "arousal"])),
    table=st.sampled_from([REVIEW, CONSENSUS]),
)
def test_losing_a_domain_only_widens_the_range(
    ice_level: Ice, arousal: Arousal, lost: set[str], table: IcansTable
) -> None:
    def grade(*, known_ice: bool, known_arousal: bool) -> GradeRange:
        return icans.grade_icans(
            icans.grade_level(table.by_ice, ice_level if known_ice else None, fresh=True),
            icans.grade_level(table.by_arousal, arousal if known_arousal else None, fresh=True),
            estimated=False,
        )

    truth = grade(known_ice=True, known_arousal=True)
    partial = grade(known_ice="ice" not in lost, known_arousal="arousal" not in lost)

    assert partial.lowest <= truth.lowest <= truth.highest <= partial.highest


# What is known and what is not


def test_nothing_known_proves_nothing_and_rules_nothing_out() -> None:
    assert ranges(ADULT) == ((0, 4), (0, 4))


def test_a_whole_examination_leaves_nothing_open() -> None:
    assert ranges(ADULT, ice(10, at=START), ALERT) == ((0, 0), (0, 0))
    assert ranges(ADULT, ice(5, at=START), ALERT) == ((2, 2), (2, 2))


@pytest.mark.parametrize(("after", "highest"), [(hours(24), 2), (hours(24) + minutes(1), 3)])
def test_an_old_ice_still_proves_and_may_be_worse(after: timedelta, highest: int) -> None:
    events = ADULT, ice(5, at=START), assessment("consciousness", at=START + after, level="alert")

    assert ranges(*events, now=START + after) == ((2, highest), (2, highest))


@pytest.mark.parametrize(("after", "highest"), [(hours(12), 2), (hours(12) + minutes(1), 4)])
def test_an_old_consciousness_may_be_worse(after: timedelta, highest: int) -> None:
    assert ranges(ADULT, ice(5, at=START), ALERT, now=START + after)[1] == (2, highest)


def test_an_old_examination_is_named() -> None:
    stale = Bedside(ADULT, ice(5, at=START), ALERT).status(START + hours(25)).stale

    assert {"ice", "consciousness"} <= set(stale)


def test_readings_from_before_the_infusion_do_not_count() -> None:
    assert grades(ADULT, ice(2, at=on_day(0, "00:00") - hours(1))) == (0, 0)


@pytest.mark.parametrize(
    ("rass", "expected"),
    [(4, (0, 0)), (0, (0, 0)), (-1, (3, 2)), (-3, (3, 2)), (-4, (3, 3)), (-5, (4, 4))],
)
def test_a_rass_without_a_level_counts(rass: int, expected: tuple[int, int]) -> None:
    assert grades(ADULT, conscious(rass=rass)) == expected
    assert grades(ADULT, conscious(rass=-5, level="alert")) == (0, 0)


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ("focal_weakness", (4, 4)),
        ("posturing", (4, 4)),
        ("focal_edema", (0, 3)),
        ("diffuse_edema", (0, 4)),
        ("papilledema", (0, 4)),
        ("cn6_palsy", (0, 4)),
        ("cushing_triad", (0, 4)),
        ("impending_herniation", (0, 4)),
        ("intracranial_hemorrhage", (0, 0)),
        ("tremor", (0, 0)),
        ("myoclonus", (0, 0)),
        ("word_finding_difficulty", (0, 0)),
        ("confusion", (0, 0)),
        ("aphasia", (0, 0)),
    ],
)
def test_a_sign_has_the_grade_of_each_policy(finding: str, expected: tuple[int, int]) -> None:
    assert grades(ADULT, sign(finding)) == expected
    assert grades(ADULT, sign(finding), sign(finding, 1, present=False)) == (0, 0)


# Forms and ages


def test_the_other_form_leaves_the_consensus_as_it_is_and_is_flagged() -> None:
    other = assessment("ice", at=at(1), scheme="zero_to_two", total=5)
    seen = Bedside(ADULT, ice(8, at=START), other)

    assert grades(ADULT, ice(8, at=START), other) == (2, 1)
    assert grades(ADULT, other) == (2, 0)
    assert "ice_form_without_scale" in seen.status(NOW).flags
    assert "ice_form_without_scale" not in Bedside(ADULT, ice(8, at=START)).status(NOW).flags


@pytest.mark.parametrize(
    ("age", "events", "expected"),
    [
        (11.9, (assessment("capd", at=START, total=9),), (0, 3)),
        (12, (assessment("capd", at=START, total=9),), (0, 0)),
        (None, (assessment("capd", at=START, total=9),), (0, 3)),
        (None, (assessment("capd", at=START, total=9), ice(10, at=at(-1))), (0, 0)),
        (None, (assessment("capd", at=START, total=9), ice(10, at=at(1))), (0, 0)),
        (11.9, (ice(4, at=START),), (2, 2)),
        (11.9, (ice(4, at=START), assessment("capd", at=START, total=5)), (0, 1)),
        (11.9, (assessment("capd", at=START, total=0),), (0, 0)),
    ],
)
def test_a_child_has_capd_in_the_place_of_ice(
    age: float | None, events: tuple[Fields, ...], expected: tuple[int, int]
) -> None:
    assert grades(patient(age_years=age), *events) == expected


def test_a_capd_of_unknown_age_counts_for_the_consensus_beside_ice_of_the_other_form() -> None:
    other = assessment("ice", at=at(1), scheme="zero_to_two", total=8)

    assert grades(AGELESS, assessment("capd", at=START, total=9), other) == (1, 3)


@pytest.mark.parametrize(("total", "lowest"), [(0, 0), (1, 1), (8, 1), (9, 3), (20, 3)])
def test_a_capd_of_unknown_age_proves_a_grade_and_rules_none_out(total: int, lowest: int) -> None:
    """Who is 12 or older had no ICE."""
    capd = assessment("capd", at=START, total=total)

    assert ranges(AGELESS, ALERT, capd) == ((0, 3), (lowest, 3))
    assert ranges(CHILD, ALERT, capd) == ((0, 0), (lowest, lowest))


def test_a_capd_of_unknown_age_is_told_with_its_doubt() -> None:
    seen = Bedside(AGELESS, ALERT, assessment("capd", at=START, total=20))

    (line,) = seen.told("ICANS-UP")
    assert (line.state, line.priorities) == ("raised", {"astct-2019": "P1"})
    assert [(each.signal, each.value) for each in line.because] == [("capd", 20)]
    assert [(each.signal, each.value) for each in line.doubts or ()] == [("age_years", None)]
    assert "Check: CAPD of a patient whose age is not known." in line.advice
    assert seen.status(NOW).flags == ("capd_without_age",)


@pytest.mark.parametrize(
    "events",
    [
        (AGELESS,),
        (AGELESS, ice(10, at=START)),
        (CHILD, assessment("capd", at=START, total=20)),
        (ADULT, assessment("capd", at=START, total=20)),
    ],
)
def test_without_capd_or_with_an_age_there_is_no_such_doubt(events: tuple[Fields, ...]) -> None:
    seen = Bedside(*events, assessment("consciousness", at=START, level="voice"))

    assert "capd_without_age" not in seen.status(NOW).flags
    assert "age" not in seen.told("ICANS-UP")[-1].advice
    doubts = seen.told("ICANS-UP")[-1].doubts or ()
    assert "age_years" not in {each.signal for each in doubts}


@pytest.mark.parametrize(("age", "told"), [(60, ["raised P1", "retracted"]), (8, ["raised P1"])])
def test_the_age_decides_once_it_is_told(age: int, told: list[str]) -> None:
    seen = Bedside(AGELESS, ALERT, assessment("capd", at=START, total=20))
    seen.take(patient(at=at(1), age_years=age))

    assert seen.states("ICANS-UP")[: len(told)] == told
    assert seen.is_open("ICANS-UP") is (age == 8)
    assert seen.status(NOW).flags == ()


# Seizures


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((seizure(duration_s=300, resolved=True),), (3, 3)),
        ((seizure(duration_s=301, resolved=True),), (4, 4)),
        ((seizure(seizure_type="electrographic", resolved=True),), (3, 3)),
        ((seizure(returned_to_baseline=True),), (3, 3)),
        ((seizure(duration_s=60),), (3, 3)),
        # Not known to be over: hours later it is prolonged by the clock.
        ((seizure(),), (4, 4)),
        ((seizure(duration_s=60, resolved=False),), (4, 4)),
        # Repetitive.
        (
            (
                seizure(-20, duration_s=60, resolved=True, returned_to_baseline=False),
                seizure(duration_s=60, resolved=True),
            ),
            (4, 4),
        ),
        (
            (
                seizure(-25, duration_s=60, resolved=True, returned_to_baseline=False),
                seizure(duration_s=60, resolved=True),
            ),
            (3, 3),
        ),
        (
            (
                seizure(-20, duration_s=60, resolved=True, returned_to_baseline=True),
                seizure(duration_s=60, resolved=True),
            ),
            (3, 3),
        ),
    ],
)
def test_seizures_count_by_how_they_went(
    events: tuple[Fields, ...], expected: tuple[int, int]
) -> None:
    assert grades(ADULT, *events) == expected


def test_whether_baseline_was_reached_may_be_unknown() -> None:
    events = (
        seizure(-1, duration_s=60, resolved=True),
        seizure(duration_s=60, resolved=True),
        ice(9, at=at(-2)),
        conscious(-0.5, level="alert"),
    )

    assert ranges(ADULT, *events) == ((3, 4), (3, 4))


def test_a_seizure_that_goes_on_is_prolonged_at_5_minutes_by_the_clock() -> None:
    bed = Bedside(ADULT, seizure(duration_s=60, resolved=False))

    bed.tick(START + minutes(5) - timedelta(milliseconds=1))
    assert [line.priority for line in bed.told("ICANS-UP")] == ["P1"]
    line, steroid = bed.tick(START + minutes(5))

    assert (line.rule, line.state) == ("ICANS-UP", "changed")
    assert (steroid.rule, steroid.state) == ("STEROID-ICANS", "changed")
    assert line.icans is not None
    assert line.icans["astct-2019"].lowest == 4


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((ice(10, at=at(1)), conscious(1, level="alert")), 0),
        ((ice(10, at=at(1)),), 3),
        ((conscious(1, level="alert"),), 3),
        ((ice(10, at=START), conscious(1, level="alert")), 3),  # not later
        ((ice(10, at=at(1)), conscious(1, level="alert", sedated=True)), 3),
    ],
)
def test_a_seizure_counts_until_ice_and_consciousness_were_examined_later(
    events: tuple[Fields, ...], expected: int
) -> None:
    over = seizure(duration_s=60, resolved=True)

    assert grades(ADULT, over, *events) == (expected, expected)


def test_a_seizure_that_is_not_over_is_not_examined_away() -> None:
    exams = ice(10, at=at(1)), conscious(1, level="alert")

    assert grades(ADULT, seizure(resolved=False), *exams) == (4, 4)


EXAMINED = ice(10, at=at(1)), conscious(1, level="alert")
IN_BETWEEN = ice(10, at=at(0.1)), conscious(0.1, level="alert")


@pytest.mark.parametrize(
    "began", [{"resolved": False}, {}, {"resolved": False, "returned_to_baseline": False}]
)
@pytest.mark.parametrize(
    "ended",
    [
        {"resolved": True},
        {"resolved": True, "duration_s": 180, "returned_to_baseline": True},
        {"returned_to_baseline": True},
    ],
)
def test_a_later_record_says_that_a_seizure_is_over(
    began: dict[str, Any], ended: dict[str, Any]
) -> None:
    over = seizure(3 / 60, **ended)

    assert grades(ADULT, seizure(**began), over, *EXAMINED) == (0, 0)
    assert grades(ADULT, seizure(**began), over)[1] >= 3  # and then both have to be examined


@pytest.mark.parametrize(
    "later",
    [
        {"resolved": False},
        {"resolved": False, "returned_to_baseline": True},
        {"duration_s": 60},  # another seizure, of a length of its own
        {"returned_to_baseline": False},
        {},
    ],
)
def test_a_later_record_of_a_seizure_that_goes_on_ends_none(later: dict[str, Any]) -> None:
    assert grades(ADULT, seizure(resolved=False), seizure(3 / 60, **later), *EXAMINED) == (4, 4)


def test_one_record_ends_all_that_went_on_before_it() -> None:
    went_on = seizure(), seizure(2 / 60, resolved=False)

    assert grades(ADULT, *went_on, seizure(4 / 60, resolved=True), *EXAMINED) == (0, 0)


@pytest.mark.parametrize(("seconds", "grade"), [(300, 3), (301, 4), (4 * 3600, 4)])
def test_a_seizure_that_a_later_record_ends_lasted_until_then(seconds: int, grade: int) -> None:
    """More than 5 minutes is prolonged, and is so when it is over."""
    over = seizure(seconds / 3600, resolved=True)

    assert grades(ADULT, seizure(resolved=False), over) == (grade, grade)


def test_a_seizure_is_examined_away_after_the_record_that_ends_it() -> None:
    over = seizure(0.5, resolved=True)

    assert grades(ADULT, seizure(resolved=False), *IN_BETWEEN, over) == (4, 4)
    assert grades(ADULT, seizure(resolved=False), *IN_BETWEEN, over, *EXAMINED) == (0, 0)


def test_a_seizure_that_has_ended_turns_no_more_by_the_clock() -> None:
    bed = Bedside(ADULT, seizure(resolved=False), seizure(3 / 60, resolved=True))

    bed.tick(START + minutes(30))

    assert [line.priority for line in bed.told("ICANS-UP")] == ["P1"]


def test_the_end_of_a_seizure_counts_whatever_the_seizure_is_attributed_to() -> None:
    """Though the record that ends it was made while another cause held."""
    attributed = (
        assessment("attribution", at=at(2 / 60), domain="neuro", cause="infection", by="doctor"),
        assessment("attribution", at=at(0.5), domain="neuro", cause="icans", by="doctor"),
    )
    over = seizure(3 / 60, resolved=True)

    assert grades(ADULT, seizure(resolved=False), *attributed, over, *EXAMINED) == (0, 0)


EXAMINED_BETWEEN = ice(5, at=at(-8)), conscious(-8, level="alert")
BRIEF: Final = {"duration_s": 60, "resolved": True}


@pytest.mark.parametrize(
    ("returned", "expected"), [(False, (4, 4)), (None, (3, 4)), (True, (3, 3))]
)
def test_seizures_are_repetitive_though_the_patient_was_examined_between_them(
    returned: bool | None, expected: tuple[int, int]
) -> None:
    """An examination is no return to baseline unless one is charted."""
    first = seizure(-11, **BRIEF, returned_to_baseline=returned)
    seen = ice(10, at=at(-12)), first, *EXAMINED_BETWEEN

    assert grades(ADULT, *seen, now=at(-1)) == (2, 2)
    assert ranges(ADULT, *seen, seizure(**BRIEF)) == (expected, expected)


def test_repetitive_seizures_count_until_both_were_examined_after_the_later_one() -> None:
    first = seizure(-11, **BRIEF, returned_to_baseline=False)
    pair = first, *EXAMINED_BETWEEN, seizure(**BRIEF, returned_to_baseline=False)
    calm = ice(10, at=at(1)), conscious(1, level="alert")

    assert grades(ADULT, *pair, calm[0]) == grades(ADULT, *pair, calm[1]) == (4, 4)
    assert ranges(ADULT, *pair, *calm) == ((0, 0), (0, 0))


def test_a_third_seizure_is_compared_with_the_one_before_it_alone() -> None:
    first = seizure(-11, **BRIEF, returned_to_baseline=False)
    second = seizure(-9, **BRIEF, returned_to_baseline=True)

    assert grades(ADULT, first, second, *EXAMINED_BETWEEN, seizure(**BRIEF)) == (3, 3)


def test_a_seizure_of_another_cause_makes_none_repetitive_where_that_is_honoured() -> None:
    first = seizure(-11, **BRIEF, returned_to_baseline=False)
    attributed = cause("bleeding", -11.5), first, cause("icans", -9)

    assert grades(ADULT, *attributed, *EXAMINED_BETWEEN, seizure(**BRIEF)) == (4, 3)


def test_a_first_seizure_that_is_told_late_makes_the_second_repetitive() -> None:
    first = late(seizure(-11, **BRIEF, returned_to_baseline=False), hours(12))
    bed = Bedside(ADULT, *EXAMINED_BETWEEN, seizure(**BRIEF), first)

    assert bed.states("ICANS-UP") == ["raised P2", "changed P1", "changed P1"]


# Carried forward


def test_while_intubated_the_grade_is_carried_forward() -> None:
    events = ADULT, ice(5, at=START), ALERT, tube(1)

    assert ranges(*events) == ((2, 4), (2, 4))
    assert estimated(*events)
    assert not estimated(ADULT, ice(5, at=START), ALERT)


def test_nothing_to_carry_is_an_estimated_0() -> None:
    assert grades(ADULT, tube(1)) == (0, 0)
    assert estimated(ADULT, tube(1))


def test_an_ice_while_intubated_counts() -> None:
    events = ADULT, ice(5, at=START), tube(1), ice(10, at=at(2))

    assert grades(*events) == (0, 0)
    assert not estimated(*events)


def test_what_is_found_under_sedation_says_nothing() -> None:
    asleep = conscious(1, level="unarousable", sedated=True)

    said = ADULT, ice(5, at=START), asleep

    assert grades(*said) == (2, 2)
    assert grades(*said, conscious(3, level="tactile")) == (2, 2)
    assert grades(*said, conscious(3, level="tactile", sedated=False)) == (3, 3)


@pytest.mark.parametrize("drug", ["propofol", "midazolam", "dexmedetomidine"])
def test_a_sedative_that_runs_sedates_until_it_stops(drug: str) -> None:
    runs = infusion(drug, at=at(1), rate_unit="mg/h")
    stops = infusion(drug, at=at(2), action="stop")
    deep = conscious(3, level="unarousable")

    assert grades(ADULT, runs, deep) == (0, 0)
    assert grades(ADULT, runs, stops, deep) == (4, 4)
    assert grades(ADULT, runs, conscious(2, sedated=False), deep) == (4, 4)


def test_nothing_lowers_a_grade_that_is_carried_forward() -> None:
    events = (
        ADULT,
        ice(9, at=START),
        tube(1),
        conscious(1.5, level="tactile"),
        sign("focal_edema", 1.5),
        conscious(2, level="alert"),
        sign("focal_edema", 2, present=False),
    )

    assert grades(*events) == (3, 3)
    assert grades(*events, tube(2.5, "room_air")) == (3, 3)
    assert grades(*events, ice(9, at=at(3))) == (1, 1)


def test_an_attribution_does_not_lower_what_is_carried_forward() -> None:
    events = ADULT, ice(5, at=START), tube(1)

    assert grades(*events, cause("sedation", 2)) == (2, 2)
    assert grades(*events, cause("bleeding", 2)) == (2, 2)
    assert grades(ADULT, ice(5, at=START), cause("bleeding", 0.5), tube(1)) == (2, 0)


# Attribution, which the consensus honours


def test_another_cause_takes_the_grade_away_while_it_holds() -> None:
    events = ADULT, ice(5, at=START), sign("focal_weakness")

    assert grades(*events, cause("bleeding", 1)) == (4, 0)
    assert grades(*events, cause("bleeding", 1), cause("icans", 2)) == (4, 4)


def test_what_was_found_under_another_cause_stays_out_afterwards() -> None:
    spell = cause("infection", 0), cause("icans", 2)

    assert grades(ADULT, *spell, ice(5, at=at(1))) == (2, 0)
    assert grades(ADULT, *spell, sign("focal_weakness", 1)) == (4, 0)
    assert grades(ADULT, *spell, seizure(1, duration_s=60, resolved=True)) == (3, 0)
    assert grades(ADULT, *spell, conscious(1, level="tactile")) == (3, 0)
    assert grades(ADULT, *spell, ice(5, at=at(2))) == (2, 2)


def test_what_was_there_before_comes_back_at_the_milder_of_the_two() -> None:
    events = ADULT, ice(8, at=START), cause("infection", 0.5), ice(2, at=at(1)), cause("icans", 2)

    assert grades(*events) == (3, 1)


def test_a_normal_finding_under_another_cause_counts() -> None:
    events = ADULT, ice(2, at=START), cause("infection", 0.5), ice(10, at=at(1)), cause("icans", 2)

    assert grades(*events) == (0, 0)


def test_a_correction_changes_what_is_known() -> None:
    first = ice(2, at=START)

    assert grades(ADULT, first, corrected(first, hours(1), total=9)) == (1, 1)
