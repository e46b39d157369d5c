"""How severe CRS has been: since when of grade 2 or more, and how mild after tocilizumab.

By the first antibiotics and cultures are timed. In an episode it is the first moment of that grade,
whatever the grade was afterwards, and the last at which the grade rose to 2 after it was lower for
24 hours. Where a mask alone grades a patient and no episode is open, it holds for as long as the
grade does; an episode that opens then takes it over.
By the second steroids are: the grade at the first tocilizumab of the illness, and the lowest since.
A dose given where there is none yet is followed for 24 hours, as if there were: an illness may
begin.
Source: CLINICAL.md §1.3 (review lines 85 to 92), §1.5 (review lines 185 and 195), DEC-4, DEC-40,
DEC-42, DEC-51, DEC-52; decisions 46 and 50.
"""

from collections.abc import Mapping
from typing import Any, Final

from stream.clinical.bedside import VASOPRESSOR_RATES, fact
from stream.clinical.closing import CLEAN_MS
from stream.clinical.grade import GradeRange
from stream.clinical.illness import ECMO_SIGNALS
from stream.clinical.levels import LOW_PRESSURE, OXYGEN_USED, Level
from stream.clinical.masking import CIRCUIT_SIGNALS, TREATED_BEFORE_MS, treated_after
from stream.clinical.once import once
from stream.clinical.patient import NOTHING, Course, Patient, Response
from stream.clinical.policies.register import GRADING, MANAGEMENT
from stream.clinical.series import place_after
from stream.clinical.signals import AGE, TEMPERATURE, Signal, attribution, given
from stream.clinical.view import View

FROM_GRADE: Final = 2
MILDEST: Final = 1  # in an open episode, but where another cause was named
MILD_MS: Final = CLEAN_MS  # below grade 2 for so long: the next rise is another one
TOCILIZUMAB: Final = given("tocilizumab")
CHANGING: Final[tuple[Signal[Any], ...]] = (
    *(signal for _, signal in VASOPRESSOR_RATES),
    *dict.fromkeys((*CIRCUIT_SIGNALS, *ECMO_SIGNALS)),
    *(attribution(domain) for domain in ("fever", "hypotension", "hypoxia")),
)
FEVER_ATTRIBUTED: Final = attribution("fever").name
ANY: Final = MANAGEMENT["manikath-2025"]  # no grade depends on how it is managed


def graded(patient: Patient, course: Course, moment_ms: int, *, may_be: bool) -> Course:
    """Take in how severe it is; `course` is that after the moment, with what held before it.

    `may_be` is false where neither illness nor a circuit is there: then no policy grades 2.
    """
    if _stays(patient, course, moment_ms, may_be=may_be):
        return course  # as nearly always
    now = _Moment(patient, course, moment_ms, may_be=may_be)
    reached, responded = _grade_2_from(now), _response(now)
    mild, again = _rises(now, reached)
    return course._replace(
        grade_2_from=reached, response=responded, mild_from=mild, again_from=again
    )


def _stays(patient: Patient, course: Course, moment_ms: int, *, may_be: bool) -> bool:
    """Tell, of most moments, that nothing of all this is another: plainly, each has to ask."""
    doses = patient.series.get(TOCILIZUMAB.name)
    last = None if doses is None else doses.newest
    if last is not None and (
        last.effective_ms >= moment_ms or _is_not_followed(patient, course, moment_ms)
    ):
        return False
    began = course.grade_2_from
    if course.onset_ms is None:
        return not may_be and not began and not course.response
    if may_be:
        return len(began) == len(GRADING) and _is_as_before(patient, moment_ms)
    if len(course.mild_from) < len(began):
        return False
    return not course.response or max([low for _, low in course.response.values()]) <= MILDEST


class _Moment:
    """A moment, and what is looked up about it once."""

    def __init__(self, patient: Patient, course: Course, at_ms: int, *, may_be: bool) -> None:
        self.patient, self.course, self.at_ms, self.may_be = patient, course, at_ms, may_be

    @once
    def crs(self) -> Mapping[str, GradeRange]:
        """Grade CRS under each policy."""
        return self._crs(self.course)

    @once
    def crs_if_open(self) -> Mapping[str, GradeRange]:
        """Grade it as in an episode, where none is open too."""
        if self.course.onset_ms is not None:
            return self.crs
        return self._crs(self.course._replace(onset_ms=self.at_ms))

    @once
    def is_as_before(self) -> bool:
        """Tell whether nothing was said by which the grade of an illness may change."""
        return _is_as_before(self.patient, self.at_ms)

    def _crs(self, course: Course) -> Mapping[str, GradeRange]:
        return View(self.patient, self.at_ms, ANY, until_ms=self.at_ms, course=course).crs


def _grade_2_from(now: _Moment) -> Mapping[str, int]:
    """Give the first moment of grade 2 by policy."""
    known, is_open = now.course.grade_2_from, now.course.onset_ms is not None
    if not now.may_be:
        return known if is_open else NOTHING
    if is_open and len(known) == len(GRADING):
        return known
    reached = {
        name: known.get(name, now.at_ms)
        for name, grade in now.crs.items()
        if grade.lowest >= FROM_GRADE
    }
    return {**known, **reached} if is_open else reached


def _rises(now: _Moment, began: Mapping[str, int]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Follow in an open episode since when the grade is below 2 again, and when it rose anew."""
    mild, again = now.course.mild_from, now.course.again_from
    if now.course.onset_ms is None or not began:
        return mild, again
    if not now.may_be:
        if len(mild) == len(began):
            return mild, again
        return {name: mild.get(name, now.at_ms) for name in began}, again
    if now.is_as_before:
        return mild, again
    below = {name: mild.get(name, now.at_ms) for name in began if now.crs[name].lowest < FROM_GRADE}
    rose = {
        name: now.at_ms
        for name, from_ms in mild.items()
        if name not in below and now.at_ms - from_ms >= MILD_MS
    }
    return (mild if below == mild else below), ({**again, **rose} if rose else again)


def _response(now: _Moment) -> Mapping[str, Response]:
    """Follow the grades by policy from the first tocilizumab of the illness on."""
    known = now.course.response
    dose = now.patient.newest(TOCILIZUMAB, now.at_ms, now.at_ms)
    if not known and dose is None and not _is_not_followed(now.patient, now.course, now.at_ms):
        return NOTHING
    if now.course.ill_from_ms is None:
        from_ms = now.at_ms - TREATED_BEFORE_MS
        if now.patient.newest(TOCILIZUMAB, from_ms, now.at_ms) is None:
            return NOTHING
        if now.patient.newest(TOCILIZUMAB, from_ms, now.at_ms - 1) is None:
            known = NOTHING
    if known and max([each.lowest for each in known.values()]) <= MILDEST:
        return known
    if known and now.may_be and now.is_as_before:
        return known
    grades = now.crs_if_open
    if not known:
        return {name: Response(each.lowest, each.lowest) for name, each in grades.items()}
    return {
        name: each._replace(lowest=min(each.lowest, grades[name].lowest))
        for name, each in known.items()
    }


def _is_not_followed(patient: Patient, course: Course, moment_ms: int) -> bool:
    """Tell whether a dose for the illness lies before, and no grade since then is known.

    It was told when the readings of its time were no longer kept. The grade at it is taken to be
    the first that is: where that was higher, a steroid is asked for though the patient is better.
    """
    if course.response or (after_ms := treated_after(course)) is None:
        return False
    from_ms = max(after_ms + 1, patient.stay_from_ms or 0)
    return patient.newest(TOCILIZUMAB, from_ms, moment_ms - 1) is not None


def _is_as_before(patient: Patient, moment_ms: int) -> bool:
    """Tell whether nothing was said at a moment by which the grade of an illness may change."""
    series = patient.series
    for signal in CHANGING:
        last = readings.newest if (readings := series.get(signal.name)) is not None else None
        # Plainly first: it is asked at every moment.
        if (
            last is not None
            and last.effective_ms >= moment_ms
            and _is_said(patient, signal, moment_ms)
        ):
            return False
    # With a fever that was attributed one may count that was measured since.
    if FEVER_ATTRIBUTED in series and _is_said(patient, TEMPERATURE, moment_ms):
        return False
    for level in (LOW_PRESSURE, OXYGEN_USED):
        last = readings.newest if (readings := series.get(level.name)) is not None else None
        if (
            last is not None
            and last.effective_ms >= moment_ms
            and _turns(patient, level, moment_ms)
        ):
            return False
    return True


def _is_said(patient: Patient, signal: Signal[Any], moment_ms: int) -> bool:
    return patient.newest(signal, moment_ms, moment_ms) is not None


def _turns(patient: Patient, level: Level[Any], moment_ms: int) -> bool:
    """Tell whether a reading of a moment has another level than the one before it."""
    readings = patient.series[level.name]
    now, place = readings.newest, readings.size - 1
    if now is not None and now.effective_ms > moment_ms:
        place = place_after(readings, moment_ms) - 1
        now = readings[place] if place >= 0 else None
    if now is None or now.effective_ms != moment_ms:
        return False
    # One that another record of the same moment sets aside differs, and that is enough.
    before = readings[place - 1] if place else None
    if before is None or before.effective_ms == moment_ms:
        return True
    if before.value == now.value:
        return False
    age_years = fact(patient, AGE)
    return bool(level.of(before.value, age_years) != level.of(now.value, age_years))
