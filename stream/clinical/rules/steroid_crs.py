"""STEROID-CRS: CRS that tocilizumab has not made better, or that became worse, and no steroid.

No better: 24 hours after the first tocilizumab of the illness the grade is 2 or more and not lower
than it was at that dose. Worse: it is 2 or more and higher than the lowest since that dose. A
profile may ask earlier: at once from a grade on, or at grade 1 with a fever that lasts. A steroid
answers it for 6 hours, or for the interval between two doses while the grade does not rise; one
that a profile gives once is asked for once. Where a profile has no more than one or two doses and
it goes on, more are a question for the CAR-T senior, with the regimens of the review.
Source: CLINICAL.md §1.3 (review lines 85, 91 and 92), §1.11, §4, DEC-3, DEC-30, DEC-42, vector B37.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from stream.clinical.circulation import Circulation
from stream.clinical.indication import fever_for_ms
from stream.clinical.policies.manikath_2025 import FOR_CRS
from stream.clinical.policies.regimen import Regimen
from stream.clinical.policies.register import GRADING
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.answered import (
    CRS,
    answers_of,
    at_their_steps,
    given_in_words,
    is_given_in_full,
    last_in_words,
)
from stream.clinical.rules.crs_up import GRADE_INPUTS, in_words, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.times import DAY_MS, span_in_words
from stream.clinical.tocilizumab import NAME, of_illness
from stream.clinical.view import View
from topics.alerts import Priority

FROM_GRADE: Final = 2
POLICIES: Final = MappingProxyType({policy.name: policy for policy in GRADING})
PRIORITY_BY_GRADE: Final = MappingProxyType(
    {1: Priority.P2, 2: Priority.P2, 3: Priority.P1, 4: Priority.P1}
)
WORSE: Final = "worse"
NO_BETTER: Final = "no better"
AT_ONCE: Final = "severe"
LASTING_FEVER: Final = "fever"
LASTING_FEVER_GRADE: Final = 1


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grades a steroid is due, while none was given."""
    never = not view.tocilizumab and _waits_for_tocilizumab(view)
    if max(grade.lowest for grade in view.crs.values()) < 1:
        return Verdict(None, next_change_ms(view), ENDING, can_never_have_held=never)
    asking = {
        name: (grade.lowest, why)
        for name, grade in view.crs.items()
        if (why := _why(view, name, grade.lowest)) is not None
    }
    given = answers_of(view, CRS, _regimens(view, [grade for grade, _ in asking.values()]))
    wakes = [_no_better_ms(view), _fever_ms(view), next_change_ms(view), given.turns_ms]
    wake_ms = min((each for each in wakes if each is not None and each > view.at_ms), default=None)
    if not asking:
        return Verdict(None, wake_ms, ENDING, can_never_have_held=never)
    left = {
        name: (grade, why)
        for name, (grade, why) in asking.items()
        if name not in given.by_policy and not (why == LASTING_FEVER and _had_it_once(view))
    }
    if not left:
        return Verdict(None, wake_ms, given.in_words() if given.by_policy else ONCE_GIVEN)
    grades = {name: grade for name, (grade, _) in left.items()}
    finding = Finding(
        priorities={name: PRIORITY_BY_GRADE[grade] for name, grade in grades.items()},
        because=_because(view),
        advice=lambda: _advice(view, grades, frozenset(why for _, why in left.values())),
        source=f"review-2025 L85, L91-92; {view.management.source}",
        grades=grades,
    )
    return Verdict(finding, wake_ms)


def _because(view: View) -> tuple[Evidence, ...]:
    """Name what makes the grade and the first dose, which may be the mask as well."""
    doses = (evidence.of_dose(NAME, dose) for dose in of_illness(view)[:1])
    return tuple({each.signal: each for each in (*evidence.of_grade(view), *doses)}.values())


ENDING: Final = "The criteria for a steroid for CRS are no longer met."
ONCE_GIVEN: Final = "What is given once for it was given."


def _why(view: View, policy: str, grade: int) -> str | None:
    """Say why a steroid is due by a grade; None where it is not."""
    profile, response = view.management, view.course.response.get(policy)
    at_once, fever_ms = profile.steroid_at_once_from_grade, _fever_ms(view)
    # A dose may be removed whose response is no longer followed anew.
    if response is not None and grade >= FROM_GRADE and of_illness(view):
        if grade > response.lowest:
            return WORSE
        no_better_ms = _no_better_ms(view)
        is_late = no_better_ms is not None and view.at_ms >= no_better_ms
        if is_late and grade >= response.first and not _is_left_to_oxygen(view, policy, grade):
            return NO_BETTER
    if at_once is not None and grade >= at_once:
        return AT_ONCE
    if grade >= 1 and fever_ms is not None and view.at_ms >= fever_ms:
        return LASTING_FEVER
    return None


def _waits_for_tocilizumab(view: View) -> bool:
    """Tell whether a profile asks for no steroid before tocilizumab was given."""
    profile = view.management
    return profile.steroid_at_once_from_grade is None and profile.steroid_after_fever is None


def _is_left_to_oxygen(view: View, policy: str, grade: int) -> bool:
    """Tell whether a profile waits, since there surely is no hypotension."""
    if grade > FROM_GRADE or not view.management.steroid_at_grade_2_for_hypotension:
        return False
    level, _ = view.circulation_by(POLICIES[policy])
    return level is Circulation.STABLE and view.low_pressure is False


def _no_better_ms(view: View) -> int | None:
    """Find from when on a grade that is not lower speaks for a steroid."""
    doses = of_illness(view)
    if not doses:
        return None
    return doses[0].effective_ms + view.site.steroid_after_ms


def _fever_ms(view: View) -> int | None:
    """Find from when on the fever has lasted for too long, by the profile."""
    return fever_for_ms(view, view.management.steroid_after_fever)


def _had_it_once(view: View) -> bool:
    """Tell whether what a lasting fever asks for once was given, a day before it was due or later.

    A dose that answered it then is that one.
    """
    fever_ms = _fever_ms(view)
    regimens = view.management.steroids_for_crs.get(LASTING_FEVER_GRADE, ())
    return fever_ms is not None and is_given_in_full(view, regimens, fever_ms - DAY_MS)


def _regimens(view: View, grades: Iterable[int]) -> tuple[Regimen, ...]:
    by_grade = view.management.steroids_for_crs
    return by_grade[max([*grades, min(by_grade)])]


def _advice(view: View, grades: Mapping[str, int], reasons: frozenset[str]) -> str:
    doses = of_illness(view)
    words = [f"Meets criteria for CRS {in_words(grades)}."]
    if doses and reasons & {WORSE, NO_BETTER}:
        since = span_in_words(view.at_ms - doses[0].effective_ms)
        how = "It has become worse" if WORSE in reasons else "It is no better"
        words.append(f"{how} since tocilizumab, {since} ago.")
    if reasons == {LASTING_FEVER} and view.management.steroid_after_fever is not None:
        words.append(texts.long_fever(view, view.management.steroid_after_fever))
    words.append(last_in_words(view))
    words += _what(view, grades, reasons)
    if max(grades.values()) > FROM_GRADE:
        words.append("Call intensive care.")
    return texts.joined(*words)


def _what(view: View, grades: Mapping[str, int], reasons: frozenset[str]) -> list[str]:
    """Say what to give; where all was given that a profile has for it, what the review has."""
    regimens, doses = _regimens(view, grades.values()), of_illness(view)
    full = doses and is_given_in_full(view, regimens, doses[0].effective_ms)
    if not full or LASTING_FEVER in reasons:
        return given_in_words(view, at_their_steps(view, CRS, regimens, grades))
    return [
        f"All the doses that {view.management.source} has for it were given.",
        *given_in_words(
            view, FOR_CRS, "Ask the CAR-T senior whether to give more, as the review has it:"
        ),
    ]


RULE: Final = Rule("STEROID-CRS", Bound.EPISODE, GRADE_INPUTS, judge, settles=True)
