"""TOCI-DOSE, TOCI-INTERVAL, TOCI-MAX: an order or a dose is checked (CLINICAL.md §1.2, DEC-42)."""

from datetime import datetime
from itertools import permutations

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import INFUSED_AT, Fields, dose, on_day, patient, reading

from stream.clinical.tocilizumab import dose_in_words

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
    ("weight_kg", "said"),
    [
        (72.5748, "581 mg IV (8 mg/kg at 72.6 kg)"),
        (99.96, "800 mg IV (8 mg/kg at 100 kg)"),
        (100.04, "800 mg IV (8 mg/kg at 100 kg, capped at 800 mg)"),
        (30, "240 mg IV (8 mg/kg at 30 kg)"),
        (29.937, "359.2 mg IV (12 mg/kg at 29.9 kg)"),
        (29.96, "359.5 mg IV (12 mg/kg at 29.96 kg)"),
        (10.4326, "125.2 mg IV (12 mg/kg at 10.4 kg)"),
    ],
)
def test_a_dose_is_written_as_it_can_be_measured(weight_kg: float, said: str) -> None:
    assert dose_in_words(weight_kg) == said


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


def weighed(after_h: float, weight_kg: float) -> Fields:
    return patient(at=at(after_h), event_id=f"weight-{after_h}", weight_kg=weight_kg)


@pytest.mark.parametrize("before_kg", [None, 50])
def test_a_weight_told_after_the_dose_shows_it_for_12_hours(before_kg: float | None) -> None:
    seen = Bedside(patient(weight_kg=before_kg), toci(0, dose_value=400), weighed(13, 80))
    assert [line.at for line in seen.told(DOSE)] == [at(13)]

    seen.take(weighed(20, 80))  # charted again, it shows nothing new
    seen.tick(at(25) - minutes(1))
    assert seen.is_open(DOSE)
    seen.tick(at(25))
    assert seen.states(DOSE) == ["raised P2", "resolved"]


@pytest.mark.parametrize(("after_h", "told"), [(24, True), (24.1, False)])
def test_a_weight_of_another_day_is_not_that_of_the_dose(after_h: float, told: bool) -> None:
    seen = Bedside(patient(weight_kg=50), toci(0, dose_value=400), weighed(after_h, 80))

    assert seen.is_open(DOSE) is told


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


def test_a_wrong_dose_that_comes_late_is_told_though_a_right_one_is_newer() -> None:
    seen = Bedside(patient(), toci(12), late(toci(0, dose_value=100), hours(13)))

    (line,) = seen.told(DOSE)
    assert line.at == at(13)
    assert "100 mg of tocilizumab was given (4 Mar 08:00 UTC)" in line.advice
    assert signals(seen, DOSE) == ["tocilizumab dose of 4 Mar 08:00 UTC", "weight_kg"]
    seen.tick(at(25))
    assert seen.states(DOSE) == ["raised P2", "resolved"]


def test_a_dose_is_checked_again_when_it_is_corrected() -> None:
    first = toci(0)
    seen = Bedside(patient(), first, toci(12), corrected(first, hours(13), dose_value=100))
    assert seen.states(DOSE) == ["raised P2"]

    seen.take(corrected(first, hours(14)))
    assert seen.states(DOSE) == ["raised P2", "retracted"]


def test_a_dose_is_checked_at_once_when_it_is_recorded_again() -> None:
    """Though nothing else changes: time alone would tell of it later."""
    first = toci(0, dose_value=100)
    seen = Bedside(patient(), first, toci(8))
    assert seen.states(DOSE) == ["raised P2", "resolved"]

    assert [line.rule for line in seen.take(corrected(first, hours(9)))] == [DOSE]


def test_doses_that_are_charted_together_are_all_checked() -> None:
    wrong, right = toci(0, dose_value=100), toci(8)
    for told in ((wrong, right), (right, wrong)):
        together = [
            late(each, at(9) - datetime.fromisoformat(each["effective_at"])) for each in told
        ]
        seen = Bedside(patient(), *together)

        assert seen.is_open(DOSE)


def test_an_order_from_before_the_newest_one_is_not_checked() -> None:
    seen = Bedside(
        patient(), toci(1, "ordered"), late(toci(0, "ordered", dose_value=100), hours(2))
    )

    assert seen.states(DOSE) == []


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


def late_second(*more: Fields) -> Bedside:
    return Bedside(patient(), toci(0), toci(12), late(toci(2), hours(11)), *more)


def test_a_late_dose_is_told_though_a_newer_one_keeps_the_interval() -> None:
    seen = late_second()

    (line,) = seen.told(INTERVAL)
    assert (line.at, line.priority) == (at(13), "P2")
    assert "was given (4 Mar 10:00 UTC) 2 hours after the dose before" in line.advice
    assert signals(seen, INTERVAL) == ["tocilizumab dose of 4 Mar 10:00 UTC", "tocilizumab"]


def test_a_late_dose_is_told_once_and_for_12_hours() -> None:
    seen = late_second(late(toci(-30), hours(44)), reading(at=at(15), spo2_percent=96))
    seen.take(removed(toci(-30), hours(46)), patient(at=at(17), weight_kg=80))
    seen.tick(at(25) - minutes(1))
    assert seen.states(INTERVAL) == ["raised P2"]

    seen.tick(at(25))
    assert seen.states(INTERVAL) == ["raised P2", "resolved"]
    seen.take(toci(30, "ordered"), toci(31))
    assert seen.states(INTERVAL) == ["raised P2", "resolved"]


@pytest.mark.parametrize("action", ["ordered", "given", "not_given"])
def test_the_next_order_or_dose_that_is_right_ends_that_of_a_late_dose(action: str) -> None:
    assert late_second(toci(20, action)).states(INTERVAL) == ["raised P2", "resolved"]


def test_a_late_dose_that_is_removed_or_moved_retracts_it() -> None:
    told = late(toci(2), hours(11))
    moved = corrected(told, hours(12), effective_at=at(-9).isoformat())
    for change in (removed(told, hours(12)), moved | {"recorded_at": at(14).isoformat()}):
        assert late_second(change).states(INTERVAL) == ["raised P2", "retracted"]


def test_a_late_dose_names_what_came_before_it_and_after_it() -> None:
    seen = Bedside(patient(), toci(0), toci(9), late(toci(4), hours(16)))

    assert signals(seen, INTERVAL) == [
        "tocilizumab dose of 4 Mar 12:00 UTC",
        "tocilizumab dose 3",
        "tocilizumab",
    ]
    assert "was given 5 hours after the dose before" in seen.told(INTERVAL)[-1].advice
    assert "was given (4 Mar 12:00 UTC) 4 hours after" in seen.told(INTERVAL)[-1].advice


def test_late_doses_are_each_told_though_numbers_move() -> None:
    wrong = [toci(after_h, dose_value=100) for after_h in (8, 16)]
    late_ones = [late(toci(2, dose_value=50), hours(15)), late(toci(0, dose_value=50), hours(18))]
    seen = Bedside(patient(), *wrong, *late_ones)
    assert seen.states(DOSE) == ["raised P2", "changed P2", "changed P2", "changed P2"]

    seen = Bedside(patient(), toci(8), toci(14), late(toci(4), hours(11)))
    assert seen.states(INTERVAL) == ["raised P2", "changed P2"]


def test_a_late_dose_is_told_though_a_later_one_was_left_out() -> None:
    seen = Bedside(patient(), toci(0), toci(8, "not_given"), late(toci(2), hours(7)))

    assert seen.states(INTERVAL) == ["raised P2"]


def test_a_late_dose_shows_that_an_order_is_too_soon() -> None:
    order = toci(9, "ordered", scheduled_at=at(11))
    seen = Bedside(patient(), toci(-8), order, late(toci(5), hours(5)))

    assert seen.states(INTERVAL) == ["raised P2"]
    assert "allowed from 4 Mar 21:00 UTC" in seen.told(INTERVAL)[-1].advice


def test_late_doses_say_the_same_in_whatever_order_they_come() -> None:
    doses = [toci(0), toci(12), late(toci(2), hours(11)), late(toci(20), hours(1))]
    found = []
    for order in permutations(doses):
        seen = Bedside(patient())
        seen.tick(at(21))
        for fields in order:
            seen.take_out_of_time(fields)
        found.append({rule: seen.is_open(rule) for rule in (DOSE, INTERVAL, MAX)})

    assert all(each == found[0] for each in found)
    assert found[0] == {DOSE: False, INTERVAL: False, MAX: True}


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


@pytest.mark.parametrize(
    ("given", "ordered", "said"),
    [
        ((0, 14, 22), 23, "The next dose is allowed from 5 Mar 14:00 UTC."),  # 8 h after the last
        ((0, 1, 16), 23.5, "The next dose is allowed from 5 Mar 08:00 UTC."),  # 24 h after the 1st
        ((0, 8, 16, 24), 28, "No more is given in this stay."),
    ],
)
def test_whoever_speaks_of_the_next_dose_says_what_the_status_says(
    given: tuple[float, ...], ordered: float, said: str
) -> None:
    seen = Bedside(patient(), *map(toci, given), toci(ordered, "ordered"))
    told = seen.status(at(ordered)).tocilizumab
    next_at = told and told.next_allowed_at
    speak = [seen.told(rule)[-1].advice for rule in (MAX, INTERVAL) if seen.is_open(rule)]

    assert any(said in each for each in speak)
    for each in speak:
        assert ("allowed from" in each) <= (said in each)
    assert (next_at is None) is ("No more" in said)
    assert next_at is None or f"{next_at:%H:%M}" in said


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


def test_a_late_dose_makes_the_newest_one_too_many_for_a_stay() -> None:
    seen = Bedside(patient(), toci(0), toci(8), toci(23), toci(48), late(toci(16), hours(44)))

    line = seen.told(MAX)[-1]
    assert line.at == at(60)
    assert "Dose 5 of tocilizumab in this stay was given;" in line.advice
    assert signals(seen, MAX) == ["tocilizumab dose 5", "tocilizumab dose of 5 Mar 00:00 UTC"]


def test_a_late_dose_can_be_too_many_for_a_day_by_itself() -> None:
    limits = {"tocilizumab_a_stay_doses": 4, "tocilizumab_in_24_h_doses": 2}
    seen = Bedside(patient(), toci(0), toci(8), toci(48), overrides=limits)
    seen.take(late(toci(16), hours(44)))

    line = seen.told(MAX)[-1]
    assert line.at == at(60)
    assert "Dose 3 of tocilizumab in 24 hours was given (5 Mar 00:00 UTC)" in line.advice
    seen.tick(at(72))
    assert not seen.is_open(MAX)


def test_a_late_dose_within_the_limits_is_told_of_none() -> None:
    seen = Bedside(patient(), toci(0), toci(8), toci(24), late(toci(16), hours(22)))

    assert seen.states(MAX) == ["raised P2", "resolved"]  # the third; and then there are four


def test_a_dose_that_is_removed_retracts_it() -> None:
    second = toci(8)
    seen = Bedside(patient(), toci(0), second, toci(16), removed(second, hours(9)))

    assert seen.states(MAX) == ["raised P2", "retracted"]
