"""The signals that rules depend on, and how each kind of event is read into them.

A signal is one thing that is known of a patient over time: a temperature, a blood pressure, the
rate of an infusion. Rules name the signals they depend on; nothing else knows the kinds of events.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")

Said = Mapping[str, Any]  # the fields of one event that are kept: plain JSON values
Stated = tuple[str, Any]  # the name of a signal, and a value of its type


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
    """A dose of a drug, as ordered or as given."""

    value: float | None
    unit: str | None
    route: str | None


class Rate(NamedTuple):
    """The rate of an infusion, which holds until the next event of the drug; 0 is a stop."""

    value: float
    unit: str | None


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
INFUSED_AT: Final[Signal[int]] = Signal("patient:infused_at")  # epoch ms
WEIGHT: Final[Signal[float]] = Signal("patient:weight_kg")
AGE: Final[Signal[float]] = Signal("patient:age_years")
HOME_POSITIVE_PRESSURE: Final[Signal[bool]] = Signal("patient:home_positive_pressure")
UNIT: Final[Signal[str]] = Signal("patient:unit")
BED: Final[Signal[str]] = Signal("patient:bed")
WATCH_END: Final[Signal[str]] = Signal("watch_end")  # discharge or death


def lab(analyte: str) -> Signal[Result]:
    """Name the results of an analyte."""
    return Signal(analyte)


def given(drug: str) -> Signal[Dose]:
    """Name the doses of a drug that were given."""
    return Signal(f"given:{drug}")


def rate(drug: str) -> Signal[Rate]:
    """Name the infusion rate of a drug."""
    return Signal(f"rate:{drug}")


def support(name: str) -> Signal[bool]:
    """Name a support that is running or not."""
    return Signal(f"support:{name}")


def attribution(domain: str) -> Signal[str]:
    """Name what a clinician holds to be the cause of the findings in a domain."""
    return Signal(f"attribution:{domain}")


FERRITIN: Final = lab("ferritin")

# The fields of each kind of event that are kept, and so can be read again from a saved state.
KEPT_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "vitals": (
            "temperature_c",
            "temperature_site",
            "systolic_mmhg",
            "mean_arterial_mmhg",
            "spo2_percent",
            "heart_rate_per_min",
            "respiratory_rate_per_min",
        ),
        "lab": ("analyte", "value", "comparator", "unit"),
        "dose": ("drug", "action", "dose_value", "dose_unit", "route"),
        "infusion": ("drug", "action", "rate_value", "rate_unit"),
        "support": ("support", "action"),
        "attribution": ("domain", "cause"),
        "patient": ("weight_kg", "age_years", "home_positive_pressure", "unit", "bed"),
        "discharge": (),
        "death": (),
    }
)
OXYGEN_FIELDS: Final = Oxygen._fields


def _vitals(said: Said) -> Iterator[Stated]:
    if "temperature_c" in said:
        site = said.get("temperature_site")
        yield TEMPERATURE.name, Temperature(said["temperature_c"], site)
    pressure = Pressure(said.get("systolic_mmhg"), said.get("mean_arterial_mmhg"))
    if pressure.systolic_mmhg is not None or pressure.mean_arterial_mmhg is not None:
        yield PRESSURE.name, pressure
    if "oxygen" in said:
        yield OXYGEN.name, Oxygen(*said["oxygen"])
    for signal in (SPO2, HEART_RATE, RESPIRATORY_RATE):
        if signal.name in said:
            yield signal.name, said[signal.name]


def _lab(said: Said) -> Iterator[Stated]:
    yield said["analyte"], Result(said["value"], said.get("comparator"), said["unit"])


def _dose(said: Said) -> Iterator[Stated]:
    dose = Dose(said.get("dose_value"), said.get("dose_unit"), said.get("route"))
    yield f"{said['action']}:{said['drug']}", dose


def _infusion(said: Said) -> Iterator[Stated]:
    value = 0.0 if said["action"] == "stop" else said["rate_value"]
    yield rate(said["drug"]).name, Rate(value, said.get("rate_unit"))


def _support(said: Said) -> Iterator[Stated]:
    yield support(said["support"]).name, said["action"] == "start"


def _attribution(said: Said) -> Iterator[Stated]:
    yield attribution(said["domain"]).name, said["cause"]


def _patient(said: Said) -> Iterator[Stated]:
    for field, value in said.items():
        yield f"patient:{field}", value


def _discharge(_: Said) -> Iterator[Stated]:
    yield WATCH_END.name, "discharge"


def _death(_: Said) -> Iterator[Stated]:
    yield WATCH_END.name, "death"


READERS: Final[Mapping[str, Callable[[Said], Iterator[Stated]]]] = MappingProxyType(
    {
        "vitals": _vitals,
        "lab": _lab,
        "dose": _dose,
        "infusion": _infusion,
        "support": _support,
        "attribution": _attribution,
        "patient": _patient,
        "discharge": _discharge,
        "death": _death,
    }
)


def read(kind: str, said: Said) -> tuple[Stated, ...]:
    """Read what one event says of each signal; a kind that no rule depends on says nothing."""
    reader = READERS.get(kind)
    return () if reader is None else tuple(reader(said))
