"""qSOFA, SOFA, lungs, steroids and vasopressors: each band at its limits."""

from dataclasses import replace
from typing import Any

import pytest
from measures import result

from stream.clinical.scores.lungs import pf_mmhg, predicted_body_weight_kg
from stream.clinical.scores.norepinephrine import equivalent_ug_kg_min
from stream.clinical.scores.qsofa import QSofa, qsofa
from stream.clinical.scores.sofa import Inputs, sofa
from stream.clinical.scores.steroids import dexamethasone_mg, is_high_dose

UNKNOWN = Inputs(
    pf_mmhg=None,
    ventilated=None,
    platelets=None,
    bilirubin_total=None,
    mean_arterial_mmhg=None,
    running_ug_kg_min={},
    gcs=None,
    creatinine=None,
    urine_ml_a_day=None,
)
ORGANS = ("respiration", "coagulation", "liver", "circulation", "brain", "kidneys")


@pytest.mark.parametrize(
    ("respiratory_rate", "systolic", "gcs", "points"),
    [(21, 101, 15, 0), (22, 101, 15, 1), (21, 100, 15, 1), (21, 101, 14, 1), (22, 100, 3, 3)],
)
def test_qsofa_counts_three_signs(
    respiratory_rate: float, systolic: float, gcs: int, points: int
) -> None:
    found = qsofa(respiratory_rate_per_min=respiratory_rate, systolic_mmhg=systolic, gcs=gcs)

    assert found == QSofa(points, ())


def test_qsofa_names_what_is_missing() -> None:
    found = qsofa(respiratory_rate_per_min=None, systolic_mmhg=90, gcs=None)

    assert found == QSofa(1, ("respiratory_rate_per_min", "gcs"))
    assert qsofa(respiratory_rate_per_min=30, systolic_mmhg=None, gcs=15).missing == (
        "systolic_mmhg",
    )


@pytest.mark.parametrize(
    ("inputs", "organ", "points"),
    [
        *(
            ({"pf_mmhg": pf, "ventilated": False}, "respiration", points)
            for pf, points in ((400, 0), (399, 1), (300, 1), (299, 2), (90, 2))
        ),
        *(
            ({"pf_mmhg": pf, "ventilated": True}, "respiration", points)
            for pf, points in ((250, 2), (200, 2), (199, 3), (100, 3), (99, 4))
        ),
        *(
            ({"platelets": result(value)}, "coagulation", points)
            for value, points in ((150, 0), (149, 1), (99, 2), (49, 3), (20, 3), (19, 4))
        ),
        ({"platelets": result(20, "<")}, "coagulation", 4),
        *(
            ({"bilirubin_total": result(value)}, "liver", points)
            for value, points in ((1.1, 0), (1.2, 1), (2.0, 2), (5.9, 2), (6.0, 3), (12.0, 4))
        ),
        ({"mean_arterial_mmhg": 70}, "circulation", 0),
        ({"mean_arterial_mmhg": 69}, "circulation", 1),
        *(
            ({"running_ug_kg_min": {drug: rate}}, "circulation", points)
            for drug, rate, points in (
                ("dobutamine", 5, 2),
                ("milrinone", 0.5, 0),
                ("dopamine", 5, 2),
                ("dopamine", 5.1, 3),
                ("dopamine", 15.1, 4),
                ("dopamine", None, 2),
                ("norepinephrine", 0.1, 3),
                ("norepinephrine", 0.11, 4),
                ("norepinephrine", None, 3),
                ("epinephrine", 0.2, 4),
                ("vasopressin", 0.03, 3),
            )
        ),
        *(
            ({"gcs": gcs}, "brain", points)
            for gcs, points in ((15, 0), (14, 1), (13, 1), (12, 2), (10, 2), (9, 3), (6, 3), (5, 4))
        ),
        *(
            ({"creatinine": result(value)}, "kidneys", points)
            for value, points in ((1.1, 0), (1.2, 1), (2.0, 2), (3.5, 3), (5.0, 4))
        ),
        *(
            ({"urine_ml_a_day": value}, "kidneys", points)
            for value, points in ((500, 0), (499, 3), (200, 3), (199, 4))
        ),
    ],
)
def test_sofa_has_the_points_of_each_organ(inputs: dict[str, Any], organ: str, points: int) -> None:
    found = sofa(replace(UNKNOWN, **inputs))

    assert found.organs == {organ: points}
    assert found.points == points
    assert found.missing == tuple(each for each in ORGANS if each != organ)


def test_predicted_body_weight_goes_by_sex_and_height() -> None:
    assert predicted_body_weight_kg(sex="male", height_cm=178) == pytest.approx(73.296)
    assert predicted_body_weight_kg(sex="female", height_cm=178) == pytest.approx(68.796)
    assert predicted_body_weight_kg(sex=None, height_cm=178) is None
    assert predicted_body_weight_kg(sex="male", height_cm=None) is None


def test_pao2_by_fio2_takes_a_fraction() -> None:
    assert pf_mmhg(pao2_mmhg=98, fio2_fraction=0.70) == pytest.approx(140)
    assert pf_mmhg(pao2_mmhg=105, fio2_fraction=0.70) == pytest.approx(150)
    assert pf_mmhg(pao2_mmhg=None, fio2_fraction=0.70) is None
    assert pf_mmhg(pao2_mmhg=98, fio2_fraction=None) is None


@pytest.mark.parametrize(
    ("drug", "mg", "expected"),
    [
        ("dexamethasone", 40, 40),
        ("methylprednisolone", 160, 30),
        ("hydrocortisone", 200, 7.5),
        ("prednisone", 60, 9),
        ("prednisolone", 60, 9),
    ],
)
def test_a_steroid_is_converted_to_dexamethasone(drug: str, mg: float, expected: float) -> None:
    assert dexamethasone_mg(drug, mg) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("dexamethasone", "methylprednisolone", "weight", "high"),
    [
        (40, 0, None, True),
        (39.9, 0, 80, False),
        (15, 80, 80, True),
        (15, 79.9, 80, False),
        (30, 160, None, False),
    ],
)
def test_high_dose_is_by_either_clause(
    dexamethasone: float, methylprednisolone: float, weight: float | None, high: bool
) -> None:
    found = is_high_dose(
        dexamethasone_mg_a_day=dexamethasone,
        methylprednisolone_mg_a_day=methylprednisolone,
        weight_kg=weight,
    )

    assert found is high


def test_norepinephrine_equivalents_add_up() -> None:
    running = {
        "norepinephrine": 0.2,
        "epinephrine": 0.1,
        "phenylephrine": 1.0,
        "dopamine": 5.0,
        "vasopressin": 0.04,
        "angiotensin_ii": 0.01,
    }

    assert equivalent_ug_kg_min(running) == pytest.approx(0.2 + 0.1 + 0.1 + 0.05 + 0.1 + 0.1)
    assert equivalent_ug_kg_min({}) == 0
    assert equivalent_ug_kg_min({"norepinephrine": None}) is None
