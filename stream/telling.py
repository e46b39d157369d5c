"""Says what came of a happening: what is wrong with Stormwatch, and whose answer is over."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.life import BEFORE_ANY_TICK, OPEN_STATES, Answer, Life
from stream import metrics, page_lines
from stream.guard import dead_letter, is_plausible, tell_of_failure
from stream.lives import Desk
from stream.ops_alerts import (
    ENGINE,
    REPLICA,
    SINK,
    SINK_OF_P1,
    UNREAD,
    OpsRule,
    beside,
    is_ops,
    ops_alert,
    over,
)
from stream.runs import Group, Record
from topics import codec, registry
from topics.acks import AckAction
from topics.alerts import Priority
from topics.base import EPOCH, MILLISECOND
from topics.codec import Reason, Rejected
from topics.reserved import is_probe

log = logging.getLogger("stormwatch.paging")


class Turn(NamedTuple):
    """An alert before and after something happened to it."""

    before: Life | None
    after: Life


class Ending(NamedTuple):
    """By what an alert about ourselves ends: what no longer stands of an alert, and why so."""

    rule: str
    stands: Callable[[Life], bool]
    why: str


@dataclass
class Saved:
    """A state of the changelog, as a record that may be kept as a dead letter."""

    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    topic: str = registry.PAGE_CHANGELOG
    offset: int = -1  # not known: a state is read as one of all


OF_NO_USE: Final = Rejected(Reason.ENGINE, "$", "the state can't be read")
CLOSED: Final = "A person closed it."
ENDINGS: Final = (
    Ending(
        REPLICA.name,
        lambda life: life.disputed > 0,
        "A later revision was said twice, and alike.",
    ),
    Ending(
        SINK.name,
        lambda life: life.is_untold,
        "Somebody who has to act was told or has answered, or the alert has ended.",
    ),
)


def tell(desk: Desk, turn: Turn, record: Record, group: Group) -> None:
    """Say that replicas disagree, nobody could be told, or an answer is over; and when it ends."""
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
    if after.line.rule == ENGINE.name and before is not None:
        _tell_of_engine(desk, before, after, record, group)
    for ending in ENDINGS:
        if before is not None and ending.stands(before) and not ending.stands(after):
            _end(desk, ending, after, record, group)


def tell_unread(desks: Iterable[Desk], group: Group) -> None:
    """Send somebody to each patient of whom nothing is known any more, and keep the bytes of it.

    Both are written before another state can take their place.
    """
    for desk in desks:
        at_ms = None if desk.clock_ms == BEFORE_ANY_TICK else desk.clock_ms
        for patient_id, saved in desk.unread.items():
            key = patient_id.encode()
            dead_letter(Saved(desk.partition, key, saved, desk.clock_ms), OF_NO_USE, group)
            if not is_probe(patient_id):
                tell_of_failure(desk.partition, patient_id, at_ms, group, UNREAD)
        desk.unread.clear()


def _tell_of_engine(desk: Desk, before: Life, after: Life, record: Record, group: Group) -> None:
    """End OPS-ENGINE once a person has closed it, and raise it anew for what failed since.

    Whoever fails on a record knows nothing of that: it says revision 1 each time.
    """
    patient_id, revision = after.line.patient_id, after.line.revision
    last = desk.raised.get((patient_id, ENGINE.name))
    if last is None or last.alert_id != after.line.alert_id or last.revision <= revision:
        last = after.line
    said = None
    if _is_closed(after) and not _is_closed(before):
        at_ms = record.timestamp if is_plausible(record.timestamp) else desk.clock_ms
        said = over(after.line, CLOSED, at_ms)
    elif after.newest_ms > before.newest_ms and (_is_closed(after) or not after.is_open):
        if last is after.line and after.is_open:  # its end was written, and is not read back yet
            last = over(last, CLOSED, after.newest_ms)
        said = beside(ops_alert(ENGINE, patient_id, after.newest_ms), last)
    if said is not None:
        desk.raised[patient_id, ENGINE.name] = said
        group.publish(registry.ALERTS, record.partition, patient_id.encode(), codec.encode(said))


def _is_closed(life: Life) -> bool:
    """Tell whether a person has closed what is still open."""
    return life.is_open and life.answer is not None and life.answer.action is AckAction.CLOSE


def _end(desk: Desk, ending: Ending, after: Life, record: Record, group: Group) -> None:
    """End what was told of ourselves, once it is true of no alert of the patient any more."""
    patient_id = after.line.patient_id
    lives = desk.of(patient_id).values()
    if any(ending.stands(life) for life in lives if not is_ops(life.line.rule)):
        return
    told = {life.line.alert_id: life.line for life in lives if life.line.rule == ending.rule}
    last = desk.raised.get((patient_id, ending.rule))  # it may not be read back yet
    known = None if last is None else told.get(last.alert_id)
    if last is not None and (known is None or last.revision > known.revision):
        told[last.alert_id] = last
    at_ms = record.timestamp if is_plausible(record.timestamp) else desk.clock_ms
    for line in (each for each in told.values() if each.state in OPEN_STATES):
        said = over(line, ending.why, at_ms)
        desk.raised[patient_id, ending.rule] = said
        group.publish(registry.ALERTS, record.partition, patient_id.encode(), codec.encode(said))


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
