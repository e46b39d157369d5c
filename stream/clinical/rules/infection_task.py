"""What the tasks of infection have in common: when they begin, and by what they are shown.

They begin when CRS first reaches grade 2 in an episode, under each policy by its own grade: what
was done before one policy's grade was reached may be past by then. They go on though the grade
falls: what does them ends them, or the episode, or that infection is excluded. They begin anew when
CRS rises to grade 2 after it was lower for 24 hours; what was not done the first time stays due
since then. Where no episode is open they end with the grade, or after 24 hours.
Source: CLINICAL.md §1.5 (review lines 185 to 199), §1.11; decision 50.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from stream.clinical.antibiotics import DRUGS_BY_KIND
from stream.clinical.infection import CULTURES, SOURCE
from stream.clinical.levels import Level
from stream.clinical.patient import KEPT_MS
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Evidence, told_of
from stream.clinical.severity import FROM_GRADE
from stream.clinical.signals import Signal
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

TASK_MS: Final = 24 * HOUR_MS  # where no episode is open
EXCLUDED: Final = "Infection is excluded: the blood stayed sterile for 48 hours."
DRUGS: Final = frozenset(drug for drugs in DRUGS_BY_KIND.values() for drug in drugs)
TASK_INPUTS: Final[tuple[Signal[Any] | Level[Any], ...]] = (*GRADE_INPUTS, *CULTURES, SOURCE)


@lru_cache(maxsize=8)
def begun_ms(view: View) -> Mapping[str, tuple[int, ...]]:
    """Give when the tasks began under each policy under which they go on, the first time first."""
    began, again = view.course.grade_2_from, view.course.again_from
    if view.course.onset_ms is not None:
        return {
            name: (from_ms, again[name]) if name in again else (from_ms,)
            for name, from_ms in began.items()
        }
    return {
        name: (from_ms,)
        for name, from_ms in began.items()
        if view.crs[name].lowest >= FROM_GRADE and view.at_ms < from_ms + TASK_MS
    }


def due_from(
    began: Mapping[str, tuple[int, ...]], asks: Callable[[int], bool]
) -> Mapping[str, int]:
    """Give by policy the first of the times since which a task is not done.

    `asks` tells that of one time; policies mostly have the same.
    """
    asking = {each: asks(each) for each in {each for times in began.values() for each in times}}
    first = {
        name: next((each for each in times if asking[each]), None) for name, times in began.items()
    }
    return {name: from_ms for name, from_ms in first.items() if from_ms is not None}


def ends_ms(view: View, began: Mapping[str, tuple[int, ...]]) -> int | None:
    """Find when they end though nothing happens."""
    if view.course.onset_ms is not None or not began:
        return None
    masked = [mask.until_ms + 1 for mask in view.masks if mask.until_ms is not None]
    ends = [*masked, *(times[-1] + TASK_MS for times in began.values())]
    return min(each for each in ends if each > view.at_ms)


def because(view: View, rule: str, from_ms: int) -> tuple[Evidence, ...]:
    """Name what made the grade 2 when the task began; it stays what it was.

    Where readings from so long ago are no longer kept, it is what the open alert says.
    """
    if from_ms < view.at_ms - KEPT_MS:
        told = told_of(view, rule)
        if told is not None and told.is_open:
            shown = evidence.as_told(told.because)
            return tuple(each for each in shown if each.signal not in DRUGS)
    return _made_of(view, from_ms)


@lru_cache(maxsize=8)  # each of the tasks shows the same
def _made_of(view: View, from_ms: int) -> tuple[Evidence, ...]:
    then = View(view.patient, from_ms, view.management, until_ms=from_ms, course=view.course)
    return evidence.of_grade(then)
