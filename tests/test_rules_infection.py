"""IL6-RULE, IL6-PARADOX, the features of CRS and sepsis, COINFECTION and CARDIAC-MARKER."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, removed
from builders import Fields, assessment, culture, dose, infusion, lab, on_day, patient, reading

START = on_day(4, "06:00")
ILL = reading(at=START, temperature_c=38.7, systolic_mmhg=86)


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def result(analyte: str, value: float, after_h: float = 0.5, **fields: Any) -> Fields:
    return lab(analyte, value, at=at(after_h), **fields)


def positive(after_h: float, specimen: str = "blood") -> Fields:
    return culture("positive", at=at(after_h), specimen=specimen, organism="E. coli")


def states(rule: str, *events: Fields) -> list[str]:
    return Bedside(patient(), *events).states(rule)


# IL6-RULE


@pytest.mark.parametrize(
    ("il6", "told"),
    [
        (result("il6", 1000), []),
        (result("il6", 1001), ["raised P2"]),
        (result("il6", 1000, comparator=">"), ["raised P2"]),
        (result("il6", 2000, comparator="<"), []),
    ],
)
def test_il6_above_1000_supports_crs(il6: Fields, told: list[str]) -> None:
    assert states("IL6-RULE", ILL, il6) == told


@pytest.mark.parametrize(
    "instead",
    [
        reading(at=START, temperature_c=38.7, systolic_mmhg=120),
        reading(at=START, temperature_c=37.0, systolic_mmhg=86),
    ],
)
def test_fever_and_hypotension_are_both_needed(instead: Fields) -> None:
    assert states("IL6-RULE", instead, result("il6", 5000)) == []


def test_a_blocker_before_or_an_infection_rules_it_out() -> None:
    il6 = result("il6", 5000)
    source = assessment("exam", at=START, finding="infection_source")

    assert states("IL6-RULE", dose("tocilizumab", at=at(-1)), ILL, il6) == []
    assert states("IL6-RULE", dose("siltuximab", at=at(-1)), ILL, il6) == []
    assert states("IL6-RULE", positive(-1), ILL, il6) == []
    assert states("IL6-RULE", source, ILL, il6) == []


@pytest.mark.parametrize(
    "event", [positive(1), dose("tocilizumab", at=at(1)), reading(at=at(1), systolic_mmhg=120)]
)
def test_it_ends_with_an_infection_a_blocker_or_a_better_pressure(event: Fields) -> None:
    assert states("IL6-RULE", ILL, result("il6", 5000), event) == ["raised P2", "resolved"]


def test_it_is_raised_by_a_result_of_24_hours_and_does_not_end_because_it_ages() -> None:
    late_fall = reading(at=at(25), temperature_c=38.7, systolic_mmhg=86)
    early = reading(at=START, temperature_c=38.7, systolic_mmhg=120)

    assert states("IL6-RULE", early, result("il6", 5000), late_fall) == []
    bed = Bedside(patient(), ILL, result("il6", 5000))
    bed.take(reading(at=at(30), temperature_c=38.7, systolic_mmhg=84))
    assert bed.states("IL6-RULE") == ["raised P2"]


def test_a_low_pressure_that_comes_late_raises_it_though_the_result_is_old_by_now() -> None:
    """What is open does not depend on when it came: it was low while the result was new."""
    fever = reading(at=START, temperature_c=38.7)
    low = reading(at=START, systolic_mmhg=80)
    bed = Bedside(patient(), fever, result("il6", 5000), late(low, hours(30)))

    assert bed.states("IL6-RULE") == ["raised P2"]
    bed.take(late(reading(at=at(20), systolic_mmhg=120), hours(31)))
    assert bed.states("IL6-RULE") == ["raised P2", "resolved"]


def test_once_it_has_ended_an_old_result_does_not_raise_it_again() -> None:
    better = reading(at=at(26), systolic_mmhg=120)
    worse = reading(at=at(27), systolic_mmhg=80)

    told = states("IL6-RULE", ILL, result("il6", 5000), better, worse)

    assert told == ["raised P2", "resolved"]


def test_a_correction_of_the_result_retracts_it() -> None:
    wrong = result("il6", 5000)

    assert states("IL6-RULE", ILL, wrong, corrected(wrong, hours(1), value=50)) == [
        "raised P2",
        "retracted",
    ]


# IL6-PARADOX


def test_an_il6_under_a_blocker_is_marked_until_the_episode_ends() -> None:
    bed = Bedside(patient(), ILL, dose("tocilizumab", at=at(1)), result("il6", 9800, 2))

    (line,) = bed.told("IL6-PARADOX")
    assert (line.priority, {each.signal for each in line.because}) == (
        "INFO",
        {"il6", "tocilizumab"},
    )
    bed.take(reading(at=at(3), temperature_c=36.8, systolic_mmhg=120))
    bed.take(reading(at=at(26), temperature_c=36.8, systolic_mmhg=120))
    bed.tick(at(27.5))
    assert bed.states("IL6-PARADOX") == ["raised INFO", "resolved"]


def test_an_il6_from_before_the_dose_is_not_marked() -> None:
    assert states("IL6-PARADOX", ILL, result("il6", 9800), dose("tocilizumab", at=at(1))) == []


def test_a_late_fever_that_moves_the_onset_before_the_sample_brings_its_mark() -> None:
    """The onset decides whether the sample is of the episode, and it is no signal."""
    bed = Bedside(patient(), dose("tocilizumab", at=at(1)), result("il6", 9800, 2))
    bed.take(reading(at=at(27), temperature_c=38.7))
    bed.take(late(ILL, hours(27.5)))

    assert bed.states("IL6-PARADOX")[-1] == "raised INFO"


def test_where_no_episode_is_open_the_mark_lasts_a_day() -> None:
    bed = Bedside(patient(), dose("siltuximab", at=START), result("il6", 9800, 1))
    assert bed.states("IL6-PARADOX") == ["raised INFO"]
    bed.tick(at(25))

    assert bed.states("IL6-PARADOX") == ["raised INFO", "resolved"]


@pytest.mark.parametrize(("day", "marked"), [(28, True), (29, False)])
def test_a_blocker_locks_il6_for_28_days(day: int, marked: bool) -> None:
    given = dose("tocilizumab", at=on_day(1, "06:00"))
    il6 = lab("il6", 9800, at=on_day(1 + day, "06:00"))

    assert bool(states("IL6-PARADOX", given, il6)) is marked


# SEPSIS-FEATURES


@pytest.mark.parametrize("specimen", ["blood", "respiratory", "urine", "csf", "other"])
def test_a_positive_culture_speaks_of_sepsis_until_a_negative_one(specimen: str) -> None:
    collected = culture("collected", at=at(2), specimen=specimen)
    negative = culture("negative", at=at(60), specimen=specimen)
    bed = Bedside(patient(), positive(1, specimen), collected)

    (line,) = bed.told("SEPSIS-FEATURES")
    assert [(each.signal, each.value) for each in line.because] == [
        (f"{specimen} culture", "positive, E. coli")
    ]
    bed.take(negative)
    assert bed.states("SEPSIS-FEATURES") == ["raised P2", "resolved"]


def test_a_source_that_was_found_does_alone() -> None:
    assert states("SEPSIS-FEATURES", assessment("exam", at=START, finding="infection_source")) == [
        "raised P2"
    ]


PCT, LACTATE, LOW_IL6 = (
    result("procalcitonin", 10.1),
    result("lactate", 4.0),
    result("il6", 999),
)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((PCT,), []),
        ((PCT, LACTATE), ["raised P2"]),
        ((result("procalcitonin", 10), LACTATE), []),
        ((PCT, result("lactate", 36.0, unit="mg/dL")), []),  # 3.996 mmol/L
        ((PCT, LOW_IL6), ["raised P2"]),
        ((PCT, result("il6", 1000)), []),
        ((PCT, dose("tocilizumab", at=START), LOW_IL6), []),
        ((PCT, result("anc", 0.4)), []),  # day 4
        ((lab("lactate", 5, at=on_day(6)), lab("anc", 0.4, at=on_day(6, "23:59"))), []),
        ((lab("lactate", 5, at=on_day(7)), lab("anc", 0.4, at=on_day(7))), ["raised P2"]),
        ((lab("lactate", 5, at=on_day(14)), lab("anc", 0.49, at=on_day(14))), ["raised P2"]),
        ((lab("lactate", 5, at=on_day(14)), lab("anc", 0.5, at=on_day(14))), []),
        ((lab("lactate", 5, at=on_day(15)), lab("anc", 0.4, at=on_day(15))), []),
        ((PCT, result("lactate", 5, 49)), []),  # older than 48 h
    ],
)
def test_two_results_speak_of_sepsis(events: tuple[Fields, ...], told: list[str]) -> None:
    assert states("SEPSIS-FEATURES", *events) == told


# CRS-FEATURES


def features(*events: Fields, product: str = "axi-cel") -> list[str]:
    return Bedside(patient(product=product), *events).states("CRS-FEATURES")


CRP, FERRITIN = result("crp", 101), result("ferritin", 500)


@pytest.mark.parametrize(
    ("third", "counts"),
    [
        (result("il6", 1001), True),
        (result("il6", 1000), False),
        (result("procalcitonin", 0.5), True),
        (result("procalcitonin", 10), True),
        (result("procalcitonin", 10.1), False),
        (result("procalcitonin", 0.49), False),
        (culture("negative", at=at(1)), True),
        (culture("collected", at=at(1)), False),
        (assessment("exam", at=at(1), finding="edema"), True),
        (assessment("exam", at=at(1), finding="ascites"), True),
        (assessment("exam", at=at(1), finding="pleural_effusion"), True),
        (assessment("exam", at=at(1), finding="splenomegaly"), False),
    ],
)
def test_three_features_are_typical_of_crs(third: Fields, counts: bool) -> None:
    assert features(CRP, third) == (["raised INFO"] if counts else [])  # with the day


@pytest.mark.parametrize(
    ("one", "counts"),
    [
        (result("crp", 100), False),
        (result("ferritin", 499), False),
        (result("ferritin", 500), True),
        (result("ferritin", 9_999), True),
        (result("ferritin", 10_000), False),
    ],
)
def test_each_result_counts_within_its_limits(one: Fields, counts: bool) -> None:
    leak = assessment("exam", at=at(1), finding="edema")

    assert features(one, leak) == (["raised INFO"] if counts else [])


def test_an_il6_under_a_blocker_is_no_feature() -> None:
    assert features(dose("tocilizumab", at=START), CRP, result("il6", 9800)) == []


def test_signs_of_one_kind_count_once() -> None:
    leaks = [
        assessment("exam", at=at(1), finding=each)
        for each in ("edema", "pleural_effusion", "ascites")
    ]

    assert features(*leaks) == []


def test_a_positive_culture_is_no_feature_of_crs() -> None:
    assert features(CRP, culture("negative", at=at(1), specimen="urine"), positive(2)) == [
        "raised INFO",
        "resolved",
    ]


@pytest.mark.parametrize(
    ("product", "day", "counts"),
    [
        ("axi-cel", 0, False),
        ("axi-cel", 1, True),
        ("axi-cel", 7, True),
        ("axi-cel", 8, False),
        ("cilta-cel", 8, True),
        ("obe-cel", 14, True),
        ("obe-cel", 15, False),
    ],
)
def test_the_typical_days_go_by_product(product: str, day: int, counts: bool) -> None:
    when = on_day(day, "12:00")
    events = lab("crp", 150, at=when), lab("ferritin", 900, at=when)

    assert features(*events, product=product) == (["raised INFO"] if counts else [])


def test_a_day_that_counts_is_shown_by_the_infusion_that_it_is_counted_from() -> None:
    known = patient()
    (typical,) = Bedside(known, CRP, FERRITIN).told("CRS-FEATURES")
    late = [lab("crp", 150, at=on_day(8)), lab("ferritin", 900, at=on_day(8))]
    late.append(lab("procalcitonin", 1, at=on_day(8)))
    (unusual,) = Bedside(known, *late).told("CRS-FEATURES")

    assert "after the infusion" in typical.advice
    infused = typical.because[-1]
    assert (infused.signal, infused.value) == ("infused_at", "1 Mar 00:00 UTC")
    assert infused.event_id == known["event_id"]
    assert "infused_at" not in [each.signal for each in unusual.because]


def test_before_any_infusion_is_known_the_day_is_no_feature() -> None:
    bed = Bedside(patient(infused_at=None), CRP, FERRITIN)

    assert bed.states("CRS-FEATURES") == []


# COINFECTION and CARDIAC-MARKER


def test_at_grade_3_both_may_be_there_and_nobody_is_paged() -> None:
    bed = Bedside(patient(), ILL, infusion("norepinephrine", at=at(1)))
    (line,) = bed.told("COINFECTION")
    assert line.priorities == {"astct-2019": "INFO"}

    bed.take(infusion("norepinephrine", at=at(2), action="stop"))
    assert bed.states("COINFECTION") == ["raised INFO", "resolved"]


@pytest.mark.parametrize("marker", ["troponin", "bnp", "nt_probnp"])
def test_a_marker_that_rises_in_an_episode_is_marked_until_it_ends(marker: str) -> None:
    bed = Bedside(patient(), result(marker, 20, -5), ILL, result(marker, 21, 1))
    bed.take(result(marker, 5, 2))

    assert bed.states("CARDIAC-MARKER") == ["raised INFO"]


def lasting(*events: Fields) -> Bedside:
    """Take events, and let the episode last for so long that results are forgotten."""
    said = [*events]
    for each in range(2, 160):
        said += [reading(at=at(each), temperature_c=38.4), result("crp", each, each + 0.1)]
    bed = Bedside(patient(), *sorted(said, key=lambda each: each["effective_at"]))
    bed.restored()
    return bed


def test_a_mark_stays_though_the_lower_result_is_no_longer_kept() -> None:
    """Two markers: the one that is forgotten does not change the line either."""
    rise = result("troponin", 60, 80)
    bed = lasting(
        result("bnp", 50, -5), ILL, result("troponin", 20, 0.2), result("bnp", 90, 1), rise
    )
    kept = [each.effective_ms for each in bed.patient.series["troponin"]]

    assert len(kept) == 1
    assert bed.states("CARDIAC-MARKER") == ["raised INFO", "changed INFO"]
    bed.take(result("troponin", 55, 161))
    assert bed.states("CARDIAC-MARKER") == ["raised INFO", "changed INFO"]


def test_a_mark_ends_where_the_rise_was_entered_in_error_after_days() -> None:
    rise = result("troponin", 60, 100)
    bed = lasting(ILL, result("troponin", 20, 0.2), rise)
    bed.take(removed(rise, hours(61)))

    assert bed.states("CARDIAC-MARKER") == ["raised INFO", "retracted"]


def test_without_a_rise_or_an_episode_there_is_no_mark() -> None:
    assert states("CARDIAC-MARKER", ILL, result("troponin", 90, 1)) == []
    assert states("CARDIAC-MARKER", result("troponin", 5, 0), result("troponin", 90, 1)) == []
    below = result("troponin", 5, 0, comparator="<")
    assert states("CARDIAC-MARKER", below, ILL, result("troponin", 90, 1)) == []
