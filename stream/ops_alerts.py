"""Alerts about Stormwatch itself: one a day for a patient, outside stays and episodes.

Each ends when its cause has, where that can be known (docs/decisions, 56): OPS-REPLICA and OPS-SINK
by the pager, OPS-SILENCE as a rule of the engine. OPS-ENGINE ends when a person closes it (29):
what the engine failed on stays out of account whatever is taken after it. It is P1 where the pager
can't read what was open of a patient (65).
"""

from datetime import datetime
from typing import Final, NamedTuple

from alerts.life import OPEN_STATES
from topics.alerts import Alert, AlertState, Priority, alert_id
from topics.base import EPOCH, MILLISECOND

OPS: Final = "OPS-"  # how the rules of these alerts begin
DAY_MS: Final = 24 * 60 * 60 * 1000
NO_STAY: Final = 0
SOURCE: Final = "Stormwatch itself"


class OpsRule(NamedTuple):
    """What went wrong, how urgent that is, and what to do."""

    name: str
    priority: Priority
    advice: str


ENGINE: Final = OpsRule(
    "OPS-ENGINE",
    Priority.P2,
    "An event about this patient could not be taken into account: look at the patient. "
    "Operations finds it among the dead letters.",
)
UNREAD: Final = ENGINE._replace(
    priority=Priority.P1,  # one may be open that nobody has answered
    advice="What was open of this patient, and who had it, can't be read any more: look at the "
    "patient. Operations finds what it was among the dead letters and on the alerts topic.",
)
REPLICA: Final = OpsRule(
    "OPS-REPLICA",
    Priority.P3,
    "Two watchers said different things of one revision of an alert of this patient: the more "
    "urgent is paged. Operations compares the replicas.",
)
SINK: Final = OpsRule(
    "OPS-SINK",
    Priority.P2,
    "An alert of this patient could be told to nobody who is to be told: look at the patient. "
    "Operations finds out why the gateways refuse.",
)
SINK_OF_P1: Final = SINK._replace(priority=Priority.P1)


def is_ops(rule: str) -> bool:
    """Tell whether an alert is about Stormwatch itself, and not about a patient."""
    return rule.startswith(OPS)


def ops_alert(rule: OpsRule, patient_id: str, at_ms: int) -> Alert:
    """Raise an alert; `at_ms` is a plausible time, and its day stands for the episode."""
    at: datetime = EPOCH + at_ms * MILLISECOND
    return Alert(
        at=at,
        patient_id=patient_id,
        alert_id=alert_id(patient_id, NO_STAY, rule.name, at_ms // DAY_MS),
        rule=rule.name,
        revision=1,
        priority=rule.priority,
        state=AlertState.RAISED,
        priorities={},
        management="",
        because=(),
        advice=rule.advice,
        source=SOURCE,
    )


def beside(told: Alert, last: Alert | None) -> Alert | None:
    """Return what is still to be said where `last` is the newest of its kind; None: nothing."""
    if last is None or last.alert_id != told.alert_id:
        return told
    if last.state not in OPEN_STATES:
        return told.model_copy(update={"revision": last.revision + 1})
    if last.priority.urgency >= told.priority.urgency:
        return None
    return told.model_copy(update={"revision": last.revision + 1, "state": AlertState.CHANGED})


def over(told: Alert, why: str, at_ms: int) -> Alert:
    """End an alert whose cause has ended."""
    at: datetime = EPOCH + at_ms * MILLISECOND
    ended = {"at": at, "state": AlertState.RESOLVED, "advice": why, "revision": told.revision + 1}
    return told.model_copy(update=ended)
