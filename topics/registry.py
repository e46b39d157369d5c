"""The topics: their names, what travels on them, in which order they count, how long they are kept.

Source: CONTRACT.md, "Input topics and kinds", "Time" and "Output topics".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, reduce
from operator import or_
from types import MappingProxyType
from typing import Annotated, Any, Final, get_args

from pydantic import Field, TypeAdapter

from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.assessments import AssessmentEvent
from topics.audit import AuditLine
from topics.base import Strict
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
COMPACTION_LAG_H: Final = 24  # so long compaction leaves a changelog's newest records as they are


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
    """One topic. `retention_ms` is None for ever; `rank` orders records of one time, low first.

    Where several `models` travel, the field `tag` tells them apart. Where none does, the bytes are
    for their writer alone.
    """

    name: str
    role: Role
    about: str
    models: tuple[type[Strict], ...]
    tag: str = "kind"
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int | None = KEPT_MS
    rank: int | None = None  # None where no order between topics is needed
    key: Key = Key.PATIENT
    partitions: int = PARTITIONS

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What reads the values of this topic."""
        if not self.has_kinds:
            return TypeAdapter(self.models[0])
        union: Any = reduce(or_, self.models)
        return TypeAdapter(Annotated[union, Field(discriminator=self.tag)])

    @property
    def has_kinds(self) -> bool:
        """Say whether more than one model travels here."""
        return len(self.models) > 1


# In order of rank: of one moment, a weight or a dose is known before a reading is graded.
INPUTS: Final = (
    TopicSpec(
        PATIENTS,
        Role.INPUT,
        "Who the patients are, and when their watch ends.",
        get_args(PatientEvent),
        rank=0,
        retention_ms=KEPT_LONG_MS,
    ),
    TopicSpec(
        MEDICATIONS,
        Role.INPUT,
        "What is ordered, given, run and infused.",
        get_args(MedicationEvent),
        rank=1,
    ),
    TopicSpec(
        ASSESSMENTS,
        Role.INPUT,
        "What nurses and doctors find at the bedside.",
        get_args(AssessmentEvent),
        rank=2,
    ),
    TopicSpec(
        LABS,
        Role.INPUT,
        "Results of the laboratory, and cultures.",
        get_args(LabEvent),
        rank=3,
    ),
    TopicSpec(
        VITALS,
        Role.INPUT,
        "What monitors and ventilators say.",
        (Vitals,),
        rank=4,
    ),
    TopicSpec(
        TICKS,
        Role.INPUT,
        "Time as an event, written by the pipeline itself.",
        (Tick,),
        rank=5,
        key=Key.PARTITION,
    ),
)

# People answer pages, and the pager alone reads it.
ANSWERS: Final = TopicSpec(ACKS, Role.INPUT, "What people answer to pages.", (Ack,))

OUTPUTS: Final = (
    TopicSpec(
        STATUS,
        Role.OUTPUT,
        "What is known of each patient now.",
        (Status,),
        cleanup=Cleanup.COMPACT,
        retention_ms=None,
    ),
    # The contract does not say how long the next two stay. As long as the patients do: an alert
    # may be asked about as long as its patient is.
    TopicSpec(
        ALERTS,
        Role.OUTPUT,
        "A line for every change of an alert, and one for a partition that has caught up.",
        (Alert, Present),
        tag="type",
        retention_ms=KEPT_LONG_MS,
    ),
    TopicSpec(
        PAGES,
        Role.OUTPUT,
        "What the pager did, and how it went.",
        (PageLine,),
        retention_ms=KEPT_LONG_MS,
    ),
    TopicSpec(
        AUDIT,
        Role.OUTPUT,
        "Who did what when.",
        (AuditLine,),
        retention_ms=None,
    ),
    TopicSpec(
        DEAD_LETTERS,
        Role.OUTPUT,
        "What was refused, key and value as they came, and why in the headers.",
        (),
        key=Key.AS_IT_CAME,
    ),
)

CHANGELOGS: Final = tuple(
    TopicSpec(name, Role.CHANGELOG, about, (), cleanup=Cleanup.COMPACT, retention_ms=None)
    for name, about in (
        (WATCH_CHANGELOG, "The state of each patient."),
        (PAGE_CHANGELOG, "The life of the alerts of each patient."),
    )
)

TOPICS: Final = (*INPUTS, ANSWERS, *OUTPUTS, *CHANGELOGS)
BY_NAME: Final = MappingProxyType({topic.name: topic for topic in TOPICS})

# What the pager reads, in the order in which records of one time count.
PAGER_INPUTS: Final = tuple(BY_NAME[name] for name in (ALERTS, ACKS, PAGES, TICKS))


def topics_with(replicas: Iterable[str]) -> tuple[TopicSpec, ...]:
    """Return every topic where replicas of the watcher run too: each has a changelog of its own."""
    names = (WATCH_CHANGELOG.replace("-watch-", f"-watch-{replica}-") for replica in replicas)
    return TOPICS + tuple(replace(BY_NAME[WATCH_CHANGELOG], name=name) for name in names)
