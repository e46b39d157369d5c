"""stormwatch.vitals.v1: what a monitor or a ventilator says.

Here alone a value outside its hard limit drops its field and the rest counts (`topics.codec` does
this): the sickest patients have the strangest values. A pressure triple that is out of order is
dropped whole (CLINICAL.md DEC-63).
"""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import model_validator

from topics.base import Event, Strict, one_of
from topics.faults import PRESSURE_ORDER, Reason, refuse
from topics.limits import within

PRESSURES: Final = ("diastolic_mmhg", "mean_arterial_mmhg", "systolic_mmhg")  # lowest first

PRESSURE: Final = "pressure"  # what is not known where they are out of order

READINGS: Final = (  # a site without a temperature is none
    "temperature_c",
    "heart_rate_per_min",
    "respiratory_rate_per_min",
    *PRESSURES,
    "spo2_percent",
    "oxygen",
    "ventilator",
)


class TemperatureSite(StrEnum):
    """Where a temperature was taken; axillary and skin values read low."""

    CORE = "core"
    ORAL = "oral"
    TYMPANIC = "tympanic"
    RECTAL = "rectal"
    AXILLARY = "axillary"
    SKIN = "skin"
    UNKNOWN = "unknown"


class OxygenDevice(StrEnum):
    """How oxygen is given; room air is a device too, and says that none is."""

    ROOM_AIR = "room_air"
    NASAL_CANNULA = "nasal_cannula"
    BLOW_BY = "blow_by"
    HIGH_FLOW = "high_flow"
    SIMPLE_MASK = "simple_mask"
    VENTURI = "venturi"
    NON_REBREATHER = "non_rebreather"
    CPAP = "cpap"
    BIPAP = "bipap"
    INVASIVE = "invasive"


class OxygenReason(StrEnum):
    """Why oxygen is given: only hypoxia speaks of CRS."""

    HYPOXIA = "hypoxia"
    AIRWAY_PROTECTION = "airway_protection"
    PROCEDURE = "procedure"
    BASELINE = "baseline"


TemperatureC = Annotated[float, within("temperature_c")]
HeartRatePerMin = Annotated[float, within("heart_rate_per_min")]
RespiratoryRatePerMin = Annotated[float, within("respiratory_rate_per_min")]
SystolicMmhg = Annotated[float, within("systolic_mmhg")]
DiastolicMmhg = Annotated[float, within("diastolic_mmhg")]
MeanArterialMmhg = Annotated[float, within("mean_arterial_mmhg")]
Spo2Percent = Annotated[float, within("spo2_percent")]
FlowLMin = Annotated[float, within("flow_l_min")]
Fio2Fraction = Annotated[float, within("fio2_fraction")]  # a fraction: 45 is refused, never 0.45
TidalVolumeMl = Annotated[float, within("tidal_volume_ml")]
PlateauCmh2o = Annotated[float, within("plateau_cmh2o")]
PeepCmh2o = Annotated[float, within("peep_cmh2o")]


class Oxygen(Strict):
    """How oxygen is given, how much, and why."""

    device: OxygenDevice | None = None
    flow_l_min: FlowLMin | None = None
    fio2_fraction: Fio2Fraction | None = None
    reason: OxygenReason | None = None


class Ventilator(Strict):
    """What a ventilator is set to and measures."""

    tidal_volume_ml: TidalVolumeMl | None = None
    plateau_cmh2o: PlateauCmh2o | None = None
    peep_cmh2o: PeepCmh2o | None = None


class Vitals(Event):
    """One set of readings. An absent reading is None, never zero.

    A reading outside its limits is dropped, and the rest counts.
    """

    model_config = one_of(*((reading,) for reading in READINGS))

    kind: Literal["vitals"]
    temperature_c: TemperatureC | None = None
    temperature_site: TemperatureSite | None = None
    heart_rate_per_min: HeartRatePerMin | None = None
    respiratory_rate_per_min: RespiratoryRatePerMin | None = None
    systolic_mmhg: SystolicMmhg | None = None
    diastolic_mmhg: DiastolicMmhg | None = None
    mean_arterial_mmhg: MeanArterialMmhg | None = None
    spo2_percent: Spo2Percent | None = None
    oxygen: Oxygen | None = None
    ventilator: Ventilator | None = None

    @model_validator(mode="after")
    def _has_a_reading(self) -> Self:
        if not self.has_a_reading():
            refuse(Reason.MISSING, "", "one reading at least is needed")
        return self

    @model_validator(mode="after")
    def _pressures_are_in_order(self) -> Self:
        measured = [
            pressure
            for pressure in (self.diastolic_mmhg, self.mean_arterial_mmhg, self.systolic_mmhg)
            if pressure is not None
        ]
        if measured != sorted(measured):
            refuse(PRESSURE_ORDER, "systolic_mmhg", "not diastolic <= mean <= systolic")
        return self

    def has_a_reading(self) -> bool:
        """Say whether anything was measured or said; a site without a temperature is nothing."""
        return (
            self.temperature_c is not None
            or self.heart_rate_per_min is not None
            or self.respiratory_rate_per_min is not None
            or self.systolic_mmhg is not None
            or self.diastolic_mmhg is not None
            or self.mean_arterial_mmhg is not None
            or self.spo2_percent is not None
            or (self.oxygen is not None and self.oxygen != NO_OXYGEN)
            or (self.ventilator is not None and self.ventilator != NO_VENTILATOR)
        )


NO_OXYGEN: Final = Oxygen()
NO_VENTILATOR: Final = Ventilator()
