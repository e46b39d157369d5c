"""stormwatch.medications.v1: what is ordered, given, run and infused."""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, WrapValidator, model_validator

from topics.base import Event, NotNegative, Positive, Timestamp, null_means
from topics.faults import Reason, refuse


class Drug(StrEnum):
    """The ingredients that a rule speaks of; every other one is `other`."""

    TOCILIZUMAB = "tocilizumab"
    SILTUXIMAB = "siltuximab"
    ANAKINRA = "anakinra"
    RUXOLITINIB = "ruxolitinib"
    ETOPOSIDE = "etoposide"
    EMAPALUMAB = "emapalumab"
    DEXAMETHASONE = "dexamethasone"
    METHYLPREDNISOLONE = "methylprednisolone"
    HYDROCORTISONE = "hydrocortisone"
    PREDNISONE = "prednisone"
    PREDNISOLONE = "prednisolone"
    NOREPINEPHRINE = "norepinephrine"
    EPINEPHRINE = "epinephrine"
    VASOPRESSIN = "vasopressin"
    PHENYLEPHRINE = "phenylephrine"
    DOPAMINE = "dopamine"
    ANGIOTENSIN_II = "angiotensin_ii"
    DOBUTAMINE = "dobutamine"
    MILRINONE = "milrinone"
    ACETAMINOPHEN = "acetaminophen"
    IBUPROFEN = "ibuprofen"
    KETOROLAC = "ketorolac"
    NAPROXEN = "naproxen"
    DICLOFENAC = "diclofenac"
    CELECOXIB = "celecoxib"
    ASPIRIN = "aspirin"
    METAMIZOLE = "metamizole"
    PIPERACILLIN_TAZOBACTAM = "piperacillin_tazobactam"
    CEFEPIME = "cefepime"
    CEFTAZIDIME = "ceftazidime"
    MEROPENEM = "meropenem"
    IMIPENEM = "imipenem"
    AZTREONAM = "aztreonam"
    CEFTRIAXONE = "ceftriaxone"
    ERTAPENEM = "ertapenem"
    VANCOMYCIN = "vancomycin"
    LINEZOLID = "linezolid"
    LEVOFLOXACIN = "levofloxacin"
    CIPROFLOXACIN = "ciprofloxacin"
    FLUCONAZOLE = "fluconazole"
    VORICONAZOLE = "voriconazole"
    POSACONAZOLE = "posaconazole"
    MICAFUNGIN = "micafungin"
    LEVETIRACETAM = "levetiracetam"
    LORAZEPAM = "lorazepam"
    PROPOFOL = "propofol"
    MIDAZOLAM = "midazolam"
    DEXMEDETOMIDINE = "dexmedetomidine"
    FENTANYL = "fentanyl"
    OTHER = "other"


class DoseAction(StrEnum):
    """An order is not a dose."""

    ORDERED = "ordered"
    GIVEN = "given"
    NOT_GIVEN = "not_given"


class DoseUnit(StrEnum):
    """The unit of a dose, in UCUM."""

    MG = "mg"
    G = "g"
    UG = "ug"


class Route(StrEnum):
    """How a dose is given."""

    IV = "iv"
    SC = "sc"
    PO = "po"
    IM = "im"
    OTHER = "other"


class Dose(Event):
    """One dose ordered, given, or not given. `interval_h` is that of a scheduled course."""

    kind: Literal["dose"]
    drug: Drug
    action: DoseAction
    dose_value: NotNegative | None = None
    dose_unit: DoseUnit | None = None
    route: Route | None = None
    interval_h: Positive | None = None
    scheduled_at: Timestamp | None = None


class InfusionAction(StrEnum):
    """A rate holds until the next event of that drug; a rate of 0 is a stop (DEC-47)."""

    START = "start"
    CHANGE = "change"
    STOP = "stop"


class RateUnit(StrEnum):
    """The unit of a rate, in UCUM. `U` is the enzyme unit, so vasopressin runs in [IU]."""

    UG_MIN = "ug/min"
    UG_KG_MIN = "ug/kg/min"
    MG_H = "mg/h"
    MG_KG_D = "mg/kg/d"
    IU_MIN = "[IU]/min"
    IU_H = "[IU]/h"


INTERNATIONAL: Final = frozenset({RateUnit.IU_MIN, RateUnit.IU_H})


class Infusion(Event):
    """A continuous infusion starts, changes its rate or stops."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"action": {"enum": ["start", "change"]}}},
            "then": {"required": ["rate_value", "rate_unit"]},
        }
    )

    kind: Literal["infusion"]
    drug: Drug
    action: InfusionAction
    rate_value: NotNegative | None = None
    rate_unit: RateUnit | None = None

    @model_validator(mode="after")
    def _has_a_rate_that_fits(self) -> Self:
        if self.action is InfusionAction.STOP:
            return self  # a stop is a stop, whatever rate it names
        if self.rate_value is None:
            refuse(Reason.MISSING, "rate_value", "a rate is needed unless the infusion stops")
        if self.rate_unit is None:
            refuse(Reason.MISSING, "rate_unit", "a rate needs its unit")
        runs_in_units = self.rate_unit in INTERNATIONAL
        if self.drug is not Drug.OTHER and runs_in_units != (self.drug is Drug.VASOPRESSIN):
            refuse(Reason.UNIT, "rate_unit", "vasopressin, and nothing else, runs in [IU]")
        return self


class FluidType(StrEnum):
    """What is given for volume."""

    CRYSTALLOID = "crystalloid"
    ALBUMIN = "albumin"
    BLOOD_PRODUCT = "blood_product"
    OTHER = "other"


class FluidPurpose(StrEnum):
    """Why; only resuscitation counts against the caps."""

    RESUSCITATION = "resuscitation"
    MAINTENANCE = "maintenance"


class Fluid(Event):
    """A volume of fluid given."""

    kind: Literal["fluid"]
    fluid: FluidType | None = None
    volume_ml: NotNegative
    purpose: Annotated[
        FluidPurpose,
        WrapValidator(
            null_means(FluidPurpose.RESUSCITATION), json_schema_input_type=FluidPurpose | None
        ),
    ] = FluidPurpose.RESUSCITATION


MedicationEvent = Dose | Infusion | Fluid
