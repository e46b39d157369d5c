"""What open alerts advise is told anew where a weight, or a dose, is another one (decision 80)."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, dose, on_day, patient, reading

SHOCK = on_day(3, "08:00")
DOSED = ("TOCI-IND", "CULTURES", "ABX-EMPIRIC", "CRS-UP")


def at(after_min: float) -> datetime:
    return SHOCK + minutes(after_min)


def weighed(after_min: float, weight_kg: float, **fields: object) -> Fields:
    told = patient(at=at(after_min), event_id=f"weight-{after_min}", weight_kg=weight_kg)
    return told | fields


def toci(after_min: float, mg: float = 640) -> Fields:
    return dose("tocilizumab", at=at(after_min), dose_value=mg, event_id=f"toci-{after_min}")


def shocked(**facts: Any) -> Bedside:
    return Bedside(patient(**facts), reading(at=SHOCK, temperature_c=38.9, systolic_mmhg=76))


@pytest.mark.parametrize("rule", DOSED)
def test_another_weight_has_the_dose_told_anew(rule: str) -> None:
    bed = shocked(weight_kg=80)
    before = bed.told(rule)[-1].advice
    bed.take(weighed(10, 18))

    line = bed.told(rule)[-1]
    assert (line.state, line.at) == ("changed", at(10))
    assert line.advice != before
    assert "at 80 kg" not in line.advice
    assert "The weight is 18 kg and was 80 kg before" in line.advice


def test_a_dose_for_a_weight_that_was_wrong_is_corrected_at_once() -> None:
    wrong = weighed(-5, 8)
    bed = Bedside(patient(), wrong, reading(at=SHOCK, temperature_c=38.9, systolic_mmhg=76))
    assert "96 mg" in bed.told("TOCI-IND")[-1].advice

    bed.take(corrected(wrong, minutes(12), weight_kg=80))
    assert "640 mg" in bed.told("TOCI-IND")[-1].advice
    assert bed.states("TOCI-IND") == ["raised P2", "changed P2"]


@pytest.mark.parametrize(
    ("weight_kg", "anew"), [(88, False), (88.1, True), (72, False), (71, True)]
)
def test_a_weight_that_differs_by_a_tenth_or_less_is_no_news(weight_kg: float, anew: bool) -> None:
    bed = shocked(weight_kg=80)
    bed.take(weighed(10, weight_kg))

    assert (bed.states("TOCI-IND")[-1] == "changed P2") is anew


@pytest.mark.parametrize(("before_kg", "weight_kg"), [(29.5, 30.5), (31, 29)])
def test_the_dose_of_a_child_is_another_one_on_the_other_side_of_30_kg(
    before_kg: float, weight_kg: float
) -> None:
    bed = shocked(weight_kg=before_kg)
    bed.take(weighed(10, weight_kg))

    assert bed.states("TOCI-IND") == ["raised P2", "changed P2"]
    assert f"at {weight_kg:g} kg" in bed.told("TOCI-IND")[-1].advice


def test_a_weight_that_becomes_known_is_told_and_one_that_is_removed_too() -> None:
    bed = shocked(weight_kg=None)
    known = weighed(10, 80)
    bed.take(known)
    assert "640 mg" in bed.told("TOCI-IND")[-1].advice

    bed.take(removed(known, minutes(15)))
    assert "640 mg" not in bed.told("TOCI-IND")[-1].advice
    assert bed.states("TOCI-IND") == ["raised P2", "changed P2", "changed P2"]


def test_an_alert_that_names_no_dose_says_nothing_anew() -> None:
    bed = shocked(weight_kg=80)
    bed.tick(SHOCK + hours(20))
    before = bed.states("ICE-DUE")
    bed.take(weighed(20 * 60 + 1, 18))

    assert before
    assert bed.states("ICE-DUE") == before


@pytest.mark.parametrize("rule", ["CULTURES", "ABX-EMPIRIC"])
def test_tocilizumab_that_was_given_is_asked_for_no_longer(rule: str) -> None:
    bed = shocked()
    assert "Give tocilizumab as well" in bed.told(rule)[-1].advice

    bed.take(toci(5))
    assert bed.states(rule) == ["raised P2", "changed P2"]
    assert "Give tocilizumab" not in bed.told(rule)[-1].advice


def test_one_that_is_given_in_the_moment_at_which_something_falls_due_is_news_too() -> None:
    bed = shocked()
    bed.tick(at(44))
    for event in (toci(45), reading(at=at(45.5), temperature_c=38.9, systolic_mmhg=76)):
        bed.take_out_of_time(event)  # no tick stands between

    assert "Give tocilizumab" not in bed.told("CULTURES")[-1].advice


def test_one_that_is_told_late_and_one_that_is_removed_are_news_as_well() -> None:
    bed = shocked()
    bed.tick(at(30))
    given = toci(5)
    bed.take(late(given, minutes(40)))
    assert "Give tocilizumab" not in bed.told("CULTURES")[-1].advice

    bed.take(removed(given, minutes(45)))
    assert "Give tocilizumab as well" in bed.told("CULTURES")[-1].advice
    assert bed.states("CULTURES") == ["raised P2", "changed P2", "changed P2"]


def test_a_state_that_is_read_again_tells_it_once() -> None:
    bed = shocked(weight_kg=80)
    bed.restored()
    bed.take(weighed(10, 18))
    bed.restored()
    bed.take(reading(at=at(12), temperature_c=38.9, systolic_mmhg=76))

    assert bed.states("TOCI-IND") == ["raised P2", "changed P2"]
