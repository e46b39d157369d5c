"""The steps of a taper that a profile prescribes, and the doses that it limits (CLINICAL.md §4)."""

from collections.abc import Sequence
from datetime import datetime

import pytest
from bedside import Bedside, hours
from builders import Fields, dose, on_day, patient, reading

from stream.clinical.policies.asco_2021 import LIFE_THREATENING
from stream.clinical.policies.regimen import Regimen
from stream.clinical.times import in_words
from topics.base import MILLISECOND, epoch_ms

START = on_day(5, "08:00")
CRS = "STEROID-CRS"
FULL = (500,) * 6  # 3 days
TAPER = (*FULL, *(250,) * 4, *(125,) * 4, 60, 60)
WHOLE = (
    "Give methylprednisolone 500 mg IV every 12 h for 3 days (then 250 mg every 12 h for 2 days, "
    "125 mg every 12 h for 2 days, 60 mg every 12 h; where that is not enough, 1 g twice a day)."
)


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def breathing(after_h: float, device: str = "bipap") -> Fields:
    return reading(at=at(after_h), temperature_c=38.5, oxygen={"device": device})


def steroid(after_h: float, mg: float, drug: str = "methylprednisolone") -> Fields:
    return dose(drug, at=at(after_h), event_id=f"{drug}-{after_h}", dose_value=mg)


def given(doses: Sequence[float], every_h: float = 12) -> list[Fields]:
    return [steroid(every_h * place, mg) for place, mg in enumerate(doses)]


def ventilated(*events: Fields) -> Bedside:
    return Bedside(patient(), breathing(0), *events, management="asco-2021")


def open_h(seen: Bedside, *, from_h: float) -> float:
    """How many hours after the start it asks again, to the quarter."""
    assert not seen.is_open(CRS)
    quarter = round(from_h * 4)
    while not seen.is_open(CRS):
        quarter += 1
        seen.tick(at(quarter / 4) + MILLISECOND)
    return quarter / 4


# The taper of CRS 4


def test_a_taper_as_it_is_prescribed_is_asked_for_no_more() -> None:
    seen = ventilated(*given(TAPER))

    assert seen.states(CRS) == []
    assert open_h(seen, from_h=180) == 192


@pytest.mark.parametrize(
    ("doses", "asked_h"),
    [
        pytest.param((*FULL, 250), 84, id="the first step"),
        pytest.param((*FULL, 249), 78, id="less than the step"),
        pytest.param((*FULL[1:], 250), 66, id="a dose too early"),
        pytest.param((*FULL, 250, 250, 250, 125), 114, id="the second a dose too early"),
        pytest.param((*FULL, 250, 250, 250, 250, 125), 132, id="the second"),
        pytest.param((60, *FULL[1:], 250), 78, id="too small a dose before it"),
    ],
)
def test_a_dose_of_a_step_is_enough_for_the_interval_when_it_is_due(
    doses: Sequence[float], asked_h: float
) -> None:
    seen = ventilated(*given(doses))

    assert open_h(seen, from_h=12 * (len(doses) - 1)) == asked_h


@pytest.mark.parametrize(("after_h", "asked_h"), [(66, 78), (65.75, 72), (84, 96)])
def test_a_step_counts_from_half_an_interval_before_it_is_due(
    after_h: float, asked_h: float
) -> None:
    seen = ventilated(*given(FULL), steroid(after_h, 250))

    assert open_h(seen, from_h=after_h) == asked_h


def test_a_full_dose_after_a_lowered_one_begins_it_anew() -> None:
    """The grade rose again in the taper, and is as high when the next dose is due."""
    seen = ventilated(*given((*FULL, 250, 250)), steroid(96, 500))
    seen.tick(at(108) + MILLISECOND)
    assert WHOLE in seen.told(CRS)[-1].advice

    seen.take(steroid(109, 125))
    assert open_h(seen, from_h=109) == 115


def test_after_a_day_without_a_dose_a_taper_is_none() -> None:
    late = ventilated(*given(FULL), steroid(84, 250), steroid(108, 250))
    later = ventilated(*given(FULL), steroid(84, 250), steroid(108.25, 250))

    assert open_h(late, from_h=108) == 120
    assert open_h(later, from_h=108.25) == 114.25
    assert WHOLE in later.told(CRS)[-1].advice


def test_a_step_is_none_for_a_grade_that_rose_since() -> None:
    seen = ventilated(*given(FULL), breathing(70, "simple_mask"), steroid(72, 250), breathing(80))

    assert seen.told(CRS)[-1].at == at(80)
    assert WHOLE in seen.told(CRS)[-1].advice


@pytest.mark.parametrize(
    ("doses", "words", "since_h"),
    [
        (
            (*FULL, 250, 250),
            "250 mg IV every 12 h for 2 days (then 125 mg every 12 h for 2 days, 60 mg every 12 h",
            72,
        ),
        ((*FULL, *(250,) * 4), "125 mg IV every 12 h for 2 days (then 60 mg every 12 h", 120),
        (TAPER, "60 mg IV every 12 h (", 168),
    ],
)
def test_what_is_asked_for_is_the_step_that_is_due(
    doses: Sequence[float], words: str, since_h: float
) -> None:
    seen = ventilated(*given(doses))
    asked_h = open_h(seen, from_h=12 * (len(doses) - 1))

    assert asked_h == 12 * len(doses)
    beyond = f"{'' if words.endswith('(') else '; '}where that is not enough, 1 g twice a day"
    since = f"this step is due since {in_words(epoch_ms(at(since_h)))}"
    assert f"Give methylprednisolone {words}{beyond}; {since})." in seen.told(CRS)[-1].advice


def test_before_the_first_step_the_full_dose_is_asked_for() -> None:
    seen = ventilated(*given(FULL[1:]))
    open_h(seen, from_h=48)

    assert WHOLE in seen.told(CRS)[-1].advice


def test_a_taper_is_written_with_its_steps() -> None:
    assert f"Give {LIFE_THREATENING.in_words(80)}." == WHOLE
    assert Regimen("prednisone", "daily", mg=5).as_published == "prednisone 5 mg IV daily"


# The doses of CRS 2


def low(after_h: float) -> Fields:
    return reading(at=at(after_h), temperature_c=38.5, systolic_mmhg=84)


MORE = (
    "All the doses that ASCO 2021 has for it were given. Ask the CAR-T senior whether to give "
    "more, as the review has it: dexamethasone 10 mg IV every 6 h, or methylprednisolone 40 to 80 "
    "mg IV every 12 h (0.5 to 1 mg/kg at 80 kg)."
)


@pytest.mark.parametrize(
    ("doses", "asked_h", "words"),
    [
        ([(9, 10)], 21, "Give dexamethasone 10 mg IV every 12 h, 1 to 2 doses."),
        ([(9, 10), (21, 10)], 33, MORE),
        ([(9, 10), (21, 10), (33, 10)], 45, MORE),
        ([(9, 10), (21, 4)], 27, "Give dexamethasone 10 mg IV every 12 h, 1 to 2 doses."),
        ([(-2, 10), (9, 10)], 21, "Give dexamethasone 10 mg IV every 12 h, 1 to 2 doses."),
    ],
)
def test_after_both_doses_of_grade_2_no_third_is_told_to_be_given(
    doses: list[tuple[float, float]], asked_h: float, words: str
) -> None:
    """But it is not silent."""
    steroids = [steroid(*each, "dexamethasone") for each in doses]
    events = [low(-1), dose("tocilizumab", at=at(0)), *steroids]
    events.sort(key=lambda each: str(each["effective_at"]))
    seen = Bedside(patient(), *events, management="asco-2021")

    assert open_h(seen, from_h=doses[-1][0]) == asked_h
    line = seen.told(CRS)[-1]
    assert line.priority == "P2"
    assert "It is no better since tocilizumab" in line.advice
    assert words in line.advice


def test_what_grade_3_has_is_told_to_be_given_after_both_doses_of_grade_2() -> None:
    both = steroid(9, 10, "dexamethasone"), steroid(21, 10, "dexamethasone")
    worse = reading(at=at(28), oxygen={"device": "high_flow", "flow_l_min": 40})
    before = low(-1), dose("tocilizumab", at=at(0))
    seen = Bedside(patient(), *before, *both, worse, management="asco-2021")

    line = seen.told(CRS)[-1]
    assert (line.at, line.priority) == (at(28), "P1")
    assert "Give dexamethasone 10 mg IV every 6 h. Call intensive care." in line.advice
