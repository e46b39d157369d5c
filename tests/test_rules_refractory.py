"""REFRACTORY, ANAKINRA-SALVAGE, ANAKINRA-EARLY, CYTAPHERESIS (CLINICAL.md §1.4)."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, hours, late, minutes, removed
from builders import Fields, assessment, build, dose, infusion, lab, on_day, patient, reading

from topics.base import MILLISECOND

START = on_day(3, "06:00")
REFRACTORY, SALVAGE = "REFRACTORY", "ANAKINRA-SALVAGE"
EARLY, CYTAPHERESIS = "ANAKINRA-EARLY", "CYTAPHERESIS"


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def fever(after_h: float = -1) -> Fields:
    return reading(at=at(after_h), temperature_c=39.0)


def pump(after_h: float, rate: float, drug: str = "norepinephrine", **more: Any) -> Fields:
    return infusion(drug, at=at(after_h), rate_value=rate, **more)


def toci(after_h: float) -> Fields:
    return dose("tocilizumab", at=at(after_h))


def steroid(after_h: float, mg: float = 10) -> Fields:
    return dose("dexamethasone", at=at(after_h), dose_value=mg, event_id=f"dex-{after_h}")


def anakinra(after_h: float, **fields: Any) -> Fields:
    return dose("anakinra", at=at(after_h), **{"dose_value": 100, "route": "sc"} | fields)


def oxygen(after_h: float, device: str, **fields: Any) -> Fields:
    return reading(at=at(after_h), oxygen={"device": device} | fields)


def treated(*more: Fields, rate: float = 25) -> list[Fields]:
    """Grade 3, two doses of tocilizumab, and a high-dose steroid from 10 to 28 h."""
    steroids = [steroid(each) for each in (10, 16, 22, 28)]
    events = [fever(), pump(-0.5, rate), toci(0), toci(8), *steroids, *more]
    return sorted(events, key=lambda each: str(each["effective_at"]))


# REFRACTORY, its clause a


def test_grade_3_despite_two_doses_and_a_high_dose_steroid_is_refractory() -> None:
    seen = Bedside(patient(), *treated())

    assert seen.states(REFRACTORY) == ["raised P1"]
    line = seen.told(REFRACTORY)[0]
    assert line.at == at(28)  # with the fourth dose of the steroid
    assert list(line.priorities) == ["manikath-2025", "astct-2019"]
    shown = [each.signal for each in line.because]
    assert shown == ["temperature_c", "norepinephrine", "tocilizumab", "steroid"]
    assert "despite two doses of tocilizumab" in line.advice


def test_it_takes_12_hours_from_the_second_dose() -> None:
    steroids = [steroid(each) for each in (0, 6, 12, 18)]
    seen = Bedside(patient(), fever(), pump(-0.5, 25), toci(1), toci(12), *steroids)

    seen.tick(at(24) - MILLISECOND)
    assert seen.states(REFRACTORY) == []
    seen.tick(at(24))
    assert seen.states(REFRACTORY) == ["raised P1"]


def test_it_takes_12_hours_from_the_first_steroid() -> None:
    seen = Bedside(patient(), fever(), pump(-0.5, 25), toci(0), toci(8), steroid(10, 40))

    seen.tick(at(22) - MILLISECOND)
    assert seen.states(REFRACTORY) == []
    seen.tick(at(22))
    assert seen.states(REFRACTORY) == ["raised P1"]


@pytest.mark.parametrize("missing", [toci(8), steroid(28)])
def test_one_dose_less_is_not_refractory(missing: Fields) -> None:
    seen = Bedside(patient(), *(each for each in treated() if each != missing))
    seen.tick(at(30))

    assert seen.states(REFRACTORY) == []


def test_each_policy_goes_by_its_own_grade() -> None:
    seen = Bedside(patient(), *treated(rate=8))

    assert list(seen.told(REFRACTORY)[0].priorities) == ["astct-2019"]


def test_a_milder_grade_or_the_end_of_the_steroid_ends_it() -> None:
    milder = Bedside(patient(), *treated(pump(29, 8), pump(30, 0)))
    stopped = Bedside(patient(), *treated())
    stopped.tick(at(40.1))

    assert milder.states(REFRACTORY) == ["raised P1", "changed P1", "resolved"]
    assert stopped.states(REFRACTORY) == ["raised P1", "resolved"]


def test_a_dose_that_comes_late_or_is_removed_is_judged_by_when_it_was_given() -> None:
    less = [each for each in treated() if each != toci(8)]
    seen = Bedside(patient(), *less, late(toci(8), hours(21)))
    assert seen.states(REFRACTORY) == ["raised P1"]

    seen.take(removed(toci(8), hours(22)))
    assert seen.states(REFRACTORY) == ["raised P1", "retracted"]


def by_one_dose(*steroids: Fields) -> Bedside:
    """Grade 3 from -0.5 h, tocilizumab at 0 and 8 h, and steroids that no course goes on of."""
    events = [fever(), pump(-0.5, 25), toci(0), toci(8), *steroids]
    return Bedside(patient(), *sorted(events, key=lambda each: str(each["effective_at"])))


def methylprednisolone(after_h: float, mg: float) -> Fields:
    return dose("methylprednisolone", at=at(after_h), dose_value=mg)


@pytest.mark.parametrize(
    ("given", "from_h", "until_h"),
    [
        (steroid(0.5, 40), 20, 24.5),  # tocilizumab has its 12 hours last
        (methylprednisolone(0.5, 80), 20, 24.5),  # 1 mg/kg
        (methylprednisolone(12, 1000), 24, 36),  # and here the steroid has
        (steroid(-3, 40), 20, 21),  # given before the onset
    ],
)
def test_a_single_high_dose_counts_for_its_day_though_no_course_goes_on(
    given: Fields, from_h: float, until_h: float
) -> None:
    seen = by_one_dose(given)

    seen.tick(at(from_h) - MILLISECOND)
    assert seen.states(REFRACTORY) == []
    for tick in (at(from_h), at(from_h) + MILLISECOND, at(until_h) - MILLISECOND):
        seen.tick(tick)
        assert seen.states(REFRACTORY) == ["raised P1"]
    seen.tick(at(until_h))
    assert seen.states(REFRACTORY) == ["raised P1", "resolved"]


def test_a_single_dose_that_is_not_high_does_not() -> None:
    seen = by_one_dose(steroid(0.5, 39.9))
    seen.tick(at(24))

    assert seen.states(REFRACTORY) == []


def test_a_dose_of_another_course_takes_nothing_back() -> None:
    """The first steroid stays the one by which the day was high-dose."""
    seen = by_one_dose(steroid(-3, 40), steroid(20.5, 40))
    seen.tick(at(40))

    assert seen.states(REFRACTORY) == ["raised P1"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "anakinra next, and look for HLH/MAS and infection."),
        ([anakinra(3.9)], "anakinra next, and"),  # more than 24 h ago
        (
            [anakinra(4)],
            (
                "anakinra is given already; look for HLH/MAS and infection. Against HLH/MAS comes "
                "next: ruxolitinib, then etoposide or emapalumab."
            ),
        ),
        (
            [infusion("anakinra", at=at(2), rate_value=8, rate_unit="mg/h")],
            "anakinra is given already;",
        ),
        (
            [anakinra(20), dose("ruxolitinib", at=at(21))],
            (
                "anakinra and ruxolitinib were given already; look for HLH/MAS and infection. "
                "Against HLH/MAS comes next: etoposide or emapalumab."
            ),
        ),
        (
            [anakinra(20), dose("emapalumab", at=at(21))],
            "anakinra and emapalumab were given already; look for HLH/MAS and infection.",
        ),
    ],
)
def test_it_names_the_step_after_what_was_given(more: list[Fields], said: str) -> None:
    (line,) = Bedside(patient(), *treated(*more)).told(REFRACTORY)

    assert f"Call the CAR-T senior and intensive care: {said}" in line.advice
    assert ("comes next" in line.advice) is (
        "comes next" in said or said == "anakinra is given already;"
    )
    assert ("anakinra next" in line.advice) is ("anakinra next" in said)


# REFRACTORY, its clause b


def ventilated(after_h: float = 0) -> Fields:
    return oxygen(after_h, "invasive", fio2_fraction=0.6, reason="hypoxia")


def test_organs_that_fail_at_grade_4_are_refractory() -> None:
    seen = Bedside(patient(), fever(), ventilated())
    seen.take(lab("creatinine", 1.0, at=at(1)), lab("bilirubin_total", 1.0, at=at(1)))
    seen.take(lab("creatinine", 2.0, at=at(20)))  # 2 points
    assert seen.states(REFRACTORY) == ["raised P1"]
    line = seen.told(REFRACTORY)[0]
    assert "organs fail at grade 4 (SOFA up by 2: kidneys 0 to 2)" in line.advice
    shown = [(each.signal, each.value, each.effective_at) for each in line.because[-2:]]
    assert shown == [("sofa_rise", "2: kidneys 0 to 2", at(20)), ("creatinine", 2.0, at(20))]
    assert line.because[-1].event_id is not None

    seen.take(lab("creatinine", 2.0, at=at(44)))
    seen.tick(at(80))
    assert seen.states(REFRACTORY) == ["raised P1"]  # nothing newer says otherwise
    seen.take(lab("creatinine", 2.0, at=at(81)))
    assert seen.states(REFRACTORY) == ["raised P1", "resolved"]


URINE = [
    build("urine_output", at(2), {"volume_ml": 500, "over_h": 12}),
    build("urine_output", at(14), {"volume_ml": 90, "over_h": 12}),
]
SHORT_URINE = build("urine_output", at(9), {"volume_ml": 90, "over_h": 6})
KIDNEYS = [lab("creatinine", 1.0, at=at(1)), lab("creatinine", 2.0, at=at(10)), SHORT_URINE]
COMA = [build("gcs", at(3), {"total": 15}), build("gcs", at(9), {"total": 12})]


@pytest.mark.parametrize(
    ("events", "rise", "shown"),
    [
        (COMA, "2: brain 0 to 2", {"gcs": 12}),
        (URINE, "4: kidneys 0 to 4", {"urine_output": "90 mL in 12 h"}),
        (KIDNEYS, "2: kidneys 0 to 2", {"creatinine": 2.0}),
        (
            [lab("pao2", 300, at=at(2)), lab("pao2", 100, at=at(9))],
            "3: respiration 0 to 3",
            {"pao2": 100.0},
        ),
    ],
)
def test_the_organs_that_fail_are_named_with_their_readings(
    events: list[Fields], rise: str, shown: dict[str, object]
) -> None:
    known = sorted([fever(), ventilated(), *events], key=lambda each: str(each["effective_at"]))
    because = Bedside(patient(), *known).told(REFRACTORY)[-1].because
    after_rise = [each.signal for each in because].index("sofa_rise")

    assert because[after_rise].value == rise
    assert {each.signal: each.value for each in because[after_rise + 1 :]} == shown


def test_the_circulation_is_named_by_what_runs_else_by_the_mean_pressure() -> None:
    by_pressure = failing(pressed(1, 80), pressed(19, 69)).told(REFRACTORY)[0]
    pressor = Bedside(patient(), fever(), ventilated(), pressed(1), pump(13, 5))
    by_pressor = pressor.told(REFRACTORY)[0]

    assert "2: coagulation 0 to 1, circulation 0 to 1" in by_pressure.advice
    shown = {each.signal: each.value for each in by_pressure.because}
    assert (shown["platelets"], shown["mean_arterial_mmhg"]) == (149, 69)
    assert "2: circulation unknown to 3" in by_pressor.advice
    assert {each.signal: each.value for each in by_pressor.because}["norepinephrine"] == 5


def pressed(after_h: float, mean: float | None = None, systolic: float = 110) -> Fields:
    fields = {} if mean is None else {"mean_arterial_mmhg": mean}
    return reading(at=at(after_h), systolic_mmhg=systolic, **fields)


def platelets(after_h: float, value: float) -> Fields:
    return lab("platelets", value, at=at(after_h))


def failing(*events: Fields, **fields: Any) -> Bedside:
    """Grade 4, and platelets that fall by one point from 1 h to 20 h."""
    known = [fever(), ventilated(), platelets(1, 150), platelets(20, 149), *events]
    return Bedside(patient(**fields), *sorted(known, key=lambda each: str(each["effective_at"])))


@pytest.mark.parametrize(
    ("pressures", "told"),
    [
        ([pressed(1, 80), pressed(19, 69)], True),
        ([pressed(1, 80), pressed(21, 69)], True),  # the pressure is the last to come
        ([pressed(1, 70), pressed(19, 69.9)], True),
        ([pressed(1, 80), pressed(19, 70)], False),
        ([pressed(1, 69), pressed(19, 60)], False),  # 1 point before
        ([pressed(1, 69), pressed(9, 70), pressed(19, 69)], True),  # adequate in between
        ([platelets(-9, 150), pressed(-9, 80), pressed(-3, 69)], True),  # it held 24 h before
        ([platelets(-9, 150), pressed(-9, 80), pressed(-5, 69)], False),
        ([pressed(19, 60)], False),  # not known before
        ([pressed(1), pressed(19, 60)], False),  # nor by a systolic pressure alone
        ([pressed(1, 80), pressed(19, systolic=60)], False),  # none is derived from it
        ([pressed(1, 80), pressed(18, 69), pressed(19)], True),  # nor does it say anything newer
        ([pressed(1, 80), pressed(18, 69), pressed(19, 71)], False),
    ],
)
def test_a_mean_pressure_is_a_point_below_70(pressures: list[Fields], told: bool) -> None:
    assert bool(failing(*pressures).states(REFRACTORY)) is told


@pytest.mark.parametrize(("age_years", "told"), [(17, False), (18, True)])
def test_under_18_years_a_mean_pressure_says_nothing(age_years: float, told: bool) -> None:
    seen = failing(pressed(1, 80), pressed(19, 60), age_years=age_years)

    assert bool(seen.states(REFRACTORY)) is told


def test_a_better_mean_pressure_ends_it() -> None:
    seen = failing(pressed(1, 80), pressed(19, 69))

    seen.take(pressed(21, systolic=70))  # it has no mean
    assert seen.states(REFRACTORY) == ["raised P1"]
    seen.take(pressed(22, 70))
    assert seen.states(REFRACTORY) == ["raised P1", "resolved"]


def test_mean_pressures_that_stay_on_their_side_end_nothing() -> None:
    """They are no news of an organ: the 24 hours end when something else was charted."""
    seen = failing(pressed(1, 80), pressed(19, 69), *(pressed(each, 68) for each in range(21, 60)))
    assert seen.states(REFRACTORY) == ["raised P1"]

    seen.take(pressed(60, 71), pressed(61, 69))
    assert seen.states(REFRACTORY) == ["raised P1", "resolved"]


def test_a_mean_pressure_that_was_adequate_for_minutes_is_remembered() -> None:
    """Of each hour few readings are kept, but those on each side of the limit."""
    around = [pressed(2 + each / 20, 72 if 20 < each < 30 else 69) for each in range(320)]

    assert failing(*around).states(REFRACTORY) == ["raised P1"]


def test_a_mean_pressure_that_ended_adequate_is_remembered_so() -> None:
    """The worst on each side of the limit stay; the last does as well, and then systolics came."""
    means = [pressed(each / 20, 71 if each == 1 else 75) for each in range(20)]
    means[10] = pressed(0.5, 68)
    seen = failing(platelets(-0.5, 150), *means, *(pressed(1 + each / 20) for each in range(400)))

    assert seen.states(REFRACTORY) == []


@pytest.mark.parametrize(
    ("known", "drug", "rate", "told"),
    [
        ([pressed(1, 80)], "norepinephrine", 5, True),  # from 0 to 3
        ([pressed(1, 69)], "norepinephrine", 5, True),  # from 1 to 3
        ([pressed(1)], "norepinephrine", 5, True),  # 1 at most before
        ([], "norepinephrine", 5, False),  # nothing was known before
        ([pressed(1, 80)], "dobutamine", 5, True),
        ([pressed(1, 69)], "dobutamine", 5, False),
        ([platelets(1, 150)], "dobutamine", 5, False),
    ],
)
def test_a_vasopressor_is_compared_with_the_mean_pressure_before_it(
    known: list[Fields], drug: str, rate: float, told: bool
) -> None:
    seen = Bedside(patient(), fever(), ventilated(), *known, pump(13, rate, drug))

    assert bool(seen.states(REFRACTORY)) is told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([lab("creatinine", 1.9, at=at(20))], False),  # 1 point
        ([lab("creatinine", 1.9, at=at(20)), lab("platelets", 140, at=at(20))], False),  # new organ
        ([build("gcs", at(3), {"total": 15}), build("gcs", at(9), {"total": 12})], True),
        ([pump(5, 25)], True),  # 0.31 ug/kg/min
        ([lab("pao2", 300, at=at(2)), lab("pao2", 100, at=at(9))], True),
        (
            [
                build("urine_output", at(2), {"volume_ml": 500, "over_h": 12}),
                build("urine_output", at(14), {"volume_ml": 90, "over_h": 12}),
            ],
            True,
        ),
        (
            [
                build("urine_output", at(2), {"volume_ml": 300, "over_h": 6}),
                build("urine_output", at(14), {"volume_ml": 20, "over_h": 6}),
            ],
            False,
        ),
    ],
)
def test_only_a_rise_by_2_of_organs_known_at_both_times_counts(
    changes: list[Fields], told: bool
) -> None:
    first = lab("creatinine", 1.0, at=at(1))
    again = lab("creatinine", 1.0, at=at(6.5))
    seen = Bedside(patient(), fever(), ventilated(), first)
    seen.take(*sorted([*changes, again], key=lambda each: str(each["effective_at"])))

    assert bool(seen.states(REFRACTORY)) is told


def test_a_coma_score_under_sedation_is_none() -> None:
    asleep = infusion("propofol", at=at(4), rate_value=50, rate_unit="ug/min")
    scores = build("gcs", at(3), {"total": 15}), asleep, build("gcs", at(9), {"total": 3})

    assert Bedside(patient(), fever(), ventilated(), *scores).states(REFRACTORY) == []


@pytest.mark.parametrize(
    ("device", "told"), [("room_air", True), ("blow_by", False), (None, False)]
)
def test_lungs_are_compared_where_the_oxygen_is_known(device: str | None, told: bool) -> None:
    """On room air from 476 to 286 mm[Hg]; what blow-by gives nobody knows."""
    dialysis = assessment("support", at=at(0), support="crrt", action="start")
    lungs = lab("pao2", 100, at=at(2)), lab("pao2", 60, at=at(9))
    breathing = [] if device is None else [oxygen(1, device)]
    seen = Bedside(patient(), fever(), dialysis, *breathing, *lungs)

    assert bool(seen.states(REFRACTORY)) is told


def test_organs_that_fail_below_grade_4_are_not() -> None:
    labs = lab("creatinine", 1.0, at=at(1)), lab("creatinine", 6.0, at=at(9))

    assert Bedside(patient(), fever(), pump(0, 25), *labs).states(REFRACTORY) == []


# REFRACTORY, its clause c


def hlh(after_h: float = 0) -> list[Fields]:
    return [
        lab("fibrinogen", 120, at=at(after_h)),
        lab("ast", 640, at=at(after_h)),
        lab("ferritin", 14_200, at=at(after_h)),
    ]


def test_features_of_hlh_are_refractory_whatever_was_given() -> None:
    seen = Bedside(patient(), fever(), *hlh())

    assert seen.states(REFRACTORY) == ["raised P1"]
    advice = seen.told(REFRACTORY)[0].advice
    assert advice.startswith("Features of HLH/MAS: treat as refractory, whatever was given")
    assert {"ferritin", "fibrinogen", "ast"} <= {
        each.signal for each in seen.told(REFRACTORY)[0].because
    }


def test_one_feature_alone_is_not() -> None:
    seen = Bedside(patient(), fever(), *hlh()[1:])

    assert seen.is_open("HLH-SUSPECT")
    assert seen.states(REFRACTORY) == []


def test_an_hscore_above_its_cut_off_is() -> None:
    scored = [
        lab("ferritin", 6500, at=at(0)),
        lab("fibrinogen", 200, at=at(0)),
        lab("ast", 40, at=at(0)),
        lab("triglycerides", 400, at=at(0)),
    ]
    seen = Bedside(patient(immunosuppressed=True), fever(), *scored)

    assert seen.is_open("HSCORE")
    assert seen.states(REFRACTORY)[0] == "raised P1"
    assert seen.told(REFRACTORY)[0].because[0].signal == "hscore"


# ANAKINRA-SALVAGE


def test_refractory_disease_asks_for_anakinra_and_prefers_the_vein_in_shock() -> None:
    seen = Bedside(patient(), *treated())

    assert seen.states(SALVAGE) == ["raised P2"]
    advice = seen.told(SALVAGE)[0].advice
    assert "100 mg SC every 6 h, or 160 to 800 mg a day by continuous IV infusion" in advice
    assert "with shock little is absorbed under the skin" in advice


def test_ferritin_with_a_failing_liver_does_and_ferritin_alone_does_not() -> None:
    liver = Bedside(patient(weight_kg=None), fever(), *hlh()[1:])
    alone = Bedside(patient(), fever(), hlh()[2])

    assert liver.states(SALVAGE) == ["raised P2"]
    assert "2 to 10 mg/kg a day" in liver.told(SALVAGE)[0].advice
    assert "Prefer the infusion" not in liver.told(SALVAGE)[0].advice
    assert [each.signal for each in liver.told(SALVAGE)[0].because] == ["ferritin", "ast"]
    assert alone.states(SALVAGE) == []


def test_edema_prefers_the_vein() -> None:
    swollen = assessment("exam", at=at(-2), finding="edema")
    seen = Bedside(patient(), swollen, fever(), *hlh()[1:])

    assert "with anasarca little is absorbed" in seen.told(SALVAGE)[0].advice


def test_anakinra_answers_it_for_24_hours_and_an_infusion_while_it_runs() -> None:
    by_dose = Bedside(patient(), fever(), *hlh(), anakinra(1))
    by_dose.tick(at(25))
    assert by_dose.states(SALVAGE) == ["raised P2", "resolved"]
    by_dose.tick(at(25) + MILLISECOND)
    assert by_dose.states(SALVAGE)[-1] == "raised P2"

    drip = infusion("anakinra", at=at(1), rate_value=5, rate_unit="mg/kg/d")
    off = infusion("anakinra", at=at(40), action="stop")
    by_drip = Bedside(patient(), fever(), *hlh(), drip, off)
    by_drip.tick(at(64))
    assert by_drip.states(SALVAGE) == ["raised P2", "resolved"]
    by_drip.tick(at(64.1))
    assert by_drip.states(SALVAGE)[-1] == "raised P2"


# ANAKINRA-EARLY


def low(after_h: float = 0) -> Fields:
    return reading(at=at(after_h), temperature_c=38.9, systolic_mmhg=84)


def better(after_h: float) -> Fields:
    return reading(at=at(after_h), temperature_c=38.5, systolic_mmhg=110)


def ferritin(after_h: float, value: float, **fields: Any) -> Fields:
    return lab("ferritin", value, at=at(after_h), **fields)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([ferritin(-26, 3000), low()], False),
        ([ferritin(-26, 3001), low()], True),
        ([ferritin(-26, 9000), ferritin(-2, 900), low()], False),  # the newest decides
        ([low(), ferritin(1, 3400)], True),  # while tocilizumab is due
        ([low(), ferritin(1, 3400), toci(2)], True),
        ([low(), toci(1), ferritin(2, 3400)], False),  # after the dose
        ([low(), toci(1), late(ferritin(0.5, 3400), hours(3))], True),
        ([fever(), ferritin(0, 3400), toci(2)], True),  # given at grade 1
        ([fever(), ferritin(0, 3400)], False),  # nothing is due
        ([low(), ferritin(1, 3000, comparator=">")], True),
        ([low(), ferritin(1, 3001, comparator="<")], False),
        ([low(), better(2), ferritin(3, 3400)], False),  # when it was no longer indicated
        ([low(), better(2), ferritin(3, 3400), low(4)], True),  # it is again
        ([low(), better(2), ferritin(3, 3400), ferritin(3.5, 900), low(4)], False),
        ([low(), better(2), ferritin(3, 3400), toci(4)], True),  # given all the same
        ([low(), better(2), late(ferritin(1, 3400), hours(2))], True),  # when it was
        ([low(), better(2), late(ferritin(1, 3400), hours(2)), ferritin(3.5, 4000)], True),
    ],
)
def test_ferritin_at_the_first_tocilizumab_asks_for_anakinra_early(
    events: list[Fields], told: bool
) -> None:
    seen = Bedside(patient(), *events)

    assert bool(seen.states(EARLY)) is told
    assert all(line.priority == "P3" for line in seen.told(EARLY))


def test_the_task_goes_on_though_tocilizumab_is_no_longer_indicated() -> None:
    seen = Bedside(patient(), low(), ferritin(1, 3400), better(2), ferritin(3, 900), better(20))

    assert seen.states(EARLY) == ["raised P3"]


def test_a_risk_of_a_time_at_which_it_was_not_indicated_makes_no_task_earlier() -> None:
    """A late pressure moves back nothing that rests on a ferritin of afterwards."""
    seen = Bedside(patient(), low(), better(2), ferritin(3, 3400), low(4))
    seen.take(late(ferritin(3.2, 3500), hours(2)))

    assert seen.states(EARLY) == ["raised P3"]


@pytest.mark.parametrize("known", [{}, {"prior_transplant": True}])
def test_where_the_label_has_no_tocilizumab_yet_nothing_is_early(known: dict[str, Any]) -> None:
    """Kymriah's label waits for instability though CRS is of grade 2."""
    seen = Bedside(patient(**known), low(), ferritin(1, 3400), management="label-tisa-cel")
    assert seen.states(EARLY) == []
    seen.take(infusion("norepinephrine", at=at(2), rate_value=30))

    assert seen.states("TOCI-IND") == ["raised P1"]
    assert seen.states(EARLY) == ["raised P3"]


@pytest.mark.parametrize(
    ("known", "signal"),
    [
        ({"prior_transplant": True}, "prior_transplant"),
        ({"active_ebv": True}, "active_ebv"),
        ({"baseline_ferritin_ng_ml": 6905}, "baseline_ferritin_ng_ml"),
    ],
)
def test_so_do_a_transplant_active_ebv_and_a_baseline(known: dict[str, Any], signal: str) -> None:
    seen = Bedside(patient(**known), low())

    assert seen.states(EARLY) == ["raised P3"]
    assert [each.signal for each in seen.told(EARLY)[0].because] == [signal]


@pytest.mark.parametrize(
    "known",
    [{"prior_transplant": False}, {"baseline_ferritin_ng_ml": 3000}, {}],
)
def test_what_is_not_there_does_not(known: dict[str, Any]) -> None:
    assert Bedside(patient(**known), low()).states(EARLY) == []


def test_a_result_of_the_stay_stands_before_the_baseline() -> None:
    known = patient(baseline_ferritin_ng_ml=6905)

    assert Bedside(known, ferritin(-1, 800), low()).states(EARLY) == []


def test_it_stays_until_anakinra_is_given_or_the_episode_is_over() -> None:
    done = Bedside(patient(), ferritin(-1, 5000), low(), toci(1), ferritin(9, 900))
    assert done.states(EARLY) == ["raised P3"]
    done.take(anakinra(10))
    assert done.states(EARLY) == ["raised P3", "resolved"]

    well = [reading(at=at(each), temperature_c=36.8, systolic_mmhg=120) for each in range(2, 30, 2)]
    over = Bedside(patient(), ferritin(-1, 5000), low(), toci(1), *well)
    assert over.states(EARLY) == ["raised P3", "resolved"]
    assert over.told(EARLY)[-1].at == at(26)


def test_without_an_episode_it_is_open_for_24_hours() -> None:
    masked = dose("dexamethasone", at=at(-1), dose_value=10)
    shock = reading(at=at(0), systolic_mmhg=80)
    seen = Bedside(patient(), ferritin(-2, 5000), masked, shock)
    seen.tick(at(24) - minutes(1))
    assert seen.states(EARLY) == ["raised P3"]
    seen.tick(at(24))

    assert seen.states(EARLY) == ["raised P3", "resolved"]


def test_a_ferritin_that_is_removed_retracts_it() -> None:
    high = ferritin(1, 5000)

    assert Bedside(patient(), low(), high, removed(high, hours(1))).states(EARLY) == [
        "raised P3",
        "retracted",
    ]


# CYTAPHERESIS


def ecmo(after_h: float, action: str = "start", support: str = "ecmo_considered") -> Fields:
    return assessment("support", at=at(after_h), support=support, action=action)


def test_a_collapse_with_ecmo_considered_asks_for_it() -> None:
    seen = Bedside(patient(), fever(), pump(0, 30), ecmo(1), ecmo(3, "stop"))

    assert seen.states(CYTAPHERESIS) == ["raised P1", "resolved"]
    assert "ecmo_considered" in [each.signal for each in seen.told(CYTAPHERESIS)[0].because]


def test_ecmo_that_runs_counts_and_ecmo_of_one_who_is_well_does_not() -> None:
    runs = Bedside(patient(), fever(), pump(0, 30), ecmo(1, support="ecmo_va"))
    well = Bedside(patient(), fever(), ecmo(1))

    assert runs.states(CYTAPHERESIS) == ["raised P1"]
    assert well.states(CYTAPHERESIS) == []


def test_its_advice_says_whether_ecmo_is_considered_or_runs() -> None:
    seen = Bedside(patient(), fever(), pump(0, 30), ecmo(1), ecmo(2, support="ecmo_vv"))
    considered, runs = (line.advice for line in seen.told(CYTAPHERESIS))

    assert "Last resort: a collapse for which ECMO is considered. Talk" in considered
    assert "Last resort: a collapse on ECMO. Talk" in runs


def test_a_collapse_with_another_cause_counts_where_no_policy_asks_for_a_cause() -> None:
    named = assessment("attribution", at=at(0.5), domain="hypotension", cause="infection")
    seen = Bedside(patient(), fever(), pump(0, 30), named, ecmo(1))

    assert list(seen.told(CYTAPHERESIS)[0].priorities) == ["manikath-2025"]


def sign(finding: str, after_h: float = 0, **fields: Any) -> Fields:
    return assessment("neuro_finding", at=at(after_h), finding=finding, **fields)


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        (["diffuse_edema"], False),
        (["diffuse_edema", "impending_herniation"], True),
        (["focal_edema", "impending_herniation"], True),
        (["impending_herniation"], True),
        (["intracranial_hemorrhage", "impending_herniation"], False),
        (["intracranial_hemorrhage", "focal_edema", "impending_herniation"], True),
    ],
)
def test_edema_with_impending_herniation_asks_for_it(findings: list[str], told: bool) -> None:
    seen = Bedside(patient(), *(sign(each, place / 10) for place, each in enumerate(findings)))

    assert bool(seen.states(CYTAPHERESIS)) is told


def test_grade_4_that_answers_to_nothing_asks_for_it_12_hours_after_the_last_drug() -> None:
    ill = treated(oxygen(1, "invasive", fio2_fraction=0.9), anakinra(29))
    seen = Bedside(patient(), *ill)
    seen.take(*(steroid(each) for each in (34, 40)))

    seen.tick(at(41) - MILLISECOND)
    assert seen.states(CYTAPHERESIS) == []
    seen.tick(at(41))
    assert seen.states(CYTAPHERESIS) == ["raised P1"]
    assert "grade 4 despite tocilizumab" in seen.told(CYTAPHERESIS)[0].advice
    shown = {each.signal: each.value for each in seen.told(CYTAPHERESIS)[0].because}
    assert shown.keys() >= {"tocilizumab", "steroid", "anakinra"}
    assert (shown["tocilizumab"], shown["steroid"]) == (640, "dexamethasone 10 mg")


def test_each_policy_goes_by_its_own_grade_4() -> None:
    """Two vasopressors are 4 by the consensus and 3 by the review."""
    ill = treated(pump(1, 6, "epinephrine"), anakinra(14))
    seen = Bedside(patient(), *ill)
    seen.tick(at(29))

    assert list(seen.told(CYTAPHERESIS)[0].priorities) == ["astct-2019"]


def test_without_anakinra_it_is_not_the_last_resort_yet() -> None:
    seen = Bedside(patient(), *treated(oxygen(1, "invasive", fio2_fraction=0.9)))
    seen.tick(at(39))

    assert seen.states(CYTAPHERESIS) == []


def unresponsive(*more: Fields) -> Bedside:
    """Grade 4 from 1 h, tocilizumab at 0 and 8 h, and one high dose of a steroid at 10 h."""
    ventilated_from = oxygen(1, "invasive", fio2_fraction=0.9)
    events = [fever(), ventilated_from, toci(0), toci(8), steroid(10, 40), *more]
    return Bedside(patient(), *sorted(events, key=lambda each: str(each["effective_at"])))


def drip(after_h: float, **fields: Any) -> Fields:
    return infusion("anakinra", at=at(after_h), rate_value=5, rate_unit="mg/kg/d", **fields)


@pytest.mark.parametrize(
    "given",
    [
        [anakinra(10)],
        [anakinra(-1.5)],  # before the onset, and it counts until 22.5 h
        [drip(-20)],
        [drip(-20), infusion("anakinra", at=at(0), action="stop")],
    ],
)
def test_it_asks_for_it_though_no_course_goes_on(given: list[Fields]) -> None:
    seen = unresponsive(*given)

    seen.tick(at(22) - MILLISECOND)
    assert seen.states(CYTAPHERESIS) == []
    for tick in (at(22), at(22) + MILLISECOND):
        seen.tick(tick)
        assert seen.states(CYTAPHERESIS) == ["raised P1"]


def test_anakinra_that_was_over_before_the_episode_is_none() -> None:
    seen = unresponsive(anakinra(-26), drip(-40), infusion("anakinra", at=at(-30), action="stop"))
    seen.tick(at(30))

    assert seen.states(CYTAPHERESIS) == []


def test_it_ends_when_the_last_of_it_no_longer_counts() -> None:
    by_anakinra, by_steroid = unresponsive(anakinra(9)), unresponsive(anakinra(10.5))
    for tick, told in ((33, ["raised P1"]), (33.001, ["raised P1", "resolved"])):
        by_anakinra.tick(at(tick))
        assert by_anakinra.states(CYTAPHERESIS) == told
    by_steroid.tick(at(34) - MILLISECOND)
    assert by_steroid.states(CYTAPHERESIS) == ["raised P1"]
    by_steroid.tick(at(34))
    assert by_steroid.states(CYTAPHERESIS) == ["raised P1", "resolved"]
