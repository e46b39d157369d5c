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
    """A person has answered an alert. `snooze_until` may lie in the future, as snoozes do."""

    kind: Literal["ack"]
    alert_id: Id
    action: AckAction
    by: Id
    note: Note | None = None
    snooze_until: Timestamp | None = None
