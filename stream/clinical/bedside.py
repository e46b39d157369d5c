"""Which reading decides: the newest of a signal, by its own values, stale or not.

Source: CLINICAL.md DEC-27, DEC-35, DEC-45, DEC-46, DEC-47.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from stream.clinical.circulation import VASOPRESSORS, is_child
from stream.clinical.patient import Patient
from stream.clinical.series import Reading, Series, since, up_to
from stream.clinical.signals import OXYGEN, PRESSURE, Oxygen, Pressure, Rate, Signal, rate

T = TypeVar("T")
VASOPRESSOR_NAMES: Final = frozenset(rate(drug).name for drug in VASOPRESSORS)
VASOPRESSOR_RATES: Final = tuple((drug, rate(drug)) for drug in VASOPRESSORS)


def fact(patient: Patient, signal: Signal[T]) -> T | None:
    """Give what was last told of the patient; None is unknown."""
    newest = patient.newest(signal)
    return None if newest is None else newest.value


def readings_of_stay(
    patient: Patient, signal: Signal[T], until_ms: int | None
) -> Sequence[Reading[T]]:
    """Give the readings of a signal that count: none from before the infusion (DEC-44)."""
    readings: Series = patient.readings(signal)
    if not readings:
        return ()
    return up_to(since(readings, patient.stay_from_ms), until_ms)


def pressure_that_decides(
    patient: Patient, age_years: float | None, until_ms: int | None
) -> Reading[Pressure] | None:
    """Find the newest blood pressure; of a child, the newest that has a systolic."""
    newest = patient.newest(PRESSURE, patient.stay_from_ms, until_ms)
    if newest is None or newest.value.systolic_mmhg is not None:
        return newest  # as nearly always
    for reading in reversed(readings_of_stay(patient, PRESSURE, until_ms)):
        if reading.value.systolic_mmhg is not None or not is_child(age_years):
            return reading
    return None


def oxygen_that_decides(patient: Patient, until_ms: int | None) -> Reading[Oxygen] | None:
    """Find the newest device, with a flow or FiO2 that was charted later without naming it."""
    newest = patient.newest(OXYGEN, patient.stay_from_ms, until_ms)
    if newest is None or newest.value.device is not None:
        return newest  # as nearly always
    return newest_device(readings_of_stay(patient, OXYGEN, until_ms))


def newest_device(readings: Sequence[Reading[Oxygen]]) -> Reading[Oxygen] | None:
    """Find the newest device among readings, with what was charted of it later."""
    flow = fio2 = None
    later: Reading[Oxygen] | None = None
    for reading in reversed(readings):
        found = reading.value
        flow = found.flow_l_min if flow is None else flow
        fio2 = found.fio2_fraction if fio2 is None else fio2
        later = later or reading
        if found.device is not None:
            return reading._replace(value=found._replace(flow_l_min=flow, fio2_fraction=fio2))
    return later


def running_vasopressors(patient: Patient, until_ms: int | None) -> Mapping[str, Reading[Rate]]:
    """Find the vasopressors that run; a rate holds until the next event of its drug."""
    running: dict[str, Reading[Rate]] = {}
    if patient.series.keys().isdisjoint(VASOPRESSOR_NAMES):
        return running
    for drug, signal in VASOPRESSOR_RATES:
        newest = patient.newest(signal, None, until_ms)
        if newest is not None and newest.value.value > 0:
            running[drug] = newest
    return running


def is_running(patient: Patient, signal: Signal[bool], until_ms: int | None) -> bool:
    """Tell whether a support was started and not stopped."""
    newest = patient.newest(signal, None, until_ms)
    return newest is not None and newest.value
