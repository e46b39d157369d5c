"""CRS-UP: the patient meets criteria for CRS; its priority follows the grade.

Source: CLINICAL.md §1.1 (review lines 27 to 30), §1.11, DEC-3.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.course import COURSE_FACTS, COURSE_SIGNALS
from stream.clinical.flags import flags_of
from stream.clinical.levels import FEVER, LOW_PRESSURE, OXYGEN_USED, Level
from stream.clinical.policies.register import POLICY_NAMES
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import NOT_MET, Bound, Finding, Rule, Verdict
from stream.clinical.signals import Signal
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

GRADE_LEVELS: Final[tuple[Level[Any], ...]] = (FEVER, LOW_PRESSURE, OXYGEN_USED)
GRADE_INPUTS: Final[tuple[Signal[Any] | Level[Any], ...]] = (
    *GRADE_LEVELS,
    *(
        signal
        for signal in dict.fromkeys(COURSE_SIGNALS)
        if all(signal != level.signal for level in GRADE_LEVELS)
    ),
    *COURSE_FACTS,
)
PRIORITY_BY_GRADE: Final = MappingProxyType(
    {1: Priority.P3, 2: Priority.P2, 3: Priority.P1, 4: Priority.P1}
)


def judge(view: View) -> Verdict:
    """Hold at grade 1 or more, under each policy by its own grade."""
    grades = {name: grade.lowest for name, grade in view.crs.items() if grade.lowest > 0}
    if not grades:
        return NOT_MET._replace(
            wake_ms=next_change_ms(view),
            ending="The criteria for CRS are no longer met.",
        )
    finding = Finding(
        priorities={name: PRIORITY_BY_GRADE[grade] for name, grade in grades.items()},
        because=evidence.of_grade(view),
        advice=lambda: advice(view, grades),
        source="review-2025 L27-30; Lee 2019 table 2",
        grades=grades,
    )
    return Verdict(finding, next_change_ms(view), "")


def advice(view: View, grades: Mapping[str, int]) -> str:
    """Say the grade under each policy, what makes it doubtful, and what to do about that."""
    words = [f"Meets criteria for CRS {in_words(grades)}."]
    if any(grade.highest > grade.lowest for grade in view.crs.values()):
        words.append("It may be higher: not everything is known or fresh.")
    if flags := flags_of(view):
        words.append("Check: " + ", ".join(map(called, flags)) + ".")
    words.append("See the patient and confirm these readings.")
    return texts.joined(
        *words,
        texts.fluid_initial(view),
        texts.oxygen_ladder(view),
        texts.recovery(view),
        texts.outside_window(view),
    )


def in_words(grades: Mapping[str, int]) -> str:
    """Write the grades of the policies under which a rule holds."""
    if len(grades) == len(POLICY_NAMES) and len(set(grades.values())) == 1:
        return f"grade {next(iter(grades.values()))}"
    return ", ".join(f"grade {grade} by {name}" for name, grade in grades.items())


@lru_cache(maxsize=8)  # several rules ask about one view
def next_change_ms(view: View) -> int | None:
    """Find when the grade may change though nothing happens: a mask ends."""
    ends = [mask.until_ms + 1 for mask in view.masks if mask.until_ms is not None]
    return min([each for each in ends if each > view.at_ms], default=None)


RULE: Final = Rule("CRS-UP", Bound.EPISODE, GRADE_INPUTS, judge)
