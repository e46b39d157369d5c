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


def in_words(at_ms: int) -> str:
    """Write a moment: 4 Mar 16:00 UTC."""
    at = moment(at_ms)
    return f"{at.day} {at:%b %H:%M} UTC"
