"""A score's column: points that rise with a result, from one limit to the next."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from stream.clinical.comparators import is_above, is_at_least
from stream.clinical.signals import Result

DECIMALS: Final = 6  # a result that was converted to and fro is the same again


class Step(NamedTuple):
    """From a limit on, or above it, a result has these points."""

    limit: float
    limit_included: bool
    points: int


class Points(NamedTuple):
    """The points that are proven, and whether more may be due."""

    proven: int
    is_complete: bool


class Column(NamedTuple):
    """The steps of a result, and the unit in which they were published where that is another."""

    steps: tuple[Step, ...]
    unit: str | None = None
    factor: float = 1.0

    @property
    def questions(self) -> tuple[Callable[[Result], bool | None], ...]:
        """What is asked of a result in its canonical unit: whether it reaches each step."""
        return tuple(partial(self._reaches, step) for step in self.steps)

    def points(self, *results: Result | None) -> Points:
        """Look results in their canonical unit up."""
        return points_of(self.steps, *map(self._converted, results))

    def _reaches(self, step: Step, result: Result) -> bool | None:
        converted = self._converted(result)
        return None if converted is None else reaches(step, converted)

    def _converted(self, result: Result | None) -> Result | None:
        return result if self.unit is None else in_unit(result, self.unit, self.factor)


def points_of(steps: tuple[Step, ...], *results: Result | None) -> Points:
    """Look a result up; the steps rise. None, and what a comparator leaves open, is missing.

    Earlier results may follow it, the newest first: of each step counts the first that tells.
    """
    proven = 0
    for step in steps:
        met = None
        for result in results:
            if result is not None and (met := reaches(step, result)) is not None:
                break
        if met is None:
            return Points(proven, is_complete=False)
        if met:
            proven = step.points
    return Points(proven, is_complete=True)


def reaches(step: Step, result: Result) -> bool | None:
    """Tell whether a result reaches a step; None where its comparator leaves it open."""
    return is_at_least(result, step.limit) if step.limit_included else is_above(result, step.limit)


def in_unit(result: Result | None, unit: str, factor: float) -> Result | None:
    """Convert a result: a published limit is compared in the unit that it was published in."""
    if result is None:
        return None
    return Result(round(result.value * factor, DECIMALS), result.comparator, unit)
