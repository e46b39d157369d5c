"""stormwatch.alerts.v1: what it means, one line for every change of an alert."""

from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import Field

from topics.base import PatientId, Strict, Timestamp

# Of this project, once and for all: the ids of alerts hang on it.
NAMESPACE: Final = UUID("fa42370f-e67e-5aae-8244-5d9be50412e9")


class Priority(StrEnum):
    """How urgent an alert is."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    INFO = "INFO"  # in the status and on the topic, never paged

    @property
    def urgency(self) -> int:
        """A number to compare by: 0 for INFO, 3 for P1."""
        return URGENCY[self]


URGENCY: Final = MappingProxyType(
    {Priority.INFO: 0, Priority.P3: 1, Priority.P2: 2, Priority.P1: 3}
)


class AlertState(StrEnum):
    """Where an alert is in its life; only the data end it."""

    RAISED = "raised"
    CHANGED = "changed"
    RESOLVED = "resolved"  # it was true and ended
    RETRACTED = "retracted"  # with all that is known now it was never true


def _is_none(value: object) -> bool:
    return value is None


OMITTED: Final[Any] = Field(default=None, exclude_if=_is_none)  # left out where nothing is known


class Because(Strict):
    """A reading that made the alert true, or leaves it uncertain."""

    signal: str
    value: float | int | bool | str | None
    unit: str | None = OMITTED
    effective_at: Timestamp
    event_id: str | None = OMITTED
    status: Literal["preliminary", "corrected"] | None = OMITTED  # of its record; else final


class Grade(Strict):
    """A grade from partial data: `lowest` is proven, `highest` is not ruled out."""

    lowest: int
    highest: int


class Alert(Strict):
    """What is true of an alert since `at`, in one line.

    `priorities` names the policies that hold and how urgent each is, `priority` is the paging
    policy's. `crs` and `icans` have the grades under every policy. `revision` counts the lines of
    this alert. `policy_hash` names the tables and thresholds by which it was judged. `doubts` are
    what leaves the grade uncertain: a finding that was attributed to another cause, what hides a
    fever, what is old or unknown. A doubt alone makes no line.
    """

    type: Literal["alert"] = "alert"
    at: Timestamp
    patient_id: PatientId
    alert_id: str
    rule: str
    revision: Annotated[int, Field(ge=1)]
    priority: Priority
    state: AlertState
    priorities: dict[str, Priority]
    management: str
    because: tuple[Because, ...]
    advice: str
    source: str
    crs: dict[str, Grade] | None = OMITTED
    icans: dict[str, Grade] | None = OMITTED
    day: int | None = OMITTED
    unit: str | None = OMITTED
    bed: str | None = OMITTED
    episode: int | None = OMITTED
    stay: int | None = OMITTED
    policy_hash: str | None = OMITTED
    doubts: tuple[Because, ...] | None = OMITTED


class Present(Strict):
    """A partition has caught up: what comes now is about now."""

    type: Literal["present"] = "present"
    partition: int
    at: Timestamp


def alert_id(patient_id: str, stay: int, rule: str, episode: int) -> str:
    """Return the id of an alert, the same whoever computes it and however often.

    `episode` is 0 for what is bound to the stay and where no episode is open; `stay` is 0 before
    any infusion is known.
    """
    return str(uuid5(NAMESPACE, f"{patient_id}|{stay}|{rule}|{episode}"))
