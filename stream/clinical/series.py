"""A series: the readings of one signal, sorted; it is never changed.

Of two readings of one moment the one recorded later counts, then the one with the larger id: it is
the last of them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar, overload

T = TypeVar("T")
F = TypeVar("F")
Order = tuple[int, int, str, str]  # what readings are sorted by

MARK_EVERY: Final = 16  # readings, of what is kept of a fold


class Reading(NamedTuple, Generic[T]):
    """One value of a signal, when it was true, and which record said so."""

    effective_ms: int
    recorded_ms: int
    event_id: str
    source: str
    value: T


class _Fold:
    """What readings made of a start, one after the other: the last value and some before it."""

    __slots__ = ("_marks", "_place", "_value", "from_place")

    def __init__(self, from_place: int, start: Any) -> None:  # noqa: ANN401, of any kind
        self.from_place = self._place = from_place
        self._value = start
        self._marks = [start]  # after none of them, after `MARK_EVERY`, and so on

    def until(self, readings: list[Reading[Any]], step: Callable[..., Any], place: int) -> Any:  # noqa: ANN401
        """Give the value after the readings until a place, that one left out."""
        if place < self._place:
            mark = max(place - self.from_place, 0) // MARK_EVERY
            first = self.from_place + mark * MARK_EVERY
            return reduce(step, islice(readings, first, place), self._marks[mark])
        value = self._value
        for at, reading in enumerate(islice(readings, self._place, place), self._place + 1):
            value = step(value, reading)
            if (at - self.from_place) % MARK_EVERY == 0:
                self._marks.append(value)
        self._place, self._value = place, value
        return value

    def until_place(self, place: int) -> "_Fold":
        """Give what is left of it where the readings from a place on are others."""
        left = _Fold(self.from_place, self._marks[0])
        if place >= self._place:
            left._marks, left._place, left._value = list(self._marks), self._place, self._value
        else:
            left._marks = self._marks[: (place - self.from_place) // MARK_EVERY + 1]
            left._place = self.from_place + MARK_EVERY * (len(left._marks) - 1)
            left._value = left._marks[-1]
        return left


class Readings(Sequence[Reading[T]]):
    """The readings of one signal that are kept.

    A series that is longer by one newest reading shares the list of the shorter one, which goes on
    seeing only as many as it did: adding a reading costs the same however many there are.
    """

    __slots__ = ("_folds", "newest", "shared", "size")

    def __init__(self, readings: Iterable[Reading[T]]) -> None:
        self.shared = list(readings)  # with longer ones; the first of it are its own
        self.size = len(self.shared)
        self.newest = self.shared[-1] if self.shared else None
        # What was made of the shared readings: of use to shorter and to longer series.
        self._folds: dict[Callable[..., Any], _Fold] = {}

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> Reading[T]: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Reading[T], ...]: ...
    def __getitem__(self, place: int | slice) -> Reading[T] | tuple[Reading[T], ...]:
        if isinstance(place, slice):
            start, stop, step = place.indices(self.size)
            if step == 1:
                return tuple(self.shared[start:stop])
            return tuple(self.shared[each] for each in range(start, stop, step))
        if place < 0:
            place += self.size
        if not 0 <= place < self.size:
            raise IndexError(place)
        return self.shared[place]

    def __iter__(self) -> Iterator[Reading[T]]:
        return islice(self.shared, self.size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Readings):
            return NotImplemented
        return self.size == other.size and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]  # as a list has none

    def and_then(self, newest: Reading[T]) -> "Readings[T]":
        """Give the series with one more reading at its end."""
        if len(self.shared) != self.size:  # another one has gone on from here
            return Readings((*self, newest))
        longer: Readings[T] = Readings.__new__(Readings)
        self.shared.append(newest)
        longer.shared, longer.size, longer.newest = self.shared, self.size + 1, newest
        longer._folds = self._folds
        return longer

    def with_one_at(self, place: int, reading: Reading[T]) -> "Readings[T]":
        """Give the series with one more reading between others."""
        longer: Readings[T] = Readings.__new__(Readings)
        longer.shared = self.shared[: self.size]
        longer.shared.insert(place, reading)
        longer.size, longer.newest = self.size + 1, longer.shared[-1]
        longer._folds = {
            step: fold.until_place(place)
            for step, fold in self._folds.items()
            if fold.from_place <= place
        }
        return longer

    def folded(
        self, step: Callable[[F, Reading[T]], F], start: F, from_place: int, until_place: int
    ) -> F:
        """Take in reading after reading of a part, from where it was left off.

        `F` is never changed, and `start` is the same for a step each time.
        """
        fold = self._folds.get(step)
        if fold is None or fold.from_place != from_place:
            fold = self._folds[step] = _Fold(from_place, start)
        found: F = fold.until(self.shared, step, until_place)
        return found


_order: Final[Callable[[Reading[Any]], Order]] = itemgetter(slice(4))

Series = Sequence[Reading[Any]]  # `Readings`, or a part of them as a tuple


def with_reading(series: Readings[T] | None, reading: Reading[T]) -> Readings[T]:
    """Put a reading in its place; None is a series that has none yet."""
    if series is None or series.newest is None:
        return Readings((reading,))
    newest = series.newest
    if newest.effective_ms < reading.effective_ms or newest[:4] <= reading[:4]:
        return series.and_then(reading)
    place = bisect_right(series.shared, reading[:4], hi=series.size, key=_order)
    return series.with_one_at(place, reading)


def without(series: Readings[T], reading: Reading[T]) -> Readings[T]:
    """Take a reading out; it need not be there."""
    place = bisect_left(series.shared, reading[:4], hi=series.size, key=_order)
    if place < len(series) and series[place] == reading:
        return Readings((*series[:place], *series[place + 1 :]))
    return series


def up_to(series: Series, moment_ms: int | None) -> Series:
    """Leave out what became true after a moment; None is no limit."""
    if moment_ms is None:
        return series
    newest = series.newest if isinstance(series, Readings) else next(reversed(series), None)
    if newest is None or newest.effective_ms <= moment_ms:
        return series
    return series[: place_after(series, moment_ms)]


def since(series: Series, moment_ms: int | None) -> Series:
    """Leave out what was true before a moment; None is no limit."""
    if moment_ms is None or not series or series[0].effective_ms >= moment_ms:
        return series
    return series[place_at(series, moment_ms) :]


def newest_of(
    series: "Readings[T]", from_ms: int | None, until_ms: int | None
) -> Reading[T] | None:
    """Give the newest reading of a span, both ends included; None is no limit."""
    newest = series.newest
    if newest is None:
        return None
    if until_ms is not None and newest.effective_ms > until_ms:
        place = place_after(series, until_ms)
        if not place:
            return None
        newest = series[place - 1]
    return None if from_ms is not None and newest.effective_ms < from_ms else newest


def fold(
    series: Series,
    step: Callable[[F, Reading[Any]], F],
    start: F,
    from_ms: int | None,
    until_ms: int | None,
) -> F:
    """Take in the readings of a span one after the other; what it gives is kept for the next time.

    Both ends are included; None is no limit.
    """
    if not isinstance(series, Readings):
        return reduce(step, up_to(since(series, from_ms), until_ms), start)
    if series.newest is None:
        return start
    first = 0 if from_ms is None else place_at(series, from_ms)
    last = len(series)
    if until_ms is not None and until_ms < series.newest.effective_ms:
        last = place_after(series, until_ms)
    return series.folded(step, start, first, last)


def place_at(series: Series, moment_ms: int) -> int:
    """Count the readings from before a moment."""
    first: Any = (moment_ms,)  # less than any reading of that moment, which goes on from there
    if isinstance(series, Readings):
        return bisect_left(series.shared, first, hi=series.size)
    return bisect_left(series, first)


def place_after(series: Series, moment_ms: int) -> int:
    """Count the readings until a moment, which is included."""
    return place_at(series, moment_ms + 1)


def one_a_moment(series: Series) -> Iterator[Reading[Any]]:
    """Leave out what another record of the same moment sets aside."""
    last: Reading[Any] | None = None
    for reading in series:
        if last is not None and last.effective_ms != reading.effective_ms:
            yield last
        last = reading
    if last is not None:
        yield last


def _same(one: Reading[Any], other: Reading[Any]) -> bool:
    return one == other
