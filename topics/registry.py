"""The topics: their names, what travels on them, in which order they count, how long they are kept.

Source: CONTRACT.md, "Input topics and kinds", "Time" and "Output topics".
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter

from topics.acks import Ack
from topics.alerts import AlertLine
from topics.assessments import AssessmentEvent
from topics.audit import AuditLine
from topics.labs import LabEvent
from topics.medications import MedicationEvent
from topics.pages import PageLine
from topics.patients import PatientEvent
from topics.status import Status
from topics.ticks import Tick
from topics.vitals import Vitals

PATIENTS: Final = "stormwatch.patients.v1"
MEDICATIONS: Final = "stormwatch.medications.v1"
ASSESSMENTS: Final = "stormwatch.assessments.v1"
LABS: Final = "stormwatch.labs.v1"
VITALS: Final = "stormwatch.vitals.v1"
TICKS: Final = "stormwatch.ticks.v1"
ACKS: Final = "stormwatch.acks.v1"
STATUS: Final = "stormwatch.status.v1"
ALERTS: Final = "stormwatch.alerts.v1"
PAGES: Final = "stormwatch.pages.v1"
AUDIT: Final = "stormwatch.audit.v1"
DEAD_LETTERS: Final = "stormwatch.dead-letters.v1"
WATCH_CHANGELOG: Final = "stormwatch-watch-patients-changelog"
PAGE_CHANGELOG: Final = "stormwatch-page-alerts-changelog"

PARTITIONS: Final = 12  # of every topic: a patient has the same partition number in all of them

DAY_MS: Final = 24 * 60 * 60 * 1000
KEPT_MS: Final = 45 * DAY_MS
KEPT_LONG_MS: Final = 400 * DAY_MS


class Role(StrEnum):
    """What a topic is to us."""

    INPUT = "input"
    OUTPUT = "output"
    CHANGELOG = "changelog"


class Cleanup(StrEnum):
    """What the broker does with old records: delete them, or keep the last of each key."""

    DELETE = "delete"
    COMPACT = "compact"


class Key(StrEnum):
    """What the key of a record is."""

    PATIENT = "patient_id"
    PARTITION = "partition"
    AS_IT_CAME = "as it came"


@dataclass(frozen=True)
class TopicSpec:
    """One topic. `retention_ms` is None for ever; `rank` orders records of one time, low first."""

    name: str
    role: Role
    model: TypeAdapter[Any] | None  # None where bytes travel that only their writer reads
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int | None = KEPT_MS
    rank: int | None = None  # None where no order between topics is needed
    key: Key = Key.PATIENT
    partitions: int = PARTITIONS


def _by_kind(union: Any) -> TypeAdapter[Any]:  # noqa: ANN401, a union of types has no type
    return TypeAdapter(Annotated[union, Field(discriminator="kind")])


def _input(name: str, rank: int | None, model: TypeAdapter[Any], **rest: Any) -> TopicSpec:
    return TopicSpec(name, Role.INPUT, model, rank=rank, **rest)


# In order of rank. An age or a dose of the same moment is known before a reading is graded.
INPUTS: Final = (
    _input(PATIENTS, 0, _by_kind(PatientEvent), retention_ms=KEPT_LONG_MS),
    _input(MEDICATIONS, 1, _by_kind(MedicationEvent)),
    _input(ASSESSMENTS, 2, _by_kind(AssessmentEvent)),
    _input(LABS, 3, _by_kind(LabEvent)),
    _input(VITALS, 4, TypeAdapter(Vitals)),
    _input(TICKS, 5, TypeAdapter(Tick), key=Key.PARTITION),
)

# People answer pages: the pager alone reads this.
ACKS_TOPIC: Final = _input(ACKS, None, TypeAdapter(Ack))

OUTPUTS: Final = (
    TopicSpec(STATUS, Role.OUTPUT, TypeAdapter(Status), Cleanup.COMPACT, None),
    # How long these two stay is our choice: a stay of a patient, and its questions afterwards.
    TopicSpec(ALERTS, Role.OUTPUT, TypeAdapter(AlertLine), retention_ms=KEPT_LONG_MS),
    TopicSpec(PAGES, Role.OUTPUT, TypeAdapter(PageLine), retention_ms=KEPT_LONG_MS),
    TopicSpec(AUDIT, Role.OUTPUT, TypeAdapter(AuditLine), retention_ms=None),
    TopicSpec(DEAD_LETTERS, Role.OUTPUT, None, key=Key.AS_IT_CAME),
)

CHANGELOGS: Final = tuple(
    TopicSpec(name, Role.CHANGELOG, None, Cleanup.COMPACT, None)
    for name in (WATCH_CHANGELOG, PAGE_CHANGELOG)
)

TOPICS: Final = (*INPUTS, ACKS_TOPIC, *OUTPUTS, *CHANGELOGS)
BY_NAME: Final = MappingProxyType({topic.name: topic for topic in TOPICS})

# What the pager reads, in the order in which records of one time count.
PAGER_INPUTS: Final = tuple(BY_NAME[name] for name in (ALERTS, ACKS, PAGES, TICKS))
