"""The life of an alert as the pager sees it: (life, happening) -> (life, pages to send).

What follows from what:

    a line         repeated or older: nothing. Open: told to those whom its priority concerns, and
                   again when it is worse, or is repeated while nobody has answered. Ended: told to
                   everyone who may believe that it is open.
    an answer      while it stands nothing is paged, unless the alert becomes worse than it was.
                   It goes when it is taken back, when its time is over, and with the condition.
    a page line    how a try ended: done with, or due again later.
    a tick         retries and snoozes fall due; what ended long ago is forgotten.

It never asks the time: a happening carries the clock of its partition.
"""

from dataclasses import replace
from typing import NamedTuple

from alerts.answers import take_answer
from alerts.life import BEFORE_ANY_TICK, Happening, Life, Reason, Send, Stage
from alerts.lines import hear
from alerts.outgoing import page_all
from alerts.policy import Policy
from alerts.sinks import Delivery
from topics.acks import Ack
from topics.alerts import Alert
from topics.base import MILLISECOND
from topics.pages import Outcome, PageLine


class Decision(NamedTuple):
    """What became of an alert, and the pages to be tried now. None: nothing is left to know."""

    life: Life | None
    sends: tuple[Send, ...]


def decide(life: Life | None, happening: Happening, policy: Policy) -> Decision:
    """Take one happening. None stands for an alert of which nothing is known."""
    after = _after(life, happening, policy)
    if after is None:
        return Decision(None, ())
    before = () if life is None else life.sends
    queued = (send for send in after.sends if send.stage is Stage.QUEUED and send not in before)
    return Decision(_at_rest(after), tuple(queued))


def _after(life: Life | None, happening: Happening, policy: Policy) -> Life | None:
    what = happening.what
    if isinstance(what, Alert):
        return hear(life, what, happening, policy)
    if life is None:
        return None  # an answer to, or a page about, what we never heard of or have forgotten
    if isinstance(what, Ack):
        return take_answer(life, what, happening, policy)
    if isinstance(what, PageLine):
        return _take_outcome(life, what, happening, policy)
    return _take_tick(life, happening, policy)


def depart(life: Life, send: Send) -> Life:
    """Know that a try leaves now: from here on somebody may have been told."""
    told = _maybe_told(life, send)
    return replace(told, sends=_with(told.sends, replace(send, stage=Stage.UNDER_WAY)))


def recover(life: Life) -> Decision:
    """Begin again with a saved life: what was on its way may have left, and goes again."""
    again = []
    for send in life.sends:
        if send.stage is not Stage.WAITING:
            life = depart(life, send)
            again.append(replace(send, stage=Stage.QUEUED))
            life = replace(life, sends=_with(life.sends, again[-1]))
    return Decision(life, tuple(again))


def outcome_of(delivery: Delivery, attempt: int, policy: Policy) -> Outcome:
    """Say what a try comes to: the last one that is allowed is given up."""
    if delivery is Delivery.RETRY and attempt >= policy.tries_max:
        return Outcome.GIVEN_UP
    return Outcome(delivery.value)  # the others are named alike


def due_ms(life: Life, policy: Policy) -> int | None:
    """Return when the clock has next something to say to it."""
    times = list(life.due_times())
    if not life.is_open and not life.sends:
        is_dated = life.ended_ms != BEFORE_ANY_TICK
        times.append(_forgotten_ms(life, policy) if is_dated else BEFORE_ANY_TICK)
    return min(times, default=None)


def _take_outcome(life: Life, tried: PageLine, now: Happening, policy: Policy) -> Life:
    send = life.find(tried.page_id, tried.sink)
    if send is None:
        return life
    match tried.outcome:
        case Outcome.SENT:
            done = _without(_maybe_told(life, send), send)
            return done if send.tells_end else replace(done, shown=life.level)
        case Outcome.REFUSED:
            return _without(life, send)
        case Outcome.GIVEN_UP:
            return _without(_maybe_told(life, send), send)
        case Outcome.RETRY if tried.attempt >= send.attempt:
            return _try_later(_maybe_told(life, send), send, tried, now, policy)
        case _:  # a try before this one, or what a person answered
            return life


def _try_later(life: Life, send: Send, tried: PageLine, now: Happening, policy: Policy) -> Life:
    wait_ms = policy.backoff(tried.attempt) // MILLISECOND
    later = replace(
        send,
        attempt=tried.attempt + 1,
        stage=Stage.WAITING,
        due_ms=now.clock_ms + wait_ms,
    )
    return replace(life, sends=_with(life.sends, later))


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


def _take_tick(life: Life, now: Happening, policy: Policy) -> Life | None:
    clock_ms = now.clock_ms
    if not life.is_open and not life.sends:
        if life.ended_ms == BEFORE_ANY_TICK:
            return replace(life, ended_ms=clock_ms)
        return None if clock_ms >= _forgotten_ms(life, policy) else life
    answer = life.answer
    if answer is not None and answer.until_ms is not None and answer.until_ms <= clock_ms:
        life = page_all(replace(life, answer=None), Reason.ANSWER_OVER, now, policy)
    sends = tuple(
        replace(send, stage=Stage.QUEUED, due_ms=None)
        if send.due_ms is not None and send.due_ms <= clock_ms
        else send
        for send in life.sends
    )
    return life if sends == life.sends else replace(life, sends=sends)


def _forgotten_ms(life: Life, policy: Policy) -> int:
    return life.ended_ms + policy.ended_kept // MILLISECOND


def _at_rest(life: Life) -> Life:
    """Keep of what has ended and been told only what a repeated line is recognised by."""
    if life.is_open or life.sends or not (life.line.because or life.line.advice):
        return life
    return replace(life, line=life.line.model_copy(update={"because": (), "advice": ""}))
