"""Since when CRS has been of grade 2 or more: what antibiotics and cultures are timed by.

In an episode it is the first moment of that grade, whatever the grade was afterwards. Where a mask
alone grades a patient and no episode is open, it holds for as long as the grade does; an episode
that opens then takes it over.
Source: CLINICAL.md §1.5 (review lines 185 and 195), DEC-40, DEC-51, DEC-52.
"""

from collections.abc import Mapping
from typing import Final

from stream.clinical.patient import NOTHING, Course, Patient
from stream.clinical.policies.register import GRADING, MANAGEMENT
from stream.clinical.view import View

FROM_GRADE: Final = 2
ANY: Final = MANAGEMENT["manikath-2025"]  # no grade depends on how it is managed


def grade_2_from(
    patient: Patient, course: Course, moment_ms: int, *, may_be: bool
) -> Mapping[str, int]:
    """Give the moment by policy; `course` is that after the moment, with what held before it.

    `may_be` is false where neither illness nor a circuit is there: then no policy grades 2.
    """
    known, is_open = course.grade_2_from, course.onset_ms is not None
    if not may_be:
        return known if is_open else NOTHING
    if is_open and len(known) == len(GRADING):
        return known
    grades = View(patient, moment_ms, ANY, until_ms=moment_ms, course=course).crs
    reached = {
        name: known.get(name, moment_ms)
        for name, grade in grades.items()
        if grade.lowest >= FROM_GRADE
    }
    return {**known, **reached} if is_open else reached
