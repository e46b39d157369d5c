"""What follows from how a try ended, as it is read back from the pages topic."""

from dataclasses import replace

from alerts.climbing import call, climb_at_once
from alerts.life import Happening, Life, Reason, Send, Stage
from alerts.policy import Policy
from topics.base import MILLISECOND
from topics.pages import Outcome, PageLine


def depart(life: Life, send: Send) -> Life:
    """Know that a try leaves now: from here on somebody may have been told."""
    told = _maybe_told(life, send)
    return replace(told, sends=_with(told.sends, replace(send, stage=Stage.UNDER_WAY)))


def again(life: Life, send: Send) -> tuple[Life, Send]:
    """Try anew what may have left before a restart."""
    queued = replace(send, stage=Stage.QUEUED)
    departed = depart(life, send)
    return replace(departed, sends=_with(departed.sends, queued)), queued


def arrive(life: Life, send: Send) -> Life:
    """Know that somebody was told."""
    done = _without(_maybe_told(life, send), send)
    if send.tells_end:
        return done
    return replace(done, shown=life.level, reached=life.reached or send.counts)


def fail(life: Life, send: Send, tried: PageLine, now: Happening, policy: Policy) -> Life:
    """Give a page up; where nobody of its tier can be told any more, the next is called at once."""
    given_up = tried.outcome is Outcome.GIVEN_UP
    left = _without(_maybe_told(life, send) if given_up else life, send)
    may_arrive = any(each.counts and not each.tells_end for each in left.sends)
    if not left.is_open or not send.counts or left.reached or may_arrive:
        return left
    if left.answer is None:
        return climb_at_once(left, Reason.UNREACHED, now, policy)
    handed = tuple(each for each in left.answers if not each.handed_to)
    if handed == left.answers:
        return left  # somebody has it; nobody need be told
    return call(replace(left, answers=handed), Reason.UNREACHED, now, policy)


def try_later(life: Life, send: Send, tried: PageLine, now: Happening, policy: Policy) -> Life:
    """Try again later, unless a later try than this one is under way."""
    if tried.attempt < send.attempt:
        return life
    later = replace(
        send,
        attempt=tried.attempt + 1,
        stage=Stage.WAITING,
        due_ms=now.clock_ms + policy.backoff(tried.attempt) // MILLISECOND,
    )
    told = _maybe_told(life, send)
    return replace(told, sends=_with(told.sends, later))


def _maybe_told(life: Life, send: Send) -> Life:
    """Remember that a try left; one without an answer may have arrived all the same."""
    return life if send.tells_end else replace(life, told=life.told | {send.address})


def _without(life: Life, done: Send) -> Life:
    sends = tuple(send for send in life.sends if send is not done)
    told = life.told - {done.address} if done.tells_end else life.told
    return replace(life, sends=sends, told=told)


def _with(sends: tuple[Send, ...], changed: Send) -> tuple[Send, ...]:
    return tuple(changed if _same(send, changed) else send for send in sends)


def _same(one: Send, other: Send) -> bool:
    return (one.page_id, one.address) == (other.page_id, other.address)
