"""When ICE cannot be done: the patient is intubated, or sedated.

`sedated` holds until said otherwise; a sedative that runs sedates, unless it was said later that
the patient is not sedated. So does what a clinician attributes to sedation.
Source: CLINICAL.md §1.1 (review line 57), §2.3 (footnote on sedating medication), DEC-58.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from stream.clinical.bedside import readings_of_stay
from stream.clinical.causes import Spell
from stream.clinical.oxygen import INVASIVE
from stream.clinical.patient import Patient
from stream.clinical.series import Reading, fold, one_a_moment, up_to
from stream.clinical.signals import OXYGEN, SEDATED, Oxygen, Rate, Signal, attribution, rate

SEDATIVES: Final = ("propofol", "midazolam", "dexmedetomidine")
SEDATIVE_RATES: Final[tuple[Signal[Rate], ...]] = tuple(rate(drug) for drug in SEDATIVES)
NEURO_CAUSE: Final = attribution("neuro")
SEDATION: Final = "sedation"
BEFORE_ALL_TIME: Final = -1
NO_SPELLS: Final[tuple[Spell, ...]] = ()

Mark = tuple[int, str, bool]  # when, of which signal, whether it sedates


def sedated(patient: Patient, until_ms: int | None) -> tuple[Spell, ...]:
    """Find when the patient was sedated, the oldest first."""
    said: bool | None = None
    said_ms = BEFORE_ALL_TIME
    running: dict[str, int] = {}
    states: list[tuple[int, bool]] = []
    for at_ms, marks in groupby(sorted(_marks(patient, until_ms)), key=lambda mark: mark[0]):
        for _, name, sedates in marks:
            if name == SEDATED.name:
                said, said_ms = sedates, at_ms
            elif sedates:
                running[name] = at_ms
            else:
                running.pop(name, None)
        later = any(each_ms > said_ms for each_ms in running.values())
        states.append((at_ms, said is True or later))
    return tuple(_spells(states))


def intubated(patient: Patient, until_ms: int | None) -> tuple[Spell, ...]:
    """Find when the patient was intubated, the oldest first."""
    readings, from_ms = patient.readings(OXYGEN), patient.stay_from_ms
    return fold(readings, _with_airway, NO_SPELLS, from_ms, until_ms)


def _with_airway(found: tuple[Spell, ...], reading: Reading[Oxygen]) -> tuple[Spell, ...]:
    """Take in one more device; what does not name one says nothing."""
    device, goes_on = reading.value.device, bool(found) and found[-1].until_ms is None
    if device is None or (device == INVASIVE) is goes_on:
        return found
    if device == INVASIVE:
        return (*found, Spell(reading.effective_ms, None))
    return (*found[:-1], Spell(found[-1].from_ms, reading.effective_ms))


def _marks(patient: Patient, until_ms: int | None) -> Iterator[Mark]:
    for each in one_a_moment(up_to(patient.readings(SEDATED), until_ms)):
        yield each.effective_ms, SEDATED.name, each.value
    for signal in SEDATIVE_RATES:
        if signal.name in patient.series:
            for each in one_a_moment(up_to(patient.readings(signal), until_ms)):
                yield each.effective_ms, signal.name, each.value.value > 0
    if NEURO_CAUSE.name in patient.series:
        for each in one_a_moment(readings_of_stay(patient, NEURO_CAUSE, until_ms)):
            yield each.effective_ms, NEURO_CAUSE.name, each.value == SEDATION


def _spells(states: Iterable[tuple[int, bool]]) -> Iterator[Spell]:
    """Join states to spells; one that goes on has no end."""
    from_ms: int | None = None
    for at_ms, holds in states:
        if holds and from_ms is None:
            from_ms = at_ms
        elif not holds and from_ms is not None:
            yield Spell(from_ms, at_ms)
            from_ms = None
    if from_ms is not None:
        yield Spell(from_ms, None)
