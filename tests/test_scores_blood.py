"""EASIX and CAR-HEMATOTOX: the published rows, and CRP in its unit."""

from typing import Any

import pytest
from measures import result

from stream.clinical.scores.car_hematotox import HIGHEST, car_hematotox
from stream.clinical.scores.easix import easix, in_log2, m_easix, s_easix

LOW_RISK: dict[str, Any] = {
    "platelets": result(176),
    "anc": result(1.2),
    "hemoglobin": result(9.0),
    "crp": result(29.9),  # mg/L
    "ferritin": result(649),
}


def test_easix_is_ldh_times_creatinine_by_platelets() -> None:
    score = easix(ldh_u_l=480, creatinine_mg_dl=1.2, platelets_10e9_l=40)

    assert score == pytest.approx(14.4)
    assert s_easix(ldh_u_l=480, platelets_10e9_l=40) == 12
    assert in_log2(score) == pytest.approx(3.848, abs=0.001)


def test_m_easix_counts_crp_in_mg_dl() -> None:
    """A missed conversion gives 1 440."""
    assert m_easix(ldh_u_l=480, crp_mg_l=120, platelets_10e9_l=40) == pytest.approx(144.0)


@pytest.mark.parametrize("missing", ["ldh_u_l", "creatinine_mg_dl", "platelets_10e9_l"])
def test_with_a_result_missing_there_is_no_easix(missing: str) -> None:
    known = {"ldh_u_l": 480, "creatinine_mg_dl": 1.2, "platelets_10e9_l": 40}

    assert easix(**known | {missing: None}) is None


def test_no_score_is_made_of_no_platelets_and_no_logarithm_of_nothing() -> None:
    assert easix(ldh_u_l=480, creatinine_mg_dl=1.2, platelets_10e9_l=0) is None
    assert m_easix(ldh_u_l=480, crp_mg_l=None, platelets_10e9_l=40) is None
    assert in_log2(None) is None
    assert in_log2(0) is None


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, 0),
        ({"platelets": result(175)}, 1),
        ({"platelets": result(75)}, 1),
        ({"platelets": result(74)}, 2),
        ({"anc": result(1.199)}, 1),
        ({"hemoglobin": result(8.9)}, 1),
        ({"crp": result(30)}, 1),  # 3.0 mg/dL
        ({"ferritin": result(650)}, 1),
        ({"ferritin": result(2000)}, 1),
        ({"ferritin": result(2001)}, 2),
        ({"ferritin": result(40_000, ">")}, 2),
        ({"anc": result(0.1, "<")}, 1),
    ],
)
def test_car_hematotox_at_each_limit(inputs: dict[str, Any], expected: int) -> None:
    assert car_hematotox(**LOW_RISK | inputs) == expected


def test_crp_of_5_mg_l_has_no_point() -> None:
    """Code that compares mg/L with the limit of 3.0 gives one to nearly everybody."""
    assert car_hematotox(**LOW_RISK | {"crp": result(5)}) == 0


def test_car_hematotox_ends_at_7() -> None:
    worst = {
        "platelets": result(40),
        "anc": result(0.4),
        "hemoglobin": result(7.8),
        "crp": result(95),
        "ferritin": result(3200),
    }

    assert car_hematotox(**worst) == HIGHEST == 7


@pytest.mark.parametrize("missing", list(LOW_RISK))
def test_with_a_result_missing_there_is_no_car_hematotox(missing: str) -> None:
    assert car_hematotox(**LOW_RISK | {missing: None}) is None
    assert car_hematotox(**LOW_RISK | {"ferritin": result(1000, ">")}) is None
