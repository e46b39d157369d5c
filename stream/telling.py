"""Says what came of a happening: what is wrong with Stormwatch, and whose answer is over."""

import logging
from typing import NamedTuple

from alerts.life import Answer, Life
from stream import metrics, page_lines
from stream.guard import is_plausible
from stream.lives import Desk
from stream.ops_alerts import REPLICA, SINK, SINK_OF_P1, OpsRule, beside, is_ops, ops_alert
from stream.runs import Group, Record
from topics import codec, registry
from topics.alerts import Priority
from topics.base import EPOCH, MILLISECOND

log = logging.getLogger("stormwatch.paging")


class Turn(NamedTuple):
    """An alert before and after something happened to it."""

    before: Life | None
    after: Life


def tell(desk: Desk, turn: Turn, record: Record, group: Group) -> None:
    """Say that replicas disagree, that nobody could be told, or that an answer no longer holds."""
    before, after = turn
    if before is not None and after.is_open and record.topic != registry.ACKS:
        key = after.line.patient_id.encode()
        for answer in (each for each in before.answers if not _holds(each, after)):
            line = page_lines.no_longer(answer, after, EPOCH + desk.clock_ms * MILLISECOND)
            group.publish(registry.PAGES, record.partition, key, codec.encode(line))
    disputes, unreached = (0, 0) if before is None else (before.disputes, before.unreached)
    if after.disputes > disputes:
        log.warning("replicas_disagree %s-%s@%s", record.topic, record.partition, record.offset)
        _raise_alert(desk, REPLICA, after, record, group)
    if after.unreached > unreached:
        log.critical("nobody_reached alert=%s", after.line.alert_id)
        metrics.ALERTS_UNREACHED.inc()
        rule = SINK_OF_P1 if after.level.priority is Priority.P1 else SINK
        _raise_alert(desk, rule, after, record, group)


def _holds(answer: Answer, life: Life) -> bool:
    return any(each.event == answer.event for each in life.answers)


def _raise_alert(desk: Desk, rule: OpsRule, life: Life, record: Record, group: Group) -> None:
    if is_ops(life.line.rule):
        return  # it would tell of itself, for ever
    patient_id = life.line.patient_id
    at_ms = record.timestamp if is_plausible(record.timestamp) else desk.clock_ms
    told = ops_alert(rule, patient_id, at_ms)
    known = desk.of(patient_id).get(told.alert_id)
    last = desk.raised.get((patient_id, rule.name)) if known is None else known.line
    if (said := beside(told, last)) is not None:
        desk.raised[patient_id, rule.name] = said
        key = patient_id.encode()
        group.publish(registry.ALERTS, record.partition, key, codec.encode(said))
