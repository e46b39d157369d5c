"""stormwatch.pages.v1: what the pager did, and how it went."""

from enum import StrEnum
from typing import Annotated
from uuid import uuid5

from pydantic import Field

from topics.alerts import NAMESPACE, OMITTED
from topics.base import PatientId, Strict, Timestamp


class Outcome(StrEnum):
    """How one try ended, or what a person answered. Only the pager says `acknowledged`."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    SNOOZED = "snoozed"
    CLOSED = "closed"


class PageLine(Strict):
    """One thing that the pager did about an alert."""

    page_id: str
    patient_id: PatientId
    alert_id: str
    revision: Annotated[int, Field(ge=0)]
    at: Timestamp
    target: str
    tier: Annotated[int, Field(ge=0)]
    sink: str
    attempt: Annotated[int, Field(ge=0)]
    outcome: Outcome
    by: str | None = OMITTED
    note: str | None = OMITTED
    person: str | None = OMITTED  # who has duty in the role that is told
    together: str | None = OMITTED  # the message that carried it with others
    handed_to: str | None = OMITTED
    declined: bool | None = OMITTED


def page_id(alert_id: str, revision: int, target: str, tier: int) -> str:
    """Return the id of a page: a gateway that has seen it need not tell it twice."""
    return str(uuid5(NAMESPACE, f"{alert_id}|{revision}|{target}|{tier}"))
