"""STEROID-LONG and STEROID-PROPHYLAXIS, and what a day of steroids is (CLINICAL.md §1.3, §5.6)."""

from datetime import datetime

import pytest
from bedside import Bedside, corrected, hours, late, removed
from builders import Fields, dose, infusion, lab, on_day, patient, reading

from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.steroids import (
    course_of,
    covering,
    dexamethasone_mg_of_day,
    doses_of,
    is_high,
)
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View
from topics.base import MILLISECOND, epoch_ms

START = on_day(4, "00:00")
LONG, PROPHYLAXIS = "STEROID-LONG", "STEROID-PROPHYLAXIS"
A_MOMENT = MILLISECOND


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def steroid(
    after_h: float, mg: float | None = 10, drug: str = "dexamethasone", **more: object
) -> Fields:
    said = {"dose_value": mg, "dose_unit": None if mg is None else "mg"}
    return dose(drug, at=at(after_h), event_id=f"{drug}-{after_h}", **said | more)


def every_6_h(from_h: float, until_h: float, mg: float = 10) -> list[Fields]:
    return [steroid(from_h + 6 * each, mg) for each in range(int((until_h - from_h) // 6) + 1)]


def view(*events: Fields, now_h: float) -> View:
    seen = Bedside(patient(weight_kg=80), *events)
    return View(seen.patient, epoch_ms(at(now_h)), MANAGEMENT["manikath-2025"])


def day_mg(*events: Fields, now_h: float) -> float:
    looked = view(*events, now_h=now_h)
    return dexamethasone_mg_of_day(doses_of(looked), looked.at_ms)


# A day of steroids


@pytest.mark.parametrize(
    ("events", "now_h", "mg"),
    [
        ([steroid(0, 80, "methylprednisolone"), steroid(12, 80, "methylprednisolone")], 12, 30),
        ([steroid(6 * each, 50, "hydrocortisone") for each in range(4)], 18, 7.5),
        ([steroid(0, 60, "prednisone")], 1, 9),
        ([steroid(0, 60, "prednisolone")], 1, 9),
        (every_6_h(0, 18), 18, 40),
        (every_6_h(0, 24), 24, 40),  # the one that is 24 h old is none of them
        ([steroid(0, 0.01, dose_unit="g")], 1, 10),
        ([steroid(0, None)], 1, 0),
        ([steroid(0, 10, route="other")], 1, 0),
        ([steroid(0), steroid(0) | {"event_id": "charted-again"}], 1, 10),
        ([steroid(0, action="ordered")], 1, 0),
        (
            [infusion("hydrocortisone", at=at(0), rate_value=8, rate_unit="mg/h")],
            40,
            7.2,
        ),
        (
            [infusion("methylprednisolone", at=at(0), rate_value=1, rate_unit="mg/kg/d")],
            30,
            15,
        ),
        (
            [
                infusion("hydrocortisone", at=at(0), rate_value=8, rate_unit="mg/h"),
                infusion("hydrocortisone", at=at(2.5), action="stop"),
            ],
            4,
            0.75,
        ),
    ],
)
def test_a_day_is_added_up_as_dexamethasone(events: list[Fields], now_h: float, mg: float) -> None:
    assert day_mg(*events, now_h=now_h) == pytest.approx(mg)


def test_an_infusion_by_weight_proves_nothing_without_one_but_is_a_steroid() -> None:
    drip = infusion("methylprednisolone", at=at(0), rate_value=2, rate_unit="mg/kg/d")
    seen = Bedside(patient(weight_kg=None), drip)
    looked = View(seen.patient, epoch_ms(at(30)), MANAGEMENT["manikath-2025"])

    assert dexamethasone_mg_of_day(doses_of(looked), looked.at_ms) == 0
    assert covering(looked) is not None


@pytest.mark.parametrize(
    ("events", "now_h", "high"),
    [
        (every_6_h(0, 18), 18, True),
        (every_6_h(0, 12), 12, False),
        ([*every_6_h(0, 18), steroid(24.5)], 24.4, True),  # a dose that is late
        (every_6_h(0, 18), 30.1, False),
        ([steroid(0, 40)], 23.9, True),
        ([steroid(0, 40)], 24, False),
        ([steroid(0, 40, "methylprednisolone"), steroid(12, 40, "methylprednisolone")], 12, True),
        ([steroid(0, 39, "methylprednisolone"), steroid(12, 40, "methylprednisolone")], 12, False),
        ([infusion("methylprednisolone", at=at(0), rate_value=1, rate_unit="mg/kg/d")], 24, True),
        ([infusion("methylprednisolone", at=at(0), rate_value=1, rate_unit="mg/kg/d")], 22, False),
    ],
)
def test_high_dose_is_40_mg_or_1_mg_of_methylprednisolone_for_each_kg(
    events: list[Fields], now_h: float, high: bool
) -> None:
    assert is_high(view(*events, now_h=now_h)) is high


@pytest.mark.parametrize(
    ("interval_h", "now_h", "covered"),
    [(None, 6, True), (None, 6.01, False), (12, 12, True), (12, 12.01, False), (24, 13, False)],
)
def test_a_shock_is_to_answer_within_6_hours_or_the_interval_of_at_most_12(
    interval_h: float | None, now_h: float, covered: bool
) -> None:
    looked = view(steroid(0, interval_h=interval_h), now_h=now_h)

    assert (covering(looked) is not None) is covered


@pytest.mark.parametrize(
    ("interval_h", "gap_h", "goes_on"),
    [(None, 12, True), (None, 12.01, False), (6, 12, True), (6, 12.01, False), (24, 30, True)],
)
def test_a_course_ends_with_a_gap_of_more_than_12_hours_or_a_charted_interval_and_6(
    interval_h: float | None, gap_h: float, goes_on: bool
) -> None:
    course = course_of(view(steroid(0, interval_h=interval_h), steroid(gap_h), now_h=gap_h + 1))

    assert course is not None
    assert (course.from_ms == epoch_ms(at(0))) is goes_on


# STEROID-LONG


def test_more_than_72_hours_of_a_high_dose_are_told() -> None:
    seen = Bedside(patient(), *every_6_h(0, 72))

    seen.tick(at(72))
    assert seen.states(LONG) == []
    seen.tick(at(72) + A_MOMENT)
    assert seen.states(LONG) == ["raised P3"]
    assert seen.told(LONG)[0].at == at(72) + A_MOMENT
    assert "since 5 Mar 00:00 UTC: 40 mg" in seen.told(LONG)[0].advice
    assert [each.signal for each in seen.told(LONG)[0].because] == [
        "high-dose steroid since",
        "steroid",
    ]


def test_the_clock_starts_with_the_first_dose_of_the_high_dose() -> None:
    low, high = every_6_h(0, 42, mg=4), every_6_h(48, 132)
    seen = Bedside(patient(), *low, *high)

    assert seen.states(LONG) == ["raised P3"]
    assert seen.told(LONG)[0].at == at(120) + A_MOMENT


@pytest.mark.parametrize(("gap_h", "told_h"), [(12, 72), (12.1, 36.1 + 72)])
def test_a_gap_of_more_than_12_hours_starts_the_clock_anew(gap_h: float, told_h: float) -> None:
    first, then = every_6_h(0, 24), every_6_h(24 + gap_h, 24 + gap_h + 84)
    seen = Bedside(patient(), *first, *then)
    seen.tick(at(125))

    assert seen.told(LONG)[0].at == at(told_h) + A_MOMENT


def test_doses_that_come_late_do_not_start_it_anew() -> None:
    doses = [steroid(6 * each + (0.4 if each % 3 == 1 else 0)) for each in range(14)]
    seen = Bedside(patient(), *doses)
    seen.tick(at(79))

    assert seen.states(LONG) == ["raised P3"]
    assert seen.told(LONG)[0].at == at(72) + A_MOMENT


def test_a_lower_dose_ends_it_and_so_does_none() -> None:
    long = every_6_h(0, 78)
    tapered = Bedside(patient(), *long, steroid(84, 4))
    stopped = Bedside(patient(), *long)
    stopped.tick(at(90))
    assert stopped.states(LONG) == ["raised P3"]
    stopped.tick(at(90) + A_MOMENT)

    assert tapered.states(LONG) == ["raised P3", "resolved"]
    assert stopped.states(LONG) == ["raised P3", "resolved"]


def test_twice_a_day_is_no_high_dose() -> None:
    seen = Bedside(patient(), *(steroid(12 * each) for each in range(10)))
    seen.tick(at(110))

    assert seen.states(LONG) == []


def test_a_late_first_dose_dates_it_back_and_a_removed_one_forward() -> None:
    doses = every_6_h(6, 78)
    seen = Bedside(patient(), *doses)
    seen.take(late(steroid(0), hours(78)))
    assert seen.states(LONG) == ["raised P3"]
    assert "since 5 Mar 00:00 UTC" in seen.told(LONG)[0].advice

    other = Bedside(patient(), steroid(0), *doses, removed(steroid(0), hours(77)))
    assert other.states(LONG) == ["raised P3", "retracted"]
    other.tick(at(79))
    assert other.told(LONG)[-1].at == at(78) + A_MOMENT


def test_a_dose_corrected_to_less_retracts_it() -> None:
    doses = every_6_h(0, 72)
    changes = [corrected(each, hours(73), dose_value=4) for each in doses]
    seen = Bedside(patient(), *doses)
    seen.tick(at(72.5))
    seen.take(*(each | {"recorded_at": at(74).isoformat()} for each in changes))

    assert seen.states(LONG) == ["raised P3", "retracted"]


def test_an_infusion_is_long_as_doses_are() -> None:
    drip = infusion("methylprednisolone", at=at(0), rate_value=10, rate_unit="mg/h")
    seen = Bedside(patient(), drip)
    seen.tick(at(72))
    assert seen.states(LONG) == []
    seen.tick(at(73))
    assert seen.states(LONG) == ["raised P3"]
    seen.take(infusion("methylprednisolone", at=at(80), action="stop"))
    seen.tick(at(93))
    assert seen.states(LONG) == ["raised P3", "resolved"]


# STEROID-PROPHYLAXIS


def test_more_than_96_hours_ask_for_prophylaxis_and_more_than_120_urgently() -> None:
    seen = Bedside(patient(), *every_6_h(0, 126, mg=2))
    assert [line.at - START for line in seen.told(PROPHYLAXIS)] == [
        hours(96) + A_MOMENT,
        hours(120) + A_MOMENT,
    ]

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2"]
    assert "an antifungal (fluconazole or voriconazole) and a CMV PCR" in (
        seen.told(PROPHYLAXIS)[0].advice
    )


def antifungal(after_h: float, **fields: object) -> Fields:
    return dose("fluconazole", at=at(after_h), dose_value=400, **fields)


def pcr(after_h: float) -> Fields:
    return lab("cmv_dna", 0, "[IU]/mL", at=at(after_h), comparator=None)


def test_both_answer_it() -> None:
    doses = every_6_h(0, 96)
    before = Bedside(patient(), *doses[:5], antifungal(25), pcr(26), *doses[5:])
    before.tick(at(100))
    after = Bedside(patient(), *doses)
    after.tick(at(97))
    after.take(antifungal(98), pcr(99))

    assert before.states(PROPHYLAXIS) == []
    assert after.states(PROPHYLAXIS) == ["raised P3", "resolved"]


def test_one_of_two_leaves_it_a_task_and_names_the_other() -> None:
    seen = Bedside(patient(), antifungal(1), *every_6_h(0, 126, mg=2))

    assert seen.states(PROPHYLAXIS) == ["raised P3", "resolved"]
    assert "Not charted since then: a CMV PCR." in seen.told(PROPHYLAXIS)[0].advice


@pytest.mark.parametrize("what", [antifungal(-1), antifungal(1, action="ordered"), pcr(-2)])
def test_what_was_before_the_course_or_only_ordered_is_no_answer(what: Fields) -> None:
    seen = Bedside(patient(), *sorted([what, *every_6_h(0, 126, mg=2)], key=_effective))

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2"]


def test_a_course_that_ends_ends_it() -> None:
    seen = Bedside(patient(), *every_6_h(0, 96))
    seen.tick(at(108))
    assert seen.states(PROPHYLAXIS) == ["raised P3"]
    seen.tick(at(108) + A_MOMENT)

    assert seen.states(PROPHYLAXIS) == ["raised P3", "resolved"]


@pytest.mark.parametrize(
    ("answered", "over_h", "states"),
    [
        ([antifungal(1)], 120, ["raised P3", "resolved"]),
        ([antifungal(110)], 120, ["raised P3", "resolved"]),
        ([], 144, ["raised P3", "changed P2", "resolved"]),
        # One of two leaves it a task; a milder one is not told anew, and begins no day anew.
        ([antifungal(130)], 144, ["raised P3", "changed P2", "changed P3", "resolved"]),
    ],
)
def test_without_an_episode_it_is_a_task_for_24_hours_after_it_was_told(
    answered: list[Fields], over_h: float, states: list[str]
) -> None:
    seen = Bedside(patient(), *sorted([*answered, *every_6_h(0, 162, mg=2)], key=_effective))

    assert seen.states(PROPHYLAXIS) == states
    assert seen.told(PROPHYLAXIS)[-1].at == at(over_h) + A_MOMENT
    assert "no episode of CRS is open" in seen.told(PROPHYLAXIS)[-1].advice


def test_a_course_that_is_told_late_is_a_task_for_24_hours_from_then() -> None:
    told = [late(each, at(200) - at(6 * place)) for place, each in enumerate(every_6_h(0, 198))]
    seen = Bedside(patient(), *told)
    seen.take(*every_6_h(204, 222))
    seen.tick(at(224) - A_MOMENT)
    assert seen.states(PROPHYLAXIS) == ["raised P2"]

    seen.tick(at(224))
    assert seen.states(PROPHYLAXIS) == ["raised P2", "resolved"]
    assert "no episode of CRS is open" in seen.told(PROPHYLAXIS)[-1].advice


def test_in_an_episode_it_is_a_task_until_that_closes() -> None:
    fever = reading(at=at(90), temperature_c=38.5, systolic_mmhg=120)
    well = [
        reading(at=at(126 + 4 * each), temperature_c=36.8, systolic_mmhg=120) for each in range(9)
    ]
    seen = Bedside(patient(), *sorted([fever, *well, *every_6_h(0, 156, mg=2)], key=_effective))

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2", "resolved"]
    assert seen.told(PROPHYLAXIS)[-1].at == at(150)


def test_an_episode_that_goes_on_keeps_it() -> None:
    fevers = [reading(at=at(90 + 6 * each), temperature_c=38.5) for each in range(12)]
    seen = Bedside(patient(), *sorted([*fevers, *every_6_h(0, 156, mg=2)], key=_effective))

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2"]


def test_an_episode_that_begins_in_the_same_course_asks_again() -> None:
    fever = reading(at=at(150), temperature_c=38.5)
    seen = Bedside(patient(), *sorted([fever, *every_6_h(0, 156, mg=2)], key=_effective))

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2", "resolved", "raised P2"]


def test_a_site_that_asks_sooner_asks_for_no_shorter_time() -> None:
    sooner = {"steroid_prophylaxis_ms": 48 * HOUR_MS, "steroid_prophylaxis_urgent_ms": 72 * HOUR_MS}
    seen = Bedside(patient(), *every_6_h(0, 156, mg=2), overrides=sooner)

    assert seen.states(PROPHYLAXIS) == ["raised P3", "changed P2", "resolved"]
    assert seen.told(PROPHYLAXIS)[-1].at == at(144) + A_MOMENT


def test_a_steroid_on_the_skin_is_none() -> None:
    cream = [dose("hydrocortisone", at=at(6 * each), route="other") for each in range(22)]
    seen = Bedside(patient(), *cream)
    seen.tick(at(130))

    assert seen.states(PROPHYLAXIS) == []


def _effective(fields: Fields) -> str:
    return str(fields["effective_at"])
