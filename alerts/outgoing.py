"""Pages on their way: who is to be told now, under which id, and what replaces what."""

from dataclasses import replace
from typing import NamedTuple
from uuid import uuid5

from alerts.life import Happening, Life, Reason, Send
from alerts.policy import Policy
from alerts.routing import Address, Part, Tier
from topics.acks import Ack
from topics.alerts import NAMESPACE, Alert
from topics.base import epoch_ms
from topics.pages import page_id


def put(life: Life, sends: tuple[Send, ...]) -> Life:
    """Send these pages in place of older ones to the same people through the same sinks."""
    if not sends:
        return life
    replaced = {send.address for send in sends}
    kept = tuple(send for send in life.sends if send.address not in replaced)
    return replace(life, sends=(*kept, *sends), rounds=life.rounds + 1, paged_ms=sends[0].at_ms)


class Call(NamedTuple):
    """Why pages go out, upon what, and how the site pages."""

    reason: Reason
    now: Happening
    policy: Policy


def to_tier(life: Life, number: int, tier: Tier, call: Call) -> tuple[Send, ...]:
    """Return the pages to everyone of a tier; the first has the number 1."""
    return tuple(
        new_send(life, address, part, call, tier=number)
        for target, part in tier.parts.items()
        for address in call.policy.routing.addresses(target, call.now.clock_ms)
    )


def new_send(life: Life, address: Address, part: Part, call: Call, *, tier: int) -> Send:
    """Return a page to one role through one sink, not yet tried."""
    reason, now, _ = call
    at_ms = epoch_ms(life.line.at)
    return Send(
        page_id=_name_page(life, address, tier),
        address=address,
        tier=tier,
        part=part,
        reason=reason,
        at_ms=at_ms if isinstance(now.what, Alert) else max(at_ms, now.clock_ms),
        asked_ms=now.record_ms,
    )


def telling_of(life: Life, ack: Ack, call: Call) -> tuple[Send, ...]:
    """Return what tells each gateway that calls on its own of an answer, but where it was given.

    Of several that give answers under one source it is not known which did: all of them are told.
    """
    call_on = call.policy.call_on
    givers = [sink for sink, source in call_on.items() if source == ack.source]
    silent = givers if len(givers) == 1 else []
    # Each keeps one incident, whoever was paged through it.
    addresses = {each.sink: each for each in sorted(life.told) if each.sink in call_on}
    answer = f"{life.line.alert_id}|{ack.source}|{ack.event_id}"
    return tuple(
        replace(
            new_send(life, address, Part.HEADS_UP, call, tier=0),
            page_id=str(uuid5(NAMESPACE, f"{answer}|{sink}")),
        )
        for sink, address in addresses.items()
        if sink not in silent
    )


def _name_page(life: Life, address: Address, tier: int) -> str:
    """Name a page, the same over tries and restarts; the next one about a revision is another."""
    first = page_id(life.line.alert_id, life.line.revision, address.whom, tier)
    return first if life.rounds == 0 else str(uuid5(NAMESPACE, f"{first}|{life.rounds}"))
