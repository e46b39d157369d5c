"""FLUID-CAP, PRESSOR-PIVOT, PRESSOR-ORDER, DOPAMINE-AVOID and INOTROPE, at each boundary."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, build, fluid, infusion, on_day, patient, reading

from stream.clinical import anakinra, thinning
from stream.clinical.policies.regimen import Regimen

START = on_day(3, "10:00")
SECOND = timedelta(seconds=1)
KG = 80
ILL = reading(at=START, temperature_c=38.8, systolic_mmhg=84)


def at(after_min: float) -> datetime:
    return START + minutes(after_min)


def bolus(ml_kg: float, after_min: float = 10, **fields: Any) -> Fields:
    return fluid(ml_kg * KG, at=at(after_min), **fields)


def pressure(after_min: float, **mmhg: float) -> Fields:
    return reading(at=at(after_min), **mmhg)


def runs(drug: str, after_min: float = 0, rate: float = 5, unit: str = "ug/min") -> Fields:
    return infusion(drug, at=at(after_min), rate_value=rate, rate_unit=unit)


def vasopressin(rate: float, after_min: float = 5, unit: str = "[IU]/min") -> Fields:
    return runs("vasopressin", after_min, rate, unit)


def stopped(drug: str, after_min: float) -> Fields:
    return infusion(drug, at=at(after_min), action="stop")


def echo(percent: float, after_min: float = -60) -> Fields:
    return build("echo", at(after_min), {"lvef_percent": percent})


def ill(*events: Fields, **facts: Any) -> Bedside:
    return Bedside(patient(weight_kg=KG, **facts), ILL, *events)


@pytest.mark.parametrize("weight_kg", [72.5748])
def test_a_weight_is_written_to_a_tenth(weight_kg: float) -> None:
    """Whatever is worked out for it: the weight may have been charted in pounds."""
    assert anakinra.in_words(weight_kg).endswith("(2 to 10 mg/kg at 72.6 kg)")
    regimen = Regimen("methylprednisolone", "every 12 h", mg_kg=(1, 1))
    assert regimen.in_words(weight_kg).endswith("(1 mg/kg at 72.6 kg)")
    low = reading(at=START, temperature_c=38.8, systolic_mmhg=84)
    said = " ".join(each.advice for each in Bedside(patient(weight_kg=weight_kg), low).lines)
    assert "at 72.6 kg" in said
    assert "72.5748" not in said


# FLUID-CAP


@pytest.mark.parametrize(
    ("ml_kg", "told"),
    [
        (50, []),
        (50.01, ["raised P2"]),
        (75, ["raised P2"]),
        (75.01, ["raised P1"]),
    ],
)
def test_fluids_count_by_weight_and_the_limits_are_not_above_themselves(
    ml_kg: float, told: list[str]
) -> None:
    assert ill(bolus(ml_kg)).states("FLUID-CAP") == told


def test_boluses_add_up_since_the_onset_and_each_limit_is_told() -> None:
    before, at_onset = bolus(40, -1), bolus(20, 0)
    bed = Bedside(patient(), before, at_onset, ILL, bolus(20, 30))
    assert bed.states("FLUID-CAP") == []

    bed.take(bolus(11, 40), bolus(25, 50))
    assert bed.states("FLUID-CAP") == ["raised P2", "changed P1"]
    line = bed.told("FLUID-CAP")[0]
    assert [(each.signal, each.value, each.unit) for each in line.because] == [
        ("crystalloid", 51 * KG, "mL"),
        ("weight_kg", KG, "kg"),
    ]
    assert "4080 mL of crystalloid in this episode, 51.0 mL/kg" in line.advice


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        ({"fluid": "albumin"}, False),
        ({"fluid": "blood_product"}, False),
        ({"fluid": "other"}, False),
        ({"purpose": "maintenance"}, False),
        ({"purpose": "resuscitation"}, True),
        ({"fluid": None}, True),  # of which no kind is said
    ],
)
def test_only_crystalloid_for_the_pressure_counts(other: dict[str, Any], counts: bool) -> None:
    assert ill(bolus(60, **other)).states("FLUID-CAP") == ["raised P2"] * counts


def test_two_boluses_of_one_moment_are_two() -> None:
    assert ill(bolus(30), fluid(30 * KG, at=at(10), event_id="other")).states("FLUID-CAP") == [
        "raised P2"
    ]


def test_a_correction_a_removal_and_a_late_bolus_count() -> None:
    much = bolus(60)
    assert ill(much, corrected(much, hours(1), volume_ml=600)).states("FLUID-CAP") == [
        "raised P2",
        "retracted",
    ]
    assert ill(much, removed(much, hours(1))).states("FLUID-CAP")[-1] == "retracted"
    assert ill(bolus(40), late(bolus(15, 20), hours(60))).states("FLUID-CAP") == ["raised P2"]


def test_without_a_weight_nothing_is_known_and_a_weight_that_comes_tells_it() -> None:
    bed = Bedside(patient(weight_kg=None), ILL, bolus(60))
    assert bed.states("FLUID-CAP") == []

    bed.take(build("patient", at(30), {"weight_kg": KG}))
    assert bed.states("FLUID-CAP") == ["raised P2"]


def test_it_ends_with_the_episode() -> None:
    calm = {"temperature_c": 36.8, "systolic_mmhg": 120, "oxygen": {"device": "room_air"}}
    bed = ill(bolus(60), *(reading(at=at(60 * each), **calm) for each in range(1, 26)))
    bed.tick(at(60 * 26))

    assert bed.states("FLUID-CAP") == ["raised P2", "resolved"]


def test_many_small_boluses_are_all_remembered() -> None:
    """A pump that says each quarter of an hour what it gave."""
    sips = [bolus(0.25, 15 * each) for each in range(1, 302)]
    bed = ill(*sips[:200])
    assert bed.states("FLUID-CAP") == []

    bed.take(*sips[200:])
    assert bed.states("FLUID-CAP") == ["raised P2", "changed P1"]


def test_what_is_beyond_the_limit_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "READINGS_MAX", 20)
    bed = ill(*(bolus(0.1, each) for each in range(64)))

    assert bed.patient.cut["readings"] >= 20


# PRESSOR-PIVOT


@pytest.mark.parametrize(("ml_kg", "told"), [(29.99, []), (30, ["raised P1"]), (31, ["raised P1"])])
def test_a_low_pressure_after_30_ml_kg_asks_for_a_vasopressor(
    ml_kg: float, told: list[str]
) -> None:
    assert ill(bolus(ml_kg), pressure(30, systolic_mmhg=86)).states("PRESSOR-PIVOT") == told


def test_the_pressure_is_that_after_the_fluid() -> None:
    bed = ill(bolus(31))
    assert bed.states("PRESSOR-PIVOT") == []

    bed.take(pressure(10, mean_arterial_mmhg=64))  # of the same moment
    (line,) = bed.told("PRESSOR-PIVOT")
    assert [each.signal for each in line.because] == ["mean_arterial_mmhg", "crystalloid"]
    assert "2480 mL of crystalloid (31.0 mL/kg)" in line.advice


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (runs("norepinephrine", 40), True),
        (vasopressin(0.03, 40), True),
        (runs("dobutamine", 40), False),  # no vasopressor (DEC-23)
        (pressure(40, systolic_mmhg=90), True),
        (pressure(40, systolic_mmhg=80), False),
    ],
)
def test_a_vasopressor_or_a_better_pressure_ends_it(event: Fields, ends: bool) -> None:
    bed = ill(bolus(30), pressure(30, systolic_mmhg=86), event)

    assert bed.states("PRESSOR-PIVOT") == ["raised P1"] + ["resolved"] * ends


def test_with_a_vasopressor_it_is_silent_and_speaks_when_that_stops() -> None:
    bed = ill(runs("norepinephrine", 5), bolus(30), pressure(30, systolic_mmhg=86))
    assert bed.states("PRESSOR-PIVOT") == []

    bed.take(stopped("norepinephrine", 40))
    assert bed.states("PRESSOR-PIVOT") == ["raised P1"]


@pytest.mark.parametrize(("before_h", "told"), [(24, ["raised P1"]), (24.02, [])])
def test_without_an_episode_the_day_before_the_fall_counts(
    before_h: float, told: list[str]
) -> None:
    events = bolus(30, -60 * before_h), pressure(0, systolic_mmhg=84)
    bed = Bedside(patient(), *events, pressure(600, systolic_mmhg=84))

    assert bed.states("PRESSOR-PIVOT") == told


@pytest.mark.parametrize("first", [{}, {"temperature_c": 37.2}])
def test_a_fever_that_is_measured_later_takes_no_fluid_away(first: dict[str, float]) -> None:
    """The pressure was low and fluid was given before it was known that it is CRS."""
    seen = Bedside(patient(weight_kg=KG), pressure(0, systolic_mmhg=82, **first))
    for event in (bolus(15, 5), bolus(15, 30), reading(at=at(45), temperature_c=38.8)):
        seen.take(event)

    seen.take(pressure(60, systolic_mmhg=84))
    assert seen.is_open("PRESSOR-PIVOT")
    assert seen.told("PRESSOR-PIVOT")[-1].episode == 1


def test_fluid_from_before_an_episode_is_none_for_a_pressure_that_falls_in_it() -> None:
    seen = Bedside(patient(weight_kg=KG), bolus(30, -1), ILL)

    assert seen.states("PRESSOR-PIVOT") == []


def test_a_bolus_that_was_never_given_retracts_it() -> None:
    given = bolus(30)
    bed = ill(given, pressure(30, systolic_mmhg=86), removed(given, hours(1)))

    assert bed.states("PRESSOR-PIVOT") == ["raised P1", "retracted"]


# PRESSOR-ORDER


NE = runs("norepinephrine", 0)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((NE,), []),
        ((NE, vasopressin(0.03)), []),
        ((NE, vasopressin(0.03), runs("epinephrine", 10)), []),
        ((NE, vasopressin(0.03), runs("phenylephrine", 10)), []),
        ((NE, vasopressin(0.03, 0)), []),  # of one moment
        ((vasopressin(0.03),), ["raised P3"]),
        ((runs("phenylephrine"),), ["raised P3"]),
        ((runs("epinephrine"),), ["raised P3"]),
        ((runs("dopamine"),), ["raised P3"]),
        ((runs("angiotensin_ii"),), ["raised P3"]),
        ((NE, runs("epinephrine", 10)), ["raised P3"]),
        ((NE, vasopressin(0.03), stopped("norepinephrine", 60)), []),
        ((NE, stopped("norepinephrine", 3), vasopressin(0.03)), ["raised P3"]),
        ((runs("epinephrine"), runs("norepinephrine", 5), vasopressin(0.03, 9)), ["raised P3"]),
        ((runs("dobutamine"),), []),
    ],
)
def test_vasopressors_come_in_their_order(events: tuple[Fields, ...], told: list[str]) -> None:
    states = ill(*events).states("PRESSOR-ORDER")

    assert [each for each in states if each not in ("changed P3", "resolved")] == told


def test_what_is_missing_ends_it_when_it_is_given() -> None:
    bed = ill(runs("phenylephrine"), runs("norepinephrine", 5), vasopressin(0.04, 9))

    assert bed.states("PRESSOR-ORDER") == ["raised P3", "resolved"]


@pytest.mark.parametrize(
    ("rate", "unit", "told"),
    [
        (0.0299, "[IU]/min", ["raised P3"]),
        (0.03, "[IU]/min", []),
        (0.04, "[IU]/min", []),
        (0.0401, "[IU]/min", ["raised P3"]),
        (1.8, "[IU]/h", []),
        (2.5, "[IU]/h", ["raised P3"]),
    ],
)
def test_vasopressin_has_its_range(rate: float, unit: str, told: list[str]) -> None:
    assert ill(NE, vasopressin(rate, unit=unit)).states("PRESSOR-ORDER") == told


def test_a_later_rate_that_is_right_or_a_stop_or_12_hours_end_it() -> None:
    wrong = vasopressin(0.06)
    right = ill(NE, wrong, vasopressin(0.04, 30))
    assert right.states("PRESSOR-ORDER") == ["raised P3", "resolved"]
    stop = ill(NE, wrong, stopped("vasopressin", 30))
    assert stop.states("PRESSOR-ORDER") == ["raised P3", "resolved"]

    bed = ill(NE, wrong)
    bed.tick(at(5) + hours(12) - SECOND)
    assert bed.is_open("PRESSOR-ORDER")
    bed.tick(at(5) + hours(12))
    assert bed.states("PRESSOR-ORDER") == ["raised P3", "resolved"]
    bed.take(vasopressin(0.07, 800))
    assert bed.states("PRESSOR-ORDER")[-1] == "raised P3"


def test_a_rate_that_becomes_wrong_is_told_beside_a_wrong_order() -> None:
    bed = ill(vasopressin(0.03), vasopressin(0.06, 30))

    assert bed.states("PRESSOR-ORDER") == ["raised P3", "changed P3"]
    assert "0.06 units/min" in bed.told("PRESSOR-ORDER")[-1].advice


def test_a_rate_that_is_wrong_twice_is_shown_once() -> None:
    (line,) = ill(vasopressin(0.06)).told("PRESSOR-ORDER")

    assert [(each.signal, each.value) for each in line.because] == [("vasopressin rate", 0.06)]


@pytest.mark.parametrize(("age_years", "told"), [(9, True), (60, False)])
def test_a_child_is_told_that_the_rates_of_vasopressors_are_those_of_adults(
    age_years: float, told: bool
) -> None:
    for events, rule in (
        ((runs("dopamine"),), "DOPAMINE-AVOID"),
        ((runs("epinephrine"),), "PRESSOR-ORDER"),
        ((NE, vasopressin(0.01)), "PRESSOR-ORDER"),
    ):
        (line,) = ill(*events, age_years=age_years).told(rule)
        assert ("The source gives adult doses: ask for the child's." in line.advice) is told


@pytest.mark.parametrize(("percent", "priority"), [(39.9, "P2"), (40, "P3")])
def test_phenylephrine_in_a_weak_heart_is_more_urgent(percent: float, priority: str) -> None:
    bed = ill(echo(percent), runs("phenylephrine"))

    assert bed.states("PRESSOR-ORDER") == [f"raised {priority}"]


def test_a_weak_heart_that_is_found_later_makes_it_more_urgent() -> None:
    """Though the rate was told long ago."""
    bed = ill(NE, vasopressin(0.03), runs("phenylephrine", 10))
    bed.tick(at(10) + hours(20))
    assert bed.states("PRESSOR-ORDER") == []

    bed.take(echo(30, 60 * 21))
    assert bed.states("PRESSOR-ORDER") == ["raised P2"]
    assert {each.signal for each in bed.told("PRESSOR-ORDER")[0].because} == {
        "phenylephrine",
        "lvef_percent",
    }


@pytest.mark.parametrize(
    ("beside", "instead"),
    [
        ((), "norepinephrine."),
        ((vasopressin(0.03, -5),), "norepinephrine."),
        (
            (NE,),
            "more norepinephrine, or epinephrine at 0.01 to 0.05 mcg/kg/min (0.8 to 4 mcg/min).",
        ),
        ((NE, vasopressin(0.03, 0), runs("epinephrine", 0)), "more norepinephrine."),
    ],
)
def test_phenylephrine_in_a_weak_heart_is_replaced_by_what_is_in_line(
    beside: tuple[Fields, ...], instead: str
) -> None:
    """And not by what runs already."""
    bed = ill(echo(30), *beside, runs("phenylephrine", 1))

    assert f"Replace it by {instead}" in bed.told("PRESSOR-ORDER")[-1].advice


def test_what_stands_in_for_phenylephrine_is_in_line() -> None:
    done = runs("norepinephrine", 20), stopped("phenylephrine", 21)
    bed = ill(echo(30), runs("phenylephrine"), *done)
    assert bed.states("PRESSOR-ORDER")[-1] == "resolved"

    done = runs("epinephrine", 20, 0.05, "ug/kg/min"), stopped("phenylephrine", 21)
    bed = ill(echo(30), NE, runs("phenylephrine"), *done)
    assert bed.states("PRESSOR-ORDER")[-1] == "resolved"


@pytest.mark.parametrize(
    ("rate", "unit", "weight_kg", "told"),
    [
        (0.03, "ug/kg/min", KG, False),
        (0.01, "ug/kg/min", None, False),
        (0.05, "ug/kg/min", KG, False),
        (0.009, "ug/kg/min", KG, True),
        (0.055, "ug/kg/min", KG, True),
        (4, "ug/min", KG, False),
        (3.7, "ug/min", 73.4, False),  # as INOTROPE writes 0.05 mcg/kg/min
        (2.4, "ug/min", None, True),  # by weight nothing is known
    ],
)
def test_epinephrine_as_an_inotrope_is_in_line(
    rate: float, unit: str, weight_kg: float | None, told: bool
) -> None:
    """INOTROPE advises it."""
    events = echo(39), runs("epinephrine", 0, rate, unit)
    bed = Bedside(patient(weight_kg=weight_kg), ILL, *events)

    assert bed.is_open("PRESSOR-ORDER") is told


def test_epinephrine_is_an_inotrope_for_a_heart_that_is_weak_or_was_when_it_began() -> None:
    low = runs("epinephrine", 0, 0.03, "ug/kg/min")
    assert ill(echo(40), low).states("PRESSOR-ORDER") == ["raised P3"]
    assert ill(low, echo(30, 20)).states("PRESSOR-ORDER") == ["raised P3", "resolved"]

    bed = ill(echo(30), low, echo(55, 20))
    assert bed.states("PRESSOR-ORDER") == []
    bed.take(runs("epinephrine", 30, 0.1, "ug/kg/min"))
    assert bed.states("PRESSOR-ORDER") == ["raised P3"]


def test_a_weight_that_is_told_later_shows_an_inotrope() -> None:
    events = echo(30), runs("epinephrine", 0, 2.4)
    bed = Bedside(patient(weight_kg=None), ILL, *events)
    assert bed.states("PRESSOR-ORDER") == ["raised P3"]

    bed.take(patient(at(10), weight_kg=KG))
    assert bed.states("PRESSOR-ORDER") == ["raised P3", "retracted"]


def test_a_start_that_was_charted_in_error_retracts_it() -> None:
    wrong = runs("phenylephrine")

    assert ill(wrong, removed(wrong, hours(1))).states("PRESSOR-ORDER") == [
        "raised P3",
        "retracted",
    ]


# DOPAMINE-AVOID


@pytest.mark.parametrize("rate", [0.5, 5, 20])
def test_dopamine_is_told_at_whatever_rate(rate: float) -> None:
    bed = ill(runs("dopamine", 0, rate, "ug/kg/min"))

    assert bed.states("DOPAMINE-AVOID") == ["raised P2"]


def test_a_stop_ends_it_and_so_do_12_hours() -> None:
    bed = ill(runs("dopamine"))
    bed.tick(at(0) + hours(12) - SECOND)
    assert bed.states("DOPAMINE-AVOID") == ["raised P2"]
    bed.tick(at(0) + hours(12))
    assert bed.states("DOPAMINE-AVOID") == ["raised P2", "resolved"]

    for stop in (stopped("dopamine", 30), runs("dopamine", 30, 0)):
        assert ill(runs("dopamine"), stop).states("DOPAMINE-AVOID") == ["raised P2", "resolved"]


def test_dopamine_that_is_charted_late_is_told_at_its_arrival() -> None:
    bed = ill(late(runs("dopamine"), hours(20)))
    assert bed.states("DOPAMINE-AVOID") == ["raised P2"]

    over = ill(late(stopped("dopamine", 60), hours(20)), late(runs("dopamine"), hours(22)))
    assert over.states("DOPAMINE-AVOID") == []


# INOTROPE


@pytest.mark.parametrize(
    ("percent", "mean", "told"),
    [
        (39.9, 65, ["raised P2"]),
        (40, 65, []),
        (35, 64, []),
        (35, 64.9, []),
        (35, 80, ["raised P2"]),
    ],
)
def test_a_weak_heart_and_an_adequate_afterload(
    percent: float, mean: float, told: list[str]
) -> None:
    bed = ill(echo(percent), pressure(30, mean_arterial_mmhg=mean))

    assert bed.states("INOTROPE") == told


def test_it_says_how_much_epinephrine() -> None:
    bed = ill(echo(35), pressure(30, mean_arterial_mmhg=70))

    assert "0.01 to 0.05 mcg/kg/min (0.8 to 4 mcg/min)" in bed.told("INOTROPE")[0].advice


@pytest.mark.parametrize("drug", ["dobutamine", "milrinone", "epinephrine"])
def test_an_inotrope_ends_it(drug: str) -> None:
    bed = ill(echo(35), pressure(30, mean_arterial_mmhg=70), runs(drug, 40))

    assert bed.states("INOTROPE") == ["raised P2", "resolved"]
    bed.take(stopped(drug, 50))
    assert bed.states("INOTROPE")[-1] == "raised P2"


def test_a_pressure_without_a_mean_leaves_it_unless_it_is_low() -> None:
    bed = ill(echo(35), pressure(30, mean_arterial_mmhg=70), pressure(40, systolic_mmhg=120))
    assert bed.states("INOTROPE") == ["raised P2"]

    bed.take(pressure(50, systolic_mmhg=84))
    assert bed.states("INOTROPE") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    ("systolic", "mean", "told"),
    [
        (88, 66, ["raised P2"]),
        (89, 65, ["raised P2"]),
        (84, 70, ["raised P2"]),
        (88, 64.9, []),
        (120, 64.9, []),
    ],
)
def test_where_a_pressure_has_a_mean_the_systolic_does_not_tell(
    systolic: float, mean: float, told: list[str]
) -> None:
    bed = ill(echo(35), pressure(30, systolic_mmhg=systolic, mean_arterial_mmhg=mean))
    assert bed.states("INOTROPE") == told
    if told:
        assert bed.told("INOTROPE")[0].because[-1].signal == "mean_arterial_mmhg"

    bed.take(pressure(40, systolic_mmhg=80, mean_arterial_mmhg=mean))
    bed.tick(at(90))
    assert bed.states("INOTROPE") == told


def test_a_mean_is_never_derived() -> None:
    assert ill(echo(35), pressure(30, systolic_mmhg=120, diastolic_mmhg=80)).told("INOTROPE") == []


def test_a_weak_heart_alone_is_no_reason() -> None:
    """Without an episode and without a vasopressor."""
    well = pressure(30, mean_arterial_mmhg=70)
    bed = Bedside(patient(), echo(35), well)
    assert bed.states("INOTROPE") == []

    bed.take(runs("norepinephrine", 40))
    assert bed.states("INOTROPE") == ["raised P2"]


def test_a_better_echo_ends_it() -> None:
    bed = ill(echo(35), pressure(30, mean_arterial_mmhg=70), echo(45, 60))

    assert bed.states("INOTROPE") == ["raised P2", "resolved"]


def means(*mmhg: float, every_min: float = 5) -> list[Fields]:
    return [
        pressure(30 + every_min * each, mean_arterial_mmhg=mean) for each, mean in enumerate(mmhg)
    ]


def test_a_mean_at_its_limit_raises_it_once() -> None:
    bed = ill(echo(35), *means(*(65 - each % 2 * 4 for each in range(60))))

    assert bed.states("INOTROPE") == ["raised P2"]


def test_it_ends_where_the_mean_was_too_low_for_half_an_hour_and_not_before() -> None:
    bed = ill(echo(35), *means(70, 64, 63, 62, 64, 60))
    bed.tick(at(65) - SECOND)
    assert bed.states("INOTROPE") == ["raised P2"]
    bed.tick(at(65))
    assert bed.states("INOTROPE") == ["raised P2", "resolved"]
    assert bed.told("INOTROPE")[-1].at == at(65)

    bed.take(pressure(66, mean_arterial_mmhg=64), pressure(67, mean_arterial_mmhg=65))
    assert bed.states("INOTROPE")[-1] == "raised P2"
    assert bed.told("INOTROPE")[-1].at == at(67)


def test_one_that_is_measured_seldom_ends_it_as_late() -> None:
    bed = ill(echo(35), *means(70, 63, every_min=240))
    bed.tick(at(30 + 240 + 30) - SECOND)
    assert bed.states("INOTROPE") == ["raised P2"]
    bed.tick(at(30 + 240 + 30))

    assert bed.states("INOTROPE") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    ("low", "told"),
    [
        ({"mean_arterial_mmhg": 60}, ["raised P2"]),
        ({"mean_arterial_mmhg": 59.9}, ["raised P2", "resolved"]),
        ({"systolic_mmhg": 85}, ["raised P2"]),
        ({"systolic_mmhg": 84.9}, ["raised P2", "resolved"]),
        ({"systolic_mmhg": 84.9, "mean_arterial_mmhg": 62}, ["raised P2"]),  # the mean alone tells
        ({"systolic_mmhg": 120, "mean_arterial_mmhg": 59.9}, ["raised P2", "resolved"]),
    ],
)
def test_a_pressure_that_is_far_too_low_ends_it_at_once(
    low: dict[str, float], told: list[str]
) -> None:
    bed = ill(echo(35), pressure(30, mean_arterial_mmhg=70), pressure(35, mean_arterial_mmhg=63))
    bed.take(pressure(36, **low))
    assert bed.states("INOTROPE") == told

    bed.take(pressure(37, mean_arterial_mmhg=62))  # what ended does not come again below the limit
    assert bed.states("INOTROPE") == told


@pytest.mark.parametrize(
    "late_cause",
    [echo(35, 40), stopped("dobutamine", 40)],
    ids=["echo", "no inotrope"],
)
def test_a_pressure_below_the_limit_raises_it_never(late_cause: Fields) -> None:
    """Where the rest comes true while the pressure is too low, it was not true together."""
    before = [runs("dobutamine", 0), echo(35)] if late_cause["kind"] == "infusion" else []
    bed = ill(*before, *means(70, 64), late_cause)

    assert bed.states("INOTROPE") == []
    bed.take(pressure(45, mean_arterial_mmhg=65))
    assert bed.states("INOTROPE") == ["raised P2"]


def test_the_order_of_arrival_does_not_matter_for_one_at_its_limit() -> None:
    first, *rest = means(70, 64, 63)
    bed = ill(echo(35), *rest)
    assert bed.states("INOTROPE") == []

    bed.take(late(first, minutes(15)))
    assert bed.states("INOTROPE") == ["raised P2"]


def test_an_echo_that_is_as_weak_does_not_end_one_at_its_limit() -> None:
    bed = ill(echo(35), *means(70, 64), echo(33, 40))

    assert bed.states("INOTROPE") == ["raised P2"]


def test_without_an_episode_the_vasopressor_tells_since_when() -> None:
    well = [pressure(30, mean_arterial_mmhg=70), runs("norepinephrine", 40)]
    bed = Bedside(patient(), echo(35), *well, pressure(45, mean_arterial_mmhg=64))
    assert bed.states("INOTROPE") == ["raised P2"]

    low = Bedside(patient(), echo(35), *means(70, 64), runs("norepinephrine", 40))
    assert low.states("INOTROPE") == []


@pytest.mark.parametrize(
    ("age_years", "mmhg", "told"),
    [
        (6, {"systolic_mmhg": 82, "mean_arterial_mmhg": 60}, ["raised P2"]),
        (6, {"systolic_mmhg": 82}, ["raised P2"]),
        (6, {"systolic_mmhg": 81, "mean_arterial_mmhg": 66}, []),
        (6, {"mean_arterial_mmhg": 65}, ["raised P2"]),
        (6, {"mean_arterial_mmhg": 64}, []),
        (17, {"systolic_mmhg": 90, "mean_arterial_mmhg": 64}, ["raised P2"]),
        (18, {"systolic_mmhg": 90, "mean_arterial_mmhg": 64}, []),
    ],
)
def test_under_18_years_the_systolic_pressure_alone_is_the_afterload(
    age_years: float, mmhg: dict[str, float], told: list[str]
) -> None:
    fever = reading(at=START, temperature_c=38.8)
    bed = Bedside(patient(age_years=age_years), fever, echo(35), pressure(30, **mmhg))

    assert bed.states("INOTROPE") == told
