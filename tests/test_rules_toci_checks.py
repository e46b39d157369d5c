"""TOCI-DOSE, TOCI-INTERVAL, TOCI-MAX: an order or a dose is checked (CLINICAL.md §1.2, DEC-42)."""

from datetime import datetime

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import INFUSED_AT, Fields, dose, on_day, patient

START = on_day(3, "08:00")
DOSE, INTERVAL, MAX = "TOCI-DOSE", "TOCI-INTERVAL", "TOCI-MAX"


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def toci(after_h: float, action: str = "given", **fields: object) -> Fields:
    name = f"{action}-{after_h}"
    return dose("tocilizumab", at=at(after_h), event_id=name, action=action, **fields)


def signals(seen: Bedside, rule: str) -> list[str]:
    return [each.signal for each in seen.told(rule)[-1].because]


# TOCI-DOSE


@pytest.mark.parametrize(
    ("weight_kg", "mg", "told"),
    [
        (70, 560, False),
        (70, 504, False),  # 10 % less exactly
        (70, 503.9, True),
        (70, 616, False),  # 10 % more exactly
        (70, 616.1, True),
        (25, 300, False),  # 12 mg/kg
        (25, 200, True),
        (29.9, 358.8, False),
        (30, 358.8, True),
        (30, 240, False),
        (110, 800, False),
        (110, 880, True),
        (95, 800.1, True),  # within 10 % of 760, and above 800
        (110, 720, False),
        (110, 719.9, True),
        (None, 800, False),
        (None, 801, True),
    ],
)
@pytest.mark.parametrize("action", ["ordered", "given"])
def test_a_dose_is_compared_with_that_of_the_weight(
    weight_kg: float | None, mg: float, told: bool, action: str
) -> None:
    seen = Bedside(patient(weight_kg=weight_kg), toci(0, action, dose_value=mg))

    assert seen.states(DOSE) == (["raised P2"] if told else [])


def test_grams_are_compared_as_milligrams() -> None:
    seen = Bedside(patient(), toci(0, dose_value=0.64, dose_unit="g"))

    assert seen.states(DOSE) == []


def test_a_dose_that_was_not_said_is_not_judged() -> None:
    assert Bedside(patient(), toci(0, dose_value=None, dose_unit=None)).states(DOSE) == []


def test_a_wrong_dose_says_which_is_right() -> None:
    line = Bedside(patient(weight_kg=25), toci(0, "ordered", dose_value=200)).told(DOSE)[0]

    assert "200 mg of tocilizumab is ordered" in line.advice
    assert "300 mg IV (12 mg/kg at 25 kg)" in line.advice
    assert [each.signal for each in line.because] == ["tocilizumab dose 1 ordered", "weight_kg"]


@pytest.mark.parametrize("next_one", [toci(0.5, dose_value=640), toci(0.5, "not_given")])
def test_a_right_dose_or_an_order_left_out_ends_it(next_one: Fields) -> None:
    seen = Bedside(patient(), toci(0, "ordered", dose_value=400), next_one)

    assert seen.states(DOSE) == ["raised P2", "resolved"]


def test_a_weight_that_is_corrected_judges_the_dose_anew() -> None:
    seen = Bedside(patient(weight_kg=50), toci(0, dose_value=640))
    seen.take(patient(at=at(1), weight_kg=80))

    assert seen.states(DOSE) == ["raised P2", "retracted"]


@pytest.mark.parametrize("rule", [DOSE, INTERVAL])
def test_a_check_is_over_after_12_hours(rule: str) -> None:
    seen = Bedside(patient(), toci(-7), toci(0, "ordered", dose_value=400))

    seen.tick(at(12) - minutes(1))
    assert seen.states(rule) == ["raised P2"]
    seen.tick(at(12))
    assert seen.states(rule) == ["raised P2", "resolved"]


# TOCI-INTERVAL


@pytest.mark.parametrize(("after_h", "told"), [(7.5, True), (7.999, True), (8, False), (9, False)])
@pytest.mark.parametrize("action", ["ordered", "given"])
def test_8_hours_lie_between_two_doses(after_h: float, told: bool, action: str) -> None:
    seen = Bedside(patient(), toci(0), toci(after_h, action))

    assert seen.states(INTERVAL) == (["raised P2"] if told else [])


def test_an_order_is_checked_for_the_time_it_is_planned_for() -> None:
    early = toci(3, "ordered", scheduled_at=at(7))
    kept = toci(4, "ordered", scheduled_at=at(8))
    seen = Bedside(patient(), toci(0), early, kept)

    assert seen.states(INTERVAL) == ["raised P2", "resolved"]
    assert "allowed from 4 Mar 16:00 UTC" in seen.told(INTERVAL)[0].advice


def test_only_doses_that_were_given_begin_an_interval() -> None:
    seen = Bedside(patient(), toci(0, "ordered"), toci(1, "not_given"), toci(2))

    assert seen.states(INTERVAL) == []


def test_a_dose_of_the_same_moment_was_charted_twice() -> None:
    seen = Bedside(patient(), toci(0), toci(0) | {"event_id": "again"})

    assert seen.states(INTERVAL) == []


def test_each_dose_that_comes_too_soon_is_told() -> None:
    seen = Bedside(patient(), toci(0), toci(6), toci(12))

    assert seen.states(INTERVAL) == ["raised P2", "changed P2"]


def test_a_dose_from_before_the_infusion_begins_an_interval() -> None:
    before = dose("tocilizumab", at=INFUSED_AT - hours(2))
    after = dose("tocilizumab", at=INFUSED_AT + hours(3))

    assert Bedside(patient(at=INFUSED_AT - hours(9)), before, after).is_open(INTERVAL)


def test_a_late_dose_is_told_at_its_arrival() -> None:
    seen = Bedside(patient(), toci(0), late(toci(7), hours(20)))

    assert seen.states(INTERVAL) == ["raised P2"]
    assert seen.told(INTERVAL)[0].at == at(27)
    seen.tick(at(39))
    assert seen.states(INTERVAL) == ["raised P2", "resolved"]


def test_a_late_dose_can_show_that_the_newest_came_too_soon() -> None:
    seen = Bedside(patient(), toci(8), late(toci(2), hours(8)))

    assert seen.states(INTERVAL) == ["raised P2"]


def test_a_dose_before_that_is_removed_or_moved_retracts_it() -> None:
    first = toci(0)
    moved = corrected(first, hours(8), effective_at=(at(-2)).isoformat())
    for change in (removed(first, hours(8)), moved | {"recorded_at": at(8).isoformat()}):
        seen = Bedside(patient(), first, toci(7), change)

        assert seen.states(INTERVAL) == ["raised P2", "retracted"]


# TOCI-MAX


def test_the_third_dose_of_a_stay_warns_and_the_fourth_is_the_last() -> None:
    seen = Bedside(patient(), toci(0), toci(8))
    assert seen.states(MAX) == []

    seen.take(toci(16))
    assert seen.states(MAX) == ["raised P2"]
    assert "after dose 4 there is no more" in seen.told(MAX)[0].advice

    seen.take(toci(24))
    assert seen.states(MAX) == ["raised P2", "resolved"]


def test_a_fourth_in_24_hours_is_told_and_one_24_hours_old_is_none_of_them() -> None:
    seen = Bedside(patient(), toci(0), toci(8), toci(16), toci(23.5, "ordered"))

    assert seen.states(MAX) == ["raised P2", "changed P2"]
    assert "Dose 4 of tocilizumab in 24 hours is ordered" in seen.told(MAX)[-1].advice
    assert "allowed from 5 Mar 08:00 UTC" in seen.told(MAX)[-1].advice
    assert signals(seen, MAX) == ["tocilizumab dose 4 ordered", "tocilizumab"]


def test_a_dose_that_is_given_all_the_same_is_told_again() -> None:
    seen = Bedside(patient(), toci(0), toci(8), toci(16), toci(23), toci(23.5))

    assert seen.states(MAX) == ["raised P2", "changed P2", "changed P2"]


@pytest.mark.parametrize("action", ["ordered", "given"])
def test_a_fifth_dose_of_a_stay_is_told(action: str) -> None:
    doses = [toci(each) for each in (0, 8, 16, 24)]
    seen = Bedside(patient(), *doses, toci(60, action))

    assert seen.is_open(MAX)
    assert "Dose 5 of tocilizumab in this stay" in seen.told(MAX)[-1].advice


def test_doses_of_the_stay_before_do_not_count() -> None:
    infused = patient(at=at(200), infused_at=at(200))
    doses = [toci(each) for each in (0, 8, 16, 24)]
    seen = Bedside(patient(), *doses, infused, toci(201), toci(210))

    assert not seen.is_open(MAX)


def test_a_late_dose_counts_at_its_arrival() -> None:
    seen = Bedside(patient(), toci(0), toci(16), late(toci(8), hours(12)))

    assert seen.states(MAX) == ["raised P2"]
    assert seen.told(MAX)[0].at == at(20)


def test_a_dose_that_is_removed_retracts_it() -> None:
    second = toci(8)
    seen = Bedside(patient(), toci(0), second, toci(16), removed(second, hours(9)))

    assert seen.states(MAX) == ["raised P2", "retracted"]
