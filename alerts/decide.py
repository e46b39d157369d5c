"""The life of an alert as the pager sees it: (life, happening) -> (life, pages to send).

What follows from what:

    a line         repeated or older: nothing. Open: told to those whom its priority concerns, tier
                   by tier until somebody answers, and anew when it is worse, or is repeated while
                   nobody has. Ended: told to everyone who may believe that it is open.
    an answer      while it stands nothing is paged, unless the alert becomes worse than it was.
                   It goes when it is taken back, when its time is over, and with the condition.
    a page line    how a try ended: done with, or due again later.
    a tick         the next tier, retries and the end of answers fall due; what ended long ago is
                   forgotten.

The table of `alerts.machine` says which of it follows in which state. It never asks the time: a
happening carries the clock of its partition.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from alerts import outcomes
from alerts.answers import listen
from alerts.life import BEFORE_ANY_TICK, Change, Happening, Life, Send, Stage
from alerts.lines import hear
from alerts.machine import Clock, move, state_of
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
    after = _without_untrue(after)
    before = () if life is None else life.sends
    queued = (send for send in after.sends if send.stage is Stage.QUEUED and send not in before)
    return Decision(_at_rest(after), tuple(queued))


def _after(life: Life | None, happening: Happening, policy: Policy) -> Life | None:
    what = happening.what
    if isinstance(what, Alert):
        line, change = hear(life, what, happening, policy)
        return move(line, change, state_of(life))
    if life is None:
        return None  # an answer to, or a page about, what we never heard of or have forgotten
    if isinstance(what, Ack):
        said, heard = listen(life, what)
        return move(said, Change(life, heard, happening, policy), state_of(life))
    if isinstance(what, PageLine):
        tried = outcomes.read(life, what)
        return move(tried, Change(life, life, happening, policy), state_of(life))
    return _take_tick(life, happening, policy)


def recover(life: Life, held_ms: tuple[int, int]) -> Decision:
    """Begin again with a saved life: what was on its way goes again.

    It may have left, unless it waits for the watchers, and has done so since between two times.
    """
    after_ms, until_ms = held_ms
    again = []
    for send in life.sends:
        if send.held_ms is not None and after_ms < send.held_ms <= until_ms:
            again.append(send)
        elif send.stage is not Stage.WAITING:
            life, queued = outcomes.again(life, send)
            again.append(queued)
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


def _take_tick(life: Life, now: Happening, policy: Policy) -> Life | None:
    clock_ms = now.clock_ms
    if not life.is_open and not life.sends:
        if life.ended_ms == BEFORE_ANY_TICK:
            return replace(life, ended_ms=clock_ms)
        return None if clock_ms >= _forgotten_ms(life, policy) else life
    life = life.dated(clock_ms)
    for clock in _rings(life, clock_ms):
        life = move(clock, Change(life, life, now, policy), state_of(life))
    sends = tuple(
        replace(send, stage=Stage.QUEUED, due_ms=None)
        if send.due_ms is not None and send.due_ms <= clock_ms
        else send
        for send in life.sends
    )
    return life if sends == life.sends else replace(life, sends=sends)


def _rings(life: Life, clock_ms: int) -> Iterator[Clock]:
    """Say what falls due in this tick: each of it once, however long the clock stood."""
    if any(each.until_ms is not None and each.until_ms <= clock_ms for each in life.answers):
        yield Clock.ANSWER_OVER
    if life.due_ms is not None and life.due_ms <= clock_ms:
        yield Clock.NEXT_DUE


def _forgotten_ms(life: Life, policy: Policy) -> int:
    return life.ended_ms + policy.ended_kept // MILLISECOND


def _without_untrue(life: Life) -> Life:
    """Leave out what tells of an answer that no longer stands: it would silence what rings anew."""
    if life.answer is not None or not any(send.tells_answer for send in life.sends):
        return life
    return replace(life, sends=tuple(send for send in life.sends if not send.tells_answer))


def _at_rest(life: Life) -> Life:
    """Keep of what has ended and been told only what a repeated line is recognised by."""
    if life.is_open or life.sends or not (life.line.because or life.line.advice):
        return life
    return replace(
        life, line=life.line.model_copy(update={"because": (), "advice": "", "doubts": None})
    )
