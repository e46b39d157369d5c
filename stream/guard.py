"""The one broad `except`: an event that the work fails on is kept, told, and not tried again."""

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Final

from stream import metrics
from stream.ops_alerts import ENGINE, OpsRule, ops_alert
from stream.runs import Group, Headers, Record
from topics import codec, registry
from topics.codec import Reason, Rejected
from topics.dead_letters import headers_of

PATIENT_ID_MAX: Final = 64
KEY_KEPT: Final = 1_024  # bytes of a dead letter, with which it fits into its topic:
VALUE_KEPT: Final = 2_000_000  # more than an input topic takes, unless it was sent compressed
PLAUSIBLE_MS: Final = range(4_102_444_800_000)  # until the year 2100

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


@contextlib.contextmanager
def told_on_error(
    partition: int, patient_id: str, at_ms: int | None, group: Group
) -> Iterator[None]:
    """Raise OPS-ENGINE where something can't be done for a patient that no record asks for.

    What is known can't be written down, or what falls due can't be decided. Ending the worker would
    not help: the next one would end too, and every patient of the partition would be watched by
    nobody.
    """
    try:
        yield
    except Exception:
        log.exception("engine_failed partition=%s", partition)
        metrics.ENGINE_FAILURES.inc()
        tell_of_failure(partition, patient_id, at_ms, group)


@contextlib.contextmanager
def logged_on_error(partition: int) -> Iterator[None]:
    """Go on without what fails for one patient; whoever knows of whom it was has to tell of it."""
    try:
        yield
    except Exception:
        log.exception("engine_failed partition=%s", partition)
        metrics.ENGINE_FAILURES.inc()


def tell_of_failure(
    partition: int, patient_id: str, at_ms: int | None, group: Group, rule: OpsRule = ENGINE
) -> None:
    """Raise OPS-ENGINE, once a day for a patient."""
    if at_ms is None or not is_plausible(at_ms):
        at_ms = time.time_ns() // 1_000_000
    alert = ops_alert(rule, patient_id, at_ms)
    group.publish(registry.ALERTS, partition, patient_id.encode(), codec.encode(alert))


def is_plausible(timestamp_ms: int) -> bool:
    """Tell whether a record can be of that time: Kafka takes any number."""
    return timestamp_ms in PLAUSIBLE_MS


def _tell(record: Record, group: Group) -> None:
    """Raise OPS-ENGINE for the patient of a record: it may have been what mattered."""
    if record.topic == registry.TICKS:
        return  # its key is no patient's; whose timers failed the work knows
    if record.topic == registry.ALERTS and ENGINE.name.encode() in (record.value or b""):
        return  # the pager fails on this very alert: told again it would fail again, for ever
    try:
        patient_id = (record.key or b"").decode()
    except UnicodeDecodeError:
        return
    if 0 < len(patient_id) <= PATIENT_ID_MAX:
        tell_of_failure(record.partition, patient_id, record.timestamp, group)


def dead_letter(record: Record, why: Rejected, group: Group) -> None:
    """Have a record kept as it came, with the reason.

    One that its topic would refuse could never be written, and every worker would end on it: it is
    cut, and a header says how many bytes it had.
    """
    metrics.DEAD_LETTERS.labels(reason=why.reason).inc()
    key, value = record.key, record.value
    headers: Headers = headers_of(record, why)
    if len(key or b"") > KEY_KEPT or len(value or b"") > VALUE_KEPT:
        headers = [*headers, ("bytes", str(len(value or b"")).encode())]
        key, value = key and key[:KEY_KEPT], value and value[:VALUE_KEPT]
    group.publish(registry.DEAD_LETTERS, record.partition, key, value, headers=headers)
