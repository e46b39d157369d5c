"""Limits of values. Outside of a hard one is an artefact or a wrong unit, which counts for nothing.

Outside of a soft one a value counts, and is flagged for somebody to confirm. Every limit is in the
canonical unit of its signal, and both ends are allowed.

Source: CLINICAL.md 5.1, columns `hard` and `soft`; CONTRACT.md, "Hard limits not in CLINICAL 5.1".
"""

from math import inf
from types import MappingProxyType
from typing import Final, NamedTuple

from annotated_types import Interval


class Limits(NamedTuple):
    """The lowest and the highest value that is believed."""

    low: float
    high: float


HARD_LIMITS: Final = MappingProxyType(
    {
        # Vitals. Temperature in Cel, pressures in mm[Hg], the ventilator's in cm[H2O] and mL.
        "temperature_c": Limits(25.0, 45.0),
        "heart_rate_per_min": Limits(0.0, 300.0),
        "respiratory_rate_per_min": Limits(0.0, 90.0),
        "systolic_mmhg": Limits(20.0, 300.0),
        "diastolic_mmhg": Limits(10.0, 200.0),
        "mean_arterial_mmhg": Limits(15.0, 250.0),
        "spo2_percent": Limits(30.0, 100.0),
        "flow_l_min": Limits(0.0, 80.0),
        "fio2_fraction": Limits(0.21, 1.0),
        "tidal_volume_ml": Limits(50.0, 1500.0),
        "plateau_cmh2o": Limits(0.0, 80.0),
        "peep_cmh2o": Limits(0.0, 40.0),
        # Labs.
        "ferritin": Limits(0.0, 2_000_000.0),  # ng/mL; peaks of 800 000 are published: no cap
        "crp": Limits(0.0, 1000.0),  # mg/L
        "il6": Limits(0.0, 5_000_000.0),  # pg/mL
        "procalcitonin": Limits(0.0, 1000.0),  # ng/mL
        "lactate": Limits(0.0, 40.0),  # mmol/L
        "fibrinogen": Limits(0.0, 1500.0),  # mg/dL
        "triglycerides": Limits(0.0, 10_000.0),  # mg/dL
        "bilirubin_total": Limits(0.0, 100.0),  # mg/dL
        "ast": Limits(0.0, 50_000.0),  # U/L
        "alt": Limits(0.0, 50_000.0),  # U/L
        "ldh": Limits(0.0, 50_000.0),  # U/L
        "platelets": Limits(0.0, 3000.0),  # 10*9/L
        "hemoglobin": Limits(1.0, 25.0),  # g/dL
        "wbc": Limits(0.0, 500.0),  # 10*9/L
        "anc": Limits(0.0, 500.0),  # 10*9/L
        "creatinine": Limits(0.0, 30.0),  # mg/dL
        "inr": Limits(0.0, 30.0),
        "aptt": Limits(0.0, 400.0),  # s
        "troponin": Limits(0.0, 1_000_000.0),  # ng/L
        "bnp": Limits(0.0, 1_000_000.0),  # pg/mL
        "nt_probnp": Limits(0.0, 1_000_000.0),  # pg/mL
        "pao2": Limits(10.0, 700.0),  # mm[Hg]
        "paco2": Limits(5.0, 200.0),  # mm[Hg]
        # No upper limit is published for these; below nothing there is nothing.
        "d_dimer": Limits(0.0, inf),  # ng/mL FEU
        "sil2r": Limits(0.0, inf),  # U/mL
        "cmv_dna": Limits(0.0, inf),  # [IU]/mL or {copies}/mL
        "ebv_dna": Limits(0.0, inf),  # [IU]/mL or {copies}/mL
        # The patient.
        "weight_kg": Limits(0.5, 400.0),
        "height_cm": Limits(20.0, 250.0),
        "age_years": Limits(0.0, 120.0),
        # Assessments.
        "ice": Limits(0.0, 10.0),
        "capd": Limits(0.0, 32.0),
        "rass": Limits(-5.0, 4.0),
        "gcs": Limits(3.0, 15.0),
        "lvef_percent": Limits(5.0, 90.0),
    }
)

SOFT_LIMITS: Final = MappingProxyType(
    {
        "temperature_c": Limits(34.0, 41.5),
        "heart_rate_per_min": Limits(40.0, 180.0),
        "respiratory_rate_per_min": Limits(8.0, 45.0),
        "spo2_percent": Limits(80.0, 100.0),
        "systolic_mmhg": Limits(60.0, 300.0),
    }
)
WEIGHT_JUMP: Final = 0.2  # of the weight before: a greater change is flagged

# Below its hard limit one of these may be an artefact or a dying patient: DATA-RANGE is then P2.
URGENT_BELOW_LIMIT: Final = frozenset(
    {"systolic_mmhg", "diastolic_mmhg", "mean_arterial_mmhg", "spo2_percent"}
)


def within(signal: str) -> Interval:
    """Bound a field of a model by the hard limits of a signal."""
    low, high = HARD_LIMITS[signal]
    return Interval(ge=low, le=None if high == inf else high)


def is_unusual(signal: str, value: float) -> bool:
    """Say whether a value that counts lies outside the soft limits of its signal."""
    low, high = SOFT_LIMITS[signal]
    return not low <= value <= high


def is_urgent(signal: str, value: float) -> bool:
    """Say whether a value outside its limits may be that of a dying patient."""
    return signal in URGENT_BELOW_LIMIT and value < HARD_LIMITS[signal].low
