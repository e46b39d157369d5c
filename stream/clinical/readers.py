"""How each kind of event is read into signals; nothing else knows the kinds of events."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.infused import DOSED_BY_START
from stream.clinical.signals import (
    CAPD,
    CONSCIOUSNESS,
    DEATH_CAUSES,
    GCS,
    HEART_RATE,
    ICE,
    LVEF,
    OXYGEN,
    PEEP,
    PLATEAU,
    PRESSURE,
    RESPIRATORY_RATE,
    SEDATED,
    SEIZURE,
    SPO2,
    TEMPERATURE,
    TIDAL_VOLUME,
    URINE,
    WATCH_END,
    Consciousness,
    Culture,
    Dose,
    Fluid,
    Ice,
    Oxygen,
    Pressure,
    Rate,
    Result,
    Seizure,
    Temperature,
    Urine,
    attribution,
    culture,
    exam,
    fluid,
    given,
    neuro_sign,
    rate,
    support,
)

Said = Mapping[str, Any]  # the fields of one event that are kept: plain JSON values
Stated = tuple[str, Any]  # the name of a signal, and a value of its type

PLAIN_VITALS: Final = (SPO2, HEART_RATE, RESPIRATORY_RATE, TIDAL_VOLUME, PLATEAU, PEEP)
VENTILATOR_FIELDS: Final = (TIDAL_VOLUME.name, PLATEAU.name, PEEP.name)
OXYGEN_FIELDS: Final = Oxygen._fields
DEATH_FIELDS: Final = MappingProxyType({"cause_crs": "crs", "cause_icans": "icans"})
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
        "culture": ("specimen", "result", "organism", "collected_event_id"),
        "dose": ("drug", "action", "dose_value", "dose_unit", "route", "interval_h"),
        "infusion": ("drug", "action", "rate_value", "rate_unit"),
        "fluid": ("fluid", "volume_ml", "purpose"),
        "support": ("support", "action"),
        "attribution": ("domain", "cause", "by"),
        "ice": ("points", "scheme"),
        "capd": ("total",),
        "consciousness": ("level", "rass", "sedated"),
        "seizure": Seizure._fields,
        "neuro_finding": ("finding", "present"),
        "exam": ("finding", "present"),
        "echo": ("lvef_percent",),
        "gcs": ("points",),
        "urine_output": Urine._fields,
        "patient": (
            "weight_kg",
            "height_cm",
            "age_years",
            "sex",
            "product",
            "prior_transplant",
            "active_ebv",
            "immunosuppressed",
            "baseline_ferritin_ng_ml",
            "baseline_platelets_10e9_l",
            "baseline_hemoglobin_g_dl",
            "home_positive_pressure",
            "unit",
            "bed",
        ),
        "discharge": (),
        "death": tuple(DEATH_FIELDS),
    }
)


def read(kind: str, said: Said) -> Iterator[Stated]:
    """Read what one event says of each signal; a kind that no rule depends on says nothing."""
    reader = READERS.get(kind)
    return iter(()) if reader is None else reader(said)


def plain(value: object) -> object:
    """Give the plain value of what stands in an event."""
    return value.value if isinstance(value, Enum) else value


def _vitals(said: Said) -> Iterator[Stated]:
    if "temperature_c" in said:
        site = said.get("temperature_site")
        yield TEMPERATURE.name, Temperature(said["temperature_c"], site)
    pressure = Pressure(said.get("systolic_mmhg"), said.get("mean_arterial_mmhg"))
    if pressure.systolic_mmhg is not None or pressure.mean_arterial_mmhg is not None:
        yield PRESSURE.name, pressure
    if not said.keys().isdisjoint(OXYGEN_FIELDS):
        yield OXYGEN.name, Oxygen(*map(said.get, OXYGEN_FIELDS))
    for signal in PLAIN_VITALS:
        if signal.name in said:
            yield signal.name, said[signal.name]


def _lab(said: Said) -> Iterator[Stated]:
    yield said["analyte"], Result(said["value"], said.get("comparator"), said["unit"])


def _culture(said: Said) -> Iterator[Stated]:
    found = Culture(said["result"], said.get("organism"), said.get("collected_event_id"))
    yield culture(said["specimen"]).name, found


def _dose(said: Said) -> Iterator[Stated]:
    if said["action"] == "given" and said.get("dose_value") == 0:
        return  # nothing was given: it answers nothing
    dose = Dose(
        said.get("dose_value"),
        said.get("dose_unit"),
        said.get("route"),
        said.get("interval_h"),
        said.get("scheduled_at"),
    )
    yield f"{said['action']}:{said['drug']}", dose


def _infusion(said: Said) -> Iterator[Stated]:
    drug, action = said["drug"], said["action"]
    value = 0.0 if action == "stop" else said["rate_value"]
    if drug not in DOSED_BY_START:
        yield rate(drug).name, Rate(value, said.get("rate_unit"))
    elif action == "start" and value > 0:
        yield given(drug).name, Dose(None, None, "iv")


def _fluid(said: Said) -> Iterator[Stated]:
    yield fluid(said["purpose"]).name, Fluid(said.get("fluid"), said["volume_ml"])


def _support(said: Said) -> Iterator[Stated]:
    yield support(said["support"]).name, said["action"] == "start"


def _attribution(said: Said) -> Iterator[Stated]:
    yield attribution(said["domain"]).name, said["cause"]


def _ice(said: Said) -> Iterator[Stated]:
    yield ICE.name, Ice(said["points"], said["scheme"])


def _capd(said: Said) -> Iterator[Stated]:
    yield CAPD.name, said["total"]


def _consciousness(said: Said) -> Iterator[Stated]:
    found = Consciousness(said.get("level"), said.get("rass"))
    if found.level is not None or found.rass is not None:
        yield CONSCIOUSNESS.name, found
    if "sedated" in said:
        yield SEDATED.name, said["sedated"]


def _seizure(said: Said) -> Iterator[Stated]:
    kind, *rest = (said.get(name) for name in Seizure._fields)
    yield SEIZURE.name, Seizure(str(kind), *rest)


def _neuro_finding(said: Said) -> Iterator[Stated]:
    yield neuro_sign(said["finding"]).name, said["present"]


def _exam(said: Said) -> Iterator[Stated]:
    yield exam(said["finding"]).name, said["present"]


def _echo(said: Said) -> Iterator[Stated]:
    yield LVEF.name, said["lvef_percent"]


def _gcs(said: Said) -> Iterator[Stated]:
    yield GCS.name, said["points"]


def _urine_output(said: Said) -> Iterator[Stated]:
    yield URINE.name, Urine(said["volume_ml"], said["over_h"])


def _patient(said: Said) -> Iterator[Stated]:
    for field, value in said.items():
        yield f"patient:{field}", value


def _discharge(_: Said) -> Iterator[Stated]:
    yield WATCH_END.name, "discharge"


def _death(said: Said) -> Iterator[Stated]:
    yield WATCH_END.name, "death"
    yield DEATH_CAUSES.name, tuple(name for field, name in DEATH_FIELDS.items() if said.get(field))


READERS: Final[Mapping[str, Callable[[Said], Iterator[Stated]]]] = MappingProxyType(
    {
        "vitals": _vitals,
        "lab": _lab,
        "culture": _culture,
        "dose": _dose,
        "infusion": _infusion,
        "fluid": _fluid,
        "support": _support,
        "attribution": _attribution,
        "ice": _ice,
        "capd": _capd,
        "consciousness": _consciousness,
        "seizure": _seizure,
        "neuro_finding": _neuro_finding,
        "exam": _exam,
        "echo": _echo,
        "gcs": _gcs,
        "urine_output": _urine_output,
        "patient": _patient,
        "discharge": _discharge,
        "death": _death,
    }
)
