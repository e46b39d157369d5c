"""stormwatch.labs.v1: results of the laboratory and cultures."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from topics.base import Event, Id, Text
from topics.faults import Reason, refuse
from topics.limits import HARD_LIMITS
from topics.units import UNIT_MAX, Quantity, UnitMismatch, convert


class Analyte(StrEnum):
    """What is measured; the canonical units are in `topics.accepted`."""

    FERRITIN = "ferritin"
    CRP = "crp"
    IL6 = "il6"
    PROCALCITONIN = "procalcitonin"
    LACTATE = "lactate"
    FIBRINOGEN = "fibrinogen"
    TRIGLYCERIDES = "triglycerides"
    BILIRUBIN_TOTAL = "bilirubin_total"
    AST = "ast"
    ALT = "alt"
    LDH = "ldh"
    PLATELETS = "platelets"
    HEMOGLOBIN = "hemoglobin"
    WBC = "wbc"
    ANC = "anc"
    CREATININE = "creatinine"
    D_DIMER = "d_dimer"
    INR = "inr"
    APTT = "aptt"
    TROPONIN = "troponin"
    BNP = "bnp"
    NT_PROBNP = "nt_probnp"
    SIL2R = "sil2r"
    PAO2 = "pao2"
    PACO2 = "paco2"
    CMV_DNA = "cmv_dna"
    EBV_DNA = "ebv_dna"


class Comparator(StrEnum):
    """What a result beyond the range of an assay says; absent, the value is exact."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Lab(Event):
    """One result. `effective_at` is when the sample was collected.

    Once validated, `value` and `unit` are canonical (CLINICAL.md 5.1), and `as_sent` is what the
    laboratory wrote.
    """

    kind: Literal["lab"]
    analyte: Analyte
    value: float
    comparator: Comparator | None = None
    unit: Annotated[str, Field(max_length=UNIT_MAX)]
    _as_sent: Quantity = PrivateAttr()

    @property
    def as_sent(self) -> Quantity:
        """The value and the unit that the laboratory wrote."""
        return self._as_sent

    @model_validator(mode="after")
    def _counts_in_the_canonical_unit(self) -> Self:
        try:
            quantity = convert(self.analyte, self.value, self.unit)
        except UnitMismatch as mismatch:
            refuse(Reason.UNIT, "unit", str(mismatch))
        low, high = HARD_LIMITS[self.analyte]
        if not low <= quantity.value <= high:
            refuse(Reason.RANGE, "value", f"not within {low:g} to {high:g} {quantity.unit}")
        self._as_sent = Quantity(self.value, self.unit)
        # The model is frozen for those who read it; here it is still being made.
        self.__dict__.update(value=quantity.value, unit=quantity.unit)
        return self


class Specimen(StrEnum):
    """What is cultured."""

    BLOOD = "blood"
    RESPIRATORY = "respiratory"
    URINE = "urine"
    CSF = "csf"
    OTHER = "other"


class CultureResult(StrEnum):
    """A culture is collected first and answered later."""

    COLLECTED = "collected"
    NEGATIVE = "negative"
    POSITIVE = "positive"


class Culture(Event):
    """A culture; `collected_event_id` names the `collected` event that a result answers."""

    kind: Literal["culture"]
    specimen: Specimen
    result: CultureResult
    organism: Text | None = None
    collected_event_id: Id | None = None


LabEvent = Lab | Culture
