"""How often somebody may ask: so many times a minute, kept for so many askers."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

ASKERS_MAX: Final = 10_000
MINUTE_S: Final = 60.0


class Limiter:
    """A bucket for each asker, which fills evenly."""

    def __init__(self, a_minute: int, now_s: Callable[[], float]) -> None:
        self._most, self._now_s = float(a_minute), now_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def lets(self, asker: str) -> bool:
        """Tell whether it may ask now; what it asks is counted."""
        now_s = self._now_s()
        left, at_s = self._left.pop(asker, (self._most, now_s))
        left = min(self._most, left + (now_s - at_s) * self._most / MINUTE_S)
        may = left >= 1.0
        self._left[asker] = (left - 1.0 if may else left, now_s)
        if len(self._left) > ASKERS_MAX:
            self._left.popitem(last=False)
        return may
