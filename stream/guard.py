"""The one broad `except`: an event that the work fails on is kept, told, and not tried again."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from stream import metrics
from stream.runs import Group, Record
from topics import codec, registry
from topics.alerts import Alert, AlertState, Priority, alert_id
from topics.codec import Reason, Rejected
from topics.dead_letters import headers_of

OPS_ENGINE: Final = "OPS-ENGINE"
DAY_MS: Final = 24 * 60 * 60 * 1000
PATIENT_ID_MAX: Final = 64

log = logging.getLogger("stormwatch.guard")


@contextlib.contextmanager
def dead_letter_on_error(record: Record, group: Group) -> Iterator[None]:
    """Keep the bytes of a record that the work fails on, and raise OPS-ENGINE.

    Faust would acknowledge the record and skip it. The dead letter is written with its group: where
    it can't be, the worker ends before the offset is committed.
    """
    try:
        yield
    except Exception:
        log.exception("engine_failed %s-%s@%s", record.topic, record.partition, record.offset)
        metrics.ENGINE_FAILURES.inc()
        dead_letter(record, Rejected(Reason.ENGINE, "$", "the engine failed on this record"), group)
        _tell(record, group)


def _tell(record: Record, group: Group) -> None:
    """Raise OPS-ENGINE, once a day for a patient: the record may have been what mattered."""
    if record.topic == registry.TICKS:
        return  # its key is no patient's
    if record.topic == registry.ALERTS and OPS_ENGINE.encode() in (record.value or b""):
        return  # the pager fails on this very alert: told again it would fail again, for ever
    try:
        patient_id = (record.key or b"").decode()
    except UnicodeDecodeError:
        return
    if not 0 < len(patient_id) <= PATIENT_ID_MAX:
        return
    day = record.timestamp // DAY_MS
    alert = Alert(
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        patient_id=patient_id,
        alert_id=alert_id(patient_id, 0, OPS_ENGINE, day),
        rule=OPS_ENGINE,
        revision=1,
        priority=Priority.P2,
        state=AlertState.RAISED,
        priorities={},
        management="",
        because=(),
        advice="An event about this patient could not be taken into account: look at the patient. "
        "Operations finds it among the dead letters.",
        source="Stormwatch itself",
    )
    group.publish(registry.ALERTS, record.partition, record.key, codec.encode(alert))


def dead_letter(record: Record, why: Rejected, group: Group) -> None:
    """Have a record kept as it came, with the reason."""
    metrics.DEAD_LETTERS.labels(reason=why.reason).inc()
    group.publish(
        registry.DEAD_LETTERS,
        record.partition,
        record.key,
        record.value,
        headers=headers_of(record, why),
    )
