"""What is kept of a signal for longer than its other readings: something is still known by it.

Of oxygen these are each start and end of an intubation, and what was last charted of the device in
use: where other readings are no longer kept, when PaO2 was taken, and of what was charted while no
clinician held another cause for hypoxia. Of temperatures it is the last fever of that kind. Of the
results by which organs are compared these are the 24 hours until something was last charted of one.
Of all results these are those that tell what newer ones leave open, by their comparator or since a
blocker was given before (decision 79).
Source: CLINICAL.md §1.2, §1.4 DEC-14, DEC-35, DEC-52, DEC-60.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.bedside import oxygen_in_use
from stream.clinical.blockers import IL6, last_blocker
from stream.clinical.causes import lies_in, spells
from stream.clinical.crs import FEVER_C
from stream.clinical.organs import ORGAN_SIGNALS
from stream.clinical.oxygen import INVASIVE, ROOM_AIR
from stream.clinical.patient import Patient
from stream.clinical.series import Series, one_a_moment, place_after, since, up_to
from stream.clinical.signals import OXYGEN, TEMPERATURE
from stream.clinical.times import DAY_MS
from stream.clinical.ventilation import PAO2

NONE: Final[frozenset[int]] = frozenset()
COMPARED: Final = frozenset(signal.name for signal in ORGAN_SIGNALS if ":" not in signal.name)


def of_oxygen(patient: Patient, horizon_ms: int) -> frozenset[int]:
    """Name the readings that last, of those until a moment."""
    series, from_ms = patient.readings(OXYGEN), patient.stay_from_ms
    found = {*_turns_of_intubation(series), *_in_use(series, horizon_ms)}
    for pao2 in up_to(patient.readings(PAO2), horizon_ms):
        found.update(_in_use(since(series, from_ms), pao2.effective_ms))
        found.update(_next_fio2(series, pao2.effective_ms))
    if others := spells(patient, "hypoxia", None):
        outside = [each for each in series if not lies_in(each.effective_ms, others)]
        found.update(_in_use(outside, horizon_ms))
    return frozenset(found)


def of_temperature(patient: Patient, horizon_ms: int) -> frozenset[int]:
    """Name the last fever until a moment that no clinician held for that of another cause."""
    others = spells(patient, "fever", None)
    if not others:
        return NONE
    fevers = (
        id(each)
        for each in reversed(up_to(patient.readings(TEMPERATURE), horizon_ms))
        if each.value.celsius >= FEVER_C and not lies_in(each.effective_ms, others)
    )
    return frozenset([first for first in [next(fevers, None)] if first is not None])


def of_results(patient: Patient, name: str, past_ms: int) -> frozenset[int]:
    """Name the results until a moment that tell something then that no newer one does."""
    found: set[int] = set()
    bounds: dict[bool, tuple[float, bool]] = {}  # by direction: what is proven, the higher the more
    for each in reversed([*one_a_moment(up_to(patient.series[name], past_ms))]):
        value, comparator, _ = each.value
        if name == IL6.name and last_blocker(patient, each.effective_ms) is not None:
            continue
        if comparator is None:
            return frozenset({*found, id(each)})
        upwards = comparator.startswith(">")
        proven = value if upwards else -value, len(comparator) == 1
        # Of PaO2 less may tell more, at another FiO2.
        if name == PAO2.name or upwards not in bounds or proven > bounds[upwards]:
            bounds[upwards] = proven
            found.add(id(each))
    return frozenset(found)


def compared_from_ms(patient: Patient, name: str, horizon_ms: int) -> int:
    """Find the moment at which the result that held last is kept, and each one since.

    Organs are compared with what was known of each 24 hours before something was last charted of
    one, however long ago that is.
    """
    if name not in COMPARED:
        return horizon_ms
    charted = [patient.newest(signal) for signal in ORGAN_SIGNALS]
    last_ms = max(each.effective_ms for each in charted if each is not None)
    return min(horizon_ms, last_ms - DAY_MS - 1)


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
    """Name the readings that say which oxygen was in use at a moment: it may go on being so.

    The last one of another device is one of them, or what was measured on this one before that
    would seem to go on.
    """
    used = oxygen_in_use(series, until_ms=moment_ms)
    if used is None:
        return
    yield from (id(each) for each in used if each is not None)
    device = used.named.value.device
    if device != ROOM_AIR:
        for each in reversed(series[: place_after(series, moment_ms)]):
            if each.value.device not in {None, device}:
                yield id(each)
                return


def _next_fio2(series: Series, moment_ms: int) -> Iterator[int]:
    """Name the first reading of an FiO2 after a moment."""
    for each in since(series, moment_ms):
        if each.value.fio2_fraction is not None:
            yield id(each)
            return
