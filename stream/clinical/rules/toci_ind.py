"""TOCI-IND: CRS of grade 2 or more, and tocilizumab may be given and was not.

An order is not a dose. A dose ends it; 8 hours later it comes back if the grade is still 2 or
more. Unmet it is said again every 8 hours. At 4 doses a stay it ends; at 3 in 24 hours it ends
until the oldest of them is 24 hours old.
Source: CLINICAL.md §1.2 (review lines 67 to 73), §4, DEC-34, DEC-42, DEC-64.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream.clinical.indication import indicated, is_considered, long_fever_ms
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.crs_up import in_words as grades_in_words
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.times import HOUR_MS, in_words
from stream.clinical.tocilizumab import GIVEN, NAME, dose_in_words, next_dose_ms, of_illness
from stream.clinical.view import View
from topics.alerts import Priority

PRIORITY_BY_GRADE: Final = MappingProxyType(
    {1: Priority.P2, 2: Priority.P2, 3: Priority.P1, 4: Priority.P1}  # 1: as grade 2
)


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grade it is indicated, while no dose stands in the way."""
    next_ms = next_dose_ms(view)
    if next_ms is None:
        most = view.site.tocilizumab_a_stay_doses
        return Verdict(None, None, f"No more tocilizumab: {most} doses were given in this stay.")
    if next_ms > view.at_ms:
        until = in_words(next_ms)
        return Verdict(None, next_ms, f"Tocilizumab was given; not to be repeated before {until}.")
    grades, long_ms = indicated(view), long_fever_ms(view)
    wake_ms = long_ms if long_ms is not None and long_ms > view.at_ms else None
    if not grades:
        return Verdict(None, wake_ms, "The criteria for tocilizumab are no longer met.")
    finding = Finding(
        priorities={name: _priority(view, grade) for name, grade in grades.items()},
        because=_because(view),
        advice=lambda: _advice(view, grades),
        source=f"review-2025 L73; {view.management.source}"
        if view.management.source != "review-2025 L73"
        else view.management.source,
        grades=grades,
        repeat_after_ms=view.site.tocilizumab_repeat_ms,
    )
    return Verdict(finding, wake_ms)


def _priority(view: View, grade: int) -> Priority:
    if grade == 1 and is_considered(view):
        return Priority.P3
    return PRIORITY_BY_GRADE[grade]


def _because(view: View) -> tuple[Evidence, ...]:
    """Name what makes the grade and the last dose, which may be the mask as well."""
    doses = (evidence.of_dose(NAME, dose) for dose in view.tocilizumab[-1:])
    return tuple({each.signal: each for each in (*evidence.of_grade(view), *doses)}.values())


def _advice(view: View, grades: Mapping[str, int]) -> str:
    number, again = len(view.tocilizumab) + 1, bool(of_illness(view))
    which = f"Repeat tocilizumab now (dose {number})" if again else "Give tocilizumab now"
    if number > 1 and not again:
        which += f" (dose {number} of the stay)"
    words = [f"Meets criteria for CRS {grades_in_words(grades)}."]
    if max(grades.values()) == 1 and is_considered(view):
        words.append("It began early: consider tocilizumab, with or without a steroid.")
        words.append(f"The dose is {dose_in_words(view.weight_kg)}.")
    else:
        words.append(f"{which}: {dose_in_words(view.weight_kg)}.")
        words.append("Do not wait for a higher grade or for cultures, nor because antibiotics run.")
        words.append(_why_at_grade_1(view, grades))
    if again:
        hours = view.site.tocilizumab_interval_ms / HOUR_MS
        least = min(max(grades.values()), view.management.tocilizumab_from_grade)
        words.append(
            f"The last dose is {hours:g} hours old or more and the grade is still {least} or more."
        )
    elif number > 1:
        last = in_words(view.tocilizumab[-1].effective_ms)
        words.append(f"The last dose was given at {last}, before this illness.")
    if number == view.site.tocilizumab_a_stay_doses:
        words.append("It is the last one of this stay.")
    return texts.joined(*words, texts.outside_window(view), texts.sepsis(view))


def _why_at_grade_1(view: View, grades: Mapping[str, int]) -> str:
    limit = view.management.fever_as_grade_2_after
    if limit is None or max(grades.values()) > 1:
        return ""
    return texts.long_fever(view, limit)


RULE: Final = Rule("TOCI-IND", Bound.EPISODE, (*GRADE_INPUTS, GIVEN), judge)
