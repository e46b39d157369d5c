"""Leaves a gateway alone that answers nothing or asks for it, and finds out when it is back.

While it is open no page is tried, none is lost and none is counted as tried: they wait in their
order, and whoever is called next is called in time. Then one page tries whether the gateway is
back; when it is, all that wait leave at once.

A gateway that only fails now and then is never left alone: it has to have answered nothing during
`DEAD_AFTER_S`. And none is left alone for longer than `WAIT_MAX_S`, whatever it asks: so long may
a page wait once a gateway is there again.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from alerts.sinks import Delivery, Tried

FAILURES_MIN: Final = 5  # tries in a row
DEAD_AFTER_S: Final = 10.0
WAIT_MIN_S: Final = 5.0
WAIT_MAX_S: Final = 60.0
SPREAD: Final = 0.25  # the share of a wait that is left to chance: pagers must not come together


class State(IntEnum):
    """What `stormwatch_sink_state` shows."""

    CLOSED = 0  # pages are tried
    HALF_OPEN = 1  # one page finds out whether the gateway is back
    OPEN = 2  # none is tried


class Breaker:
    """The breaker of one gateway. `now_s` is a clock that never goes back."""

    def __init__(self, now_s: Callable[[], float], chance: Callable[[], float]) -> None:
        self._now_s, self._chance = now_s, chance
        self._failures = 0
        self._failing_since_s = 0.0
        self._opened = 0  # times in a row
        self._until_s: float | None = None  # None: closed
        self._is_probing = False

    @property
    def state(self) -> State:
        """How it stands now."""
        if self._until_s is None:
            return State.CLOSED
        return State.HALF_OPEN if self._is_probing else State.OPEN

    @property
    def wait_s(self) -> float:
        """For how long no page is to be tried; 0: one may be now."""
        return 0.0 if self._until_s is None else max(0.0, self._until_s - self._now_s())

    def may_try(self) -> bool:
        """Tell whether a page may be tried now; when it is open for long enough, one may."""
        if self._until_s is None:
            return True
        return not self._is_probing and self.wait_s == 0.0

    def begin(self) -> None:
        """Know that a page is tried now."""
        self._is_probing = self._until_s is not None

    def abandon(self) -> None:
        """Know that nothing was tried after all: what was to be said is no longer true."""
        self._is_probing = False

    def end(self, tried: Tried) -> None:
        """Know how a try ended. A gateway that refuses a page is there."""
        self._is_probing = False
        if tried.delivery is not Delivery.RETRY:
            self._failures = self._opened = 0
            self._until_s = None
        elif tried.wait_s is not None:
            self._open(min(tried.wait_s, WAIT_MAX_S))
        else:
            self._fail()

    def _fail(self) -> None:
        if self._failures == 0:
            self._failing_since_s = self._now_s()
        self._failures += 1
        is_dead = (
            self._failures >= FAILURES_MIN and self._now_s() - self._failing_since_s >= DEAD_AFTER_S
        )
        if is_dead or self._until_s is not None:
            wait_s = min(WAIT_MIN_S * 2**self._opened, WAIT_MAX_S)
            self._opened += 1
            self._open(wait_s * (1 - SPREAD * self._chance()))

    def _open(self, wait_s: float) -> None:
        self._until_s = self._now_s() + wait_s
