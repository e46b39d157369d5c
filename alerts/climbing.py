"""Calling one tier after another until somebody answers.

A tier that has nobody is passed over at once. The last one that has anybody is called again and
again: while an alert that asks for an answer is open and has none, it always has a time at which
somebody is called next.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from alerts.life import Happening, Life, Reason, Send
from alerts.outgoing import Call, put, to_tier
from alerts.policy import Policy
from alerts.routing import Tier
from topics.base import MILLISECOND

UNREACHED_AGAIN: Final = timedelta(minutes=15)  # after it, what asks for no answer is told anew

Tiers = tuple[Tier, ...]


def call(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Begin with the first tier, unless a maintenance holds it. Older pages stay on their way."""
    route = policy.routing.route_of(life.about, now.clock_ms)
    until_ms = held_until_ms(life, now, policy)
    # Who has answered did so while as many were needed as then: that is not taken back.
    needed = max(route.responders, life.responders if life.answers else 1)
    begun = replace(life, tier=0, turns=0, reached=False, due_ms=None, responders=needed)
    if until_ms is not None:
        return replace(begun, due_ms=until_ms)
    return _call_above(begun, route.tiers, Call(reason, now, policy))


def held_until_ms(life: Life, now: Happening, policy: Policy) -> int | None:
    """Return when a maintenance ends that holds it: what nobody was told of. None: none does."""
    return None if life.told else policy.routing.held_until_ms(life.about, now.clock_ms)


def call_anew(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Begin with the first tier, in place of every page that surely never left.

    Such a page would go to whom the line before concerned, in the words of this one.
    """
    left = tuple(send for send in life.sends if not life.surely_unsent(send))
    called = call(replace(life, sends=left), reason, now, policy)
    return called if called.sends != left else replace(called, sends=life.sends)


def climb(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Call whoever is next: the same tier again, the one after it, or the last one once more."""
    if not life.told:
        reason = Reason.RAISED  # no page has left yet: it is new to everyone
    if life.tier == 0:  # a maintenance held it
        return call(life, reason, now, policy)
    tiers = policy.routing.route_of(life.about, now.clock_ms).tiers
    again = Call(Reason.REMINDED if reason is Reason.CLIMBED else reason, now, policy)
    if life.tier <= len(tiers) and life.turns < tiers[life.tier - 1].times:
        return _call_again(life, life.tier, tiers, again)
    if life.tier < len(tiers):
        climbed = _call_above(life, tiers, Call(reason, now, policy))
        if climbed.tier > life.tier:
            return climbed
    # The last one that has anybody: who can be told hears again that nobody has answered.
    numbers = range(len(tiers), 0, -1)
    last = next((n for n in numbers if to_tier(life, n, tiers[n - 1], again)), len(tiers))
    return _call_again(life, last, tiers, again)


def climb_at_once(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Call the next tier that has somebody now; where there is none, all were tried in vain."""
    tiers = policy.routing.route_of(life.about, now.clock_ms).tiers
    return _call_above(life, tiers, Call(reason, now, policy))


def _call_above(life: Life, tiers: Tiers, call: Call) -> Life:
    """Call the first tier above that has anybody."""
    for number in range(life.tier + 1, len(tiers) + 1):
        if sends := to_tier(life, number, tiers[number - 1], call):
            return _called(replace(life, tier=number, turns=1), tiers[number - 1], sends, call.now)
    if not tiers:
        return replace(life, due_ms=None)
    # What asks for no answer is told again as well: nobody knows of it.
    due_ms = _end_of(tiers[-1], call.now) or _after(call.now, UNREACHED_AGAIN)
    return replace(life, unreached=life.unreached + 1, untold=True, due_ms=due_ms)


def _call_again(life: Life, number: int, tiers: Tiers, call: Call) -> Life:
    """Remind a tier: only those who have to do something."""
    if number == 0:
        return replace(life, due_ms=None)  # at this hour nobody is told of such an alert
    tier = tiers[number - 1]
    sends = to_tier(life, number, tier, call)
    if not sends:
        life = replace(life, unreached=life.unreached + 1, untold=True)
    counting = tuple(send for send in sends if send.counts)
    turns = life.turns + 1 if number == life.tier else 1
    return _called(replace(life, tier=number, turns=turns), tier, counting or sends, call.now)


def _called(life: Life, tier: Tier, sends: Iterable[Send], now: Happening) -> Life:
    called = replace(life, reached=False, due_ms=_end_of(tier, now))
    return put(called, tuple(sends))


def _end_of(tier: Tier, now: Happening) -> int | None:
    """Return by when somebody of a tier must answer."""
    return None if tier.answer_within is None else _after(now, tier.answer_within)


def _after(now: Happening, length: timedelta) -> int:
    return now.clock_ms + length // MILLISECOND
