"""What is kept of a signal for longer than its other readings: something is still known by it.

Of oxygen these are each start and end of an intubation, and what was last charted of the device in
use where other readings are no longer kept.
Source: CLINICAL.md DEC-35.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.bedside import oxygen_in_use
from stream.clinical.oxygen import INVASIVE
from stream.clinical.patient import Patient
from stream.clinical.series import Series
from stream.clinical.signals import OXYGEN

NONE: Final[frozenset[int]] = frozenset()


def of_oxygen(patient: Patient, horizon_ms: int) -> frozenset[int]:
    """Name the readings that last, of those until a moment."""
    series = patient.readings(OXYGEN)
    return frozenset((*_turns_of_intubation(series), *_in_use(series, horizon_ms)))


def _turns_of_intubation(series: Series) -> Iterator[int]:
    """Name the readings at which an intubation begins or ends."""
    before: bool | None = None
    for reading in series:
        if reading.value.device is not None:
            invasive = reading.value.device == INVASIVE
            if invasive != before and (invasive or before):
                yield id(reading)
            before = invasive


def _in_use(series: Series, moment_ms: int) -> Iterator[int]:
    """Name the readings that say which oxygen was in use at a moment: it may go on being so."""
    used = oxygen_in_use(series, until_ms=moment_ms)
    yield from (id(each) for each in used or () if each is not None)
