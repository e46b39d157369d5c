"""Which reading decides: the newest of a signal, by its own values, stale or not.

A flow and an FiO2 that were measured on a device, and the reason for it, hold while the same device
is charted again without them: nothing newer was said (DEC-35). Another device, or room air, begins
anew. A tube for which nobody gave a reason is one for hypoxia where oxygen was needed before it, or
an FiO2 of 0.40 was since.
Source: CLINICAL.md DEC-27, DEC-35, DEC-45, DEC-46, DEC-47.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from stream.clinical.circulation import VASOPRESSORS, is_child
from stream.clinical.oxygen import (
    HIGH_FIO2_FRACTION,
    HYPOXIA,
    INVASIVE,
    ROOM_AIR,
    is_need,
)
from stream.clinical.patient import Patient
from stream.clinical.series import Reading, Series, fold, since, up_to
from stream.clinical.signals import OXYGEN, PRESSURE, Oxygen, Pressure, Rate, Signal, rate
from topics.registry import ASSESSMENTS

T = TypeVar("T")
VASOPRESSOR_NAMES: Final = frozenset(rate(drug).name for drug in VASOPRESSORS)
VASOPRESSOR_RATES: Final = tuple((drug, rate(drug)) for drug in VASOPRESSORS)


class OxygenInUse(NamedTuple):
    """The records that name a device, its flow, its FiO2 and its reason, each the newest that does.

    `needed` is the record that shows hypoxia on a tube: a need before it, or a high FiO2 since.
    """

    named: Reading[Oxygen]  # while no device was named: the newest of all
    flow: Reading[Oxygen] | None
    fio2: Reading[Oxygen] | None
    reason: Reading[Oxygen] | None
    needed: Reading[Oxygen] | None

    def held(self) -> Oxygen:
        """Give the device with what was last measured on it."""
        return self._since(None)

    def charted(self) -> Oxygen:
        """Give the device with what was measured when it was named last, or since."""
        return self._since(self.named)

    def _since(self, first: Reading[Oxygen] | None) -> Oxygen:
        flow, fio2, why, said = self.flow, self.fio2, self.reason, self.named.value
        flow_l_min = None
        if flow is not None and (first is None or flow[:4] >= first[:4]):
            flow_l_min = flow.value.flow_l_min
        fio2_fraction = None
        if fio2 is not None and (first is None or fio2[:4] >= first[:4]):
            fio2_fraction = fio2.value.fio2_fraction
        reason = None if self.needed is None or first is not None else HYPOXIA
        if why is not None and (first is None or why[:4] >= first[:4]):
            reason = why.value.reason
        if said[1:] == (flow_l_min, fio2_fraction, reason):
            return said  # as nearly always
        return Oxygen(said.device, flow_l_min, fio2_fraction, reason)


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


def oxygen_that_decides(patient: Patient, until_ms: int | None) -> OxygenInUse | None:
    """Find the device in use, with the flow and FiO2 that were last measured on it."""
    newest = patient.newest(OXYGEN, patient.stay_from_ms, until_ms)
    if newest is None:
        return None
    said = newest.value
    if said.device == ROOM_AIR or None not in said:
        return _and_then(None, newest)  # as nearly always; what came before says nothing more
    return oxygen_in_use(patient.readings(OXYGEN), patient.stay_from_ms, until_ms)


def oxygen_in_use(
    readings: Sequence[Reading[Oxygen]], from_ms: int | None = None, until_ms: int | None = None
) -> OxygenInUse | None:
    """Find the device that is in use after the readings of a span."""
    return fold(readings, _and_then, None, from_ms, until_ms)


def _and_then(used: OxygenInUse | None, reading: Reading[Oxygen]) -> OxygenInUse:
    """Take in what was charted next; without a device it is of the device named last."""
    device, flow_l_min, fio2_fraction, reason = reading.value
    goes_on = used is not None and device in {None, used.named.value.device} - {ROOM_AIR}
    before = used if goes_on else None
    named, flow, fio2, why, needed = before or (reading, None, None, None, None)
    if device is not None or named.value.device is None:
        named = reading
    if needed is None and named.value.device == INVASIVE:
        needed = _need(None if goes_on else used, reading)
    return OxygenInUse(
        named,
        flow if flow_l_min is None else reading,
        fio2 if fio2_fraction is None else reading,
        why if reason is None else reading,
        needed,
    )


def _need(before: OxygenInUse | None, reading: Reading[Oxygen]) -> Reading[Oxygen] | None:
    """Find what shows hypoxia on a tube: what was needed before it, or an FiO2 of 0.40 or more."""
    if before is not None and is_need(before.held()):
        return before.named
    fio2_fraction = reading.value.fio2_fraction
    return reading if fio2_fraction is not None and fio2_fraction >= HIGH_FIO2_FRACTION else None


def running_vasopressors(patient: Patient, until_ms: int | None) -> Mapping[str, Reading[Rate]]:
    """Find the vasopressors that run; a rate holds until the next event of its drug."""
    running: dict[str, Reading[Rate]] = {}
    if patient.series.keys().isdisjoint(VASOPRESSOR_NAMES):
        return running
    for drug, signal in VASOPRESSOR_RATES:
        if signal.name not in patient.series:
            continue
        newest = patient.newest(signal, None, until_ms)
        if newest is not None and newest.value.value > 0:
            running[drug] = newest
    return running


def is_running(patient: Patient, signal: Signal[bool], until_ms: int | None) -> bool:
    """Tell whether a support was started and not stopped."""
    newest = patient.newest(signal, None, until_ms)
    return newest is not None and newest.value


def any_runs(
    patient: Patient, signals: Sequence[Signal[bool]], until_ms: int | None
) -> bool | None:
    """Tell whether one of these supports runs; None where nobody would have said so."""
    if any(is_running(patient, signal, until_ms) for signal in signals):
        return True
    return False if is_heard(patient, ASSESSMENTS) else None


def is_heard(patient: Patient, topic: str) -> bool:
    """Tell whether a topic has ever spoken of the patient; one that has not rules nothing out."""
    return topic in patient.applied
