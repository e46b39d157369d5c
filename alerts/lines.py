"""What follows from a line of the alert: raised, changed, resolved or retracted."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from alerts.life import BEFORE_ANY_TICK, Answer, Happening, Life, Reason
from alerts.outgoing import new_send, page_all, page_anew, put, to_all
from alerts.policy import Part, Policy
from topics.alerts import Alert, AlertState
from topics.base import MILLISECOND, epoch_ms
from topics.codec import encode


def hear(life: Life | None, line: Alert, now: Happening, policy: Policy) -> Life:
    """Take a line, unless it or a later one was taken before."""
    heard = _with_line(life, line, policy)
    if life is None:
        return _TRANSITIONS[False, heard.is_open](heard, heard, now, policy)
    if line.revision < life.line.revision or heard.digest == life.digest:
        return life
    if line.revision == life.line.revision:  # replicas disagree: the more urgent counts
        life, heard = (replace(each, disputes=life.disputes + 1) for each in (life, heard))
        if (heard.is_open, heard.level.weight) <= (life.is_open, life.level.weight):
            return life
    # It is raised once, so one that is raised anew has ended in between.
    anew = line.state is AlertState.RAISED and line.revision > life.line.revision
    was_open = life.is_open and not anew
    return _TRANSITIONS[was_open, heard.is_open](life, heard, now, policy)


def _with_line(life: Life | None, line: Alert, policy: Policy) -> Life:
    digest = hashlib.sha256(encode(line)).hexdigest()[:32]
    level, at_ms = policy.level_of(line), epoch_ms(line.at)
    if life is None:
        return Life(line, digest, level, level_since_ms=at_ms, open_since_ms=at_ms)
    return replace(
        life,
        line=line,
        digest=digest,
        level=level,
        level_since_ms=life.level_since_ms if level == life.level else at_ms,
        rounds=life.rounds if line.revision == life.line.revision else 0,
    )


def _raise(_: Life, heard: Life, now: Happening, policy: Policy) -> Life:
    """Begin anew: who answered before answered something that has ended since."""
    at_ms = epoch_ms(heard.line.at)
    raised = replace(
        heard,
        open_since_ms=at_ms,
        level_since_ms=at_ms,
        sends=(),
        shown=None,
        answer=None,
        ended_ms=BEFORE_ANY_TICK,
    )
    return page_all(raised, Reason.RAISED, now, policy)


def _change(life: Life, heard: Life, now: Happening, policy: Policy) -> Life:
    if life.answer is not None:
        answer = _settled(life.answer, life, heard, policy)
        if not heard.level.is_worse_than(answer.level):
            return replace(heard, answer=answer)
        return page_all(replace(heard, answer=None), Reason.WORSE, now, policy)
    if heard.level.is_new_beside(life.level):
        # A page that is replaced now may have been read: an answer to it is no answer to this one.
        maybe_read = any(send.address in life.told for send in life.sends)
        shown = life.level if life.shown is None and maybe_read else life.shown
        why = _unless_news(heard, Reason.WORSE)
        return page_anew(replace(heard, shown=shown), why, now, policy)
    if _is_repeat(life, heard, policy):
        return page_anew(heard, _unless_news(heard, Reason.REPEATED), now, policy)
    return _hand_over(heard, now, policy)


def _unless_news(life: Life, reason: Reason) -> Reason:
    """Return why a page goes out: an alert of which nobody can have heard is new to everyone."""
    return reason if life.told else Reason.RAISED


def _settled(answer: Answer, life: Life, heard: Life, policy: Policy) -> Answer:
    """Bring an answer down to what the alert has been for long enough.

    Who answered a grade 3 that fell to 1 for half a day has not answered the next grade 3.
    """
    held_ms = epoch_ms(heard.line.at) - life.level_since_ms
    if held_ms < policy.settled_after // MILLISECOND:
        return answer
    return replace(answer, level=answer.level.milder_of(life.level))


def _is_repeat(life: Life, heard: Life, policy: Policy) -> bool:
    """Tell whether a rule says the same again; a change long after the last page counts as that."""
    if _content(life.line) == _content(heard.line):
        return True
    if life.paged_ms is None:
        return False
    silent_ms = epoch_ms(heard.line.at) - life.paged_ms
    return silent_ms >= policy.repeated_after // MILLISECOND


def _content(line: Alert) -> tuple[object, ...]:
    """Return all that makes a new line; a value alone does not."""
    graded = {} if line.crs is None else line.crs
    grades = {name: graded[name].lowest for name in line.priorities if name in graded}
    return line.priorities, grades, {each.signal for each in line.because}


def _hand_over(heard: Life, now: Happening, policy: Policy) -> Life:
    """Tell those whom it concerns now and who were not told yet; the others hear of its end.

    Nobody is told that it became milder: that might call off a team which is on its way.
    """
    wanted = to_all(heard, _unless_news(heard, Reason.CONCERNED), now, policy)
    targets = {send.address.target for send in wanted}
    parts = {send.address: send.part for send in wanted}
    # What is wanted of a role may be another thing now than what asked for its page.
    redone = {
        send.address
        for send in heard.sends
        if heard.surely_unsent(send) and parts.get(send.address, send.part) is not send.part
    }
    kept = tuple(
        send
        for send in heard.sends
        if send.address.target in targets and send.address not in redone
    )
    known = {address.target for address in (*heard.told, *(send.address for send in kept))}
    fresh = tuple(
        send for send in wanted if send.address.target not in known or send.address in redone
    )
    return put(replace(heard, sends=kept), fresh)


def _end(_: Life, heard: Life, now: Happening, __: Policy) -> Life:
    """Tell the end to whoever may believe that it is open, answered or not."""
    ended = replace(heard, sends=(), shown=None, answer=None, ended_ms=now.clock_ms)
    told = sorted(heard.told)
    sends = tuple(new_send(ended, each, Part.HEADS_UP, Reason.ENDED, now) for each in told)
    return put(ended, sends)


def _stay_ended(life: Life, heard: Life, now: Happening, _: Policy) -> Life:
    """Keep the newest words; where it was never open here, remember when it was heard of."""
    return replace(heard, ended_ms=now.clock_ms) if life is heard else heard


Transition = Callable[[Life, Life, Happening, Policy], Life]
_TRANSITIONS: Final[Mapping[tuple[bool, bool], Transition]] = MappingProxyType(
    {  # (it was open, it is open)
        (False, True): _raise,
        (True, True): _change,
        (True, False): _end,
        (False, False): _stay_ended,
    }
)
