"""For which illness tocilizumab was given: one with no fever, and one whose fever came after it.

CLINICAL.md DEC-2, DEC-33, DEC-42, DEC-51; decisions 46 and 63.
"""

from datetime import datetime

import pytest
from bedside import Bedside, hours, late, removed
from builders import Fields, dose, infusion, on_day, patient, reading, vitals
from hypothesis import given
from hypothesis import strategies as st

from topics.base import epoch_ms

START = on_day(3, "08:00")
TIMED = ("REASSESS", "SHOCK24", "STEROID-CRS")
WELL = {"temperature_c": 36.8, "systolic_mmhg": 120, "oxygen": {"device": "room_air"}}


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def low(after_h: float = 0, mmhg: float = 80, **fields: object) -> Fields:
    return reading(at=at(after_h), systolic_mmhg=mmhg, **fields)


def toci(after_h: float) -> Fields:
    return dose("tocilizumab", at=at(after_h), event_id=f"toci-{after_h}")


def steroid(after_h: float = -4) -> Fields:
    return dose("dexamethasone", at=at(after_h), event_id=f"dex-{after_h}", dose_value=10)


def norepinephrine(after_h: float = 0.5) -> Fields:
    return infusion(at=at(after_h))


def afebrile(*, until_h: int) -> list[Fields]:
    """A monitor that says each 2 hours that the temperature is normal, and the pressure is held."""
    return [vitals(at=at(each), systolic_mmhg=95) for each in range(2, until_h + 1, 2)]


def masked(*events: Fields) -> Bedside:
    """Shock under a steroid, with no fever at any time."""
    return Bedside(patient(), steroid(), low(), norepinephrine(), *events)


def timed(bed: Bedside) -> dict[str, list[tuple[str, float]]]:
    """What is timed from tocilizumab, in hours after the start."""
    return {
        rule: [
            (state, (line.at - START) / hours(1))
            for state, line in zip(bed.states(rule), bed.told(rule), strict=True)
        ]
        for rule in TIMED
    }


# An illness that a mask alone grades


def test_what_is_timed_from_tocilizumab_comes_without_fever_as_it_does_with_it() -> None:
    for_fever = [low(temperature_c=38.4), norepinephrine(), toci(1.5), *afebrile(until_h=28)]
    with_fever = Bedside(patient(), *for_fever)
    bed = masked(toci(1.5), *afebrile(until_h=28))

    assert timed(bed) == {
        "REASSESS": [("raised P3", 13.5), ("changed P2", 25.5)],
        "SHOCK24": [("raised P1", 25.5)],
        "STEROID-CRS": [("raised P2", 25.5)],
    }
    assert timed(bed) == timed(with_fever)
    assert {line.episode for rule in TIMED for line in bed.told(rule)} == {0}
    assert bed.patient.episodes == ()


def test_a_grade_that_rises_after_tocilizumab_asks_for_a_steroid() -> None:
    bed = Bedside(patient(), steroid(-7), low(), toci(1.5), low(2, 84))
    assert bed.states("STEROID-CRS") == []

    bed.take(norepinephrine(3), infusion("epinephrine", at=at(4)))
    lines = bed.told("STEROID-CRS")
    assert [(line.at, line.priorities) for line in lines] == [
        (at(3), {"astct-2019": "P1"}),
        (at(4), {"manikath-2025": "P1", "astct-2019": "P1"}),
    ]
    assert "It has become worse since tocilizumab" in lines[0].advice


def test_it_is_refractory_after_two_doses_and_a_high_dose_of_a_steroid() -> None:
    quarters = [steroid(each) for each in range(2, 21, 6)]
    events = [toci(1), infusion("epinephrine", at=at(1.5)), toci(9), *quarters]
    bed = masked(*sorted(events, key=lambda each: str(each["effective_at"])))
    due = at(21)
    persists = "despite two doses"

    bed.tick(due - hours(0.01))
    assert not any(persists in line.advice for line in bed.told("REFRACTORY"))
    bed.tick(due)
    assert persists in bed.told("REFRACTORY")[-1].advice


def test_tocilizumab_hides_a_fever_for_as_long_as_the_illness_lasts() -> None:
    """The window of the steroid ends at 44 h, with nothing improved."""
    bed = masked(toci(1.5), *afebrile(until_h=60))

    assert bed.grades(at(60)) == (2, 3)
    assert bed.states("UNATTRIBUTED-DETERIORATION") == []
    assert bed.is_open("CRS-UP")
    assert bed.is_open("TOCI-IND")


def test_siltuximab_does_so_too_and_without_either_the_window_of_the_steroid_stands() -> None:
    other = dose("siltuximab", at=at(1.5), dose_value=880)

    assert masked(other, *afebrile(until_h=50)).grades(at(50)) == (2, 3)
    bed = masked(*afebrile(until_h=50))
    assert bed.grades(at(50)) == (0, 0)
    assert bed.states("UNATTRIBUTED-DETERIORATION") == ["raised P2"]


def test_the_illness_is_over_when_it_was_clean_for_24_hours() -> None:
    stop = infusion(at=at(10), action="stop")
    calm = [reading(at=at(each), **WELL) for each in range(10, 34, 3)]
    bed = masked(toci(1.5), stop, *calm)

    bed.tick(at(34) - hours(0.01))
    assert bed.is_open("REASSESS")
    assert bed.grades(at(34) - hours(0.01)) == (0, 0)
    bed.tick(at(34))
    assert bed.states("REASSESS") == ["raised P3", "changed P2", "resolved"]
    bed.take(low(35))
    assert bed.grades(at(35)) == (2, 2)  # by the steroid, whose window ends at 44 h
    assert bed.grades(at(44.1)) == (0, 0)


def test_one_who_is_ill_again_within_these_24_hours_is_in_the_same_illness() -> None:
    stop = infusion(at=at(10), action="stop")
    calm = [reading(at=at(each), **WELL) for each in (10, 20, 30)]
    bed = masked(toci(1.5), stop, *calm, low(33))
    bed.tick(at(60))

    assert bed.grades(at(60)) == (2, 2)
    assert bed.states("REASSESS") == ["raised P3", "changed P2"]


def test_an_episode_that_opens_goes_on_from_the_illness() -> None:
    """The dose lies more than 24 hours before the first fever, and was for the same shock."""
    bed = masked(toci(1.5), *afebrile(until_h=28), reading(at=at(29), temperature_c=38.5))

    assert {line.episode for line in bed.told("SHOCK24")} == {0, 1}
    assert bed.is_open("SHOCK24")
    assert bed.is_open("REASSESS")
    assert bed.is_open("STEROID-CRS")


def test_a_dose_that_is_removed_takes_back_what_it_timed() -> None:
    given = toci(1.5)
    bed = masked(given, *afebrile(until_h=28))
    bed.take(removed(given, hours(28)))

    for rule in TIMED:
        assert bed.states(rule)[-1] == "retracted"


def test_a_state_that_is_read_again_goes_on() -> None:
    bed = masked(toci(1.5), *afebrile(until_h=12))
    bed.restored()
    bed.take(*afebrile(until_h=28)[6:])

    assert bed.is_open("SHOCK24")
    bed.restored()
    assert bed.grades(at(60)) == (2, 3)


# A dose from before the first fever


def test_a_dose_shortly_before_the_first_fever_is_one_for_that_episode() -> None:
    fevers = [reading(at=at(each), temperature_c=38.6) for each in (0.6, *range(4, 30, 4))]
    bed = Bedside(patient(), low(mmhg=78, temperature_c=37.8), norepinephrine(0.1), toci(0.5))
    bed.take(*fevers)

    assert timed(bed) == {
        "REASSESS": [("raised P3", 12.5), ("changed P2", 24.5)],
        "SHOCK24": [("raised P1", 24.5)],
        "STEROID-CRS": [("raised P2", 24.5)],
    }
    assert {line.episode for rule in TIMED for line in bed.told(rule)} == {1}


@pytest.mark.parametrize(("before_h", "counts"), [(24, True), (24.01, False)])
def test_it_is_one_up_to_24_hours_before_the_onset(before_h: float, counts: bool) -> None:
    onset = reading(at=START, temperature_c=38.6)
    bed = Bedside(patient(infused_at=on_day(0, "08:00")), toci(-before_h), onset)

    assert bed.is_open("REASSESS") is counts


def test_one_of_the_episode_before_is_not_one_of_the_next() -> None:
    calm = [reading(at=at(each), **WELL) for each in range(1, 26, 3)]
    again = [reading(at=at(each), temperature_c=38.6, systolic_mmhg=80) for each in (26, 38)]
    bed = Bedside(patient(), reading(at=START, temperature_c=38.6), *calm[:2], toci(5), *calm[2:])
    bed.tick(at(25.5))
    assert bed.patient.episodes[0].closed_ms is not None

    bed.take(*again)
    assert [line.at for line in bed.told("REASSESS") if line.episode == 2] == []
    assert bed.patient.course.response == {}


def test_the_grade_at_such_a_dose_is_what_it_would_have_been_with_the_fever() -> None:
    """It is no better, though it was worse between the dose and the fever."""
    events = [low(), toci(0.5), norepinephrine(0.6), infusion(at=at(0.8), action="stop")]
    bed = Bedside(patient(), *events, reading(at=at(1), temperature_c=38.6))
    bed.tick(at(24.5))

    assert {name: tuple(each) for name, each in bed.patient.course.response.items()} == {
        "manikath-2025": (2, 2),
        "astct-2019": (2, 2),
    }
    assert [line.at for line in bed.told("STEROID-CRS")] == [at(24.5)]


def test_a_fever_that_is_charted_late_makes_the_dose_one_of_its_episode() -> None:
    fever = reading(at=at(-0.5), temperature_c=38.6)
    bed = Bedside(patient(), low(mmhg=78), norepinephrine(0.1), toci(0.5))
    bed.take(late(fever, hours(6)))
    bed.tick(at(24.5))

    assert bed.is_open("SHOCK24")
    assert bed.is_open("STEROID-CRS")


# A dose that is told when the readings of its time are no longer kept


def shocked(until_h: int) -> list[Fields]:
    return [low(each, temperature_c=38.6) for each in range(0, until_h, 2)]


@pytest.mark.parametrize("told_h", [50, 80, 120, 160])
def test_a_dose_that_is_told_days_late_asks_for_a_steroid_all_the_same(told_h: int) -> None:
    bed = Bedside(patient(), *shocked(told_h))
    assert bed.states("STEROID-CRS") == []

    bed.take(late(toci(1), hours(told_h - 1)))
    bed.restored()
    bed.take(norepinephrine(told_h + 1), infusion("epinephrine", at=at(told_h + 2)))

    lines = bed.told("STEROID-CRS")
    assert [line.at for line in lines] == [at(told_h), at(told_h + 1), at(told_h + 2)]
    assert lines[-1].priorities == {"manikath-2025": "P1", "astct-2019": "P1"}


def test_one_told_late_asks_for_none_where_the_illness_is_mild() -> None:
    calm = [reading(at=at(each), temperature_c=38.3, systolic_mmhg=118) for each in range(6, 99, 2)]
    bed = Bedside(patient(), *shocked(6), *calm)
    bed.take(late(toci(1), hours(97)))

    assert bed.states("STEROID-CRS") == []


def test_one_from_before_the_infusion_is_followed_by_nothing() -> None:
    """It was no dose of this stay: the grade at the first one that is counts."""
    onset = reading(at=at(0), temperature_c=38.6)
    bed = Bedside(patient(infused_at=at(-11)), toci(-12), onset, low(8, temperature_c=38.6))
    bed.take(toci(8.5))

    assert bed.states("STEROID-CRS") == []
    assert {tuple(each) for each in bed.patient.course.response.values()} == {(2, 2)}


def test_one_that_is_removed_days_later_times_nothing_any_more() -> None:
    given = toci(1)
    bed = Bedside(patient(), *shocked(1), given, *shocked(80)[1:])
    bed.take(removed(given, hours(79)))
    assert bed.states("STEROID-CRS") == ["raised P2", "retracted"]

    bed.take(norepinephrine(81), infusion("epinephrine", at=at(82)))
    assert not bed.is_open("STEROID-CRS")


@given(order=st.permutations(range(9)))
def test_the_illness_does_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    stop = infusion(at=at(4), action="stop")
    events = [steroid(), low(), norepinephrine(), toci(1.5), toci(-9), stop, low(27, 84)]
    events += [reading(at=at(5), **WELL), reading(at=at(31), temperature_c=38.2)]
    bed = Bedside(patient(), *sorted(events, key=lambda each: str(each["effective_at"])))
    shuffled = Bedside(patient())
    shuffled.tick(at(32))
    for place, number in enumerate(order):
        shuffled.take_out_of_time(events[number], at(33 + place / 10))

    assert shuffled.patient.course == bed.patient.course
    course = bed.patient.course
    assert (course.masked_ms, course.onset_ms) == (epoch_ms(at(0)), epoch_ms(at(31)))
    assert course.response == {"manikath-2025": (1, 1), "astct-2019": (1, 1)}  # from -9 h on


def test_a_dose_for_an_illness_before_is_no_reason_to_repeat_it() -> None:
    first = [low(temperature_c=38.4), toci(1), *afebrile(until_h=30)]
    bed = Bedside(patient(), *first, low(60, temperature_c=38.4), toci(61))
    bed.tick(at(70))
    second, again = (line.advice for line in bed.told("TOCI-IND") if at(60) <= line.at != at(61))

    assert "Give tocilizumab now (dose 2 of the stay): 640 mg IV" in second
    assert "The last dose was given at 4 Mar 09:00 UTC, before this illness." in second
    assert "still" not in second
    assert "Repeat tocilizumab now (dose 3): 640 mg IV" in again
    assert "The last dose is 8 hours old or more and the grade is still 2 or more." in again
    assert "before this illness" not in again
