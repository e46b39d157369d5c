"""HLH-2004, carHLH and IEC-HS: each criterion at its limit."""

from dataclasses import replace
from typing import Any

import pytest
from measures import result

from stream.clinical.scores import car_hlh, hlh_2004, iec_hs

HLH_2004 = hlh_2004.Inputs(
    temperature_c=38.5,
    splenomegaly=True,
    hemoglobin=result(8.9),
    platelets=result(99),
    anc=result(2),
    triglycerides=result(3.0 * 88.57),
    fibrinogen=result(200),
    hemophagocytosis=False,
    ferritin=result(500),
    sil2r=result(2399),
)
MET = ("fever", "splenomegaly", "cytopenias", "triglycerides_or_fibrinogen", "ferritin")
CAR_HLH = car_hlh.Inputs(
    ferritin_of_crs=result(10_001),
    ast=result(201),
    alt=result(30),
    bilirubin_total=result(1.0),
    creatinine=result(3.7),
    pulmonary_edema=None,
    hemophagocytosis=False,
)
IEC_HS = iec_hs.Inputs(
    ferritin=result(801),
    baseline_ferritin_ng_ml=None,
    ast=result(201),
    alt=None,
    fibrinogen=result(149),
    platelets=result(25),
    anc=result(0.5),
)
WELL = iec_hs.Severity(died=False, life_threatened=False, organs_fail=False, treated=False)


def test_five_of_eight_criteria_are_enough() -> None:
    found = hlh_2004.hlh_2004(HLH_2004)

    assert found.met == MET
    assert found.missing == ("natural_killer_cells",)
    assert hlh_2004.is_fulfilled(found)


@pytest.mark.parametrize(
    ("inputs", "lost"),
    [
        ({"temperature_c": 38.49}, "fever"),
        ({"splenomegaly": False}, "splenomegaly"),
        ({"hemoglobin": result(9.0)}, "cytopenias"),
        ({"platelets": result(100)}, "cytopenias"),
        ({"triglycerides": result(265)}, "triglycerides_or_fibrinogen"),  # 2.992 mmol/L
        ({"ferritin": result(499)}, "ferritin"),
    ],
)
def test_just_beside_its_limit_a_criterion_is_not_met(inputs: dict[str, Any], lost: str) -> None:
    found = hlh_2004.hlh_2004(replace(HLH_2004, **inputs))

    assert set(MET) - set(found.met) == {lost}
    assert not hlh_2004.is_fulfilled(found)


@pytest.mark.parametrize(
    ("inputs", "gained"),
    [
        ({"sil2r": result(2400)}, "sil2r"),
        ({"hemophagocytosis": True}, "hemophagocytosis"),
        ({"hemoglobin": result(9.0), "anc": result(0.9)}, "cytopenias"),
        # The review has < 150: here 150 is met.
        ({"triglycerides": None, "fibrinogen": result(150)}, "triglycerides_or_fibrinogen"),
    ],
)
def test_at_its_limit_a_criterion_is_met(inputs: dict[str, Any], gained: str) -> None:
    assert gained in hlh_2004.hlh_2004(replace(HLH_2004, **inputs)).met


@pytest.mark.parametrize(
    ("inputs", "missing"),
    [
        ({"temperature_c": None}, "fever"),
        ({"hemoglobin": None}, "cytopenias"),
        ({"triglycerides": None}, "triglycerides_or_fibrinogen"),
        ({"triglycerides": None, "fibrinogen": None}, "triglycerides_or_fibrinogen"),
        ({"ferritin": None}, "ferritin"),
        ({"sil2r": None}, "sil2r"),
    ],
)
def test_what_is_unknown_is_neither_met_nor_ruled_out(inputs: dict[str, Any], missing: str) -> None:
    assert missing in hlh_2004.hlh_2004(replace(HLH_2004, **inputs)).missing


def test_two_normal_lineages_rule_cytopenia_out_whatever_the_third() -> None:
    inputs = replace(HLH_2004, hemoglobin=result(10), anc=result(2), platelets=None)
    found = hlh_2004.hlh_2004(inputs)

    assert "cytopenias" not in found.met + found.missing


def test_car_hlh_needs_ferritin_and_two_organs() -> None:
    found = car_hlh.car_hlh(CAR_HLH)

    assert found.met == ("ferritin", "liver", "kidneys")
    assert found.missing == ("lungs",)
    assert car_hlh.is_fulfilled(found)


@pytest.mark.parametrize(
    "inputs",
    [
        {"ferritin_of_crs": result(10_000)},
        {"ferritin_of_crs": None},
        {"ast": result(200)},
        {"creatinine": result(3.6)},
        {"creatinine": None},
    ],
)
def test_car_hlh_is_not_met_with_one_less(inputs: dict[str, Any]) -> None:
    assert not car_hlh.is_fulfilled(car_hlh.car_hlh(replace(CAR_HLH, **inputs)))


def test_bilirubin_above_three_times_normal_is_liver_too() -> None:
    found = car_hlh.car_hlh(replace(CAR_HLH, ast=None, bilirubin_total=result(3.7)))

    assert "liver" in found.met


def test_iec_hs_needs_ferritin_and_two_of_three() -> None:
    found = iec_hs.iec_hs(IEC_HS)

    assert found.met == ("ferritin", "transaminases", "fibrinogen")
    assert iec_hs.is_fulfilled(found, 2)


@pytest.mark.parametrize(
    "inputs",
    [
        {"ferritin": result(800)},
        {"ferritin": None},
        {"ast": result(200)},
        {"fibrinogen": result(150)},
        {"fibrinogen": None},
    ],
)
def test_iec_hs_is_not_met_with_one_less(inputs: dict[str, Any]) -> None:
    assert not iec_hs.is_fulfilled(iec_hs.iec_hs(replace(IEC_HS, **inputs)), 2)


@pytest.mark.parametrize(
    "inputs",
    [{"platelets": result(24)}, {"anc": result(0.4)}, {"platelets": None, "anc": result(0.4)}],
)
def test_a_cytopenia_of_grade_4_stands_in_for_one_of_the_others(inputs: dict[str, Any]) -> None:
    found = iec_hs.iec_hs(replace(IEC_HS, fibrinogen=None, **inputs))

    assert found.met == ("ferritin", "transaminases", "cytopenia")
    assert iec_hs.is_fulfilled(found, 2)


def test_twice_a_low_baseline_is_enough_ferritin() -> None:
    found = iec_hs.iec_hs(replace(IEC_HS, ferritin=result(401), baseline_ferritin_ng_ml=200))

    assert "ferritin" in found.met


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        (WELL, 1),
        (replace(WELL, treated=True), 2),
        (replace(WELL, treated=True, organs_fail=True), 3),
        (replace(WELL, organs_fail=True, life_threatened=True), 4),
        (replace(WELL, died=True), 5),
    ],
)
def test_the_grade_follows_the_worst_of_what_happens(
    severity: iec_hs.Severity, expected: int
) -> None:
    assert iec_hs.grade(severity) == expected
