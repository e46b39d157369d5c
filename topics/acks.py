"""stormwatch.acks.v1: what people answer."""

from enum import StrEnum
from typing import Literal

from topics.base import Event, Id, Note, Timestamp


class AckAction(StrEnum):
    """What a person does about an alert; only the data end the condition itself."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    SNOOZE = "snooze"
    CLOSE = "close"


class Ack(Event):
    """A person has answered an alert. `snooze_until` may lie in the future, as snoozes do.

    Who acknowledges may hand it over: `hand_to` is a role or a person of the site, who is paged and
    has to acknowledge in turn. Who unacknowledges may `decline`: whoever is next is paged at once.
    """

    kind: Literal["ack"]
    alert_id: Id
    action: AckAction
    by: Id
    note: Note | None = None
    snooze_until: Timestamp | None = None
    hand_to: Id | None = None
    decline: bool = False
