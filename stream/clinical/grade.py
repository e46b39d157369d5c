"""A grade is a range: `lowest` is proven, `highest` is not ruled out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

Level = TypeVar("Level", bound=int)


@dataclass(frozen=True, slots=True)
class GradeRange:
    """The grades that what is known allows, both ends included."""

    lowest: int
    highest: int

    def __post_init__(self) -> None:
        if self.lowest > self.highest:
            raise ValueError(f"the range {self.lowest}..{self.highest} is empty")


def look_up(
    table: Mapping[Level, int], lowest: Level | None, highest: Level | None = None
) -> GradeRange:
    """Grade the levels between two in a table; None is unknown, and then every level is possible.

    The levels of a table need not rise in grade, so each one between the two is looked at.
    """
    if lowest is None:
        grades = list(table.values())
    else:
        top = lowest if highest is None else highest
        grades = [grade for level, grade in table.items() if lowest <= level <= top]
    return GradeRange(min(grades), max(grades))


def look_up_open(table: Mapping[Level, int], lowest: Level) -> GradeRange:
    """Grade a level that may be any worse by now, as an old reading may; never milder (DEC-35)."""
    return GradeRange(table[lowest], max(table.values()))


def worst(*ranges: GradeRange) -> GradeRange:
    """Take the most severe of several domains."""
    return GradeRange(max(each.lowest for each in ranges), max(each.highest for each in ranges))
