"""A reading that leaves its level as it was needs no rule asked, wherever among others it lies."""

from datetime import datetime

import pytest
from bedside import Bedside
from builders import INFUSED_AT, Fields, dose, on_day, patient, vitals

from stream.clinical.levels import FEVER, FEVER_AFTER_TOCILIZUMAB, still
from stream.clinical.organs import SCORED_MEAN
from topics.base import epoch_ms


def at(clock: str) -> datetime:
    return on_day(2, clock)


def temperature(clock: str, celsius: float = 38.5) -> Fields:
    return vitals(at=at(clock), temperature_c=celsius)


def left_by(came: Fields, *known: Fields, infused: datetime = INFUSED_AT) -> set[str]:
    """Name the levels of fever that a reading leaves as they were, after what is known."""
    seen = Bedside()
    for fields in (patient(at=on_day(-1), infused_at=infused), *known):
        seen.take_out_of_time(fields)
    before = seen.patient
    seen.take_out_of_time(came)
    levels = {"fever": FEVER, "fever after a dose": FEVER_AFTER_TOCILIZUMAB}
    moment_ms = epoch_ms(datetime.fromisoformat(came["effective_at"]))
    found = still(before, seen.patient, levels.values(), moment_ms)
    return {name for name, level in levels.items() if level in found}


BOTH = {"fever", "fever after a dose"}


@pytest.mark.parametrize(
    ("known", "came", "left"),
    [
        pytest.param([], temperature("12:01"), set(), id="the first of all"),
        pytest.param(["12:00"], temperature("12:01"), BOTH, id="as the one before"),
        pytest.param(["12:00"], temperature("12:01", 37.9), set(), id="the level turns"),
        pytest.param(["12:00", "12:02"], temperature("12:01"), BOTH, id="between two"),
        pytest.param(["12:00", "12:02"], temperature("12:01", 37.9), set(), id="not as the first"),
        pytest.param(["12:02"], temperature("12:01"), set(), id="before the first of all"),
        pytest.param(
            ["12:00", "12:01", "12:02"],
            temperature("12:01") | {"event_id": "another"},
            set(),
            id="at the moment of another",
        ),
    ],
)
def test_a_level_is_left_by_what_follows_one_of_the_same(
    known: list[str], came: Fields, left: set[str]
) -> None:
    """Later readings may be known already: those of a device are not always in order."""
    assert left_by(came, *map(temperature, known)) == left


@pytest.mark.parametrize(
    ("clock", "left"),
    [
        pytest.param("11:59", BOTH, id="a dose before both"),
        pytest.param("12:00", BOTH, id="at the moment of the first"),
        pytest.param("12:01", set(), id="between them"),
        pytest.param("12:03", set(), id="after both"),
    ],
)
def test_what_is_charted_by_hand_after_the_reading_before_has_the_rules_asked(
    clock: str, left: set[str]
) -> None:
    """A reading may lie on the other side of a dose than the one before it."""
    charted = dose("acetaminophen", at=at(clock))

    assert left_by(temperature("12:02"), temperature("12:00"), charted) == left


@pytest.mark.parametrize(
    ("dosed", "known", "left"),
    [
        pytest.param("03:30", ["12:00"], {"fever"}, id="8.5 h before"),
        pytest.param("00:00", ["12:00"], {"fever"}, id="12 h before the one before"),
        pytest.param("04:01", ["12:00"], BOTH, id="less than 8 h before"),
        pytest.param("04:01", ["12:00", "13:00"], {"fever"}, id="8 h before the one after it"),
        pytest.param("04:01", ["12:00", "12:01"], BOTH, id="less than 8 h before the one after it"),
    ],
)
def test_around_the_hours_in_which_fever_after_a_dose_is_looked_for_each_reading_counts(
    dosed: str, known: list[str], left: set[str]
) -> None:
    """A rule may look at how old the reading before the one at that time was."""
    given = dose("tocilizumab", at=at(dosed))
    came = vitals(at=at("12:00").replace(second=30), temperature_c=38.5)

    assert left_by(came, given, *map(temperature, known)) == left


@pytest.mark.parametrize(
    ("infused", "left"),
    [
        pytest.param("11:59", BOTH, id="before all of them"),
        pytest.param("12:00", BOTH, id="at the first"),
        pytest.param("12:01", set(), id="between the first and the reading"),
        pytest.param("12:02", set(), id="at the reading"),
        pytest.param("12:03", set(), id="between the reading and the one after it"),
        pytest.param("12:05", BOTH, id="after all of them, a plan"),
    ],
)
def test_readings_on_both_sides_of_the_infusion_have_the_rules_asked(
    infused: str, left: set[str]
) -> None:
    """What was measured before it does not count."""
    known = map(temperature, ("12:00", "12:04"))

    assert left_by(temperature("12:02"), *known, infused=at(infused)) == left


@pytest.mark.parametrize(
    ("mean", "left"),
    [(75.0, True), (70.0, True), (69.9, False), (None, False)],
)
def test_a_mean_pressure_that_stays_on_its_side_has_sofa_not_asked(
    mean: float | None, left: bool
) -> None:
    seen = Bedside(patient(), vitals(at=at("12:00"), mean_arterial_mmhg=80, systolic_mmhg=110))
    before = seen.patient
    came = vitals(at=at("12:01"), mean_arterial_mmhg=mean, systolic_mmhg=110)
    seen.take_out_of_time(came)

    found = still(before, seen.patient, [SCORED_MEAN], epoch_ms(at("12:01")))

    assert (SCORED_MEAN in found) is left
