"""The courses after each moment of the last hours: a late reading has little to walk again.

A trail is a memo of what a walk gives, no part of what is remembered of a patient: a restored
state has a short one, and all are equal. It is never changed; one that is longer by its newest
moment shares the lists of the shorter one, which goes on seeing only as many as it did.
"""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream.clinical.patient import Course


class Trail:
    """A course, each moment after it at which something was said, and the courses after those."""

    __slots__ = ("_count", "_courses", "_moments", "start")

    def __init__(
        self,
        start: "Course",
        moments: list[int] | None = None,
        courses: "list[Course] | None" = None,
    ) -> None:
        self.start = start
        self._moments: list[int] = [] if moments is None else moments
        self._courses: list[Course] = [] if courses is None else courses
        self._count = len(self._moments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trail)

    __hash__ = None  # type: ignore[assignment]  # nothing is looked up by a memo

    def and_then(self, moment_ms: int, course: "Course") -> "Trail":
        """Give the trail with one moment more at its end, or with another course at its last."""
        count = self._count
        if count and self._moments[count - 1] == moment_ms:
            count -= 1
        if len(self._moments) != count:  # another one has gone on from here
            return Trail(
                self.start, [*self._moments[:count], moment_ms], [*self._courses[:count], course]
            )
        longer: Trail = Trail.__new__(Trail)
        self._moments.append(moment_ms)
        self._courses.append(course)
        longer.start, longer._moments, longer._courses = self.start, self._moments, self._courses
        longer._count = count + 1
        return longer

    def covers(self, moment_ms: int) -> bool:
        """Tell whether it goes back to a moment, so that `at` can tell."""
        return self.start.at_ms is None or self.start.at_ms <= moment_ms

    def at(self, moment_ms: int) -> "Course":
        """Give the course at a moment that it covers, with all that was true then."""
        place = bisect_right(self._moments, moment_ms, hi=self._count)
        return self._courses[place - 1] if place else self.start

    def until(self, moment_ms: int) -> "Trail | None":
        """Leave out a moment and all after it; None: it does not go back so far."""
        place = bisect_left(self._moments, moment_ms, hi=self._count)
        if place:
            return Trail(self.start, self._moments[:place], self._courses[:place])
        is_before = self.start.at_ms is not None and self.start.at_ms < moment_ms
        return Trail(self.start) if is_before else None

    def since(self, moment_ms: int) -> "Trail":
        """Let it begin with the course at a moment, if it goes back so far."""
        if not self.covers(moment_ms):
            return self
        place = bisect_right(self._moments, moment_ms, hi=self._count)
        return Trail(
            self.at(moment_ms),
            self._moments[place : self._count],
            self._courses[place : self._count],
        )

    @property
    def end(self) -> "Course":
        """The course after the last moment."""
        return self._courses[self._count - 1] if self._count else self.start
