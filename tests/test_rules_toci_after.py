"""POST-TOCI-FEVER and SHOCK24: what lasts after tocilizumab (CLINICAL.md §1.2, §1.3, DEC-9)."""

from datetime import datetime

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, dose, infusion, on_day, patient, reading, vitals

START = on_day(3, "08:00")
FEVER, SHOCK = "POST-TOCI-FEVER", "SHOCK24"


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def measured(after_h: float, celsius: float = 38.6) -> Fields:
    return reading(at=at(after_h), temperature_c=celsius)


def toci(after_h: float = 0, **fields: object) -> Fields:
    return dose("tocilizumab", at=at(after_h), event_id=f"toci-{after_h}", **fields)


def feverish(until_h: float) -> list[Fields]:
    return [measured(each / 2) for each in range(-2, int(until_h * 2) + 1)]


# POST-TOCI-FEVER


def test_a_fever_12_hours_after_a_dose_is_told_then() -> None:
    seen = Bedside(patient(), measured(-1), toci(), measured(8))

    seen.tick(at(12) - minutes(1))
    assert seen.states(FEVER) == []
    seen.tick(at(12))
    assert seen.states(FEVER) == ["raised P2"]
    line = seen.told(FEVER)[0]
    assert line.at == at(12)
    assert [each.signal for each in line.because] == ["temperature_c", "tocilizumab"]
    assert "Look for an occult infection" in line.advice
    assert "Or give tocilizumab again: 640 mg IV (8 mg/kg at 80 kg)." in line.advice


@pytest.mark.parametrize(("after_h", "told"), [(8, True), (7.9, False)])
def test_the_temperature_is_at_most_4_hours_old_at_12_hours(after_h: float, told: bool) -> None:
    seen = Bedside(patient(), measured(-1), toci(), measured(after_h))
    seen.tick(at(13))

    assert seen.is_open(FEVER) is told


@pytest.mark.parametrize(("celsius", "told"), [(37.9, False), (38.0, True)])
def test_the_newest_temperature_decides(celsius: float, told: bool) -> None:
    seen = Bedside(patient(), measured(-1), toci(), measured(9), measured(11, celsius))
    seen.tick(at(12))

    assert seen.is_open(FEVER) is told


@pytest.mark.parametrize(
    ("temperatures", "told"),
    [
        ([(6, 37.0), (11, 37.0), (13, 38.4)], True),  # 7 h without fever
        ([(4, 37.0), (11, 37.0), (12, 37.0), (12.1, 38.4)], False),  # 8.1 h
        ([(4, 37.0), (9, 38.1), (11, 37.0), (14, 38.4)], True),  # broken by a fever
        ([(5, 38.5), (24, 38.4)], True),
        ([(5, 38.5), (24.1, 38.4)], False),
        ([(5, 38.5), (12.1, 38.4)], True),
    ],
)
def test_between_12_and_24_hours_a_fever_without_a_gap_of_8_hours_is_told(
    temperatures: list[tuple[float, float]], told: bool
) -> None:
    seen = Bedside(patient(), measured(-1), toci(), *(measured(*each) for each in temperatures))

    assert bool(seen.states(FEVER)) is told


def test_a_monitor_that_goes_on_saying_fever_is_heard_after_a_silence() -> None:
    seen = Bedside(patient(), measured(-1), toci(), measured(5), measured(13), measured(14))

    assert seen.states(FEVER) == ["raised P2"]
    assert seen.told(FEVER)[0].at == at(13)


def test_no_fever_ends_it_and_it_is_told_once_a_dose() -> None:
    seen = Bedside(patient(), *feverish(-1), toci(), *feverish(12)[3:], measured(14, 37.2))
    seen.take(measured(15, 38.9))

    assert seen.states(FEVER) == ["raised P2", "resolved"]


def test_the_next_dose_ends_it_and_has_its_own_12_hours() -> None:
    seen = Bedside(patient(), *feverish(-1), toci(), *feverish(13)[3:], toci(13.2))
    assert seen.states(FEVER) == ["raised P2", "resolved"]

    seen.take(*(measured(each) for each in (14, 20, 25)))
    seen.tick(at(25.2))
    assert seen.states(FEVER) == ["raised P2", "resolved", "raised P2"]
    assert seen.told(FEVER)[-1].at == at(25.2)


def test_a_second_dose_before_12_hours_does_not_hide_the_first() -> None:
    seen = Bedside(patient(), measured(-1), toci(), toci(8), measured(11))
    seen.tick(at(12))

    assert seen.states(FEVER) == ["raised P2"]


def test_each_dose_is_told_once_its_own_12_hours_are_over() -> None:
    """Doses every 8 hours, and a fever that none of them ends."""
    fevers = [measured(each) for each in range(0, 21, 2)]
    events = [*fevers, toci(1), toci(9)]
    bed = Bedside(patient(), *sorted(events, key=lambda each: str(each["effective_at"])))
    bed.tick(at(21) - minutes(1))
    assert bed.states(FEVER) == ["raised P2"]

    bed.tick(at(21))
    first, second = bed.told(FEVER)
    assert [line.because[-1].signal for line in (first, second)] == [
        "tocilizumab",
        "tocilizumab dose 2",
    ]
    assert (first.at, second.at) == (at(13), at(21))
    assert second.because[-1].effective_at == at(9)


def test_it_says_when_the_next_dose_is_allowed() -> None:
    doses = [toci(each) for each in (0, 8)]
    seen = Bedside(patient(), *feverish(-1), *doses)
    seen.take(*(measured(each) for each in (10, 11.5)))
    seen.tick(at(12))

    assert "allowed from 5 Mar 00:00 UTC" in seen.told(FEVER)[0].advice


def test_a_late_temperature_or_a_correction_decides_as_if_it_had_come_in_time() -> None:
    dosed = [measured(-1), toci(), measured(9, 37.0)]
    by_late = Bedside(patient(), *dosed, late(measured(11), hours(3)))
    assert by_late.states(FEVER) == ["raised P2"]

    hot = measured(11)
    cooled = corrected(hot, hours(3), temperature_c=37.0)
    by_correction = Bedside(patient(), *dosed, hot, cooled)
    assert by_correction.states(FEVER) == ["raised P2", "retracted"]


def test_a_dose_that_is_removed_retracts_it() -> None:
    seen = Bedside(patient(), measured(-1), toci(), measured(11), removed(toci(), hours(13)))

    assert seen.states(FEVER) == ["raised P2", "retracted"]


def test_a_fever_with_another_cause_counts_where_no_policy_asks_for_a_cause() -> None:
    named = assessment("attribution", at=at(10), domain="fever", cause="infection")
    seen = Bedside(patient(), measured(-1), toci(), named, measured(11))
    seen.tick(at(12))

    assert list(seen.told(FEVER)[0].priorities) == ["manikath-2025"]


def test_three_days_after_the_dose_it_ends() -> None:
    hourly = [measured(each) for each in range(10, 80)]
    seen = Bedside(patient(), measured(-1), toci(), *hourly)

    assert seen.states(FEVER) == ["raised P2", "resolved"]
    assert seen.told(FEVER)[-1].at == at(72)


# SHOCK24


def shock(after_h: float = -2, **fields: object) -> Fields:
    return infusion("norepinephrine", at=at(after_h), **{"rate_value": 8} | fields)


def test_a_vasopressor_24_hours_after_the_first_dose_is_told_then() -> None:
    seen = Bedside(patient(), measured(-3), shock(), toci(), toci(8))

    seen.tick(at(24) - minutes(1))
    assert seen.states(SHOCK) == []
    seen.tick(at(24))
    assert seen.states(SHOCK) == ["raised P1"]
    assert [each.signal for each in seen.told(SHOCK)[0].because] == [
        "norepinephrine",
        "tocilizumab",
    ]


def test_one_that_was_stopped_before_is_not_and_stopping_ends_it() -> None:
    before = Bedside(patient(), measured(-3), shock(), toci(), shock(23, action="stop"))
    before.take(shock(26))
    before.tick(at(27))
    after = Bedside(patient(), measured(-3), shock(), toci(), shock(26, rate_value=0))

    assert before.states(SHOCK) == []
    assert after.states(SHOCK) == ["raised P1", "resolved"]


@pytest.mark.parametrize("after_h", [24 + 1 / 3600, 30, 72])
def test_one_that_began_after_the_24_hours_is_not_still_needed(after_h: float) -> None:
    seen = Bedside(patient(), measured(-3), toci(), shock(after_h))

    assert seen.states(SHOCK) == []


def test_another_vasopressor_that_takes_over_is_the_same_need() -> None:
    second = infusion("vasopressin", at=at(20))
    seen = Bedside(patient(), measured(-3), shock(), toci(), second, shock(26, action="stop"))

    assert seen.states(SHOCK) == ["raised P1", "changed P1"]


def test_a_steroid_from_before_does_not_answer_it_and_one_after_does() -> None:
    steroids = [dose("dexamethasone", at=at(each), dose_value=10) for each in (15, 21, 27)]
    seen = Bedside(patient(), measured(-3), shock(), toci(), *steroids)
    assert seen.states(SHOCK) == ["raised P1", "resolved"]
    assert seen.told(SHOCK)[0].at == at(24)
    assert seen.told(SHOCK)[1].at == at(27)

    seen.tick(at(33.1))
    assert seen.states(SHOCK) == ["raised P1", "resolved", "raised P1"]


@pytest.mark.parametrize(
    ("steroids", "words"),
    [
        ([], "tocilizumab: begin dexamethasone 10 mg IV every 6 h, or hydrocortisone"),
        ([dose("dexamethasone", at=at(-40), dose_value=10)], "tocilizumab: begin dexamethasone"),
        (
            [dose("dexamethasone", at=at(each), dose_value=10) for each in (15, 21)],
            (
                "tocilizumab, despite a steroid (as 20 mg of dexamethasone in a day): go on with "
                "it, at no less than dexamethasone 10 mg IV every 6 h; hydrocortisone 50 mg every "
                "6 h is as 7.5 mg of dexamethasone a day. Last given: dexamethasone 10 mg, 5 Mar "
                "05:00 UTC."
            ),
        ),
        (
            [infusion("methylprednisolone", at=at(23.5), rate_value=5, rate_unit="mg/h")],
            "(as 22.5 mg of dexamethasone in a day): go on with it, at no less than dexa",
        ),
        (
            [infusion("methylprednisolone", at=at(20), rate_value=5, rate_unit="mg/h")],
            "Last given: methylprednisolone 5 mg/h, 5 Mar 08:00 UTC.",
        ),
        (
            [dose("prednisone", at=at(20), dose_value=5)],
            (
                "tocilizumab: go on with a steroid, at no less than dexamethasone 10 mg IV every "
                "6 h, or hydrocortisone 50 mg IV every 6 h; hydrocortisone 50 mg every 6 h is as"
            ),
        ),
        (
            [dose("dexamethasone", at=at(20), dose_value=None, dose_unit=None)],
            "tocilizumab: go on with a steroid, at no less than dexamethasone 10 mg IV every 6 h",
        ),
    ],
)
def test_its_advice_fits_one_who_had_a_steroid_and_one_who_had_none(
    steroids: list[Fields], words: str
) -> None:
    advice = advice_at_24_h(*steroids)

    assert words in advice
    assert ("go on with" in advice) is ("Last given" in advice)
    assert "Expect an answer within 6 to 12 hours" in advice


@pytest.mark.parametrize(
    ("steroids", "much"),
    [
        (
            [dose("dexamethasone", at=at(each), dose_value=20) for each in (2, 8, 14, 20)],
            "80 mg",
        ),
        ([dose("dexamethasone", at=at(20), dose_value=20, interval_h=6)], "80 mg"),
        ([dose("dexamethasone", at=at(20), dose_value=10, interval_h=6)], "40 mg"),
        ([dose("methylprednisolone", at=at(2), dose_value=1000)], "187.5 mg"),
        (
            [
                dose("hydrocortisone", at=at(4), dose_value=None, dose_unit=None),
                dose("methylprednisolone", at=at(6), dose_value=1000),
            ],
            "187.5 mg or more",
        ),
        ([infusion("methylprednisolone", at=at(23), rate_value=10, rate_unit="mg/h")], "45 mg"),
    ],
)
def test_no_less_is_advised_than_what_is_given(steroids: list[Fields], much: str) -> None:
    advice = advice_at_24_h(*steroids)

    assert (
        f"is still needed 24 hours after tocilizumab, despite a steroid (as {much} of dexa"
        "methasone in a day): go on with it. It is no less than dexamethasone 10 mg IV every 6 h, "
        "as advised; "
    ) in advice
    assert "hydrocortisone 50 mg every 6 h is as 7.5 mg of dexamethasone a day." in advice
    assert "where it does not, think of septic shock, and of refractory CRS." in advice


def test_a_steroid_that_is_over_is_begun_again_and_one_that_was_stopped_is_no_day_of_it() -> None:
    pump = infusion("methylprednisolone", at=at(20), rate_value=10, rate_unit="mg/h")
    stop = infusion("methylprednisolone", at=at(22), action="stop")
    over = advice_at_24_h(dose("dexamethasone", at=at(-2), dose_value=20))

    assert "tocilizumab: begin dexamethasone" in over
    assert "Last given: dexamethasone 20 mg" in over
    assert "tocilizumab: go on with a steroid, at no less than" in advice_at_24_h(pump, stop)


def advice_at_24_h(*steroids: Fields) -> str:
    events = [measured(-3), shock(), toci(), *steroids]
    seen = Bedside(patient(), *sorted(events, key=lambda each: str(each["effective_at"])))
    seen.tick(at(24))
    return seen.told(SHOCK)[0].advice


def test_the_first_dose_of_the_episode_counts() -> None:
    calm = [vitals(at=at(each)) for each in range(10, 50, 2)]
    again = [measured(60), shock(60), toci(61)]
    seen = Bedside(patient(), measured(-1), toci(), *calm, *again)
    seen.tick(at(84))

    assert seen.states(SHOCK) == []
    seen.tick(at(85))
    assert seen.states(SHOCK) == ["raised P1"]


def test_a_late_first_dose_is_told_at_its_arrival() -> None:
    seen = Bedside(patient(), measured(-3), shock(), late(toci(), hours(25)))

    assert seen.states(SHOCK) == ["raised P1"]
    assert seen.told(SHOCK)[0].at == at(25)


def test_shock_with_another_cause_counts_where_no_policy_asks_for_a_cause() -> None:
    named = assessment("attribution", at=at(10), domain="hypotension", cause="infection")
    seen = Bedside(patient(), measured(-3), shock(), toci(), named)
    seen.tick(at(24))

    assert list(seen.told(SHOCK)[0].priorities) == ["manikath-2025"]
