"""Since when the grade has been 2 or more: by it antibiotics and cultures are timed."""

from datetime import datetime

import pytest
from bedside import Bedside, corrected, hours, late, removed
from builders import Fields, assessment, dose, on_day, patient, reading
from hypothesis import given
from hypothesis import strategies as st

from stream.clinical.times import moment

START = on_day(3, "08:00")
FEVER = reading(at=START, temperature_c=38.6)
WELL = {"temperature_c": 36.8, "systolic_mmhg": 120, "oxygen": {"device": "room_air"}}


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def low(after_h: float, mmhg: float = 86) -> Fields:
    return reading(at=at(after_h), systolic_mmhg=mmhg)


def since(bed: Bedside) -> dict[str, float]:
    """By policy, in hours after the start."""
    found = bed.patient.course.grade_2_from
    return {name: (moment(each) - START) / hours(1) for name, each in found.items()}


def both(after_h: float) -> dict[str, float]:
    return {"manikath-2025": after_h, "astct-2019": after_h}


def test_it_is_the_first_moment_of_the_episode_whatever_the_grade_is_later() -> None:
    bed = Bedside(patient(), FEVER, low(1), low(2, 120), low(3))

    assert since(bed) == both(1)


def test_a_fever_alone_is_none() -> None:
    assert since(Bedside(patient(), FEVER)) == {}


def test_each_policy_has_its_own() -> None:
    """Haemofiltration is grade 4 in the review, and nothing in the consensus."""
    crrt = assessment("support", at=at(1), support="crrt", action="start")
    bed = Bedside(patient(), FEVER, crrt)
    assert since(bed) == {"manikath-2025": 1}

    bed.take(low(2))
    assert since(bed) == {"manikath-2025": 1, "astct-2019": 2}


def test_what_another_cause_explains_counts_where_no_policy_asks_for_a_cause() -> None:
    bleeding = assessment("attribution", at=at(0.5), domain="hypotension", cause="bleeding")
    ended = assessment("attribution", at=at(2), domain="hypotension", cause="crs")
    bed = Bedside(patient(), FEVER, bleeding, low(1))
    assert since(bed) == {"manikath-2025": 1}

    bed.take(ended, low(3))
    assert since(bed) == {"manikath-2025": 1, "astct-2019": 3}


def test_a_late_attribution_sets_it_right() -> None:
    bleeding = assessment("attribution", at=at(0.5), domain="hypotension", cause="bleeding")

    assert since(Bedside(patient(), FEVER, low(1), late(bleeding, hours(3)))) == {
        "manikath-2025": 1
    }


def test_a_correction_or_a_removal_takes_it_away() -> None:
    for change in (corrected(low(1), hours(1), systolic_mmhg=120), removed(low(1), hours(1))):
        assert since(Bedside(patient(), FEVER, low(1), change)) == {}


def test_the_next_episode_has_its_own() -> None:
    calm = [reading(at=at(each), **WELL) for each in range(2, 30, 2)]
    again = reading(at=at(40), temperature_c=38.8, systolic_mmhg=84)
    bed = Bedside(patient(), FEVER, low(1), *calm)
    bed.tick(at(30))
    assert bed.grades(at(30)) == (0, 0)

    bed.take(again)
    assert since(bed) == both(40)


def test_with_no_episode_it_lasts_as_long_as_the_grade() -> None:
    steroid = dose("dexamethasone", at=at(-1), dose_value=10)
    bed = Bedside(patient(), steroid, low(1))
    assert since(bed) == both(1)

    bed.take(low(2, 120))
    assert since(bed) == {}


def test_an_episode_that_opens_takes_it_over() -> None:
    steroid = dose("dexamethasone", at=at(-1), dose_value=10)
    bed = Bedside(patient(), steroid, low(1), reading(at=at(2), temperature_c=38.5))

    assert since(bed) == both(1)


def test_it_is_kept_when_the_readings_are_no_longer() -> None:
    ill = [reading(at=at(each / 3), temperature_c=38.6, systolic_mmhg=86) for each in range(300)]
    bed = Bedside(patient(), *ill)
    assert bed.patient.before.at_ms is not None

    assert since(bed) == both(0)
    bed.restored()
    assert since(bed) == both(0)


@given(order=st.permutations(range(4)))
def test_it_does_not_depend_on_the_order_of_arrival(order: list[int]) -> None:
    cause = assessment("attribution", at=at(0.5), domain="hypotension", cause="bleeding")
    events = [FEVER, low(1), cause, reading(at=at(2), oxygen={"device": "simple_mask"})]
    bed = Bedside(patient())
    bed.tick(at(3))
    for place, number in enumerate(order):
        bed.take_out_of_time(events[number], at(3 + place))

    assert since(bed) == {"manikath-2025": 1, "astct-2019": 2}


@pytest.mark.parametrize("device", ["nasal_cannula", "high_flow", "bipap"])
def test_a_need_of_oxygen_is_one(device: str) -> None:
    assert since(Bedside(patient(), FEVER, reading(at=at(1), oxygen={"device": device}))) == both(1)
