"""STEROID-LONG: a high-dose steroid for more than 72 hours: mould and CMV become likely.

High-dose is 40 mg of dexamethasone or its equivalent in 24 hours. It is looked at with each dose,
since a dose that comes late is no smaller one. The clock starts at the first dose of the 24 hours
that made it high-dose; it starts anew where the course ends (a gap of more than 12 hours), or where
the day stays below 40 mg for more than 24 hours (one missed dose of four does not).
Source: CLINICAL.md §1.3 (review line 95), DEC-11, DEC-30.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.scores.steroids import HIGH_DEXAMETHASONE_MG_A_DAY
from stream.clinical.signals import WEIGHT
from stream.clinical.steroids import (
    STEROID_SIGNALS,
    Given,
    SteroidCourse,
    course_of,
    day_of_doses,
    dexamethasone_mg_of_day,
    next_turn_ms,
)
from stream.clinical.times import DAY_MS, HOUR_MS, in_words
from stream.clinical.view import View
from topics.alerts import Priority

LAPSE_MS: Final = DAY_MS  # below the dose for longer, and the clock starts anew


def judge(view: View) -> Verdict:
    """Hold while the newest dose is one of a long run."""
    course = course_of(view)
    first = None if course is None else first_of_run(course)
    if course is None or first is None:
        return Verdict(None, next_turn_ms(view), "The steroid is no longer high-dose.")
    due_ms = first.at_ms + view.site.steroid_long_ms + 1  # more than it
    if view.at_ms < due_ms:
        return Verdict(None, min(due_ms, next_turn_ms(view) or due_ms), "It is not long enough.")
    finding = Finding(
        priorities=under_every_policy(Priority.P3),
        because=(
            evidence.of_steroid("high-dose steroid since", first),
            evidence.of_steroid("steroid", course.doses[-1]),
        ),
        advice=lambda: _advice(view, course, first),
        source="review-2025 L95",
    )
    return Verdict(finding, next_turn_ms(view))


def first_of_run(course: SteroidCourse) -> Given | None:
    """Find the dose with which the high-dose run began that goes on; None where none does."""
    first: Given | None = None
    low_ms: int | None = None
    for dose in course.doses:
        if dexamethasone_mg_of_day(course.doses, dose.at_ms) < HIGH_DEXAMETHASONE_MG_A_DAY:
            low_ms = dose.at_ms if low_ms is None else low_ms
            continue
        if first is None or (low_ms is not None and dose.at_ms - low_ms > LAPSE_MS):
            first = day_of_doses(course.doses, dose.at_ms)[0]
        low_ms = None
    return first if low_ms is None else None


def _advice(view: View, course: SteroidCourse, first: Given) -> str:
    hours = (view.at_ms - first.at_ms) // HOUR_MS
    mg = dexamethasone_mg_of_day(course.doses, course.doses[-1].at_ms)
    return (
        f"High-dose steroid for {hours} hours, since {in_words(first.at_ms)}: {mg:.4g} mg of "
        "dexamethasone or its equivalent a day. Infection, above all mould and CMV, becomes "
        "likely: look for it, and taper as soon as grades allow."
    )


RULE: Final = Rule("STEROID-LONG", Bound.STAY, (*STEROID_SIGNALS, WEIGHT), judge, lasting=True)
