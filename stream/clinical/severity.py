"""How severe CRS has been: since when of grade 2 or more, and how mild after tocilizumab.

By the first antibiotics and cultures are timed. In an episode it is the first moment of that grade,
whatever the grade was afterwards. Where a mask alone grades a patient and no episode is open, it
holds for as long as the grade does; an episode that opens then takes it over.
By the second steroids are: the grade at the first tocilizumab of the episode, and the lowest since.
Source: CLINICAL.md §1.3 (review lines 85 to 92), §1.5 (review lines 185 and 195), DEC-40, DEC-42,
DEC-51, DEC-52.
"""

from collections.abc import Mapping
from typing import Any, Final

from stream.clinical.bedside import VASOPRESSOR_RATES, fact
from stream.clinical.illness import ECMO_SIGNALS
from stream.clinical.levels import LOW_PRESSURE, OXYGEN_USED
from stream.clinical.masking import CIRCUIT_SIGNALS
from stream.clinical.patient import NOTHING, Course, Patient, Response
from stream.clinical.policies.register import GRADING, MANAGEMENT
from stream.clinical.series import place_after
from stream.clinical.signals import AGE, Signal, attribution, given
from stream.clinical.view import View

FROM_GRADE: Final = 2
MILDEST: Final = 1  # in an open episode, but where another cause was named
TOCILIZUMAB: Final = given("tocilizumab")
CHANGING: Final[tuple[Signal[Any], ...]] = (
    *(signal for _, signal in VASOPRESSOR_RATES),
    *dict.fromkeys((*CIRCUIT_SIGNALS, *ECMO_SIGNALS)),
    *(attribution(domain) for domain in ("fever", "hypotension", "hypoxia")),
)
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


def response(
    patient: Patient, course: Course, moment_ms: int, *, may_be: bool
) -> Mapping[str, Response]:
    """Follow the grades by policy from the first tocilizumab of the open episode on.

    `course` is that after the moment, with the response before it; `may_be` as above.
    """
    known = course.response
    if course.onset_ms is None:
        return NOTHING
    if not known and patient.newest(TOCILIZUMAB, moment_ms, moment_ms) is None:
        return NOTHING
    if known and max([each.lowest for each in known.values()]) <= MILDEST:
        return known
    if known and may_be and _is_as_before(patient, moment_ms):
        return known
    grades = View(patient, moment_ms, ANY, until_ms=moment_ms, course=course).crs
    if not known:
        return {name: Response(each.lowest, each.lowest) for name, each in grades.items()}
    return {
        name: each._replace(lowest=min(each.lowest, grades[name].lowest))
        for name, each in known.items()
    }


def _is_as_before(patient: Patient, moment_ms: int) -> bool:
    """Tell whether nothing was said at a moment by which a grade may fall."""
    series = patient.series
    for signal in CHANGING:
        if signal.name in series and patient.newest(signal, moment_ms, moment_ms) is not None:
            return False
    age_years = fact(patient, AGE)
    for level in (LOW_PRESSURE, OXYGEN_USED):
        readings = series.get(level.name)
        if readings is None or readings.newest is None:
            continue
        place = len(readings) - 1
        if readings.newest.effective_ms > moment_ms:
            place = place_after(readings, moment_ms) - 1
        now = readings[place] if place >= 0 else None
        if now is None or now.effective_ms != moment_ms:
            continue
        # One that another record of the same moment sets aside differs, and that is enough.
        before = readings[place - 1] if place else None
        if before is None or before.effective_ms == moment_ms:
            return False
        if level.of(before.value, age_years) != level.of(now.value, age_years):
            return False
    return True
