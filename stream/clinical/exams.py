"""By which examination ICANS is graded: ICE, and CAPD below 12 years.

Where the age is not known and no ICE counts, CAPD does: who is charted with one is most likely a
child. It proves what it shows and rules nothing out, and the grade is flagged.
Source: CLINICAL.md §2.3, DEC-53; decision 19.
"""

from collections.abc import Collection
from typing import Final

from stream.clinical.bedside import fact, readings_of_stay
from stream.clinical.patient import Patient
from stream.clinical.series import Series
from stream.clinical.signals import AGE, CAPD, ICE

CAPD_BELOW_YEARS: Final = 12  # from 12 on it is ICE


def exam_of(patient: Patient, until_ms: int | None) -> str:
    """Name the examination that is to be done."""
    if is_capd_without_age(patient, until_ms):
        return "ICE" if readings_of_stay(patient, ICE, until_ms) else "CAPD"
    return "CAPD" if _is_child(patient) else "ICE"


def scores_of(patient: Patient, ice_schemes: Collection[str], until_ms: int | None) -> Series:
    """Give the scores that count: CAPD of a child that has one, else ICE of a form with a scale."""
    capd = readings_of_stay(patient, CAPD, until_ms)
    if capd and _is_child(patient):
        return capd
    scores = readings_of_stay(patient, ICE, until_ms)
    found = [each for each in scores if each.value.scheme in ice_schemes]
    return capd if not found and is_capd_without_age(patient, until_ms) else found


def is_capd_without_age(patient: Patient, until_ms: int | None) -> bool:
    """Tell whether CAPD was charted of a patient who may be a child or not."""
    return fact(patient, AGE) is None and bool(readings_of_stay(patient, CAPD, until_ms))


def _is_child(patient: Patient) -> bool:
    age_years = fact(patient, AGE)
    return age_years is not None and age_years < CAPD_BELOW_YEARS
