"""A score's column: points that rise with a result, from one limit to the next."""

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


def points_of(steps: tuple[Step, ...], result: Result | None) -> Points:
    """Look a result up; the steps rise. None, and what a comparator leaves open, is missing."""
    if result is None:
        return Points(0, is_complete=False)
    proven = 0
    for limit, limit_included, points in steps:
        met = is_at_least(result, limit) if limit_included else is_above(result, limit)
        if met is None:
            return Points(proven, is_complete=False)
        if met:
            proven = points
    return Points(proven, is_complete=True)


def in_unit(result: Result | None, unit: str, factor: float) -> Result | None:
    """Convert a result: a published limit is compared in the unit that it was published in."""
    if result is None:
        return None
    return Result(round(result.value * factor, DECIMALS), result.comparator, unit)
