"""Results that answer nothing, by their comparator or under a blocker: none ends or raises alerts.

What newer results leave open, older ones go on answering (decision 79).
"""

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, late, minutes, removed
from builders import Fields, assessment, dose, lab, on_day, patient, reading

START = on_day(8, "06:00")
KNOWN = patient(baseline_platelets_10e9_l=None)
ILL = reading(at=START, temperature_c=38.5, systolic_mmhg=84)
TUBE = reading(at=START, oxygen={"device": "invasive", "fio2_fraction": 0.5})


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def result(analyte: str, value: float, after_h: float = 0, said: str | None = None) -> Fields:
    """A result, with its comparator where there is one."""
    more = {} if said is None else {"comparator": said}
    return lab(analyte, value, at=at(after_h), **more)


HLH = result("ferritin", 12_000), result("ast", 600), result("platelets", 10)
SCORED = (
    reading(at=START, temperature_c=39.6),
    result("ferritin", 7000),
    result("triglycerides", 400),
    result("ast", 50),
)
SEPSIS = ILL, result("lactate", 5), result("procalcitonin", 12)
PRONE = TUBE, result("pao2", 60)
HYPERCAPNIA = TUBE, result("paco2", 65)
IL6_HIGH = ILL, result("il6", 5000)
CRS = ILL, result("crp", 150), result("ferritin", 800), result("il6", 2000)

OPEN_AND_NO = [  # what holds, of which rule, what leaves it open, and what answers no
    (HLH, "HLH-SUSPECT", "P1", ("ferritin", 7500, ">"), ("ferritin", 10_000, "<=")),
    (HLH, "HLH-SUSPECT", "P1", ("ferritin", 10_001, "<"), ("ferritin", 10_000, "<")),
    (HLH, "HLH-SUSPECT", "P1", ("ferritin", 10_000, ">="), ("ferritin", 10_000, None)),
    (SCORED, "HSCORE", "P1", ("ferritin", 1650, ">"), ("ferritin", 2000, "<")),
    (SCORED, "HSCORE", "P1", ("ferritin", 3000, ">"), ("ferritin", 6000, "<=")),
    (SCORED, "HSCORE", "P1", ("triglycerides", 100, ">"), ("triglycerides", 100, "<")),
    (SCORED, "HSCORE", "P1", ("ast", 20, ">"), ("ast", 30, "<")),
    (SCORED, "REFRACTORY", "P1", ("ferritin", 1650, ">"), ("ferritin", 2000, "<")),
    (SEPSIS, "SEPSIS-FEATURES", "P2", ("procalcitonin", 10, ">="), ("procalcitonin", 10, "<=")),
    (SEPSIS, "SEPSIS-FEATURES", "P2", ("lactate", 3.9, ">"), ("lactate", 4, "<")),
    (PRONE, "PRONE", "P2", ("pao2", 80, "<"), ("pao2", 75, None)),
    (PRONE, "PRONE", "P2", ("pao2", 70, ">"), ("pao2", 75, ">=")),
    (HYPERCAPNIA, "LPV", "P3", ("paco2", 60, ">="), ("paco2", 60, "<=")),
    (IL6_HIGH, "IL6-RULE", "P2", ("il6", 500, ">"), ("il6", 1000, "<=")),
    (CRS, "CRS-FEATURES", "INFO", ("crp", 100, ">="), ("crp", 100, "<=")),
    (CRS, "CRS-FEATURES", "INFO", ("ferritin", 600, ">"), ("ferritin", 10_000, ">")),
    (CRS, "CRS-FEATURES", "INFO", ("il6", 500, ">"), ("il6", 1000, "<=")),
]


@pytest.mark.parametrize(("known", "rule", "priority", "left_open", "no"), OPEN_AND_NO)
def test_what_leaves_a_question_open_ends_nothing_and_what_answers_it_does(
    known: tuple[Fields, ...], rule: str, priority: str, left_open: Any, no: Any
) -> None:
    bed = Bedside(KNOWN, *known)
    analyte, value, said = left_open
    bed.take(result(analyte, value, 6, said))
    assert list(bed.open(rule).values()) == [f"{rule} {priority}"]

    analyte, value, said = no
    bed.take(result(analyte, value, 7, said))
    assert not bed.is_open(rule)


@pytest.mark.parametrize(("known", "rule", "priority", "left_open", "no"), OPEN_AND_NO)
def test_what_leaves_a_question_open_raises_nothing_after_a_no(
    known: tuple[Fields, ...], rule: str, priority: str, left_open: Any, no: Any
) -> None:
    """An older result that was high does not come back behind a newer one that was not."""
    bed = Bedside(KNOWN, *known)
    analyte, value, said = no
    bed.take(result(analyte, value, 6, said))
    assert not bed.is_open(rule), priority
    analyte, value, said = left_open
    bed.take(result(analyte, value, 7, said))

    assert not bed.is_open(rule)


@pytest.mark.parametrize(("known", "rule", "priority", "left_open", "no"), OPEN_AND_NO)
def test_what_leaves_a_question_open_raises_nothing_alone(
    known: tuple[Fields, ...], rule: str, priority: str, left_open: Any, no: Any
) -> None:
    del priority, no
    analyte, value, said = left_open
    others = [each for each in known if each.get("analyte") != analyte]

    assert Bedside(KNOWN, *others, result(analyte, value, 6, said)).states(rule) == []


def test_a_lineage_that_is_left_open_lowers_no_priority() -> None:
    bed = Bedside(KNOWN, *HLH, result("platelets", 25, 6, "<"))
    assert bed.open("HLH-SUSPECT").popitem()[1] == "HLH-SUSPECT P1"

    bed.take(result("platelets", 20, 7, ">="))
    assert bed.states("HLH-SUSPECT")[-1] == "changed P2"


def test_one_of_two_limits_that_is_proven_is_enough() -> None:
    """Below 70 is half of 140, whether or not it is below 20."""
    known = patient(baseline_platelets_10e9_l=140)

    for few in (result("platelets", 70, 6, "<="), result("platelets", 19, 6, "<")):
        assert Bedside(known, HLH[0], few).is_open("HLH-SUSPECT")


def test_the_evidence_is_the_result_that_answered() -> None:
    bed = Bedside(
        KNOWN, HLH[0], HLH[1], result("ferritin", 7500, 6, ">"), result("platelets", 9, 7)
    )
    (line,) = bed.told("HLH-SUSPECT")[1:]

    shown = {each.signal: each.value for each in line.because}
    assert shown == {"ferritin": 12_000, "ast": 600, "platelets": 9}


def test_the_points_of_a_score_are_answered_step_by_step() -> None:
    """Above 3 000 has 35 points by itself; 50 are left to the result before it."""
    bed = Bedside(KNOWN, *SCORED, result("ferritin", 3000, 6, ">"), result("ast", 60, 7))
    bed.take(assessment("exam", at=at(8), finding="splenomegaly"))
    line = bed.told("HSCORE")[-1]

    assert line.because[0].value == 205
    assert [each.value for each in line.because if each.signal == "ferritin"] == [">3000", 7000]
    low_before = Bedside(KNOWN, result("ferritin", 1500), result("ferritin", 3000, 6, ">"))
    found = low_before.status(at(7)).hlh
    assert found is not None
    assert found.hscore_components == {"ferritin": 35}
    assert "ferritin" not in found.hscore_missing


def test_organs_that_fail_do_not_recover_by_what_leaves_it_open() -> None:
    organs = (
        reading(at=at(-1), temperature_c=38.6),
        reading(at=at(-1), oxygen={"device": "invasive", "fio2_fraction": 0.5}),
        result("platelets", 160),
        result("creatinine", 1.0),
    )
    bed = Bedside(KNOWN, *organs, result("platelets", 15, 4))
    assert bed.is_open("REFRACTORY")

    bed.take(result("platelets", 150, 6, "<"))
    assert bed.is_open("REFRACTORY")
    assert ("platelets", 15.0) in [(e.signal, e.value) for e in bed.told("REFRACTORY")[-1].because]
    bed.take(result("platelets", 100, 7, ">="))
    assert not bed.is_open("REFRACTORY")


def test_lungs_are_compared_by_a_pao2_that_can_be_computed_with() -> None:
    bed = Bedside(KNOWN, reading(at=at(-1), temperature_c=38.6), TUBE, result("pao2", 220))
    bed.take(result("pao2", 60, 4))
    assert bed.is_open("REFRACTORY")

    bed.take(result("pao2", 80, 6, "<"))
    assert bed.is_open("REFRACTORY")


def test_a_baseline_or_an_older_ferritin_stands_where_the_newest_leaves_it_open() -> None:
    low = reading(at=at(2), temperature_c=38.6, systolic_mmhg=80)
    known = (result("ferritin", 5000), result("ferritin", 2000, 1, ">"), low)
    assert Bedside(KNOWN, *known).states("ANAKINRA-EARLY") == ["raised P3"]

    told = patient(baseline_ferritin_ng_ml=5000)
    assert Bedside(told, known[1], low).states("ANAKINRA-EARLY") == ["raised P3"]
    assert Bedside(told, result("ferritin", 3000, 1, "<"), low).states("ANAKINRA-EARLY") == []


# Age, corrections, and the order in which results come


def test_what_it_goes_back_to_has_to_be_young_to_raise_it() -> None:
    def states(before_h: float) -> list[str]:
        ferritins = result("ferritin", 12_000, -before_h), result("ferritin", 7500, -1, ">")
        return Bedside(KNOWN, *ferritins, result("ast", 600)).states("HLH-SUSPECT")

    assert states(24) == ["raised P2"]
    assert states(24.1) == []


def test_what_answers_is_kept_for_as_long_as_nothing_newer_does() -> None:
    """Results are forgotten after three days, but for what is still known by them."""
    bed = Bedside(KNOWN, *HLH, result("ast", 400, 6, ">"), result("ast", 300, 7, ">"))
    bed.take(*(result("lactate", 1 + each % 2, 8 + each / 4) for each in range(4 * 120)))
    bed.take(result("ferritin", 12_500, 130))

    assert bed.states("HLH-SUSPECT") == ["raised P2", "changed P1"]
    bed.take(result("ast", 480, 131))
    assert bed.states("HLH-SUSPECT")[-1] == "changed P2"


def test_a_correction_to_what_leaves_it_open_retracts_it() -> None:
    wrong = result("ferritin", 12_000)
    bed = Bedside(KNOWN, *HLH[1:], wrong, corrected(wrong, hours(1), value=7500, comparator=">"))

    assert bed.states("HLH-SUSPECT")[-1] == "retracted"


def test_where_what_answered_is_removed_the_one_before_it_answers() -> None:
    no = result("ferritin", 900, 6)
    bed = Bedside(KNOWN, *HLH, no, result("ferritin", 650, 7, ">"))
    assert not bed.is_open("HLH-SUSPECT")

    bed.take(removed(no, hours(2)))
    assert bed.is_open("HLH-SUSPECT")


def test_another_record_of_the_same_moment_is_set_aside() -> None:
    """DEC-45: the one recorded later counts, and so does what it leaves open."""
    bed = Bedside(KNOWN, *HLH[1:], result("ferritin", 900, -2), HLH[0])
    assert bed.is_open("HLH-SUSPECT")

    bed.take(late(result("ferritin", 650, 0, ">"), minutes(30)))
    assert not bed.is_open("HLH-SUSPECT")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_whatever_order_they_come_it_is_the_same(order: tuple[int, ...]) -> None:
    ferritins = result("ferritin", 900, -2), HLH[0], result("ferritin", 7500, 2, ">")
    bed = Bedside(KNOWN, *HLH[1:])
    for place, each in enumerate(order):
        bed.take(late(ferritins[each], at(3 + place) - at((-2, 0, 2)[each])))
    bed.restored()
    bed.tick(at(7))

    assert list(bed.open("HLH-SUSPECT").values()) == ["HLH-SUSPECT P1"]


# Interleukin-6 under a blocker


@pytest.mark.parametrize(("drug", "after"), [("tocilizumab", 50_000), ("siltuximab", 40)])
def test_an_il6_under_a_blocker_takes_the_place_of_none_from_before_it(
    drug: str, after: float
) -> None:
    fever = reading(at=at(-1), temperature_c=38.5)
    blocked = dose(drug, at=at(1)), result("il6", after, 5)
    sepsis = Bedside(KNOWN, fever, result("il6", 900), result("procalcitonin", 11), *blocked)
    assert sepsis.states("SEPSIS-FEATURES") == ["raised P2"]
    typical = Bedside(KNOWN, fever, *(CRS[1:]), *blocked)
    assert typical.is_open("CRS-FEATURES")

    later = Bedside(KNOWN, fever, result("il6", 900), *blocked, result("procalcitonin", 11, 6))
    assert later.states("SEPSIS-FEATURES") == ["raised P2"]
    shown = {each.signal: each.value for each in later.told("SEPSIS-FEATURES")[-1].because}
    assert shown == {"il6": 900, "procalcitonin": 11}


def test_an_il6_from_before_the_dose_that_comes_late_counts() -> None:
    blocked = dose(at=at(1)), result("il6", 9000, 3), result("lactate", 5, 3)
    bed = Bedside(KNOWN, reading(at=at(-1), temperature_c=38.5), *blocked)
    assert bed.states("SEPSIS-FEATURES") == []

    bed.take(late(result("il6", 500), hours(7)))
    assert bed.states("SEPSIS-FEATURES") == ["raised P2"]


@pytest.mark.parametrize(("after_h", "told"), [(24, ["raised P2"]), (24.1, [])])
def test_it_counts_for_24_hours_as_ever(after_h: float, told: list[str]) -> None:
    blocked = dose(at=at(1)), result("il6", 5000, 5)
    events = reading(at=at(-1), temperature_c=38.5), result("il6", 900), *blocked
    bed = Bedside(KNOWN, *events, result("lactate", 5, after_h))

    assert bed.states("SEPSIS-FEATURES") == told


def test_it_is_kept_for_as_long_as_it_counts() -> None:
    fever = reading(at=at(-1), temperature_c=38.5)
    bed = Bedside(KNOWN, fever, result("il6", 900), result("procalcitonin", 11), dose(at=at(1)))
    bed.take(result("il6", 5000, 5), reading(at=at(6), oxygen={"device": "cpap"}))
    bed.take(*(result("wbc", 1 + each % 2, 8 + each / 4) for each in range(4 * 90)))
    bed.take(result("procalcitonin", 12, 100))

    assert bed.states("SEPSIS-FEATURES") == ["raised P2"]


@pytest.mark.parametrize("drug", ["tocilizumab", "siltuximab"])
def test_the_il6_rule_ends_with_a_blocker_all_the_same(drug: str) -> None:
    bed = Bedside(KNOWN, *IL6_HIGH, dose(drug, at=at(1)), result("il6", 50_000, 5))

    assert bed.states("IL6-RULE") == ["raised P2", "resolved"]
    assert bed.told("IL6-RULE")[-1].advice == "A blocker of interleukin-6 was given."
