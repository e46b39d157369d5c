"""HLH-SUSPECT and HSCORE: their features at each limit, their age, and how they end."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, corrected, hours, minutes
from builders import Fields, assessment, build, lab, on_day, patient, reading

START = on_day(8, "06:00")
KNOWN = patient(baseline_platelets_10e9_l=140, baseline_hemoglobin_g_dl=11, immunosuppressed=False)
FERRITIN = lab("ferritin", 14_200, at=START)


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def result(analyte: str, value: float, after_h: float = 0, **fields: Any) -> Fields:
    return lab(analyte, value, at=at(after_h), **fields)


def suspect(*events: Fields) -> list[str]:
    return Bedside(KNOWN, FERRITIN, *events).states("HLH-SUSPECT")


MARROW = assessment("exam", at=START, finding="hemophagocytosis")


@pytest.mark.parametrize(
    ("feature", "beside"),
    [
        (result("platelets", 70), result("platelets", 71)),
        (result("hemoglobin", 9.0), result("hemoglobin", 9.1)),
        (result("hemoglobin", 90, unit="g/L"), result("hemoglobin", 91, unit="g/L")),
        (result("ast", 501), result("ast", 500)),
        (result("alt", 501), result("alt", 500)),
        (result("bilirubin_total", 2.5), result("bilirubin_total", 2.4)),
        (result("triglycerides", 266), result("triglycerides", 265)),
        (result("triglycerides", 3.0, unit="mmol/L"), result("triglycerides", 2.9, unit="mmol/L")),
        (result("fibrinogen", 149), result("fibrinogen", 150)),
        (result("ast", 501, comparator=">"), result("ast", 400, comparator=">")),
        (MARROW, assessment("exam", at=START, finding="splenomegaly")),
    ],
)
def test_a_feature_beside_ferritin_is_p2_and_just_beside_its_limit_is_none(
    feature: Fields, beside: Fields
) -> None:
    assert suspect(feature) == ["raised P2"]
    assert suspect(beside) == []


@pytest.mark.parametrize(
    ("ferritin", "told"),
    [
        (result("ferritin", 10_000), []),
        (result("ferritin", 10_001), ["raised P2"]),
        (result("ferritin", 10_000, comparator=">"), ["raised P2"]),
        (result("ferritin", 50_000, comparator="<"), []),
    ],
)
def test_ferritin_is_needed(ferritin: Fields, told: list[str]) -> None:
    assert Bedside(KNOWN, ferritin, result("ast", 600)).states("HLH-SUSPECT") == told


def test_without_a_baseline_platelets_count_below_20_and_anemia_does_not() -> None:
    bare = patient(baseline_platelets_10e9_l=None)
    few = Bedside(bare, FERRITIN, result("platelets", 19)).states("HLH-SUSPECT")

    assert few == ["raised P2"]
    assert Bedside(bare, FERRITIN, result("platelets", 20)).states("HLH-SUSPECT") == []
    assert Bedside(bare, FERRITIN, result("hemoglobin", 5.0)).states("HLH-SUSPECT") == []


def test_two_features_are_p1_and_those_of_one_group_count_once() -> None:
    liver = result("ast", 600), result("alt", 600), result("bilirubin_total", 5)
    clotting = result("triglycerides", 300), result("fibrinogen", 100)

    assert suspect(*liver)[-1].endswith("P2")
    assert suspect(*clotting)[-1].endswith("P2")
    assert suspect(liver[0], clotting[0])[-1] == "changed P1"


def test_results_are_at_most_24_hours_old() -> None:
    assert suspect(result("ast", 600, 24)) == ["raised P2"]
    assert suspect(result("ast", 600, 24.1)) == []


def test_it_does_not_end_because_a_result_ages_but_because_a_newer_one_says_so() -> None:
    bed = Bedside(KNOWN, FERRITIN, result("ast", 600))
    bed.take(result("wbc", 1, 40), result("platelets", 130, 41))
    assert bed.is_open("HLH-SUSPECT")

    bed.take(result("ast", 100, 42))
    assert bed.states("HLH-SUSPECT") == ["raised P2", "resolved"]

    bed.take(result("ast", 600, 43))  # the ferritin is too old for a new suspicion
    assert not bed.is_open("HLH-SUSPECT")


@pytest.mark.parametrize("baseline", [each / 10 for each in range(60, 180)])
def test_a_fall_by_2_is_one_from_whatever_baseline(baseline: float) -> None:
    """9.7 - 7.7 is 1.9999999999999991 for a computer."""
    known = patient(baseline_hemoglobin_g_dl=baseline)
    for fallen, told in ((baseline - 2, ["raised P2"]), (baseline - 1.9, [])):
        seen = Bedside(known, FERRITIN, result("hemoglobin", round(fallen, 1)))
        assert seen.states("HLH-SUSPECT") == told


def test_a_result_that_was_old_before_adds_nothing_to_a_suspicion() -> None:
    """Transaminases of days before ferritin rose are no second feature."""
    old = result("ast", 900, -120)
    seen = Bedside(KNOWN, old, FERRITIN, result("fibrinogen", 120))
    (line,) = seen.told("HLH-SUSPECT")

    assert line.priority == "P2"
    assert [each.signal for each in line.because] == ["ferritin", "fibrinogen"]
    assert not seen.told("REFRACTORY")


def test_what_was_young_while_it_was_open_goes_on_counting() -> None:
    """Two features are two though the first is old when the second comes."""
    seen = Bedside(KNOWN, FERRITIN, result("ast", 900), result("fibrinogen", 120, 30))

    assert seen.states("HLH-SUSPECT") == ["raised P2", "changed P1"]
    seen.take(result("ferritin", 14_000, 60))
    seen.take(result("platelets", 300, 61))
    assert seen.is_open("HLH-SUSPECT")
    seen.take(result("ast", 300, 62))
    assert seen.states("HLH-SUSPECT")[-1] == "changed P2"


def test_what_was_old_while_it_began_never_counts() -> None:
    seen = Bedside(KNOWN, result("ast", 900, -30), FERRITIN, result("fibrinogen", 120))

    seen.take(result("fibrinogen", 400, 20))
    assert seen.states("HLH-SUSPECT") == ["raised P2", "resolved"]


def test_a_correction_retracts_it() -> None:
    wrong = result("ast", 600)
    bed = Bedside(KNOWN, FERRITIN, wrong, corrected(wrong, minutes(30), value=60))

    assert bed.states("HLH-SUSPECT") == ["raised P2", "retracted"]


def test_the_status_follows_it() -> None:
    bed = Bedside(KNOWN, FERRITIN, result("ast", 600))

    found = bed.status(at(1)).hlh

    assert found is not None
    assert found.suspected
    assert (found.hscore, found.iec_hs_grade) == (69, None)


# HSCORE: 33 fever, 23 spleen, 34 cytopenia, 35 ferritin, 44 triglycerides are 169.

SICK = (
    reading(at=START, temperature_c=38.9),
    assessment("exam", at=START, finding="splenomegaly"),
    result("hemoglobin", 8.8),
    result("wbc", 1.2),
    result("platelets", 44),
    result("ferritin", 4800),
    result("triglycerides", 2.4, unit="mmol/L"),
    result("fibrinogen", 3.1, unit="g/L"),
)


def test_169_is_not_above_169_and_188_is() -> None:
    bed = Bedside(KNOWN, *SICK, result("ast", 24))
    assert bed.states("HSCORE") == []
    bed.take(result("ast", 30, 6))

    assert bed.states("HSCORE") == ["raised P1"]
    (line,) = bed.told("HSCORE")
    assert line.because[0].signal == "hscore"
    assert line.because[0].value == 188
    assert "probability 78 %" in line.advice
    assert "hepatomegaly, hemophagocytosis not known" in line.advice


@pytest.mark.parametrize("suppressed", [True, False])
def test_immunosuppression_is_shown_where_it_has_points(suppressed: bool) -> None:
    told = build("patient", at(-1), {"immunosuppressed": suppressed})
    bed = Bedside(KNOWN, told, *SICK, result("ast", 30))
    shown = {each.signal: each for each in bed.told("HSCORE")[-1].because}

    assert ("immunosuppressed" in shown) is suppressed
    if suppressed:
        assert shown["immunosuppressed"].value == "yes"
        assert shown["immunosuppressed"].event_id == told["event_id"]


def test_the_score_counts_the_highest_temperature_of_48_hours() -> None:
    bed = Bedside(KNOWN, *SICK, result("ast", 24), reading(at=at(6), temperature_c=39.5))
    assert bed.states("HSCORE") == ["raised P1"]

    bed.take(reading(at=at(12), temperature_c=37.0), result("lactate", 1, 12))
    assert bed.is_open("HSCORE")
    bed.take(result("ferritin", 4900, 13), assessment("exam", at=at(13), finding="hepatomegaly"))
    shown = {each.signal: each.value for each in bed.told("HSCORE")[-1].because}
    assert shown["temperature_c"] == 39.5


def test_results_of_more_than_48_hours_score_nothing_new_and_end_nothing() -> None:
    bed = Bedside(KNOWN, *SICK, result("ast", 24))
    bed.take(result("ast", 30, 49), reading(at=at(49), temperature_c=38.9))
    assert bed.states("HSCORE") == []

    told = Bedside(KNOWN, *SICK, result("ast", 30))
    told.take(result("lactate", 1, 60))
    assert told.is_open("HSCORE")
    told.take(result("platelets", 200, 61), result("wbc", 6, 61))
    assert told.states("HSCORE") == ["raised P1", "resolved"]


def test_a_marrow_that_is_normal_has_no_points_and_is_not_missing() -> None:
    normal = assessment("exam", at=START, finding="hemophagocytosis", present=False)
    bed = Bedside(KNOWN, *SICK, result("ast", 30), normal)

    (line,) = bed.told("HSCORE")
    found = bed.status(at(1)).hlh

    assert "hemophagocytosis" not in {each.signal for each in line.because}
    assert found is not None
    assert found.hscore_missing == ("hepatomegaly",)


def test_the_score_is_never_shown_without_its_components() -> None:
    """CLINICAL.md §3: nearly everyone has points for cytopenia after CAR-T."""
    bed = Bedside(KNOWN, *SICK, result("ast", 30))

    for rule in ("HSCORE", "REFRACTORY", "ANAKINRA-SALVAGE"):
        assert "cytopenias 34" in bed.told(rule)[-1].advice, rule
    found = bed.status(at(1)).hlh
    assert found is not None
    assert found.hscore_components is not None
    assert sum(found.hscore_components.values()) == found.hscore
    assert 0 not in found.hscore_components.values()


def test_a_lone_result_with_a_comparator_has_the_points_that_it_proves() -> None:
    """Above 3 000 is above 2 000, and may be above 6 000 (decision 17)."""
    found = Bedside(patient(), result("ferritin", 3000, comparator=">")).status(at(1)).hlh

    assert found is not None
    assert (found.hscore, found.hscore_components) == (35, {"ferritin": 35})
    assert "ferritin" in found.hscore_missing


def test_of_one_of_whom_nothing_is_known_every_input_is_missing() -> None:
    found = Bedside(patient(), result("crp", 20)).status(at(1)).hlh

    assert found is not None
    assert (found.hscore, len(found.hscore_missing)) == (None, 12)
    assert {"temperature_c", "ferritin", "hemophagocytosis"} <= set(found.hscore_missing)
