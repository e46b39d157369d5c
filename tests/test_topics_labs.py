"""Results: they count in the canonical unit, and remember what was sent."""

import pytest
from builders import event, lab
from judging import judged, refused, why

from topics.codec import Decoded, Reason
from topics.labs import Analyte, Lab
from topics.limits import HARD_LIMITS
from topics.units import UNIT_MAX, Quantity

UNBOUNDED = 1e9  # where nothing is published, anything goes


def test_a_result_counts_in_the_canonical_unit_and_remembers_what_was_sent() -> None:
    found = event(lab("crp", 14, unit="mg/dL"))

    assert isinstance(found, Lab)
    assert (found.value, found.unit) == (140.0, "mg/L")
    assert found.as_sent == Quantity(14.0, "mg/dL")


def test_a_result_beyond_the_range_of_its_assay_keeps_its_comparator() -> None:
    found = event(lab("ferritin", 40000, comparator=">", unit="ug/L"))

    assert isinstance(found, Lab)
    assert (found.comparator, found.value, found.unit) == (">", 40000, "ng/mL")


@pytest.mark.parametrize("analyte", Analyte)
def test_a_result_on_its_hard_limit_counts(analyte: str) -> None:
    low, high = HARD_LIMITS[analyte]

    assert isinstance(judged(lab(analyte, low)), Decoded)
    assert isinstance(judged(lab(analyte, min(high, UNBOUNDED))), Decoded)


@pytest.mark.parametrize("analyte", Analyte)
def test_a_result_outside_its_hard_limit_is_refused(analyte: str) -> None:
    low, high = HARD_LIMITS[analyte]

    assert why(lab(analyte, low - 0.001)) == (Reason.RANGE, "$.value")
    if high < UNBOUNDED:
        assert why(lab(analyte, high * 1.001)) == (Reason.RANGE, "$.value")


def test_limits_are_those_of_the_canonical_unit() -> None:
    assert isinstance(judged(lab("hemoglobin", 120, unit="g/L")), Decoded)
    assert why(lab("hemoglobin", 120, unit="g/dL")) == (Reason.RANGE, "$.value")


def test_a_refused_result_says_what_was_sent() -> None:
    assert refused(lab("hemoglobin", 120, unit="g/dL")).value == 120


def test_a_result_too_large_for_a_float_once_converted_is_refused() -> None:
    assert why(lab("triglycerides", 1e308, unit="mmol/L")) == (Reason.RANGE, "$.value")


@pytest.mark.parametrize(
    ("analyte", "unit"),
    [
        ("sil2r", "pg/mL"),  # a mass is another assay
        ("ferritin", "mmol/L"),
        ("d_dimer", "ng/mL"),  # of which kind?
        ("crp", ""),
        ("crp", "mg"),
        ("crp", "x" * UNIT_MAX),
        ("cmv_dna", "{log_copies}/mL"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused(analyte: str, unit: str) -> None:
    assert why(lab(analyte, 1) | {"unit": unit}) == (Reason.UNIT, "$.unit")


def test_a_unit_has_a_length() -> None:
    assert why(lab("crp", 1, unit="x" * (UNIT_MAX + 1))) == (Reason.WRONG_TYPE, "$.unit")


@pytest.mark.parametrize("analyte", ["cmv_dna", "ebv_dna"])
@pytest.mark.parametrize("unit", ["[IU]/mL", "{copies}/mL"])
def test_viral_loads_stay_in_the_unit_they_came_in(analyte: str, unit: str) -> None:
    found = event(lab(analyte, 500, unit=unit))

    assert isinstance(found, Lab)
    assert (found.value, found.unit) == (500, unit)
