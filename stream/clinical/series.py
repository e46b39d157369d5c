"""A series: the readings of one signal, sorted; it is never changed.

Of two readings of one moment the one recorded later counts, then the one with the larger id: it is
the last of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeVar, overload

T = TypeVar("T")
F = TypeVar("F")
Order = tuple[int, int, str, str]  # what readings are sorted by
K = TypeVar("K", int, Order)


class Reading(NamedTuple, Generic[T]):
    """One value of a signal, when it was true, and which record said so."""

    effective_ms: int
    recorded_ms: int
    event_id: str
    source: str
    value: T


class Readings(Sequence[Reading[T]]):
    """The readings of one signal that are kept.

    A series that is longer by one newest reading shares the list of the shorter one, which goes on
    seeing only as many as it did: adding a reading costs the same however many there are.
    """

    __slots__ = ("_count", "_folds", "_shared", "newest")

    def __init__(self, readings: Iterable[Reading[T]]) -> None:
        self._shared = list(readings)
        self._count = len(self._shared)
        self.newest = self._shared[-1] if self._shared else None
        # What was made of how many of the shared readings: of use to every longer series.
        self._folds: dict[Callable[..., Any], tuple[int, Any]] = {}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Reading[T]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Reading[T], ...]: ...
    def __getitem__(self, place: int | slice) -> Reading[T] | tuple[Reading[T], ...]:
        if isinstance(place, slice):
            start, stop, step = place.indices(self._count)
            if step == 1:
                return tuple(self._shared[start:stop])
            return tuple(self._shared[each] for each in range(start, stop, step))
        if place < 0:
            place += self._count
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._shared[place]

    def __iter__(self) -> Iterator[Reading[T]]:
        return islice(self._shared, self._count)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Readings):
            return NotImplemented
        return self._count == other._count and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def and_then(self, newest: Reading[T]) -> "Readings[T]":
        """Give the series with one more reading at its end."""
        if len(self._shared) != self._count:  # another one has gone on from here
            return Readings((*self, newest))
        longer: Readings[T] = Readings.__new__(Readings)
        self._shared.append(newest)
        longer._shared, longer._count, longer.newest = self._shared, self._count + 1, newest
        longer._folds = self._folds
        return longer

    def folded(self, step: Callable[[F, Reading[T]], F], start: F) -> F:
        """Take in reading after reading, from where it was left off; `F` is never changed."""
        count: int
        found: F
        count, found = self._folds.get(step, (0, start))
        if count > self._count:
            count, found = 0, start
        for reading in islice(self._shared, count, self._count):
            found = step(found, reading)
        self._folds[step] = self._count, found
        return found

    def place_of(self, sought: K, key: Callable[[Reading[T]], K], *, after_equal: bool) -> int:
        """Find where something belongs by a key, before or after all that equal it."""
        if after_equal:
            return bisect_right(self._shared, sought, hi=self._count, key=key)
        return bisect_left(self._shared, sought, hi=self._count, key=key)


Series = Sequence[Reading[Any]]  # `Readings`, or a part of them as a tuple


def with_reading(series: Readings[T] | None, reading: Reading[T]) -> Readings[T]:
    """Put a reading in its place; None is a series that has none yet."""
    if series is None or series.newest is None:
        return Readings((reading,))
    newest = series.newest
    if newest.effective_ms < reading.effective_ms or newest[:4] <= reading[:4]:
        return series.and_then(reading)
    place = _place_of(series, reading[:4], _order, after_equal=True)
    return Readings((*series[:place], reading, *series[place:]))


def without(series: Readings[T], reading: Reading[T]) -> Readings[T]:
    """Take a reading out; it need not be there."""
    place = _place_of(series, reading[:4], _order, after_equal=False)
    if place < len(series) and series[place] == reading:
        return Readings((*series[:place], *series[place + 1 :]))
    return series


def up_to(series: Series, moment_ms: int | None) -> Series:
    """Leave out what became true after a moment; None is no limit."""
    if moment_ms is None or not series or series[-1].effective_ms <= moment_ms:
        return series
    return series[: _place_of(series, moment_ms, _effective, after_equal=True)]


def since(series: Series, moment_ms: int | None) -> Series:
    """Leave out what was true before a moment; None is no limit."""
    if moment_ms is None or not series or series[0].effective_ms >= moment_ms:
        return series
    return series[_place_of(series, moment_ms, _effective, after_equal=False) :]


def newest_of(
    series: "Readings[T] | None", from_ms: int | None, until_ms: int | None
) -> Reading[T] | None:
    """Give the newest reading of a span, both ends included; None is no limit."""
    newest = None if series is None else series.newest
    if series is None or newest is None:
        return None
    if until_ms is not None and newest.effective_ms > until_ms:
        place = place_after(series, until_ms)
        if not place:
            return None
        newest = series[place - 1]
    return None if from_ms is not None and newest.effective_ms < from_ms else newest


def fold(series: Series, step: Callable[[F, Reading[Any]], F], start: F) -> F:
    """Take in reading after reading; for a series that only grew, those that are new."""
    if isinstance(series, Readings):
        return series.folded(step, start)
    return reduce(step, series, start)


def place_at(series: Series, moment_ms: int) -> int:
    """Count the readings from before a moment."""
    return _place_of(series, moment_ms, _effective, after_equal=False)


def place_after(series: Series, moment_ms: int) -> int:
    """Count the readings until a moment, which is included."""
    return _place_of(series, moment_ms, _effective, after_equal=True)


def one_a_moment(series: Series) -> Iterator[Reading[Any]]:
    """Leave out what another record of the same moment sets aside."""
    last: Reading[Any] | None = None
    for reading in series:
        if last is not None and last.effective_ms != reading.effective_ms:
            yield last
        last = reading
    if last is not None:
        yield last


def _place_of(
    series: Series, sought: K, key: Callable[[Reading[Any]], K], *, after_equal: bool
) -> int:
    if not isinstance(series, Readings):
        series = Readings(series)
    return series.place_of(sought, key, after_equal=after_equal)


def _same(one: Reading[Any], other: Reading[Any]) -> bool:
    return one == other


def _order(reading: Reading[Any]) -> Order:
    return reading[:4]


def _effective(reading: Reading[Any]) -> int:
    return reading.effective_ms
