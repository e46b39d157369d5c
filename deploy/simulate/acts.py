"""What people do for a patient: acts with their times, and the needs that they answer to."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from deploy.simulate.course import Course, Lungs, Shock
from topics.base import Event

T = TypeVar("T")


class Act(NamedTuple):
    """Something done at a time, in hours after the infusion: an event to be charted."""

    at_h: float
    model: type[Event]
    fields: dict[str, Any]


class Need(NamedTuple):
    """What the body needs from a time on: by CRS and infection together."""

    from_h: float
    shock: Shock
    lungs: Lungs


NO_NEED: Final = Need(0.0, Shock.NONE, Lungs.ROOM_AIR)


def needs_of(course: Course) -> list[Need]:
    """Find when the needs of the body change, and to what."""
    infected = course.infection.stages if course.infection else ()
    times = sorted({at for each in (*course.crs, *infected) for at in each[:2]})
    needs: list[Need] = []
    for at_h in times:
        stages = course.stages_at(at_h)
        shock = max((each.shock for each in stages), default=Shock.NONE)
        lungs = max((each.lungs for each in stages), default=Lungs.ROOM_AIR)
        if not needs or needs[-1][1:] != (shock, lungs):
            needs.append(Need(at_h, shock, lungs))
    return needs


def from_grade(course: Course, grade: int) -> float | None:
    """Find when CRS reaches a grade; None where it never does."""
    return next((each.from_h for each in course.crs if each.grade >= grade), None)


def until_grade(course: Course, grade: int) -> float | None:
    """Find when CRS falls below a grade for good; None where it never has it."""
    return next((each.until_h for each in reversed(course.crs) if each.grade >= grade), None)


class Steps(Generic[T]):
    """What changes at some times, in order, and what it is before the first of them."""

    def __init__(self, before: T, steps: Sequence[tuple[float, T]]) -> None:
        self._before = before
        self._times_h = [at_h for at_h, _ in steps]
        self._steps = [step for _, step in steps]

    def at(self, hours: float) -> T:
        """Give what holds at a time."""
        step = bisect_right(self._times_h, hours) - 1
        return self._before if step < 0 else self._steps[step]
