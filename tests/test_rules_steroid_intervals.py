"""For how long a steroid answers STEROID-CRS, STEROID-ICANS, DUAL and SHOCK24 (CLINICAL.md §4)."""

from datetime import datetime

import pytest
from bedside import Bedside, hours
from builders import Fields, assessment, dose, ice, infusion, on_day, patient, reading

from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.rules.answered import CRS as CRS_ILLNESS
from stream.clinical.rules.answered import Illness
from stream.clinical.view import View
from topics.base import MILLISECOND, epoch_ms

START = on_day(5, "08:00")
CRS, ICANS, DUAL, SHOCK = "STEROID-CRS", "STEROID-ICANS", "DUAL", "SHOCK24"
ASKED_AGAIN = ["raised P2", "resolved", "raised P2"]


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def steroid(
    after_h: float, mg: float | None = 10, drug: str = "dexamethasone", **more: object
) -> Fields:
    said = {"dose_value": mg, "dose_unit": None if mg is None else "mg"}
    return dose(drug, at=at(after_h), event_id=f"{drug}-{after_h}", **said | more)


def ill(after_h: float = 0, systolic_mmhg: float = 84) -> Fields:
    return reading(at=at(after_h), temperature_c=38.5, systolic_mmhg=systolic_mmhg)


def on_oxygen(after_h: float, flow_l_min: float) -> Fields:
    used = {"device": "nasal_cannula", "flow_l_min": flow_l_min}
    return reading(at=at(after_h), oxygen=used)


def examined(after_h: float, total: int) -> Fields:
    return ice(total, at=at(after_h))


def seen_by(management: str, *events: Fields, weight_kg: float | None = 70) -> Bedside:
    return Bedside(patient(weight_kg=weight_kg), *events, management=management)


def open_h(seen: Bedside, rule: str, *, from_h: float) -> float:
    """How many hours after the start a rule asks again, at the soonest, to the minute."""
    assert not seen.is_open(rule)
    minute = round(from_h * 60)
    while not seen.is_open(rule):
        minute += 1
        seen.tick(at(minute / 60) + MILLISECOND)
    return minute / 60


def test_a_grade_of_the_past_is_that_of_the_episode_that_is_asked_about() -> None:
    """Once the episode is over what was low in it is no longer of the episode."""
    low = reading(at=at(4), temperature_c=36.8, systolic_mmhg=80)
    well = [reading(at=at(h), temperature_c=36.8, systolic_mmhg=120) for h in (5, 26)]
    seen = seen_by("manikath-2025", ill(), low, *well)
    patient_now, management = seen.patient, MANAGEMENT["manikath-2025"]
    within, after = (View(patient_now, epoch_ms(at(h)), management) for h in (28, 30))
    fresh = Illness(CRS_ILLNESS.inputs, CRS_ILLNESS.grades, CRS_ILLNESS.begun_ms)
    low_ms = epoch_ms(at(4))

    assert CRS_ILLNESS.grades_at(within, low_ms)["manikath-2025"] >= 2
    assert CRS_ILLNESS.grades_at(after, low_ms) == fresh.grades_at(after, low_ms)
    assert fresh.grades_at(after, low_ms) != CRS_ILLNESS.grades_at(within, low_ms)


# As charted


@pytest.mark.parametrize(("interval_h", "asked_h"), [(4, 6.5), (12, 12.5), (24, 24.5), (48, 24.5)])
def test_a_dose_for_crs_is_enough_for_its_charted_interval(
    interval_h: float, asked_h: float
) -> None:
    seen = seen_by("label-axi-cel", ill(), steroid(0.5, interval_h=interval_h))

    assert open_h(seen, CRS, from_h=0.5) == asked_h
    assert seen.states(CRS) == ASKED_AGAIN


@pytest.mark.parametrize(("mg", "asked_h"), [(67, 24.5), (66, 12.5), (5, 12.5), (None, 12.5)])
def test_a_small_dose_a_day_is_enough_for_half_a_day(mg: float | None, asked_h: float) -> None:
    daily = steroid(0.5, mg, "prednisone", interval_h=24)
    seen = seen_by("label-axi-cel", ill(), daily)

    assert open_h(seen, CRS, from_h=0.5) == asked_h


def test_a_gram_a_day_for_crs_of_grade_4_is_not_asked_for_twice_a_day() -> None:
    ventilated = reading(at=at(0), temperature_c=38.5, oxygen={"device": "bipap"})
    gram = steroid(0.5, 1000, "methylprednisolone", interval_h=24)
    seen = seen_by("label-axi-cel", ventilated, gram)

    assert open_h(seen, CRS, from_h=0.5) == 24.5


@pytest.mark.parametrize("interval_h", [24, None])
def test_a_gram_a_day_for_icans_of_grade_4_is_not_asked_for_twice_a_day(
    interval_h: float | None,
) -> None:
    coma = assessment("consciousness", at=at(0), level="unarousable")
    gram = steroid(0.5, 1000, "methylprednisolone", interval_h=interval_h)
    seen = seen_by("asco-2021", coma, gram)

    assert open_h(seen, ICANS, from_h=0.5) == 24.5
    assert seen.states(ICANS) == ["raised P1", "resolved", "raised P1"]


def test_both_rules_of_icans_go_by_the_interval() -> None:
    both = ill(-1), examined(0, 5), dose("tocilizumab", at=at(0.2))
    seen = seen_by("manikath-2025", *both, steroid(0.5, interval_h=24))

    assert open_h(seen, DUAL, from_h=0.5) == 24.5
    assert seen.is_open(ICANS)


# As the profile has it


@pytest.mark.parametrize(
    ("management", "given", "asked_h"),
    [
        pytest.param("label-axi-cel", steroid(0.5), 24.5, id="daily"),
        pytest.param("label-axi-cel", steroid(0.5, 20), 24.5, id="more"),
        pytest.param("label-axi-cel", steroid(0.5, 9.9), 6.5, id="less"),
        pytest.param("label-axi-cel", steroid(0.5, None), 6.5, id="no amount"),
        pytest.param("label-axi-cel", steroid(0.5, interval_h=8), 8.5, id="charted otherwise"),
        pytest.param("label-axi-cel", steroid(0.5, 100, "prednisone"), 6.5, id="another drug"),
        pytest.param("label-liso-cel", steroid(0.5), 24.5, id="every 12 to 24 h"),
        pytest.param("manikath-2025", steroid(0.5, 70, "methylprednisolone"), 6.5, id="review"),
    ],
)
def test_a_dose_without_an_interval_is_enough_for_that_of_the_profile(
    management: str, given: Fields, asked_h: float
) -> None:
    worse = dose("tocilizumab", at=at(-1)), ill()
    seen = seen_by(management, ill(-2, 120), *worse, given)

    assert open_h(seen, CRS, from_h=0.5) == asked_h


@pytest.mark.parametrize(
    ("mg", "weight_kg", "asked_h"),
    [(70, 70.4, 12.5), (69, 70.4, 6.5), (70, None, 6.5)],
)
def test_an_amount_by_weight_is_that_of_the_advice(
    mg: float, weight_kg: float | None, asked_h: float
) -> None:
    given = steroid(0.5, mg, "methylprednisolone")
    seen = seen_by("label-brexu-cel", ill(-1), on_oxygen(0, 10), given, weight_kg=weight_kg)

    assert open_h(seen, CRS, from_h=0.5) == asked_h


def test_a_part_of_an_infusion_is_enough_for_6_hours() -> None:
    drip = infusion("methylprednisolone", at=at(-1), rate_value=1500, rate_unit="mg/h")
    stop = infusion("methylprednisolone", at=at(1), action="stop")
    coma = assessment("consciousness", at=at(0), level="unarousable")
    seen = seen_by("asco-2021", drip, coma, stop)

    assert open_h(seen, ICANS, from_h=1) == 7


# A grade that rises


def test_a_daily_dose_from_before_the_grade_rose_is_none_after_6_hours() -> None:
    daily = ill(), steroid(0.5, interval_h=24)
    early = seen_by("label-axi-cel", *daily, on_oxygen(3, 10))
    late = seen_by("label-axi-cel", *daily, on_oxygen(9, 10))

    assert open_h(early, CRS, from_h=3) == 6.5
    assert late.told(CRS)[-1].at == at(9)
    for seen in (early, late):
        assert seen.states(CRS) == ["raised P2", "resolved", "raised P1"]


def test_icans_that_rises_under_a_daily_dose_is_told_at_once() -> None:
    seen = seen_by("manikath-2025", examined(0, 8), steroid(0.5, interval_h=24), examined(10, 5))

    assert seen.states(ICANS) == ASKED_AGAIN
    assert seen.told(ICANS)[-1].at == at(10)


def test_what_was_given_last_is_said_where_more_is_asked_for() -> None:
    gram = steroid(0.5, 1000, "methylprednisolone", interval_h=24)
    drip = infusion("hydrocortisone", at=at(1), rate_value=10, rate_unit="mg/h")
    stop = infusion("hydrocortisone", at=at(2), action="stop")
    once = seen_by("label-axi-cel", ill(), gram, on_oxygen(9, 10)).told(CRS)[-1]
    icans = seen_by("manikath-2025", examined(0, 8), gram, examined(9, 5)).told(ICANS)[-1]
    both = seen_by("manikath-2025", gram, ill(8), examined(9, 5)).told(DUAL)[-1]
    ran_in = seen_by("label-axi-cel", ill(), drip, stop, on_oxygen(9, 10)).told(CRS)[-1]
    never = seen_by("label-axi-cel", steroid(-24.1), ill()).told(CRS)[-1]

    for line in (once, icans, both):
        assert "Last given: methylprednisolone 1000 mg, 6 Mar 08:30 UTC." in line.advice
    assert "Last given: hydrocortisone 10 mg/h, 6 Mar 10:00 UTC." in ran_in.advice
    assert "Last given" not in never.advice


def test_a_grade_that_falls_and_rises_again_has_risen() -> None:
    crs = seen_by("label-axi-cel", ill(), steroid(0.5, interval_h=24), ill(8, 120), ill(10))
    icans = seen_by(
        "manikath-2025", examined(0, 5), steroid(0.5, interval_h=24), examined(8, 8), examined(9, 5)
    )

    assert crs.told(CRS)[-1].at == at(10)
    assert icans.told(ICANS)[-1].at == at(9)


def test_a_grade_that_falls_has_not_risen() -> None:
    worse = ill(-1), on_oxygen(0, 10)
    seen = seen_by("label-axi-cel", *worse, steroid(0.5, interval_h=24), on_oxygen(9, 2))

    assert open_h(seen, CRS, from_h=9) == 24.5


def test_the_dose_of_the_moment_at_which_it_rose_is_for_that_grade() -> None:
    seen = seen_by("label-axi-cel", ill(-1), on_oxygen(0, 10), steroid(0, interval_h=24))

    assert open_h(seen, CRS, from_h=0) == 24


def test_an_older_dose_is_enough_though_a_smaller_one_is_not_any_more() -> None:
    seen = seen_by("label-axi-cel", ill(), steroid(0.5, interval_h=24), steroid(2, 4))

    assert open_h(seen, CRS, from_h=2) == 24.5


def test_each_policy_goes_by_its_own_rise_after_a_dose() -> None:
    """A second vasopressor is 4 by the consensus, and 3 as before by the review."""
    pumps = [
        infusion("norepinephrine", at=at(0), rate_value=25),
        infusion("epinephrine", at=at(9), rate_value=6),
    ]
    seen = seen_by("label-axi-cel", ill(-1), pumps[0], steroid(0.5, interval_h=24), pumps[1])

    assert seen.told(CRS)[-1].at == at(9)
    assert list(seen.told(CRS)[-1].priorities) == ["astct-2019"]


def test_a_dose_from_before_the_episode_is_enough_for_6_hours() -> None:
    seen = seen_by("label-axi-cel", steroid(-1, interval_h=24), ill())

    assert open_h(seen, CRS, from_h=0) == 5


def test_the_monitor_may_say_every_minute_that_all_is_as_it_was() -> None:
    same = [ill(1 + each / 60, 80 + each % 5) for each in range(23 * 60)]
    seen = seen_by("label-axi-cel", ill(), steroid(0.5, interval_h=24), *same)

    assert seen.states(CRS) == ["raised P2", "resolved"]
    assert open_h(seen, CRS, from_h=24) == 24.5


# SHOCK24


def test_a_shock_is_asked_about_again_12_hours_after_a_daily_dose() -> None:
    """By then a steroid has helped, or it is something else."""
    pump = infusion("norepinephrine", at=at(-1), rate_value=10)
    seen = seen_by(
        "manikath-2025",
        ill(-2),
        pump,
        dose("tocilizumab", at=at(0)),
        steroid(24.5, 1000, "methylprednisolone", interval_h=24),
    )

    assert open_h(seen, SHOCK, from_h=24.5) == 36.5
