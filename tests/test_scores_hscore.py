"""HScore, row by row as published, and the errors that public calculators make."""

from dataclasses import replace
from math import exp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measures import result

from stream.clinical.scores.hscore import HIGHEST, Inputs, hscore, probability
from stream.clinical.signals import Result

# Triglycerides and fibrinogen in mg/dL, as they are kept; the table has mmol/L and g/L.
NORMAL = Inputs(
    immunosuppressed=False,
    temperature_c=37.0,
    hepatomegaly=False,
    splenomegaly=False,
    hemoglobin=result(13.0),
    wbc=result(7.0),
    platelets=result(250),
    ferritin=result(100),
    triglycerides=result(1.0 * 88.57),
    fibrinogen=result(350),
    ast=result(20),
    hemophagocytosis=False,
)
WORST = Inputs(
    immunosuppressed=True,
    temperature_c=39.5,
    hepatomegaly=True,
    splenomegaly=True,
    hemoglobin=result(7.0),
    wbc=result(1.0),
    platelets=result(20),
    ferritin=result(6001),
    triglycerides=result(4.01 * 88.57),
    fibrinogen=result(250),
    ast=result(30),
    hemophagocytosis=True,
)
NOTHING = Inputs(**dict.fromkeys(Inputs.__dataclass_fields__))


def points(**inputs: Any) -> int:
    found = hscore(replace(NORMAL, **inputs))
    assert found is not None
    assert found.missing == ()
    return found.points


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({}, 0),
        ({"immunosuppressed": True}, 18),
        ({"temperature_c": 38.39}, 0),
        ({"temperature_c": 38.4}, 33),
        ({"temperature_c": 39.4}, 33),
        ({"temperature_c": 39.41}, 49),
        ({"hepatomegaly": True}, 23),
        ({"splenomegaly": True}, 23),
        ({"hepatomegaly": True, "splenomegaly": True}, 38),
        ({"hemoglobin": result(9.2)}, 0),
        ({"hemoglobin": result(9.2), "wbc": result(5.0)}, 24),
        ({"hemoglobin": result(9.3), "wbc": result(5.0)}, 0),
        ({"wbc": result(5.1), "platelets": result(110), "hemoglobin": result(9.2)}, 24),
        ({"wbc": result(5.0), "platelets": result(111), "hemoglobin": result(9.2)}, 24),
        ({"wbc": result(5.0), "platelets": result(110), "hemoglobin": result(9.2)}, 34),
        ({"ferritin": result(1999)}, 0),
        ({"ferritin": result(2000)}, 35),
        ({"ferritin": result(6000)}, 35),
        ({"ferritin": result(6001)}, 50),
        ({"triglycerides": result(1.49 * 88.57)}, 0),
        ({"triglycerides": result(1.5 * 88.57)}, 44),
        ({"triglycerides": result(4.0 * 88.57)}, 44),
        ({"triglycerides": result(4.01 * 88.57)}, 64),
        ({"fibrinogen": result(250)}, 30),
        ({"fibrinogen": result(251)}, 0),
        ({"ast": result(29)}, 0),
        ({"ast": result(30)}, 19),
        ({"hemophagocytosis": True}, 35),
    ],
)
def test_a_row_of_the_table_has_its_points(inputs: dict[str, Any], expected: int) -> None:
    assert points(**inputs) == expected


def test_the_highest_score_is_337() -> None:
    found = hscore(WORST)

    assert found is not None
    assert found.points == HIGHEST == sum(found.components.values())


def test_169_can_be_reached_exactly() -> None:
    found = hscore(
        replace(
            NORMAL,
            temperature_c=38.9,
            splenomegaly=True,
            hemoglobin=result(8.8),
            wbc=result(1.2),
            platelets=result(44),
            ferritin=result(4800),
            triglycerides=result(2.4 * 88.57),
        )
    )

    assert found is not None
    assert found.points == 33 + 23 + 34 + 35 + 44 == 169


@pytest.mark.parametrize("name", list(Inputs.__dataclass_fields__))
def test_a_missing_input_is_named_and_never_taken_for_normal(name: str) -> None:
    """Public calculators take it for 0 and say nothing."""
    found, whole = hscore(replace(WORST, **{name: None})), hscore(WORST)

    assert found is not None
    assert whole is not None
    assert found.missing == (name,)
    assert found.points < whole.points


def test_of_nothing_no_score_is_made() -> None:
    assert hscore(NOTHING) is None


@pytest.mark.parametrize(
    ("known", "points"),
    [
        ({"ferritin": result(3_000, ">")}, 35),
        ({"ferritin": result(3_000, "<")}, 0),
        ({"ast": result(20, ">")}, 0),
    ],
)
def test_of_one_result_that_leaves_something_open_there_is_a_score(
    known: dict[str, Any], points: int
) -> None:
    found = hscore(replace(NOTHING, **known))

    assert found is not None
    assert found.points == points
    assert len(found.missing) == len(Inputs.__dataclass_fields__)


@given(known=st.sets(st.sampled_from(list(Inputs.__dataclass_fields__)), min_size=1))
def test_a_score_with_something_missing_is_the_least_that_it_can_be(known: set[str]) -> None:
    for whole in (NORMAL, WORST):
        partial = hscore(replace(NOTHING, **{name: getattr(whole, name) for name in known}))
        true = hscore(whole)
        assert partial is not None
        assert true is not None
        assert partial.points <= true.points


@pytest.mark.parametrize(
    ("ferritin", "expected", "missing"),
    [
        (result(40_000, ">"), 50, ()),
        (result(3_000, ">"), 35, ("ferritin",)),  # above 2 000, and perhaps above 6 000
        (result(1_500, ">"), 0, ("ferritin",)),
        (result(1_500, "<"), 0, ()),
        (result(3_000, "<"), 0, ("ferritin",)),
    ],
)
def test_a_comparator_counts_as_far_as_it_proves_something(
    ferritin: Result, expected: int, missing: tuple[str, ...]
) -> None:
    found = hscore(replace(NORMAL, ferritin=ferritin))

    assert found is not None
    assert (found.points, found.missing) == (expected, missing)


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (0, "< 1 %"),
        (90, "< 1 %"),
        (95, "1 %"),
        (100, "1 %"),
        (120, "5 %"),
        (145, "20 %"),
        (160, "40 %"),
        (169, "53 %"),
        (170, "54 %"),
        (200, "88 %"),
        (240, "99 %"),
        (245, "99 %"),
        (250, "> 99 %"),
        (337, "> 99 %"),
    ],
)
def test_the_probability_is_interpolated_between_the_published_points(
    score: int, expected: str
) -> None:
    assert probability(score) == expected


def test_the_probability_is_not_that_of_the_formula_seen_in_public_code() -> None:
    formula = 100 / (1 + exp(4.3 - 0.03 * 169))

    assert round(formula) == 68
    assert probability(169) == "53 %"
