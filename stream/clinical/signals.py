"""The signals that rules depend on.

A signal is one thing that is known of a patient over time: a temperature, a blood pressure, the
rate of an infusion. Rules name the signals they depend on; only `readers` knows the kinds of
events.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Pressure(NamedTuple):
    """One blood pressure in mm[Hg]; at least systolic or mean is there."""

    systolic_mmhg: float | None
    mean_arterial_mmhg: float | None


class Oxygen(NamedTuple):
    """Oxygen support as charted."""

    device: str | None
    flow_l_min: float | None
    fio2_fraction: float | None
    reason: str | None


class Temperature(NamedTuple):
    """A temperature in Cel, and where it was measured."""

    celsius: float
    site: str | None


class Result(NamedTuple):
    """A laboratory result in its canonical unit."""

    value: float
    comparator: str | None
    unit: str


class Dose(NamedTuple):
    """A dose of a drug: ordered, given, or not given."""

    value: float | None
    unit: str | None
    route: str | None
    interval_h: float | None = None  # of a scheduled course
    scheduled_ms: int | None = None  # when an order is planned to be given


class Rate(NamedTuple):
    """The rate of an infusion, which holds until the next event of the drug; 0 is a stop."""

    value: float
    unit: str | None


class Fluid(NamedTuple):
    """A volume that was given."""

    fluid: str | None
    volume_ml: float


class Ice(NamedTuple):
    """An ICE score, 0 to 10, of one of the two forms."""

    points: int
    scheme: str


class Consciousness(NamedTuple):
    """How awake a patient is; a level, a RASS, or both."""

    level: str | None
    rass: int | None


class Seizure(NamedTuple):
    """A seizure as charted when it was seen."""

    seizure_type: str
    duration_s: float | None
    resolved: bool | None
    returned_to_baseline: bool | None


class Urine(NamedTuple):
    """Urine collected over some hours."""

    volume_ml: float
    over_h: float


class Culture(NamedTuple):
    """A culture: collected, or answered."""

    result: str
    organism: str | None
    collected_event_id: str | None  # of the `collected` event that it answers


@dataclass(frozen=True, slots=True)
class Signal(Generic[T]):
    """The typed name of a signal."""

    name: str


TEMPERATURE: Final[Signal[Temperature]] = Signal("temperature_c")
PRESSURE: Final[Signal[Pressure]] = Signal("pressure")
OXYGEN: Final[Signal[Oxygen]] = Signal("oxygen")
SPO2: Final[Signal[float]] = Signal("spo2_percent")
HEART_RATE: Final[Signal[float]] = Signal("heart_rate_per_min")
RESPIRATORY_RATE: Final[Signal[float]] = Signal("respiratory_rate_per_min")
TIDAL_VOLUME: Final[Signal[float]] = Signal("tidal_volume_ml")
PLATEAU: Final[Signal[float]] = Signal("plateau_cmh2o")
PEEP: Final[Signal[float]] = Signal("peep_cmh2o")
ICE: Final[Signal[Ice]] = Signal("ice")
CAPD: Final[Signal[int]] = Signal("capd")
CONSCIOUSNESS: Final[Signal[Consciousness]] = Signal("consciousness")
SEDATED: Final[Signal[bool]] = Signal("sedated")
SEIZURE: Final[Signal[Seizure]] = Signal("seizure")
GCS: Final[Signal[int]] = Signal("gcs")
LVEF: Final[Signal[float]] = Signal("lvef_percent")
URINE: Final[Signal[Urine]] = Signal("urine_output")
INFUSED_AT: Final[Signal[int]] = Signal("patient:infused_at")  # epoch ms
WEIGHT: Final[Signal[float]] = Signal("patient:weight_kg")
HEIGHT: Final[Signal[float]] = Signal("patient:height_cm")
AGE: Final[Signal[float]] = Signal("patient:age_years")
SEX: Final[Signal[str]] = Signal("patient:sex")
PRODUCT: Final[Signal[str]] = Signal("patient:product")
PRIOR_TRANSPLANT: Final[Signal[bool]] = Signal("patient:prior_transplant")
ACTIVE_EBV: Final[Signal[bool]] = Signal("patient:active_ebv")
IMMUNOSUPPRESSED: Final[Signal[bool]] = Signal("patient:immunosuppressed")
BASELINE_FERRITIN: Final[Signal[float]] = Signal("patient:baseline_ferritin_ng_ml")
BASELINE_PLATELETS: Final[Signal[float]] = Signal("patient:baseline_platelets_10e9_l")
BASELINE_HEMOGLOBIN: Final[Signal[float]] = Signal("patient:baseline_hemoglobin_g_dl")
HOME_POSITIVE_PRESSURE: Final[Signal[bool]] = Signal("patient:home_positive_pressure")
UNIT: Final[Signal[str]] = Signal("patient:unit")
BED: Final[Signal[str]] = Signal("patient:bed")
WATCH_END: Final[Signal[str]] = Signal("watch_end")  # discharge or death
DEATH_CAUSES: Final[Signal[tuple[str, ...]]] = Signal("death:causes")  # crs, icans


@cache  # names are asked for at every record
def lab(analyte: str) -> Signal[Result]:
    """Name the results of an analyte."""
    return Signal(analyte)


@cache
def given(drug: str) -> Signal[Dose]:
    """Name the doses of a drug that were given."""
    return Signal(f"given:{drug}")


@cache
def ordered(drug: str) -> Signal[Dose]:
    """Name the doses of a drug that were ordered."""
    return Signal(f"ordered:{drug}")


@cache
def not_given(drug: str) -> Signal[Dose]:
    """Name the doses of a drug that were ordered and left out."""
    return Signal(f"not_given:{drug}")


@cache
def rate(drug: str) -> Signal[Rate]:
    """Name the infusion rate of a drug."""
    return Signal(f"rate:{drug}")


@cache
def fluid(purpose: str) -> Signal[Fluid]:
    """Name the volumes that were given for a purpose."""
    return Signal(f"fluid:{purpose}")


@cache
def culture(specimen: str) -> Signal[Culture]:
    """Name the cultures of a specimen."""
    return Signal(f"culture:{specimen}")


@cache
def neuro_sign(finding: str) -> Signal[bool]:
    """Name a neurological finding that is there or not."""
    return Signal(f"neuro:{finding}")


@cache
def exam(finding: str) -> Signal[bool]:
    """Name a finding of the body or the marrow that is there or not."""
    return Signal(f"exam:{finding}")


@cache
def support(name: str) -> Signal[bool]:
    """Name a support that is running or not."""
    return Signal(f"support:{name}")


@cache
def attribution(domain: str) -> Signal[str]:
    """Name what a clinician holds to be the cause of the findings in a domain."""
    return Signal(f"attribution:{domain}")


FERRITIN: Final = lab("ferritin")
