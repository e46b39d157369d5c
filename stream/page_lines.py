"""What the pager writes of what it did, and of what people did."""

from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import uuid5

from alerts.life import Answer, Life
from alerts.page import Page
from stream.lives import Order
from stream.runs import Group
from topics import codec, registry
from topics.acks import Ack, AckAction
from topics.alerts import NAMESPACE
from topics.audit import AuditLine
from topics.base import EventStatus
from topics.pages import Outcome, PageLine
from topics.reserved import is_probe

PAGER: Final = "stormwatch-page"  # who did it where no person did
BY_A_PERSON: Final = "person"  # the target of a line that says what somebody answered

BY_THE_PAGER: Final = "stormwatch"  # what a line has for a sink that no person asked for

OUTCOMES: Final = MappingProxyType(
    {
        AckAction.ACKNOWLEDGE: Outcome.ACKNOWLEDGED,
        AckAction.UNACKNOWLEDGE: Outcome.UNACKNOWLEDGED,
        AckAction.SNOOZE: Outcome.SNOOZED,
        AckAction.CLOSE: Outcome.CLOSED,
    }
)


class Ended(NamedTuple):
    """How a try ended, when, and why in a few words."""

    outcome: Outcome
    at: datetime
    why: str = ""


def tried(order: Order, page: Page, message: Page, ended: Ended) -> PageLine:
    """Say how a try of a page ended; the revision is that of the words it had."""
    send = order.send
    notes = ("it tells of the answer" if send.tells_answer else "", ended.why)
    return PageLine(
        page_id=page.page_id,
        patient_id=order.patient_id,
        alert_id=page.alert_id,
        revision=page.revision,
        at=ended.at,
        target=page.target,
        tier=page.tier,
        sink=send.address.sink,
        attempt=send.attempt,
        outcome=ended.outcome,
        note=": ".join(filter(None, notes)) or None,
        person=send.address.person or None,
        together=message.page_id if message.also else None,
    )


def answer_id(ack: Ack) -> str:
    """Return the id of the line that says what an answer did."""
    return str(uuid5(NAMESPACE, f"{ack.source}|{ack.event_id}"))


def answered(ack: Ack, life: Life) -> PageLine:
    """Say what an answer did. Written again after a crash, it is the same line."""
    taken_back = ack.status is EventStatus.ENTERED_IN_ERROR
    return PageLine(
        page_id=answer_id(ack),
        patient_id=ack.patient_id,
        alert_id=ack.alert_id,
        revision=life.line.revision,
        at=ack.recorded_at,
        target=BY_A_PERSON,
        tier=0,
        sink=ack.source,
        attempt=0,
        outcome=Outcome.UNACKNOWLEDGED if taken_back else OUTCOMES[ack.action],
        by=ack.by,
        note=ack.note,
        handed_to=ack.hand_to,
        declined=ack.decline or None,
    )


def no_longer(answer: Answer, life: Life, at: datetime) -> PageLine:
    """Say that an answer no longer holds: its time is over, or the alert is worse than it was."""
    is_worse = life.level.is_worse_than(answer.level)
    return PageLine(
        page_id=str(uuid5(NAMESPACE, f"{answer.event}|over")),
        patient_id=life.line.patient_id,
        alert_id=life.line.alert_id,
        revision=life.line.revision,
        at=at,
        target=BY_A_PERSON,
        tier=0,
        sink=BY_THE_PAGER,
        attempt=0,
        outcome=Outcome.UNACKNOWLEDGED,
        by=answer.by,
        note="it became worse" if is_worse else "its time is over",
    )


def audit(ack: Ack) -> AuditLine:
    """Say who answered what, whether it changed anything or not."""
    return AuditLine(
        at=ack.recorded_at,
        by=ack.by,
        action=_deed(ack),
        patient_id=ack.patient_id,
        alert_id=ack.alert_id,
        note=ack.note,
    )


def audit_of_page(line: PageLine) -> AuditLine | None:
    """Say who was told, or could not be, in the pager's own name; None: it is tried again."""
    if line.outcome is Outcome.RETRY:
        return None
    whom = f"{line.target}/{line.person}" if line.person else line.target
    told = f"to {whom} through {line.sink}, tier {line.tier}, try {line.attempt}"
    return AuditLine(
        at=line.at,
        by=PAGER,
        action=f"page {line.outcome.value.replace('_', ' ')}",
        patient_id=line.patient_id,
        alert_id=line.alert_id,
        note=f"{told}: {line.note}" if line.note else told,
    )


def keep(line: AuditLine | None, partition: int, group: Group) -> None:
    """Write a line to the audit topic, beside the patient's other records."""
    # It is kept for ever, and a probe raises something every minute.
    if line is not None and line.patient_id is not None and not is_probe(line.patient_id):
        group.publish(registry.AUDIT, partition, line.patient_id.encode(), codec.encode(line))


def _deed(ack: Ack) -> str:
    """Name what somebody did; what was handed over says to whom."""
    if ack.action is AckAction.ACKNOWLEDGE and ack.hand_to is not None:
        return f"hand over to {ack.hand_to}"
    if ack.action is AckAction.UNACKNOWLEDGE and ack.decline:
        return "decline"
    return ack.action.value
