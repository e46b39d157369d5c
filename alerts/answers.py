"""What follows from an answer of a person: acknowledge, unacknowledge, snooze, close.

Answers count in the order in which they arrive. The condition goes on whatever people answer.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from alerts.climbing import call as call_tiers
from alerts.climbing import climb
from alerts.life import Answer, Change, Life, Reason
from alerts.outgoing import Call, new_send, put, telling_of
from alerts.routing import Part
from topics.acks import Ack, AckAction
from topics.base import MILLISECOND, EventStatus, epoch_ms
from topics.codec import encode

ACKS_REMEMBERED: Final = 16  # events of one alert: a resend comes soon or never
ANSWERS_KEPT: Final = 8  # people on one alert; the oldest makes room
TAKEN_WITHIN: Final = timedelta(minutes=5)  # by whom it was handed to


class Said(StrEnum):
    """What a person wants of the pager."""

    NOTHING = "nothing"  # said before, a demo, or about what has ended
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    CLOSE = "close"
    HAND_OVER = "hand over"
    UNACKNOWLEDGE = "unacknowledge"
    DECLINE = "decline"


def listen(life: Life, ack: Ack) -> tuple[Said, Life]:
    """Say what an answer asks for, and remember it: it counts once."""
    digest = digest_of(ack)
    if digest in life.acks:
        return Said.NOTHING, life
    heard = replace(life, acks=(*life.acks, digest)[-ACKS_REMEMBERED:])
    if ack.demo or not life.is_open:
        return Said.NOTHING, heard
    if ack.status is EventStatus.ENTERED_IN_ERROR:
        stands = any(each.event == _name_of(ack) for each in life.answers)
        return (Said.UNACKNOWLEDGE if stands else Said.NOTHING), heard
    if ack.action is AckAction.ACKNOWLEDGE and ack.hand_to is not None:
        return Said.HAND_OVER, heard
    if ack.action is AckAction.UNACKNOWLEDGE and ack.decline:
        return Said.DECLINE, heard
    return Said(ack.action.value), heard


def digest_of(ack: Ack) -> str:
    """Return what a resend is recognised by."""
    return hashlib.sha256(encode(ack)).hexdigest()[:32]


def let_stand(change: Change) -> Life:
    """Page nothing while it stands, if it can be an answer to how bad the alert is now."""
    _, life, now, policy = change
    ack = change.ack
    if _is_about_less(life):
        return life
    until_ms = _end_of(change)
    answer = Answer(ack.action, ack.by, _name_of(ack), life.level, until_ms)
    answered = replace(life, answers=_with(life, answer))
    if answered.answer is not None:
        told = telling_of(answered, ack, Call(Reason.ANSWERED, now, policy))
        return replace(answered, sends=told, due_ms=None)
    # More people are needed. They are called on, or anew where somebody's answer stopped that.
    if life.answer is None:
        return answered
    return call_tiers(answered, Reason.REMINDED, now, policy)


def hand_over(change: Change) -> Life:
    """Call somebody else instead of the tiers, for as long as it takes to answer."""
    _, life, now, policy = change
    ack = change.ack
    if _is_about_less(life):
        return life
    to = ack.hand_to or ""
    addresses = policy.routing.addresses(to, now.clock_ms)
    if not addresses:
        return decline(change)  # nobody is called that: whoever is next is
    until_ms = now.clock_ms + TAKEN_WITHIN // MILLISECOND
    answer = Answer(ack.action, ack.by, _name_of(ack), life.level, until_ms, handed_to=to)
    handed = replace(life, answers=_with(life, answer), sends=(), due_ms=None, reached=False)
    call = Call(Reason.HANDED_OVER, now, policy)
    tier = max(1, life.tier)
    sends = tuple(new_send(handed, each, Part.ACT, call, tier=tier) for each in addresses)
    # What rings for whom it is handed to rings anew; the others stop.
    called = {each.sink for each in addresses}
    told = telling_of(handed, ack, Call(Reason.ANSWERED, now, policy))
    quiet = tuple(each for each in told if each.address.sink not in called)
    return put(replace(handed, sends=quiet), sends)


def take_back(change: Change) -> Life:
    """Take back what that person answered, or else all answers; call anew if too few are left."""
    _, life, now, policy = change
    if not life.answers:
        return life
    left = replace(life, answers=_without(life, change.ack))
    if left.answer is not None:
        return _without_hand_over(left)
    return call_tiers(left, Reason.UNACKNOWLEDGED, now, policy)


def decline(change: Change) -> Life:
    """Call the next tier now, unless somebody else has it."""
    _, life, now, policy = change
    by = change.ack.by
    answers = tuple(each for each in life.answers if each.by != by and not each.handed_to)
    left = replace(life, answers=answers)
    if left.answer is not None:
        return _without_hand_over(left)
    tiers = policy.routing.route_of(life.about, now.clock_ms).tiers
    if not any(tier.answer_within for tier in tiers):
        return left  # nobody was asked to come
    skipped = replace(left, turns=max(left.turns, *(tier.times for tier in tiers)))
    return climb(skipped, Reason.DECLINED, now, policy)


def lapse(change: Change) -> Life:
    """Let the answers go whose time is over; call anew if too few are left."""
    _, life, now, policy = change
    answers = tuple(
        each for each in life.answers if each.until_ms is None or each.until_ms > now.clock_ms
    )
    left = replace(life, answers=answers)
    if left.answer is not None:
        return _without_hand_over(left)
    if life.answer is None:
        return left
    return call_tiers(replace(left, sends=()), Reason.ANSWER_OVER, now, policy)


def _without_hand_over(life: Life) -> Life:
    """Page nobody for a hand-over that is over while the answer of another stands."""
    if any(each.handed_to for each in life.answers):
        return life
    return replace(life, sends=tuple(send for send in life.sends if send.tells_answer))


def _is_about_less(life: Life) -> bool:
    """Tell whether what it has become is still on its way to those who answer."""
    is_worse = life.shown is not None and life.level.is_worse_than(life.shown)
    return is_worse and any(not send.tells_answer for send in life.sends)


def _with(life: Life, answer: Answer) -> tuple[Answer, ...]:
    """Add an answer: one a person; whoever answers takes what was handed over."""
    others = (each for each in life.answers if each.by != answer.by and not each.handed_to)
    # What silences everything gives way to what holds for a time only, as people say.
    kept = tuple(each for each in others if each.action is AckAction.ACKNOWLEDGE)
    return (*kept, answer)[-ANSWERS_KEPT:]


def _without(life: Life, ack: Ack) -> tuple[Answer, ...]:
    if ack.status is EventStatus.ENTERED_IN_ERROR:
        return tuple(each for each in life.answers if each.event != _name_of(ack))
    left = tuple(each for each in life.answers if each.by != ack.by)
    return () if left == life.answers else left


def _end_of(change: Change) -> int | None:
    """Return when an answer no longer holds: a snooze after a day at most, whatever it says."""
    _, life, now, policy = change
    ack = change.ack
    if ack.action is AckAction.CLOSE:
        return None
    if ack.action is AckAction.ACKNOWLEDGE:
        lasts = policy.acknowledged_for.get(life.level.priority)
        if not life.line.priorities:
            return None  # about Stormwatch itself: no data end it, and once seen to it is
        return None if lasts is None else now.clock_ms + lasts // MILLISECOND
    if ack.snooze_until is None:
        return now.clock_ms + policy.snooze_default // MILLISECOND
    latest_ms = now.clock_ms + policy.snooze_max // MILLISECOND
    return min(epoch_ms(ack.snooze_until), latest_ms)


def _name_of(ack: Ack) -> str:
    return f"{ack.source}|{ack.event_id}"
