"""stormwatch.patients.v1: who the patient is, and when the watch ends."""

from enum import StrEnum
from typing import Annotated, Literal

from topics.base import Event, Text, Timestamp
from topics.limits import within

WeightKg = Annotated[float, within("weight_kg")]
HeightCm = Annotated[float, within("height_cm")]
AgeYears = Annotated[float, within("age_years")]
FerritinNgMl = Annotated[float, within("ferritin")]
Platelets10e9L = Annotated[float, within("platelets")]
HemoglobinGDl = Annotated[float, within("hemoglobin")]


class Sex(StrEnum):
    """As the formulas for ideal body weight need it."""

    FEMALE = "female"
    MALE = "male"


class Product(StrEnum):
    """The CAR-T product; some labels have rules of their own."""

    AXI_CEL = "axi-cel"
    TISA_CEL = "tisa-cel"
    BREXU_CEL = "brexu-cel"
    LISO_CEL = "liso-cel"
    IDE_CEL = "ide-cel"
    CILTA_CEL = "cilta-cel"
    OBE_CEL = "obe-cel"
    OTHER = "other"


class Patient(Event):
    """What is known of a patient beforehand.

    Only the fields present change; the newest `recorded_at` wins field by field. `infused_at` may
    lie in the future: an infusion is planned. `unit` is the ward.
    """

    kind: Literal["patient"]
    weight_kg: WeightKg | None = None
    height_cm: HeightCm | None = None
    age_years: AgeYears | None = None
    sex: Sex | None = None
    product: Product | None = None
    infused_at: Timestamp | None = None
    prior_transplant: bool | None = None
    active_ebv: bool | None = None
    immunosuppressed: bool | None = None
    baseline_ferritin_ng_ml: FerritinNgMl | None = None
    baseline_platelets_10e9_l: Platelets10e9L | None = None
    baseline_hemoglobin_g_dl: HemoglobinGDl | None = None
    home_positive_pressure: bool | None = None
    unit: Text | None = None
    bed: Text | None = None


class Discharge(Event):
    """The watch ends: what is open is resolved."""

    kind: Literal["discharge"]


class Death(Event):
    """The patient died, of CRS or ICANS as far as someone says so."""

    kind: Literal["death"]
    cause_crs: bool | None = None
    cause_icans: bool | None = None


PatientEvent = Patient | Discharge | Death
