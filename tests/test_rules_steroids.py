"""STEROID-CRS, STEROID-ICANS, DUAL, STEROID-TAPER: due, or no longer (CLINICAL.md §1.3)."""

from datetime import datetime

import pytest
from bedside import Bedside, hours, late, removed
from builders import Fields, assessment, dose, ice, infusion, on_day, patient, reading, vitals

from topics.base import MILLISECOND

START = on_day(5, "08:00")
ICANS, DUAL = "STEROID-ICANS", "DUAL"
CRS, TAPER = "STEROID-CRS", "STEROID-TAPER"


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

    assert "Give now, without waiting: dexamethasone 10 mg IV every 6 h." in line.advice
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


def test_a_steroid_of_0_mg_will_not_do_and_one_of_unknown_amount_will() -> None:
    nothing, unknown = (steroid(-1, dose_value=each) for each in (0, None))

    assert Bedside(patient(), nothing, examined(0, 5)).states(ICANS) == ["raised P2"]
    assert Bedside(patient(), unknown, examined(0, 5)).states(ICANS) == []


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
    assert seen.states(DUAL) == ["raised P2", "changed P2"]
    assert "Tocilizumab was given." in seen.told(DUAL)[-1].advice
    seen.take(steroid(2))
    assert seen.states(DUAL)[-1] == "resolved"


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


def test_it_says_when_tocilizumab_is_allowed_or_that_it_is_not() -> None:
    calm = [reading(at=at(each), temperature_c=36.8, systolic_mmhg=120) for each in (-26, -4)]
    before = [fever(-27), *calm, toci(-3), reading(at=at(-2), temperature_c=36.8)]
    soon = Bedside(patient(), *before, fever(-0.5), examined(0, 8))
    assert soon.told(DUAL)[0].episode == 2  # and the dose was for the one before
    assert "Tocilizumab is allowed from 6 Mar 13:00 UTC." in soon.told(DUAL)[0].advice

    doses = [toci(each) for each in (-90, -82, -74, -66)]
    never = Bedside(patient(), fever(-91), *doses, examined(0, 8))
    assert "No more tocilizumab may be given in this stay." in never.told(DUAL)[0].advice


def test_where_a_mask_alone_grades_tocilizumab_counts_for_24_hours() -> None:
    """No episode is open: a steroid hides the fever of one who is ill."""
    steroids = [steroid(each) for each in (-10, -4, 2, 8, 14)]
    shock = reading(at=at(-3), systolic_mmhg=80)
    seen = Bedside(patient(), *steroids[:2], toci(-4), shock, examined(0, 8), *steroids[2:])

    seen.tick(at(20) - MILLISECOND)
    assert seen.states(DUAL) == []
    seen.tick(at(20))
    assert seen.states(DUAL) == ["raised P2"]


def test_the_guideline_has_no_steroid_for_grade_1() -> None:
    seen = Bedside(patient(), fever(), examined(0, 8), toci(1), management="asco-2021")

    assert seen.states(DUAL) == ["raised P2", "resolved"]
    assert seen.told(DUAL)[0].advice.startswith(
        "Meets criteria for CRS and for ICANS: tocilizumab is advised; by ASCO 2021 a steroid is "
        "for ICANS of grade 2 or more."
    )
    assert "both" not in seen.told(DUAL)[0].advice


def test_the_guideline_has_two_doses_first_for_grade_2() -> None:
    """CLINICAL.md 4.1 has no interval between the two."""
    seen = Bedside(patient(), examined(0, 5), management="asco-2021")

    assert (
        "Give now, without waiting: dexamethasone 10 mg IV for 2 doses, then every 6 to 12 h (the "
        "source gives no interval between the 2: ask)."
    ) in seen.told(ICANS)[0].advice


# STEROID-CRS


def oxygen(after_h: float, flow: float | None = 2) -> Fields:
    used = {"device": "room_air"} if flow is None else {"device": "nasal_cannula"}
    return reading(at=at(after_h), oxygen=used | ({} if flow is None else {"flow_l_min": flow}))


def pump(after_h: float, rate: float = 5, drug: str = "norepinephrine", **more: object) -> Fields:
    return infusion(drug, at=at(after_h), rate_value=rate, **more)


def test_no_better_grade_24_hours_after_the_first_dose_asks_for_a_steroid() -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), toci(8))

    seen.tick(at(24) - MILLISECOND)
    assert seen.states(CRS) == []
    seen.tick(at(24))
    assert seen.states(CRS) == ["raised P2"]
    line = seen.told(CRS)[0]
    assert line.at == at(24)
    assert "It is no better since tocilizumab, 24 hours ago." in line.advice
    assert "dexamethasone 10 mg IV every 6 h, or methylprednisolone 40 to 80 mg" in line.advice
    assert "tocilizumab" in [each.signal for each in line.because]


@pytest.mark.parametrize("better", [oxygen(20, None), pump(20, 5)])
def test_a_better_grade_does_not(better: Fields) -> None:
    """From 2 to 1, and from 3 to 2 by the review; by the consensus a vasopressor is 3."""
    ill = oxygen(-1) if "oxygen" in better else pump(-1, 25)
    seen = Bedside(patient(), fever(), ill, toci(0), better)
    seen.tick(at(30))

    told = [list(line.priorities) for line in seen.told(CRS)]
    assert told == ([] if "oxygen" in better else [["astct-2019"]])


def test_grade_1_does_not() -> None:
    seen = Bedside(patient(), fever(), toci(0), reading(at=at(20), temperature_c=39.0))
    seen.tick(at(30))

    assert seen.states(CRS) == []


def test_a_grade_that_rises_after_tocilizumab_asks_for_one_at_once() -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(2, 10))

    assert seen.states(CRS) == ["raised P1"]
    assert "It has become worse since tocilizumab, 2 hours ago." in seen.told(CRS)[0].advice
    assert "Call intensive care." in seen.told(CRS)[0].advice


@pytest.mark.parametrize(
    ("after_h", "said"), [(0.25, "15 minutes"), (1, "1 hour"), (1.5, "1.5 hours"), (2, "2 hours")]
)
def test_a_time_since_a_dose_is_written_as_it_is_spoken(after_h: float, said: str) -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(after_h, 10))

    assert f"It has become worse since tocilizumab, {said} ago." in seen.told(CRS)[0].advice


def test_a_grade_that_rises_again_counts_from_the_lowest() -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(3, None), oxygen(6))

    assert seen.states(CRS) == ["raised P2"]


def test_each_policy_goes_by_its_own_rise() -> None:
    """A second vasopressor is 4 by the consensus, and 3 as before by the review."""
    seen = Bedside(patient(), fever(), pump(-1, 25), toci(0), pump(2, 6, "epinephrine"))

    assert [list(line.priorities) for line in seen.told(CRS)] == [["astct-2019"]]


def test_what_rose_before_tocilizumab_does_not_count() -> None:
    seen = Bedside(patient(), fever(-5), oxygen(-4), oxygen(-1, 10), toci(0))

    assert seen.states(CRS) == []


def test_a_steroid_answers_it_for_6_hours() -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(2, 10), steroid(3))

    seen.tick(at(9))
    assert seen.states(CRS) == ["raised P1", "resolved"]
    seen.tick(at(9) + MILLISECOND)
    assert seen.states(CRS) == ["raised P1", "resolved", "raised P1"]


def test_one_that_is_given_every_12_hours_answers_it_for_as_long() -> None:
    twice_a_day = steroid(3, "methylprednisolone", dose_value=40, interval_h=12)
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(2, 10), twice_a_day)
    seen.tick(at(15))

    assert seen.states(CRS) == ["raised P1", "resolved"]


def test_a_grade_that_falls_back_ends_it() -> None:
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(2, 10), oxygen(4, 2))

    assert seen.states(CRS) == ["raised P1", "resolved"]


def test_the_first_dose_of_an_episode_counts_for_it_alone() -> None:
    calm = [reading(at=at(each), temperature_c=36.8) for each in range(4, 40, 2)]
    again = [fever(60), oxygen(60), toci(61)]
    seen = Bedside(patient(), fever(), oxygen(-1), toci(0), oxygen(3, None), *calm, *again)
    seen.tick(at(84))
    assert seen.states(CRS) == []
    seen.tick(at(85))
    assert seen.states(CRS) == ["raised P2"]


def test_what_comes_late_is_judged_by_when_it_was_true() -> None:
    dosed = Bedside(patient(), fever(), oxygen(-1), oxygen(2, 10), late(toci(0), hours(3)))
    assert dosed.states(CRS) == ["raised P1"]
    assert dosed.told(CRS)[0].at == at(3)

    worse = oxygen(2, 10)
    taken_back = Bedside(patient(), fever(), oxygen(-1), toci(0), worse, removed(worse, hours(3)))
    assert taken_back.states(CRS) == ["raised P1", "retracted"]


def test_the_grade_at_the_first_dose_is_remembered_for_the_episode() -> None:
    """Though readings from then are long forgotten, and the state was saved and read again."""
    feverish = [
        reading(at=at(each / 4), temperature_c=38.6, systolic_mmhg=120) for each in range(1, 420)
    ]
    steroids = [steroid(each) for each in range(2, 90, 6)]
    events = sorted(
        [fever(), oxygen(-1, 10), toci(0), oxygen(10, 4), *steroids, *feverish],
        key=lambda each: str(each["effective_at"]),
    )
    seen = Bedside(patient(), *events)
    seen.restored()
    seen.tick(at(104))
    assert seen.states(CRS) == []

    seen.take(oxygen(104.5, 10))
    assert seen.states(CRS) == ["raised P1"]


def test_the_label_of_tisa_cel_asks_after_12_hours() -> None:
    ill = fever(), oxygen(-1, 10), toci(0)
    seen = Bedside(patient(product="tisa-cel"), *ill, management="label-tisa-cel")
    seen.tick(at(12))

    assert seen.states(CRS) == ["raised P1"]
    assert "methylprednisolone IV by the label" in seen.told(CRS)[0].advice
    assert "Kymriah" in seen.told(CRS)[0].source


@pytest.mark.parametrize(
    ("management", "flow", "told"),
    [
        ("asco-2021", 2, []),
        ("asco-2021", 10, ["raised P1"]),
        ("label-axi-cel", 2, ["raised P2"]),
        ("label-brexu-cel", 2, []),
        ("label-brexu-cel", 10, ["raised P1"]),
        ("label-liso-cel", 2, ["raised P2"]),
        ("manikath-2025", 10, []),
    ],
)
def test_some_profiles_ask_at_once_from_a_grade_on(
    management: str, flow: float, told: list[str]
) -> None:
    seen = Bedside(patient(), fever(), oxygen(0, flow), management=management)

    assert seen.states(CRS) == told


@pytest.mark.parametrize(
    ("systolic_mmhg", "told"),
    [
        pytest.param(84, ["raised P2"], id="hypotension"),
        pytest.param(None, ["raised P2"], id="no pressure is known"),
        pytest.param(112, [], id="hypoxia alone"),
    ],
)
def test_the_guideline_asks_at_grade_2_for_hypotension_when_the_second_dose_is_due(
    systolic_mmhg: float | None, told: list[str]
) -> None:
    """Source: CLINICAL.md 4.1."""
    pressure = {} if systolic_mmhg is None else {"systolic_mmhg": systolic_mmhg}
    ill = reading(at=at(-2), temperature_c=38.5, **pressure)
    seen = Bedside(patient(), ill, oxygen(-1), toci(0), management="asco-2021")
    seen.tick(at(8))

    assert seen.states(CRS) == told
    for line in seen.told(CRS):
        assert "dexamethasone 10 mg IV every 12 h, 1 to 2 doses" in line.advice


def test_axi_cel_asks_for_one_dose_at_grade_1_after_3_days_of_fever() -> None:
    fevers = [fever(4 * each) for each in range(18)]
    seen = Bedside(patient(), *fevers, management="label-axi-cel")
    seen.tick(at(72) - MILLISECOND)
    assert seen.states(CRS) == []
    seen.tick(at(72))

    assert seen.states(CRS) == ["raised P2"]
    assert "Give dexamethasone 10 mg IV once." in seen.told(CRS)[0].advice
    assert "Why at grade 1: the fever has lasted for 72 hours" in seen.told(CRS)[0].advice


@pytest.mark.parametrize("given_h", [48.5, 72.5, 80])
def test_axi_cel_asks_for_that_dose_once(given_h: float) -> None:
    events = [*(fever(4 * each) for each in range(45)), steroid(given_h)]
    events.sort(key=lambda each: str(each["effective_at"]))
    seen = Bedside(patient(), *events, management="label-axi-cel")
    seen.tick(at(177))

    assert seen.states(CRS) == ([] if given_h < 72 else ["raised P2", "resolved"])


@pytest.mark.parametrize(
    ("given_h", "mg"),
    [(47, 10), (72.5, 4), (72.5, None)],
    ids=["long before", "too small", "of unknown amount"],
)
def test_axi_cel_asks_again_after_another_dose(given_h: float, mg: float | None) -> None:
    events = [*(fever(4 * each) for each in range(26)), steroid(given_h, dose_value=mg)]
    events.sort(key=lambda each: str(each["effective_at"]))
    seen = Bedside(patient(), *events, management="label-axi-cel")

    assert seen.is_open(CRS)


def test_after_that_dose_axi_cel_asks_for_what_a_higher_grade_has() -> None:
    events = [*(fever(4 * each) for each in range(20)), steroid(72.5)]
    events.sort(key=lambda each: str(each["effective_at"]))
    seen = Bedside(patient(), *events, oxygen(90), management="label-axi-cel")

    assert seen.states(CRS) == ["raised P2", "resolved", "raised P2"]
    assert "dexamethasone 10 mg IV daily" in seen.told(CRS)[-1].advice


def test_that_dose_charted_a_day_late_ends_it() -> None:
    events = [fever(4 * each) for each in range(26)]
    seen = Bedside(patient(), *events, management="label-axi-cel")
    seen.take(late(steroid(72.5), hours(28)))

    assert seen.states(CRS)[-1] == "resolved"
    assert "What is given once for it was given." in seen.told(CRS)[-1].advice


def test_the_guideline_says_what_follows_the_taper_at_grade_4() -> None:
    ventilated = reading(at=at(0), temperature_c=38.5, oxygen={"device": "bipap"})
    (line,) = Bedside(patient(), ventilated, management="asco-2021").told(CRS)

    assert (
        "methylprednisolone 500 mg IV every 12 h for 3 days (then 250 mg every 12 h for 2 days, "
        "125 mg every 12 h for 2 days, 60 mg every 12 h; where that is not enough, 1 g twice a day)"
    ) in line.advice


# STEROID-TAPER


def test_a_toxicity_that_becomes_mild_on_a_steroid_asks_for_a_taper() -> None:
    by_icans = Bedside(patient(), examined(0, 5), steroid(1), examined(5, 9))
    by_crs = Bedside(patient(), fever(), oxygen(0), steroid(1), oxygen(5, None))

    assert by_icans.states(TAPER) == ["raised P3"]
    assert by_crs.states(TAPER) == ["raised P3"]
    line = by_icans.told(TAPER)[0]
    assert line.at == at(5)
    assert [each.signal for each in line.because] == ["steroid since", "steroid"]
    assert "taper it over 3 to 4 days" in line.advice


def test_what_never_was_above_grade_1_has_to_go_first() -> None:
    seen = Bedside(patient(), examined(0, 9), steroid(1), examined(5, 8))
    assert seen.states(TAPER) == []
    seen.take(examined(6, 10))

    assert seen.states(TAPER) == ["raised P3"]


def test_worse_again_ends_it_and_so_does_a_smaller_dose_or_none() -> None:
    mild = [examined(0, 5), steroid(1), examined(5, 9)]
    worse = Bedside(patient(), *mild, examined(6, 5))
    tapered = Bedside(patient(), *mild, steroid(7, dose_value=8))
    stopped = Bedside(patient(), *mild)
    stopped.tick(at(13) + MILLISECOND)

    for seen in (worse, tapered, stopped):
        assert seen.states(TAPER) == ["raised P3", "resolved"]


def test_without_a_steroid_there_is_nothing_to_taper() -> None:
    assert Bedside(patient(), examined(0, 5), examined(5, 9)).states(TAPER) == []


def test_each_policy_tapers_by_its_own_grades() -> None:
    """Awake to voice is 3 by the review and 2 by the consensus."""
    voice = assessment("consciousness", at=at(0), level="voice")
    focal = assessment("neuro_finding", at=at(4), finding="focal_edema")
    awake = assessment("consciousness", at=at(5), level="alert")
    seen = Bedside(patient(), voice, examined(0, 9), steroid(1), focal, awake)

    assert list(seen.told(TAPER)[0].priorities) == ["manikath-2025"]


def test_what_is_not_known_is_said() -> None:
    awake = assessment("consciousness", at=at(4), level="alert")
    signs = vitals(at=at(4))
    seen = Bedside(patient(), examined(0, 5), steroid(1), examined(5, 9))
    known = Bedside(patient(), examined(0, 5), steroid(1), awake, signs, examined(5, 9))

    assert "A higher grade is not ruled out" in seen.told(TAPER)[0].advice
    assert "A higher grade is not ruled out" not in known.told(TAPER)[0].advice


def test_it_names_the_policy_by_which_it_is_mild_and_the_grade_by_the_other() -> None:
    """Hypoxia that a clinician holds for something else counts under one policy alone."""
    ill = vitals(at=at(-3), temperature_c=38.5, oxygen={"device": "simple_mask"})
    named = assessment("attribution", at=at(1), domain="hypoxia", cause="infection")
    line = Bedside(patient(), ill, steroid(0), examined(0.5, 10), named).told(TAPER)[0]

    assert list(line.priorities) == ["astct-2019"]
    assert line.advice.startswith(
        "On a steroid, and by astct-2019 neither CRS nor ICANS is above grade 1; by manikath-2025 "
        "CRS is grade 3: ask before it is tapered over 3 to 4 days. Watch for a flare"
    )
    assert "A higher grade is not ruled out by astct-2019: not everything" in line.advice


def test_where_both_policies_hold_it_names_neither() -> None:
    ill = vitals(at=at(-3), temperature_c=38.5, oxygen={"device": "simple_mask"})
    better = vitals(at=at(2), temperature_c=38.1)
    line = Bedside(patient(), ill, steroid(0), examined(0.5, 10), better).told(TAPER)[0]

    assert "and neither CRS nor ICANS is above grade 1: taper it over 3 to 4 days." in line.advice
