"""STEROID-PROPHYLAXIS: a steroid for more than 96 hours, without what protects against infection.

An antifungal that was given and a CMV PCR, both since the course began, answer it. P3; P2 after
more than 120 hours where neither is charted. A course ends with a gap of more than 12 hours. It is
a task: else it ends with the episode, or, where none is open, 24 hours after it was last told more
urgently.
Source: CLINICAL.md §1.3 (review line 95), §1.11, DEC-11, DEC-30; decision 47.
"""

from typing import Final, NamedTuple

from stream.clinical import drugs
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.series import since
from stream.clinical.signals import WEIGHT, given, lab
from stream.clinical.steroids import STEROID_SIGNALS, SteroidCourse, course_of
from stream.clinical.times import HOUR_MS, in_words
from stream.clinical.view import View
from topics.alerts import Priority

ANTIFUNGALS: Final = tuple(given(drug) for drug in drugs.ANTIFUNGALS)
CMV_PCR: Final = lab("cmv_dna")
TASK_MS: Final = 24 * HOUR_MS  # where no episode is open


class Answers(NamedTuple):
    """When each was first charted in a course; None where it is missing."""

    antifungal_ms: int | None
    cmv_pcr_ms: int | None

    def were_there(self, at_ms: int) -> bool:
        """Tell whether one of the two was, at a moment."""
        return any(each is not None and each <= at_ms for each in self)

    def missing(self) -> tuple[str, ...]:
        """Name what is missing."""
        named = zip(("an antifungal (fluconazole or voriconazole)", "a CMV PCR"), self, strict=True)
        return tuple(name for name, charted_ms in named if charted_ms is None)


def judge(view: View) -> Verdict:
    """Hold while a long course goes on and something is missing."""
    course = course_of(view)
    if course is None:
        return Verdict(None, None, "The steroid course is over.")
    answers = _answers(view, course.from_ms)
    missing = answers.missing()
    due_ms = course.from_ms + view.site.steroid_prophylaxis_ms + 1  # more than it, as for the next
    urgent_ms = course.from_ms + view.site.steroid_prophylaxis_urgent_ms + 1
    if view.at_ms < due_ms or not missing:
        ending = "An antifungal was given, and a CMV PCR is charted."
        return Verdict(None, min(due_ms, course.ends_ms + 1), ending)
    over_ms = _over_ms(view, course, was_urgent=not answers.were_there(urgent_ms))
    if over_ms is not None and view.at_ms >= over_ms:
        ending = "It was asked for 24 hours ago, and no episode of CRS is open."
        return Verdict(None, None, ending)
    urgent = view.at_ms >= urgent_ms and len(missing) > 1
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
    return Verdict(finding, min([*wakes, over_ms or course.ends_ms + 1]))


def _answers(view: View, from_ms: int) -> Answers:
    given_ms = [
        dose.effective_ms for signal in ANTIFUNGALS for dose in since(view.every(signal), from_ms)
    ]
    tested_ms = [result.effective_ms for result in since(view.readings(CMV_PCR), from_ms)]
    return Answers(min(given_ms, default=None), min(tested_ms, default=None))


def _over_ms(view: View, course: SteroidCourse, *, was_urgent: bool) -> int | None:
    """Find when the task is over; None while an episode is open.

    It counts from the hours that are built in: a site that asks sooner asks for no shorter time.
    Of a course that becomes known late it counts from when it does.
    """
    if view.course.onset_ms is not None:
        return None
    built_in = MANAGEMENT[view.management.name].site
    after_ms = (
        built_in.steroid_prophylaxis_urgent_ms if was_urgent else built_in.steroid_prophylaxis_ms
    )
    due_ms = course.from_ms + after_ms + 1
    known_ms = [dose.reading.recorded_ms for dose in course.doses if dose.at_ms <= due_ms]
    return max(due_ms, *known_ms) + TASK_MS


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
