"""Conversions as published: CLINICAL.md 5.1 row by row, and table A7 of the vectors."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import Fields

from topics.limits import HARD_LIMITS
from topics.units import Quantity, canonical_unit, convert, express

VECTORS = Path(__file__).parent / "vectors"

PUBLISHED = [
    ("temperature_c", 100.4, "[degF]", 38.0),
    ("temperature_c", 100.3, "[degF]", 37.9444444444),
    ("temperature_c", 311.15, "K", 38.0),
    ("heart_rate_per_min", 1.5, "Hz", 90.0),
    ("spo2_percent", 0.97, "1", 97.0),
    ("systolic_mmhg", 12.0, "kPa", 90.00744),
    ("diastolic_mmhg", 8.0, "kPa", 60.00496),
    ("mean_arterial_mmhg", 8.0, "kPa", 60.00496),
    ("fio2_fraction", 40.0, "%", 0.4),
    ("flow_l_min", 2500.0, "mL/min", 2.5),
    ("pao2", 13.0, "kPa", 97.50806),
    ("paco2", 5.0, "kPa", 37.5031),
    ("peep_cmh2o", 10.0, "mbar", 10.1972),
    ("plateau_cmh2o", 30.0, "mbar", 30.5916),
    ("tidal_volume_ml", 0.45, "L", 450.0),
    ("ferritin", 500.0, "ug/L", 500.0),
    ("ferritin", 2247.0, "pmol/L", 999.915),
    ("crp", 14.93, "mg/dL", 149.3),
    ("il6", 1000.0, "ng/L", 1000.0),
    ("procalcitonin", 0.5, "ug/L", 0.5),
    ("lactate", 36.032, "mg/dL", 4.0),
    ("fibrinogen", 1.5, "g/L", 150.0),
    ("triglycerides", 3.0, "mmol/L", 265.71),
    ("bilirubin_total", 51.312, "umol/L", 3.0),
    ("ast", 2.0, "ukat/L", 120.0),
    ("alt", 2.0, "ukat/L", 120.0),
    ("ldh", 2.0, "ukat/L", 120.0),
    ("platelets", 50.0, "10*3/uL", 50.0),
    ("platelets", 50_000.0, "/uL", 50.0),
    ("hemoglobin", 120.0, "g/L", 12.0),
    ("hemoglobin", 5.0, "mmol/L", 8.055),
    ("wbc", 4000.0, "/uL", 4.0),
    ("anc", 500.0, "/uL", 0.5),
    ("creatinine", 106.104, "umol/L", 1.2),
    ("d_dimer", 500.0, "ng/mL{DDU}", 1000.0),
    ("troponin", 40.0, "pg/mL", 40.0),
    ("lvef_percent", 0.55, "1", 55.0),
    ("weight_kg", 176.0, "[lb_av]", 79.83225712),
    ("height_cm", 70.0, "[in_i]", 177.8),
    ("vasopressin", 1.8, "[IU]/h", 0.03),
    ("vasopressin", 1.8, "U/h", 0.03),
    ("vasopressin", 30.0, "mU/min", 0.03),
    ("vasopressin", 0.03, "[USP'U]/min", 0.03),
    ("norepinephrine", 1.2, "mg/h", 20.0),
    ("dose_mg", 500.0, "ug", 0.5),
    ("volume_ml", 0.5, "L", 500.0),
]


@pytest.mark.parametrize(("signal", "value", "unit", "expected"), PUBLISHED)
def test_an_accepted_unit_becomes_the_canonical_one(
    signal: str, value: float, unit: str | None, expected: float
) -> None:
    assert convert(signal, value, unit) == Quantity(expected, canonical_unit(signal))


def published_conversions() -> Iterator[tuple[str, float, str | None, Fields, float]]:
    """Give the rows of table A7 that ask for a unit of another signal's value and no weight."""
    for row in json.loads((VECTORS / "unit_tables.json").read_text(encoding="utf-8"))["A7"]:
        sent, expected = row["input"], row["expected"]
        if "signal" in sent and "weight_kg" not in sent:
            signal = "temperature_c" if sent["signal"] == "temperature" else sent["signal"]
            yield signal, float(sent["value"]), sent["unit"], expected, row.get("abs_tol", 0.0)


@pytest.mark.parametrize(
    ("signal", "value", "unit", "expected", "tolerance"), [*published_conversions()]
)
def test_the_published_table_of_conversions_holds(
    signal: str, value: float, unit: str | None, expected: Fields, tolerance: float
) -> None:
    found = convert(signal, value, unit)

    if expected.get("refused") == "DATA-RANGE":
        assert found.value > HARD_LIMITS[signal].high
    elif expected["unit"] in {None, found.unit}:
        assert found.value == pytest.approx(expected["value"], abs=tolerance)
    else:
        back = express(signal, value, expected["unit"])
        assert back.value == pytest.approx(expected["value"], abs=tolerance)
