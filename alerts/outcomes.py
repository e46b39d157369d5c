"""What follows from how a try ended, as it is read back from the pages topic."""

from dataclasses import replace
from enum import StrEnum

from alerts.climbing import call, climb_at_once
from alerts.life import Change, Life, Reason, Send, Stage
from topics.base import MILLISECOND
from topics.pages import Outcome, PageLine


class Tried(StrEnum):
    """What a line about a page brings."""

    NOTHING = "nothing"
    ARRIVED = "page arrives"
    FAILED = "page cannot be delivered"
    LATER = "page is tried again"


def depart(life: Life, send: Send) -> Life:
    """Know that a try leaves now: from here on somebody may have been told."""
    told = _maybe_told(life, send)
    left = replace(send, stage=Stage.UNDER_WAY, held_ms=None)
    return replace(told, sends=_with(told.sends, left))


def hold(life: Life, send: Send, held_ms: int | None) -> tuple[Life, Send]:
    """Know since when a page waits for the watchers. None: it does so no longer."""
    held = replace(send, held_ms=held_ms)
    return replace(life, sends=_with(life.sends, held)), held


def again(life: Life, send: Send) -> tuple[Life, Send]:
    """Try anew what may have left before a restart."""
    queued = replace(send, stage=Stage.QUEUED, held_ms=None)
    departed = depart(life, send)
    return replace(departed, sends=_with(departed.sends, queued)), queued


def read(life: Life, tried: PageLine) -> Tried:
    """Say what a line about a page brings; nothing where the page is done with."""
    send = life.find(tried.page_id, tried.sink)
    if send is None:
        return Tried.NOTHING
    match tried.outcome:
        case Outcome.SENT:
            return Tried.ARRIVED
        case Outcome.REFUSED | Outcome.GIVEN_UP:
            return Tried.FAILED
        case Outcome.RETRY if tried.attempt >= send.attempt:
            return Tried.LATER
        case _:  # a try before this one, or what a person answered
            return Tried.NOTHING


def arrive(change: Change) -> Life:
    """Know that somebody was told."""
    life, send = change.heard, _send_of(change)
    done = _without(_maybe_told(life, send), send)
    if send.tells_end or send.tells_answer:
        return done
    return replace(
        done,
        shown=life.level,
        reached=life.reached or send.counts,
        untold=life.untold and not send.counts,
    )


def fail(change: Change) -> Life:
    """Give a page up; where nobody of its tier can be told any more, the next is called at once."""
    _, life, now, policy = change
    send = _send_of(change)
    given_up = change.tried.outcome is Outcome.GIVEN_UP
    left = _without(_maybe_told(life, send) if given_up else life, send)
    may_arrive = any(each.counts and not each.tells_end for each in left.sends)
    if not left.is_open or not send.counts or left.reached or may_arrive:
        return left
    if left.answer is None:
        return climb_at_once(left, Reason.UNREACHED, now, policy)
    # Nobody can take it over, and whoever handed it over is gone.
    kept = replace(left, answers=tuple(each for each in left.answers if not each.handed_to))
    return kept if kept.answer is not None else call(kept, Reason.UNREACHED, now, policy)


def try_later(change: Change) -> Life:
    """Try again later."""
    _, life, now, policy = change
    send, tried = _send_of(change), change.tried
    later = replace(
        send,
        attempt=tried.attempt + 1,
        stage=Stage.WAITING,
        held_ms=None,
        due_ms=now.clock_ms + policy.backoff(tried.attempt) // MILLISECOND,
    )
    told = _maybe_told(life, send)
    return replace(told, sends=_with(told.sends, later))


def _send_of(change: Change) -> Send:
    send = change.heard.find(change.tried.page_id, change.tried.sink)
    if send is None:
        raise LookupError(change.tried.page_id)
    return send


def _maybe_told(life: Life, send: Send) -> Life:
    """Remember that a try left; one without an answer may have arrived all the same."""
    if send.tells_end or send.tells_answer:
        return life
    return replace(life, told=life.told | {send.address})


def _without(life: Life, done: Send) -> Life:
    sends = tuple(send for send in life.sends if send is not done)
    told = life.told - {done.address} if done.tells_end else life.told
    return replace(life, sends=sends, told=told)


def _with(sends: tuple[Send, ...], changed: Send) -> tuple[Send, ...]:
    return tuple(changed if _same(send, changed) else send for send in sends)


def _same(one: Send, other: Send) -> bool:
    return (one.page_id, one.address) == (other.page_id, other.address)
