"""STEROID-ICANS and DUAL: a steroid is due (CLINICAL.md §1.3)."""

from datetime import datetime

import pytest
from bedside import Bedside, hours, late, removed
from builders import Fields, assessment, dose, ice, infusion, on_day, patient, reading

from topics.base import MILLISECOND

START = on_day(5, "08:00")
ICANS, DUAL = "STEROID-ICANS", "DUAL"


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def steroid(after_h: float, drug: str = "dexamethasone", **fields: object) -> Fields:
    return dose(drug, at=at(after_h), **{"dose_value": 10, "event_id": f"s-{after_h}"} | fields)


def toci(after_h: float) -> Fields:
    return dose("tocilizumab", at=at(after_h))


def examined(after_h: float, total: int) -> Fields:
    return ice(total, at=at(after_h))


def fever(after_h: float = -1) -> Fields:
    return reading(at=at(after_h), temperature_c=38.4)


# STEROID-ICANS


@pytest.mark.parametrize(
    ("total", "told"),
    [(10, []), (9, ["raised P2"]), (7, ["raised P2"]), (3, ["raised P2"]), (2, ["raised P1"])],
)
def test_icans_of_any_grade_asks_for_a_steroid(total: int, told: list[str]) -> None:
    seen = Bedside(patient(), examined(0, total))

    assert seen.states(ICANS) == told


def test_it_says_what_to_give_and_why() -> None:
    line = Bedside(patient(), examined(0, 5)).told(ICANS)[0]

    assert "Give dexamethasone 10 mg IV every 6 h now; do not wait." in line.advice
    assert [each.signal for each in line.because] == ["ice"]
    assert line.source == "review-2025 L86, L91, L97"


def test_a_steroid_ends_it_for_6_hours_and_no_longer() -> None:
    seen = Bedside(patient(), examined(0, 5), steroid(1))

    seen.tick(at(7))
    assert seen.states(ICANS) == ["raised P2", "resolved"]
    seen.tick(at(7) + MILLISECOND)
    assert seen.states(ICANS) == ["raised P2", "resolved", "raised P2"]


def test_a_steroid_of_the_last_6_hours_will_do_and_an_order_or_a_cream_will_not() -> None:
    before = Bedside(patient(), steroid(-6), examined(0, 5))
    ordered = Bedside(patient(), steroid(-1, action="ordered"), examined(0, 5))
    cream = Bedside(patient(), steroid(-1, route="other"), examined(0, 5))

    assert before.states(ICANS) == []
    assert ordered.states(ICANS) == ["raised P2"]
    assert cream.states(ICANS) == ["raised P2"]


def test_an_infusion_that_runs_is_a_steroid() -> None:
    drip = infusion("methylprednisolone", at=at(-20), rate_value=5, rate_unit="mg/h")
    stop = infusion("methylprednisolone", at=at(1), action="stop")
    seen = Bedside(patient(), drip, examined(0, 5), stop)

    seen.tick(at(7))
    assert seen.states(ICANS) == []
    seen.tick(at(7.1))
    assert seen.states(ICANS) == ["raised P2"]


def test_a_late_or_a_removed_dose_is_judged_by_when_it_was_given() -> None:
    known = Bedside(patient(), examined(0, 5), late(steroid(-1), hours(3)))
    gone = Bedside(patient(), steroid(-1), examined(0, 5), removed(steroid(-1), hours(3)))

    assert known.states(ICANS) == ["raised P2", "retracted"]
    assert gone.states(ICANS) == ["raised P2"]


def test_better_ends_it_and_worse_is_told() -> None:
    seen = Bedside(patient(), examined(0, 8), examined(1, 2), examined(2, 10))

    assert seen.states(ICANS) == ["raised P2", "changed P1", "resolved"]


def test_the_guideline_begins_at_grade_2() -> None:
    mild = Bedside(patient(), examined(0, 8), management="asco-2021")
    severe = Bedside(patient(weight_kg=70), examined(0, 1), management="asco-2021")

    assert mild.states(ICANS) == []
    assert severe.states(ICANS) == ["raised P1"]
    assert "methylprednisolone 70 mg IV every 12 h (1 mg/kg at 70 kg)" in (
        severe.told(ICANS)[0].advice
    )
    assert "ASCO 2021" in severe.told(ICANS)[0].source


# DUAL


def test_both_ask_for_both_drugs() -> None:
    line = Bedside(patient(), fever(), examined(0, 8)).told(DUAL)[0]

    assert line.priority == "P2"
    assert list(line.priorities) == ["manikath-2025", "astct-2019"]
    assert [each.signal for each in line.because] == ["temperature_c", "ice"]
    assert "Give tocilizumab: 640 mg IV (8 mg/kg at 80 kg)." in line.advice
    assert "Give dexamethasone 10 mg IV every 6 h." in line.advice


@pytest.mark.parametrize("alone", [[fever()], [examined(0, 8)]])
def test_one_alone_does_not(alone: list[Fields]) -> None:
    assert Bedside(patient(), *alone).states(DUAL) == []


def test_each_policy_goes_by_its_own_grades() -> None:
    voice = assessment("consciousness", at=at(0), level="alert")
    capd = assessment("capd", at=at(0), total=5)
    seen = Bedside(patient(age_years=8), fever(), voice, capd)

    assert list(seen.told(DUAL)[0].priorities) == ["astct-2019"]


def test_both_drugs_end_it_and_one_does_not() -> None:
    seen = Bedside(patient(), fever(), examined(0, 8), toci(1))
    assert seen.states(DUAL) == ["raised P2"]
    seen.take(steroid(2))
    assert seen.states(DUAL) == ["raised P2", "resolved"]


def test_tocilizumab_of_the_episode_will_do_and_the_steroid_is_asked_for_again() -> None:
    seen = Bedside(patient(), fever(-50), toci(-48), steroid(-1), examined(0, 8))

    seen.tick(at(5))
    assert seen.states(DUAL) == []
    seen.tick(at(5) + MILLISECOND)
    assert seen.states(DUAL) == ["raised P2"]
    assert "Tocilizumab was given." in seen.told(DUAL)[0].advice


def test_tocilizumab_that_may_not_be_given_any_more_is_not_asked_for() -> None:
    doses = [toci(each) for each in (-90, -82, -74, -66)]
    calm = [reading(at=at(each), temperature_c=36.8) for each in range(-64, -38, 2)]
    seen = Bedside(patient(), fever(-91), *doses, *calm, fever(-2), steroid(-1), examined(0, 8))

    assert seen.states(DUAL) == []


def test_the_guideline_has_no_steroid_for_grade_1() -> None:
    seen = Bedside(patient(), fever(), examined(0, 8), toci(1), management="asco-2021")

    assert seen.states(DUAL) == ["raised P2", "resolved"]
    assert "By ASCO 2021 a steroid is for ICANS of grade 2 or more." in seen.told(DUAL)[0].advice
