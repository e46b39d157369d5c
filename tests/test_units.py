"""Units: every row of the table there and back, every trap, and what is refused."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from topics import ucum
from topics.accepted import ACCEPTED, Factor
from topics.limits import HARD_LIMITS
from topics.units import (
    ALIASES,
    CONVERSIONS,
    UNIT_MAX,
    Quantity,
    UnitMismatch,
    canonical_unit,
    convert,
    express,
)

VECTORS = Path(__file__).parent / "vectors"
ROWS = [(signal, unit) for signal, known in CONVERSIONS.items() for unit in known]


@pytest.mark.parametrize(("signal", "unit"), ROWS)
def test_every_row_goes_there_and_back(signal: str, unit: str) -> None:
    for value in (0.25, 0.9, 37.9, 100.4, 265.0, 2247.0):
        if signal == "fio2_fraction" and unit == "1" and value > 1:
            continue
        there = convert(signal, value, unit)
        if there.unit != canonical_unit(signal):
            continue  # a rate by weight, or copies: another canonical unit
        back = express(signal, there.value, unit)

        assert back.unit == unit
        assert back.value == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize("signal", ACCEPTED)
def test_a_value_in_the_canonical_unit_stays_exactly_as_it_was_sent(signal: str) -> None:
    value = 0.30000000000000004

    assert convert(signal, value, canonical_unit(signal)) == (value, canonical_unit(signal))


def test_every_limit_has_a_unit_but_for_scores_and_age() -> None:
    assert HARD_LIMITS.keys() - ACCEPTED.keys() == {"age_years", "ice", "capd", "rass", "gcs"}


# Traps


def test_triglycerides_are_compared_in_moles_too() -> None:
    assert express("triglycerides", 265, "mmol/L").value == pytest.approx(2.992, abs=0.001)


def test_a_lactate_printed_as_4_may_lie_just_below_it() -> None:
    assert convert("lactate", 36.0, "mg/dL").value < 4.0


def test_a_rate_by_weight_stays_one() -> None:
    assert convert("norepinephrine", 15, "mg/kg/h") == Quantity(250.0, "ug/kg/min")


def test_a_temperature_is_never_taken_for_another_unit() -> None:
    assert convert("temperature_c", 101.3, "Cel") == Quantity(101.3, "Cel")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(45, None, 0.45), (45, "", 0.45), (45, "1", 0.45), (0.45, None, 0.45), (1.0, None, 1.0)],
)
def test_an_fio2_above_1_is_percent(value: float, unit: str | None, expected: float) -> None:
    assert convert("fio2_fraction", value, unit) == Quantity(expected, "1")


def test_an_inr_needs_no_unit() -> None:
    assert convert("inr", 1.4, None) == convert("inr", 1.4, "{INR}") == Quantity(1.4, "1")


# As it is charted


@pytest.mark.parametrize(
    ("signal", "charted", "canonical"),
    [
        ("heart_rate_per_min", "bpm", "/min"),
        ("heart_rate_per_min", "{beats}/min", "/min"),
        ("heart_rate_per_min", "beats/minute", "/min"),
        ("respiratory_rate_per_min", "breaths/min", "/min"),
        ("systolic_mmhg", "mmHg", "mm[Hg]"),
        ("systolic_mmhg", "mm Hg", "mm[Hg]"),
        ("temperature_c", "degC", "Cel"),
        ("temperature_c", "°C", "Cel"),
        ("temperature_c", "C", "Cel"),
        ("flow_l_min", "l/min", "L/min"),
        ("flow_l_min", "LPM", "L/min"),
        ("peep_cmh2o", "cmH2O", "cm[H2O]"),
        ("platelets", "K/uL", "10*9/L"),
        ("platelets", "x10^9/L", "10*9/L"),
        ("platelets", "10E3/µL", "10*9/L"),
        ("platelets", "X10E3/UL", "10*9/L"),
        ("platelets", "10*9/l", "10*9/L"),
        ("platelets", "G/L", "10*9/L"),
        ("wbc", "10*3{cells}/uL", "10*9/L"),
        ("ast", "IU/L", "U/L"),
        ("ast", "[iU]/L", "U/L"),
        ("ast", "units/L", "U/L"),
        ("ferritin", "mcg/L", "ng/mL"),
        ("ferritin", "NG/ML", "ng/mL"),
        ("ferritin", "ng/ml", "ng/mL"),
        ("crp", "mg/l", "mg/L"),
        ("d_dimer", "ng/mL FEU", "ng/mL{FEU}"),
        ("d_dimer", "ng{FEU}/mL", "ng/mL{FEU}"),
        ("cmv_dna", "IU/mL", "[IU]/mL"),
        ("cmv_dna", "copies/ml", "{copies}/mL"),
        ("aptt", "sec", "s"),
        ("norepinephrine", "mcg/kg/min", "ug/kg/min"),
        ("norepinephrine", "ug/min/kg", "ug/kg/min"),
        ("vasopressin", "units/min", "[IU]/min"),
    ],
)
def test_a_unit_as_charted_is_understood(signal: str, charted: str, canonical: str) -> None:
    assert convert(signal, 7.5, charted) == Quantity(7.5, canonical)


@pytest.mark.parametrize(("charted", "expected"), [("units/hr", 0.05), ("milliunits/min", 0.003)])
def test_units_of_vasopressin_are_international_ones(charted: str, expected: float) -> None:
    assert convert("vasopressin", 3, charted) == Quantity(expected, "[IU]/min")


def test_an_alias_is_no_alias_of_an_alias() -> None:
    assert not ALIASES.keys() & set(ALIASES.values())


# What UCUM decides


@pytest.mark.parametrize(
    ("signal", "value", "unit", "expected"),
    [
        ("ferritin", 1, "mg/L", 1000.0),
        ("crp", 1, "ug/mL", 1.0),
        ("creatinine", 1, "mg/L", 0.1),
        ("lactate", 1, "meq/L", 1.0),
        ("ast", 1000, "nkat/L", 60.0),
        ("systolic_mmhg", 100, "cm[H2O]", 73.5559),
        ("weight_kg", 80_000, "g", 80.0),
        ("height_cm", 1.75, "m", 175.0),
        ("aptt", 0.5, "min", 30.0),
    ],
)
def test_a_unit_of_the_same_dimension_is_converted_by_ucum(
    signal: str, value: float, unit: str | None, expected: float
) -> None:
    assert convert(signal, value, unit).value == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("signal", "unit"),
    [
        ("ferritin", "nmol/L"),
        ("ferritin", "mg"),
        ("ferritin", "U/L"),
        ("ferritin", "[IU]/mL"),
        ("crp", "umol/L"),
        ("sil2r", "ug/L"),
        ("sil2r", "ukat/L"),
        ("platelets", "[IU]/L"),
        ("platelets", "%/L"),
        ("d_dimer", "mg/L"),
        ("cmv_dna", "/mL"),
        ("cmv_dna", "{log}[IU]/mL"),
        ("inr", "s"),
        ("spo2_percent", None),
        ("lvef_percent", ""),
        ("heart_rate_per_min", "[IU]/min"),
        ("norepinephrine", "/min"),
        ("norepinephrine", "U/h"),
        ("vasopressin", "ug/min"),
        ("vasopressin", "kat"),
        ("temperature_c", "mm[Hg]"),
        ("shoe_size", "cm"),
        ("crp", None),
        ("crp", "mg/" + "L" * UNIT_MAX),
        ("crp", "not a unit"),
        ("crp", "mg/L)"),
        ("crp", "10*-99.10*-99.10*-99.10*-99mg/L"),
    ],
)
def test_a_unit_that_measures_another_thing_does_not_fit(signal: str, unit: str | None) -> None:
    with pytest.raises(UnitMismatch):
        convert(signal, 1, unit)


@pytest.mark.parametrize("unit", ["(10*99)99", "10*999", "[pH]", "", "%", "{x}"])
def test_ucum_is_not_asked_what_could_keep_it_busy_or_fits_anywhere(unit: str | None) -> None:
    before = ucum.factor.cache_info().misses

    assert ucum.factor(unit, "ng/mL") is None
    assert ucum.factor.cache_info().misses <= before + 1


def test_ucum_remembers_a_bounded_number_of_units() -> None:
    assert ucum.factor.cache_info().maxsize == ucum.UNITS_REMEMBERED


def test_our_table_never_waits_for_the_library() -> None:
    program = (
        "import sys; from topics import units;"
        "units.convert('crp', 14, 'mg/dL'); units.convert('platelets', 5, 'x10^9/L');"
        "sys.exit('pint' in sys.modules or 'ucumvert' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_factor_keeps_no_tail_of_binary_fractions() -> None:
    assert Factor(minus=32.0, times=5.0, over=9.0).apply(100.4) == 38.0
    assert ucum.factor("mg/L", "ng/mL") == 1000.0
    assert math.isinf(Factor(times=88.57).apply(1e308))
