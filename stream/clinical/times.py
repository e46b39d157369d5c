"""Times: epoch milliseconds inside the engine, aware moments at its edges."""

from datetime import datetime, timedelta
from typing import Final

from topics.base import EPOCH

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


def moment(at_ms: int) -> datetime:
    """Give the aware moment of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=at_ms)


def day_of(at_ms: int, from_ms: int | None) -> int | None:
    """Count the days since an infusion, which is day 0; None where none is known."""
    return None if from_ms is None else (at_ms - from_ms) // DAY_MS


def span_in_words(length_ms: int) -> str:
    """Write a length of time: 45 minutes, 1 hour, 2.5 hours."""
    if length_ms < HOUR_MS:
        return _counted(f"{length_ms // MINUTE_MS}", "minute")
    return _counted(f"{length_ms / HOUR_MS:.3g}", "hour")


def in_words(at_ms: int) -> str:
    """Write a moment: 4 Mar 16:00 UTC."""
    at = moment(at_ms)
    return f"{at.day} {at:%b %H:%M} UTC"


def _counted(number: str, what: str) -> str:
    return f"{number} {what}" if number == "1" else f"{number} {what}s"
