"""What follows from an answer of a person: acknowledge, unacknowledge, snooze, close.

Answers count in the order in which they arrive. The condition goes on whatever people answer.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from alerts.life import Answer, Happening, Life, Reason
from alerts.outgoing import page_all
from alerts.policy import Policy
from topics.acks import Ack, AckAction
from topics.base import MILLISECOND, EventStatus, epoch_ms
from topics.codec import encode

ACKS_REMEMBERED: Final = 16  # events of one alert: a resend comes soon or never


def take_answer(life: Life, ack: Ack, now: Happening, policy: Policy) -> Life:
    """Take an answer once; to an alert that has ended it changes nothing."""
    digest = digest_of(ack)
    if digest in life.acks:
        return life
    life = replace(life, acks=(*life.acks, digest)[-ACKS_REMEMBERED:])
    if ack.demo or not life.is_open:
        return life
    if ack.status is not EventStatus.ENTERED_IN_ERROR:
        return _ACTIONS[ack.action](life, ack, now, policy)
    stands = life.answer is not None and life.answer.event == _name_of(ack)
    return _take_back(life, ack, now, policy) if stands else life


def digest_of(ack: Ack) -> str:
    """Return what a resend is recognised by."""
    return hashlib.sha256(encode(ack)).hexdigest()[:32]


def _let_stand(life: Life, ack: Ack, now: Happening, policy: Policy) -> Life:
    """Page nothing while it stands, if it can be an answer to how bad the alert is now."""
    if life.sends and life.shown is not None and life.level.is_worse_than(life.shown):
        return life  # what it has become is still on its way to those who answer
    until_ms = _snooze_end(ack, now, policy) if ack.action is AckAction.SNOOZE else None
    answer = Answer(ack.action, ack.by, _name_of(ack), life.level, until_ms)
    return replace(life, answer=answer, sends=())


def _take_back(life: Life, _: Ack, now: Happening, policy: Policy) -> Life:
    if life.answer is None:
        return life
    return page_all(replace(life, answer=None), Reason.UNACKNOWLEDGED, now, policy)


_ACTIONS: Final[Mapping[AckAction, Callable[[Life, Ack, Happening, Policy], Life]]] = (
    MappingProxyType(
        {
            AckAction.ACKNOWLEDGE: _let_stand,
            AckAction.SNOOZE: _let_stand,
            AckAction.CLOSE: _let_stand,
            AckAction.UNACKNOWLEDGE: _take_back,
        }
    )
)


def _snooze_end(ack: Ack, now: Happening, policy: Policy) -> int:
    """Return when a snooze ends: no later than a day from now, whatever it says."""
    if ack.snooze_until is None:
        return now.clock_ms + policy.snooze_default // MILLISECOND
    latest_ms = now.clock_ms + policy.snooze_max // MILLISECOND
    return min(epoch_ms(ack.snooze_until), latest_ms)


def _name_of(ack: Ack) -> str:
    return f"{ack.source}|{ack.event_id}"
