"""What follows from a line of the alert: raised, changed, resolved or retracted."""

import hashlib
from dataclasses import replace
from enum import StrEnum

from alerts.climbing import call, call_anew, held_until_ms
from alerts.life import BEFORE_ANY_TICK, OPEN_STATES, Answer, Change, Happening, Life, Reason
from alerts.outgoing import Call, new_send, put, to_tier
from alerts.policy import BY_ICANS_GRADE, Policy
from alerts.routing import Part, Tier
from topics.alerts import Alert, AlertState
from topics.base import MILLISECOND, epoch_ms
from topics.codec import encode


class Line(StrEnum):
    """What a line brings that was not known."""

    OLD = "old"  # had before, older, or the milder of two that disagree
    RAISED = "raised"
    WORSE = "worse"
    AGAIN = "again"  # the rule repeats itself
    OTHER = "other"  # milder, or true for other reasons
    ENDED = "ended"  # resolved or retracted


def hear(life: Life | None, line: Alert, now: Happening, policy: Policy) -> tuple[Line, Change]:
    """Say what a line brings, and what it makes of the alert before anyone is told."""
    heard = _with_line(life, line, policy)
    if life is None:
        kind = Line.RAISED if heard.is_open else Line.ENDED
        return kind, Change(heard, heard, now, policy)
    if line.revision < life.line.revision or heard.digest == life.digest:
        # What is said twice, and alike, is agreed on again.
        agreed = line.revision > life.disputed > 0 and heard.digest == life.digest
        had = replace(life, disputed=0) if agreed else life
        if heard.newest_ms > life.newest_ms:
            had = replace(had, newest_ms=heard.newest_ms)
        return Line.OLD, Change(had, had, now, policy)
    if line.revision == life.line.revision:  # replicas disagree: the more urgent counts
        life, heard = (
            replace(
                each,
                disputes=life.disputes + 1,
                disputed=line.revision,
                newest_ms=heard.newest_ms,
            )
            for each in (life, heard)
        )
        if (heard.is_open, heard.level.weight) <= (life.is_open, life.level.weight):
            return Line.OLD, Change(life, life, now, policy)
    # It is raised once, so one that is raised anew has ended in between.
    anew = line.state is AlertState.RAISED and line.revision > life.line.revision
    if not heard.is_open:
        return Line.ENDED, Change(life, heard, now, policy)
    if anew or not life.is_open:
        return Line.RAISED, Change(life, heard, now, policy)
    heard = replace(heard, answers=_that_hold(life, heard, policy))
    return _kind_of_change(life, heard, policy), Change(life, heard, now, policy)


def _with_line(life: Life | None, line: Alert, policy: Policy) -> Life:
    digest = hashlib.sha256(encode(line)).hexdigest()[:32]
    level, at_ms = policy.level_of(line), epoch_ms(line.at)
    said_ms = at_ms if line.state in OPEN_STATES else BEFORE_ANY_TICK
    if life is None:
        return Life(
            line, digest, level, level_since_ms=at_ms, open_since_ms=at_ms, newest_ms=said_ms
        )
    return replace(
        life,
        line=line,
        digest=digest,
        level=level,
        level_since_ms=life.level_since_ms if level == life.level else at_ms,
        rounds=life.rounds if line.revision == life.line.revision else 0,
        newest_ms=max(life.newest_ms, said_ms),
    )


def _that_hold(life: Life, heard: Life, policy: Policy) -> tuple[Answer, ...]:
    """Return the answers that cover what the alert has become."""
    settled = (_settled(each, life, heard, policy) for each in life.answers)
    return tuple(each for each in settled if not heard.level.is_worse_than(each.level))


def _settled(answer: Answer, life: Life, heard: Life, policy: Policy) -> Answer:
    """Bring an answer down to what the alert has been for long enough.

    Who answered a grade 3 that fell to 1 for half a day has not answered the next grade 3.
    """
    held_ms = epoch_ms(heard.line.at) - life.level_since_ms
    if held_ms < policy.settled_after // MILLISECOND:
        return answer
    return replace(answer, level=answer.level.milder_of(life.level))


def _kind_of_change(life: Life, heard: Life, policy: Policy) -> Line:
    if life.answer is not None:
        return Line.WORSE if heard.answer is None else Line.OTHER
    if heard.level.is_new_beside(life.level):
        return Line.WORSE
    return Line.AGAIN if _is_repeat(life, heard, policy) else Line.OTHER


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
    graded = (line.icans if line.rule == BY_ICANS_GRADE else line.crs) or {}
    grades = {name: graded[name].lowest for name in line.priorities if name in graded}
    return line.priorities, grades, {each.signal for each in line.because}


def note(change: Change) -> Life:
    """Know the newest line, and tell nobody."""
    return change.heard


def begin(change: Change) -> Life:
    """Begin anew: who answered before answered something that has ended since."""
    at_ms = epoch_ms(change.heard.line.at)
    raised = replace(
        change.heard,
        open_since_ms=at_ms,
        level_since_ms=at_ms,
        sends=(),
        shown=None,
        answers=(),
        ended_ms=BEFORE_ANY_TICK,
    )
    return call(raised, Reason.RAISED, change.now, change.policy)


def call_as_worse(change: Change) -> Life:
    """Call the first tier anew: it is worse than what was told, or than what was answered."""
    life, heard, now, policy = change
    if life.answer is not None:
        return call_anew(heard, Reason.WORSE, now, policy)
    # A page that is replaced now may have been read: an answer to it is no answer to this one.
    maybe_read = any(send.address in life.told for send in life.sends)
    shown = life.level if life.shown is None and maybe_read else life.shown
    return call_anew(replace(heard, shown=shown), _unless_news(heard, Reason.WORSE), now, policy)


def call_as_repeated(change: Change) -> Life:
    """Call the first tier anew: the rule says it again, and nobody has answered."""
    reason = _unless_news(change.heard, Reason.REPEATED)
    return call_anew(change.heard, reason, change.now, change.policy)


def _unless_news(life: Life, reason: Reason) -> Reason:
    """Return why a page goes out: an alert of which nobody can have heard is new to everyone."""
    return reason if life.told else Reason.RAISED


def tell_concerned(change: Change) -> Life:
    """Tell those whom it concerns now and who were not told yet; the others hear of its end.

    Nobody is told that it became milder: that might call off a team which is on its way.
    """
    _, heard, now, policy = change
    if (until_ms := held_until_ms(heard, now, policy)) is not None:
        return replace(heard, tier=0, due_ms=until_ms)
    tiers = policy.routing.route_of(heard.about, now.clock_ms).tiers
    if not tiers:
        return replace(heard, sends=(), tier=0, due_ms=None)
    reason = _unless_news(heard, Reason.CONCERNED)
    wanted = to_tier(heard, 1, tiers[0], Call(reason, now, policy))
    targets = {target for tier in tiers[: max(1, heard.tier)] for target in tier.parts}
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
    waiting = _waiting_on(replace(heard, sends=kept), tiers, now, is_told=bool(fresh))
    return put(waiting, fresh)


def _waiting_on(life: Life, tiers: tuple[Tier, ...], now: Happening, *, is_told: bool) -> Life:
    """Wait on for an answer, if one is wanted still; who is told only now has time to give it."""
    tier = min(max(life.tier, 1), len(tiers))
    within = tiers[tier - 1].answer_within
    if within is None:
        return replace(life, tier=tier, due_ms=None)
    latest_ms = now.clock_ms + within // MILLISECOND
    due_ms = latest_ms if is_told or life.due_ms is None else life.due_ms
    return replace(life, tier=tier, due_ms=due_ms)


def end(change: Change) -> Life:
    """Tell the end to whoever may believe that it is open, answered or not."""
    _, heard, now, policy = change
    told = Call(Reason.ENDED, now, policy)
    ended = replace(
        heard, sends=(), shown=None, answers=(), due_ms=None, tier=0, ended_ms=now.clock_ms
    )
    sends = tuple(new_send(ended, each, Part.HEADS_UP, told, tier=1) for each in sorted(heard.told))
    return put(ended, sends)


def stay_ended(change: Change) -> Life:
    """Keep the newest words; where it was never open here, remember when it was heard of."""
    life, heard, now, _ = change
    return replace(heard, ended_ms=now.clock_ms) if life is heard else heard
