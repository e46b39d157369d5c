"""A series: the readings of one signal, sorted; a tuple that is never changed in place.

Of two readings of one moment the one recorded later counts, then the one with the larger id: it is
the last of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Reading(NamedTuple, Generic[T]):
    """One value of a signal, when it was true, and which record said so."""

    effective_ms: int
    recorded_ms: int
    event_id: str
    source: str
    value: T


Series = tuple[Reading[Any], ...]


def with_reading(series: Series, reading: Reading[Any]) -> Series:
    """Put a reading in its place."""
    if not series or _order(series[-1]) <= _order(reading):
        return (*series, reading)
    place = bisect_right(series, _order(reading), key=_order)
    return (*series[:place], reading, *series[place:])


def without(series: Series, reading: Reading[Any]) -> Series:
    """Take a reading out; it need not be there."""
    place = bisect_left(series, _order(reading), key=_order)
    if place < len(series) and series[place] == reading:
        return (*series[:place], *series[place + 1 :])
    return series


def up_to(series: Series, moment_ms: int | None) -> Series:
    """Leave out what became true after a moment; None is no limit."""
    if moment_ms is None or not series or series[-1].effective_ms <= moment_ms:
        return series
    return series[: bisect_right(series, moment_ms, key=_effective)]


def since(series: Series, moment_ms: int | None) -> Series:
    """Leave out what was true before a moment; None is no limit."""
    if moment_ms is None or not series or series[0].effective_ms >= moment_ms:
        return series
    return series[bisect_left(series, moment_ms, key=_effective) :]


def one_a_moment(series: Series) -> Iterator[Reading[Any]]:
    """Leave out what another record of the same moment sets aside."""
    for place, reading in enumerate(series):
        following = series[place + 1] if place + 1 < len(series) else None
        if following is None or following.effective_ms != reading.effective_ms:
            yield reading


def _order(reading: Reading[Any]) -> tuple[int, int, str, str]:
    return reading[:4]


def _effective(reading: Reading[Any]) -> int:
    return reading.effective_ms
