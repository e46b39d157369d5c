"""stormwatch.assessments.v1: what nurses and doctors find at the bedside."""

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field, WrapValidator, model_validator

from topics.base import WHOLE, Event, NotNegative, Positive, Text, null_means, one_of
from topics.faults import Reason, refuse
from topics.limits import within

IceTotal = Annotated[int, within("ice"), WHOLE]
CapdTotal = Annotated[int, within("capd"), WHOLE]
Rass = Annotated[int, within("rass"), WHOLE]
GcsTotal = Annotated[int, within("gcs"), WHOLE]
GcsEye = Annotated[int, Field(ge=1, le=4), WHOLE]
GcsVerbal = Annotated[int, Field(ge=1, le=5), WHOLE]
GcsMotor = Annotated[int, Field(ge=1, le=6), WHOLE]
LvefPercent = Annotated[float, within("lvef_percent")]
IceItem = Annotated[int, Field(ge=0, le=4), WHOLE]  # the scheme says how many points it has
Present = Annotated[bool, WrapValidator(null_means(True), json_schema_input_type=bool | None)]


class IceScheme(StrEnum):
    """Which points an ICE item has: the two forms cannot be converted into each other."""

    ASTCT = "astct"  # Lee et al., BBMT 2019;25:625-638, table 4
    ZERO_TO_TWO = "zero_to_two"  # the review's form


ICE_ITEMS: Final = ("orientation", "naming", "commands", "writing", "attention")
ICE_POINTS: Final = MappingProxyType(
    {
        IceScheme.ASTCT: (4, 3, 1, 1, 1),
        IceScheme.ZERO_TO_TWO: (2, 2, 2, 2, 2),
    }
)


class Ice(Event):
    """An ICE score, as its five items or as a total; `points` is the total either way."""

    model_config = one_of(("total",), ICE_ITEMS)

    kind: Literal["ice"]
    scheme: IceScheme
    orientation: IceItem | None = None
    naming: IceItem | None = None
    commands: IceItem | None = None
    writing: IceItem | None = None
    attention: IceItem | None = None
    total: IceTotal | None = None

    @property
    def items(self) -> tuple[int, ...] | None:
        """The five items in the order of the form, or None where one is missing."""
        items = (self.orientation, self.naming, self.commands, self.writing, self.attention)
        known = tuple(item for item in items if item is not None)
        return known if len(known) == len(items) else None

    @property
    def points(self) -> int:
        """The total, 0 to 10."""
        if self.total is not None:
            return self.total
        return sum(self.items or ())  # a validated event has all five where it has no total

    @model_validator(mode="after")
    def _has_items_or_a_total(self) -> Self:
        for name, most in zip(ICE_ITEMS, ICE_POINTS[self.scheme], strict=True):
            item: int | None = getattr(self, name)
            if item is not None and item > most:
                refuse(Reason.RANGE, name, f"{self.scheme} gives at most {most} for it")
        if self.items is None and self.total is None:
            refuse(Reason.MISSING, "total", "all five items or a total are needed")
        if self.items is not None and self.points != sum(self.items):
            refuse(Reason.RANGE, "total", "not the sum of the five items")
        return self


class Capd(Event):
    """A Cornell Assessment of Pediatric Delirium."""

    kind: Literal["capd"]
    total: CapdTotal


class ConsciousnessLevel(StrEnum):
    """To what the patient awakens."""

    ALERT = "alert"
    VOICE = "voice"
    TACTILE = "tactile"
    UNAROUSABLE = "unarousable"


class Consciousness(Event):
    """How awake a patient is; `sedated` holds until said otherwise (DEC-58)."""

    model_config = one_of(("level",), ("rass",), ("sedated",))

    kind: Literal["consciousness"]
    level: ConsciousnessLevel | None = None
    rass: Rass | None = None
    sedated: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.level is None and self.rass is None and self.sedated is None:
            refuse(Reason.MISSING, "level", "a level, rass or sedated is needed")
        return self


class SeizureType(StrEnum):
    """How a seizure shows."""

    CLINICAL_FOCAL = "clinical_focal"
    CLINICAL_GENERALIZED = "clinical_generalized"
    ELECTROGRAPHIC = "electrographic"


class Seizure(Event):
    """A seizure; it counts until it is resolved and examined later (DEC-57)."""

    kind: Literal["seizure"]
    seizure_type: SeizureType
    duration_s: NotNegative | None = None
    resolved: bool | None = None
    returned_to_baseline: bool | None = None


class NeuroSign(StrEnum):
    """What a neurological examination or an image of the brain can show."""

    FOCAL_WEAKNESS = "focal_weakness"
    POSTURING = "posturing"
    PAPILLEDEMA = "papilledema"
    CN6_PALSY = "cn6_palsy"
    CUSHING_TRIAD = "cushing_triad"
    FOCAL_EDEMA = "focal_edema"
    DIFFUSE_EDEMA = "diffuse_edema"
    IMPENDING_HERNIATION = "impending_herniation"
    INTRACRANIAL_HEMORRHAGE = "intracranial_hemorrhage"
    TREMOR = "tremor"
    MYOCLONUS = "myoclonus"
    WORD_FINDING_DIFFICULTY = "word_finding_difficulty"
    CONFUSION = "confusion"
    APHASIA = "aphasia"


class NeuroFinding(Event):
    """A neurological finding is there, or is not."""

    kind: Literal["neuro_finding"]
    finding: NeuroSign
    present: Present = True


class SupportDevice(StrEnum):
    """What takes over an organ, hides a fever, or is thought of."""

    CRRT = "crrt"
    ECMO_VV = "ecmo_vv"
    ECMO_VA = "ecmo_va"
    ECMO_CONSIDERED = "ecmo_considered"
    COOLING = "cooling"


class SupportAction(StrEnum):
    """A support runs from its start until its stop."""

    START = "start"
    STOP = "stop"


class Support(Event):
    """A support begins or ends."""

    kind: Literal["support"]
    support: SupportDevice
    action: SupportAction


class ExamSign(StrEnum):
    """What an examination of the body, or of the marrow, can show."""

    SPLENOMEGALY = "splenomegaly"
    HEPATOMEGALY = "hepatomegaly"
    HEMOPHAGOCYTOSIS = "hemophagocytosis"
    EDEMA = "edema"
    PLEURAL_EFFUSION = "pleural_effusion"
    ASCITES = "ascites"
    INFECTION_SOURCE = "infection_source"


class Exam(Event):
    """A finding of an examination is there, or is not."""

    kind: Literal["exam"]
    finding: ExamSign
    present: Present = True


class Echo(Event):
    """An echocardiography."""

    kind: Literal["echo"]
    lvef_percent: LvefPercent


class Gcs(Event):
    """A Glasgow Coma Scale, as a total or as its parts; `points` is the total either way."""

    model_config = one_of(("total",), ("eye", "verbal", "motor"))

    kind: Literal["gcs"]
    total: GcsTotal | None = None
    eye: GcsEye | None = None
    verbal: GcsVerbal | None = None
    motor: GcsMotor | None = None

    @property
    def points(self) -> int:
        """The total, 3 to 15."""
        if self.total is not None:
            return self.total
        return sum(self.parts or ())  # a validated event has all three where it has no total

    @property
    def parts(self) -> tuple[int, int, int] | None:
        """Eye, verbal and motor response, or None where one is missing."""
        if self.eye is None or self.verbal is None or self.motor is None:
            return None
        return self.eye, self.verbal, self.motor

    @model_validator(mode="after")
    def _has_parts_or_a_total(self) -> Self:
        if self.parts is None and self.total is None:
            refuse(Reason.MISSING, "total", "a total, or eye, verbal and motor are needed")
        if self.parts is not None and self.points != sum(self.parts):
            refuse(Reason.RANGE, "total", "not the sum of eye, verbal and motor")
        return self


class UrineOutput(Event):
    """Urine collected over some hours that ended at `effective_at`."""

    kind: Literal["urine_output"]
    volume_ml: NotNegative
    over_h: Positive


class AttributedDomain(StrEnum):
    """What is explained by a cause."""

    FEVER = "fever"
    HYPOTENSION = "hypotension"
    HYPOXIA = "hypoxia"
    NEURO = "neuro"


class AttributedCause(StrEnum):
    """What explains it; crs or icans ends an attribution to something else."""

    CRS = "crs"
    ICANS = "icans"
    INFECTION = "infection"
    BLEEDING = "bleeding"
    SEDATION = "sedation"
    OTHER = "other"


class Attribution(Event):
    """A clinician says what explains a finding, until the next attribution of its domain."""

    kind: Literal["attribution"]
    domain: AttributedDomain
    cause: AttributedCause
    by: Text | None = None


AssessmentEvent = (
    Ice
    | Capd
    | Consciousness
    | Seizure
    | NeuroFinding
    | Support
    | Exam
    | Echo
    | Gcs
    | UrineOutput
    | Attribution
)
