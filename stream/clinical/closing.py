"""When an episode of CRS closes: it has been clean for 24 hours.

So ends an illness that a mask alone had graded, with no episode open: of the temperature nothing is
asked there, since a fever opens an episode.
Source: CLINICAL.md DEC-4, DEC-33, DEC-50, DEC-51; vector B10; decision 63.
"""

from typing import Final

from stream.clinical.patient import NOTHING, Course
from stream.clinical.times import HOUR_MS

CLEAN_MS: Final = 24 * HOUR_MS
COUNTING_AGE_MS: Final = 4 * HOUR_MS  # of the temperature that closes an episode, the end included
CLOSED_KEPT: Final = 8


def settled(course: Course, now_ms: int) -> Course:
    """Close the episode if it has been clean for long enough by now."""
    close_ms = closes_at(course)
    if close_ms is None or close_ms > now_ms:
        return course
    if course.onset_ms is None:
        return course._replace(clean_ms=None, response=NOTHING, masked_ms=None)
    closed = (*course.closed, (course.onset_ms, close_ms))[-CLOSED_KEPT:]
    return course._replace(
        onset_ms=None,
        clean_ms=None,
        fever=None,
        grade_2_from=NOTHING,
        response=NOTHING,
        closed=closed,
        masked_ms=None,
        mild_from=NOTHING,
        again_from=NOTHING,
    )


def closes_at(course: Course) -> int | None:
    """Find when the illness is over if nothing more is heard; None if it goes on."""
    if course.clean_ms is not None and course.onset_ms is None:
        return course.clean_ms + CLEAN_MS
    if course.clean_ms is None or course.counting is None:
        return None
    close_ms = max(course.clean_ms + CLEAN_MS, course.counting[0])
    return close_ms if course.counting[0] + COUNTING_AGE_MS >= close_ms else None
