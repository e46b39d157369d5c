"""STEROID-PROPHYLAXIS: a steroid for more than 96 hours, without what protects against infection.

An antifungal that was given and a CMV PCR, both since the course began, answer it. P3; P2 after
more than 120 hours where neither is charted. A course ends with a gap of more than 12 hours.
Source: CLINICAL.md §1.3 (review line 95), §1.11, DEC-11, DEC-30.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import WEIGHT, given, lab
from stream.clinical.steroids import STEROID_SIGNALS, SteroidCourse, course_of
from stream.clinical.times import HOUR_MS, in_words
from stream.clinical.view import View
from topics.alerts import Priority

ANTIFUNGALS: Final = tuple(
    given(drug) for drug in ("fluconazole", "voriconazole", "posaconazole", "micafungin")
)
CMV_PCR: Final = lab("cmv_dna")


def judge(view: View) -> Verdict:
    """Hold while a long course goes on and something is missing."""
    course = course_of(view)
    if course is None:
        return Verdict(None, None, "The steroid course is over.")
    missing = _missing(view, course.from_ms)
    due_ms = course.from_ms + view.site.steroid_prophylaxis_ms + 1  # more than it, as for the next
    urgent_ms = course.from_ms + view.site.steroid_prophylaxis_urgent_ms + 1
    if view.at_ms < due_ms or not missing:
        ending = "An antifungal was given, and a CMV PCR is charted."
        return Verdict(None, min(due_ms, course.ends_ms + 1), ending)
    neither = len(missing) > 1
    urgent = view.at_ms >= urgent_ms and neither
    finding = Finding(
        priorities=under_every_policy(Priority.P2 if urgent else Priority.P3),
        because=(
            evidence.of_steroid("steroid since", course.doses[0]),
            evidence.of_steroid("steroid", course.doses[-1]),
        ),
        advice=lambda: _advice(view, course, missing),
        source="review-2025 L95",
    )
    wakes = [course.ends_ms + 1, *([urgent_ms] if view.at_ms < urgent_ms else [])]
    return Verdict(finding, min(wakes))


def _missing(view: View, from_ms: int) -> tuple[str, ...]:
    protected = any(
        dose.effective_ms >= from_ms for signal in ANTIFUNGALS for dose in view.every(signal)
    )
    tested = view.latest(CMV_PCR)
    return (
        *(() if protected else ("an antifungal (fluconazole or voriconazole)",)),
        *(() if tested is not None and tested.effective_ms >= from_ms else ("a CMV PCR",)),
    )


def _advice(view: View, course: SteroidCourse, missing: tuple[str, ...]) -> str:
    hours = (view.at_ms - course.from_ms) // HOUR_MS
    return (
        f"Steroid for {hours} hours, since {in_words(course.from_ms)}. "
        f"Not charted since then: {' and '.join(missing)}. Order what is missing."
    )


RULE: Final = Rule(
    "STEROID-PROPHYLAXIS",
    Bound.STAY,
    (*STEROID_SIGNALS, *ANTIFUNGALS, CMV_PCR, WEIGHT),
    judge,
)
