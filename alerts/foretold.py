"""Who would be told of an alert that nobody answers, and when: `decide` itself, with no answer."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from alerts.decide import decide, due_ms
from alerts.life import Happening, Life, Send
from alerts.policy import Policy
from topics.alerts import Alert
from topics.base import EPOCH, MILLISECOND, epoch_ms
from topics.pages import Outcome, PageLine
from topics.ticks import Tick

CALLS_AT_MOST: Final = 24


class Call(NamedTuple):
    """What leaves at one time."""

    after: timedelta
    life: Life
    sends: tuple[Send, ...]


def foretell(line: Alert, at: datetime, policy: Policy) -> Iterator[Call]:
    """Give each time at which somebody is called, until what follows is only repeated."""
    clock_ms = start_ms = epoch_ms(at)
    life, sends = decide(None, Happening(line, clock_ms, clock_ms), policy)
    seen: set[tuple[object, ...]] = set()
    while life is not None and len(seen) < CALLS_AT_MOST:
        called = tuple((send.tier, send.reason, send.address) for send in sends)
        if called in seen:
            return
        seen.add(called)
        if sends:
            yield Call((clock_ms - start_ms) * MILLISECOND, life, sends)
        for send in sends:
            life, _ = decide(life, _arrives(line, send, clock_ms), policy)
        due = None if life is None else due_ms(life, policy)
        if due is None:
            return
        clock_ms = due
        tick = Tick(at=EPOCH + clock_ms * MILLISECOND)
        life, sends = decide(life, Happening(tick, clock_ms, clock_ms), policy)


def _arrives(line: Alert, send: Send, clock_ms: int) -> Happening:
    arrived = PageLine(
        page_id=send.page_id,
        patient_id=line.patient_id,
        alert_id=line.alert_id,
        revision=line.revision,
        at=EPOCH + clock_ms * MILLISECOND,
        target=send.address.target,
        tier=send.tier,
        sink=send.address.sink,
        attempt=send.attempt,
        outcome=Outcome.SENT,
    )
    return Happening(arrived, clock_ms, clock_ms)
