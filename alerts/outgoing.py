"""Pages on their way: who is to be told now, under which id, and what replaces what."""

from dataclasses import replace
from typing import Final
from uuid import uuid5

from alerts.life import Address, Happening, Life, Reason, Send
from alerts.policy import Part, Policy
from topics.alerts import NAMESPACE, Alert
from topics.base import epoch_ms
from topics.pages import page_id

TIER: Final = 1  # the only one so far


def page_all(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Tell everyone whom it concerns. Older pages to others stay on their way."""
    return put(life, to_all(life, reason, now, policy))


def page_anew(life: Life, reason: Reason, now: Happening, policy: Policy) -> Life:
    """Tell everyone whom a newer line concerns, in place of every page that surely never left.

    Such a page would go to whom the line before concerned, in the words of this one.
    """
    sends = to_all(life, reason, now, policy)
    if not sends:
        return life
    left = tuple(send for send in life.sends if not life.surely_unsent(send))
    return put(replace(life, sends=left), sends)


def put(life: Life, sends: tuple[Send, ...]) -> Life:
    """Send these pages in place of older ones to the same people through the same sinks."""
    if not sends:
        return life
    replaced = {send.address for send in sends}
    kept = tuple(send for send in life.sends if send.address not in replaced)
    return replace(life, sends=(*kept, *sends), rounds=life.rounds + 1, paged_ms=sends[0].at_ms)


def to_all(life: Life, reason: Reason, now: Happening, policy: Policy) -> tuple[Send, ...]:
    """Return the pages to everyone whom it concerns."""
    return tuple(
        new_send(life, Address(target, sink), part, reason, now)
        for tier in policy.tiers_of(life.level.priority)[:TIER]
        for target, part in tier.parts.items()
        for sink in policy.routes.get(target, ())
    )


def new_send(life: Life, address: Address, part: Part, reason: Reason, now: Happening) -> Send:
    """Return a page to one role through one sink, not yet tried."""
    at_ms = epoch_ms(life.line.at)
    return Send(
        page_id=_name_page(life, address),
        address=address,
        tier=TIER,
        part=part,
        reason=reason,
        at_ms=at_ms if isinstance(now.what, Alert) else max(at_ms, now.clock_ms),
        asked_ms=now.record_ms,
    )


def _name_page(life: Life, address: Address) -> str:
    """Name a page, the same over tries and restarts; the next one about a revision is another."""
    first = page_id(life.line.alert_id, life.line.revision, address.target, TIER)
    return first if life.rounds == 0 else str(uuid5(NAMESPACE, f"{first}|{life.rounds}"))
