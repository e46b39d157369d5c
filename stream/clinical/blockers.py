"""Interleukin-6 and the drugs that block it: after one of them its level says nothing.

Tocilizumab blocks the receptor, and free interleukin-6 may rise 10 to 100 times.
Source: CLINICAL.md §1.2 (review line 75), DEC-10.
"""

from typing import Any, Final

from stream.clinical.masking import BLOCKED_MS, BLOCKER_SIGNALS
from stream.clinical.results import newest
from stream.clinical.series import Reading, up_to
from stream.clinical.signals import Result, lab
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

IL6: Final = lab("il6")
IL6_MS: Final = 24 * HOUR_MS  # how old it may be, the end included


def last_blocker(view: View, before_ms: int) -> tuple[str, Reading[Any]] | None:
    """Find the newest dose of a blocker up to a moment that still locks interleukin-6 then."""
    given = [
        (signal.name.partition(":")[2], dose)
        for signal in BLOCKER_SIGNALS
        for dose in up_to(view.every(signal), before_ms)[-1:]
        if before_ms <= dose.effective_ms + BLOCKED_MS
    ]
    return max(given, key=lambda each: each[1].effective_ms, default=None)


def readable_il6(view: View, max_age_ms: int | None = IL6_MS) -> Reading[Result] | None:
    """Find the newest interleukin-6 that was collected before any blocker."""
    result = newest(view, "il6", max_age_ms)
    if result is None or last_blocker(view, result.effective_ms) is not None:
        return None
    return result
