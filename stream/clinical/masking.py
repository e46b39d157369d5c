"""What hides a fever, and until when.

While it does, a temperature below 38.0 proves nothing (the review, line 34; Lee 2019, footnote to
table 2, DOI 10.1016/j.bbmt.2018.12.758). A drug given before the onset masks as well, while its
window lasts: that of an interleukin-6 blocker is the rest of the episode, so of one given since the
last episode it is the whole of the next, if that begins within 28 days. Topical and inhaled
steroids (route `other`) do not count.
Source: CLINICAL.md §5.5, DEC-2, DEC-10, DEC-50, DEC-51; decision 63.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.drugs import ANTIPYRETICS, ASPIRIN, INTERLEUKIN_6_BLOCKERS
from stream.clinical.patient import Course, Patient
from stream.clinical.series import Reading, up_to
from stream.clinical.signals import Dose, Rate, Signal, given, rate, support
from stream.clinical.times import DAY_MS, HOUR_MS

ANTIPYRETIC_WINDOW_MS: Final = 8 * HOUR_MS  # the end included, as for each window here
STEROID_WINDOW_MS: Final = 48 * HOUR_MS
ANAKINRA_WINDOW_MS: Final = 24 * HOUR_MS
BLOCKED_MS: Final = 28 * DAY_MS  # by an interleukin-6 blocker, the end included
TREATED_BEFORE_MS: Final = DAY_MS  # the onset: what was given since was for it, the end included
ASPIRIN_MIN_MG: Final = 300.0

STEROIDS: Final = (
    "dexamethasone",
    "methylprednisolone",
    "hydrocortisone",
    "prednisone",
    "prednisolone",
)
CIRCUITS: Final = ("crrt", "ecmo_vv", "ecmo_va", "cooling")
MG_BY_UNIT: Final = MappingProxyType({"mg": 1.0, "g": 1000.0, "ug": 0.001})

ANTIPYRETIC_SIGNALS: Final[tuple[Signal[Dose], ...]] = tuple(given(drug) for drug in ANTIPYRETICS)
CIRCUIT_SIGNALS: Final[tuple[Signal[bool], ...]] = tuple(support(name) for name in CIRCUITS)
WINDOWS_MS: Final[Mapping[Signal[Dose], int]] = MappingProxyType(
    dict.fromkeys(ANTIPYRETIC_SIGNALS, ANTIPYRETIC_WINDOW_MS)
    | {given(drug): STEROID_WINDOW_MS for drug in STEROIDS}
    | {given("anakinra"): ANAKINRA_WINDOW_MS}
)
INFUSED_WINDOWS_MS: Final[Mapping[Signal[Rate], int]] = MappingProxyType(  # after it was stopped
    {rate(drug): STEROID_WINDOW_MS for drug in STEROIDS} | {rate("anakinra"): ANAKINRA_WINDOW_MS}
)
BLOCKER_SIGNALS: Final[tuple[Signal[Dose], ...]] = tuple(
    given(drug) for drug in INTERLEUKIN_6_BLOCKERS
)
MASKING_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *WINDOWS_MS,
    *BLOCKER_SIGNALS,
    *CIRCUIT_SIGNALS,
    *INFUSED_WINDOWS_MS,
)

ANTIPYRETIC_NAMES: Final = frozenset(signal.name for signal in ANTIPYRETIC_SIGNALS)
CIRCUIT_NAMES: Final = frozenset(signal.name for signal in CIRCUIT_SIGNALS)
RUNNING_NAMES: Final = CIRCUIT_NAMES | {signal.name for signal in INFUSED_WINDOWS_MS}
NAMES: Final = frozenset(signal.name for signal in MASKING_SIGNALS)


@dataclass(frozen=True, slots=True)
class Mask:
    """One thing that hides a fever."""

    signal: str  # acetaminophen, crrt …
    reading: Reading[Any]
    until_ms: int | None  # the last moment of it; None: until it stops, or with the episode


def masks(patient: Patient, at_ms: int, blocked_after_ms: int | None) -> Iterator[Mask]:
    """Name everything that hides a fever at a moment.

    An interleukin-6 blocker does where it was given after a moment (see `blocked_after`). None:
    there is no illness that it was given for.
    """
    if patient.series.keys().isdisjoint(NAMES):
        return
    for signal, window_ms in WINDOWS_MS.items():
        if signal.name not in patient.series:
            continue
        dose = last_masking_dose(patient, signal, at_ms)
        if dose is not None and dose.effective_ms + window_ms >= at_ms:
            yield Mask(_name(signal), dose, dose.effective_ms + window_ms)
    for blocker in BLOCKER_SIGNALS if blocked_after_ms is not None else ():
        doses = up_to(patient.readings(blocker), at_ms)
        if doses and blocked_after_ms is not None and doses[-1].effective_ms > blocked_after_ms:
            yield Mask(_name(blocker), doses[-1], None)
    yield from _running(patient, at_ms)


def blocked_after(course: Course) -> int | None:
    """Find after which moment an interleukin-6 blocker hides fevers for as long as one is ill.

    In an open episode that is any since the last one; else one that was given for the illness.
    """
    if course.onset_ms is None:
        return treated_after(course)
    return _since_closed(course, course.onset_ms - BLOCKED_MS - 1)


def treated_after(course: Course) -> int | None:
    """Find after which moment a drug was given for the illness; None: there is none.

    From a day before its onset on, and what was given in the episode before was for that one.
    """
    if course.ill_from_ms is None:
        return None
    return _since_closed(course, course.ill_from_ms - TREATED_BEFORE_MS - 1)


def _since_closed(course: Course, earliest_ms: int) -> int:
    closed_ms = course.closed[-1][1] if course.closed else None
    return earliest_ms if closed_ms is None else max(closed_ms, earliest_ms)


def in_antipyretic_window(patient: Patient, at_ms: int, window_ms: int) -> bool:
    """Tell whether an antipyretic was given in a window that ends now, both ends included."""
    if patient.series.keys().isdisjoint(ANTIPYRETIC_NAMES):
        return False
    for signal in ANTIPYRETIC_SIGNALS:
        if signal.name not in patient.series:
            continue
        dose = last_masking_dose(patient, signal, at_ms)
        if dose is not None and dose.effective_ms + window_ms >= at_ms:
            return True
    return False


def runs_circuit(patient: Patient, at_ms: int) -> bool:
    """Tell whether a circuit or a cooling blanket runs."""
    if patient.series.keys().isdisjoint(CIRCUIT_NAMES):
        return False
    for signal in CIRCUIT_SIGNALS:
        newest = patient.newest(signal, None, at_ms)
        if newest is not None and newest.value:
            return True
    return False


def last_masking_dose(patient: Patient, signal: Signal[Dose], at_ms: int) -> Reading[Dose] | None:
    """Find the newest dose of a drug that is large enough, and systemic."""
    for dose in reversed(up_to(patient.readings(signal), at_ms)):
        if _masks(signal, dose.value):
            return dose
    return None


def _masks(signal: Signal[Dose], dose: Dose) -> bool:
    drug = _name(signal)
    if drug in STEROIDS:
        return dose.route != "other"
    if drug != ASPIRIN or dose.value is None or dose.unit is None:
        return True  # an unknown dose may well be large enough
    return dose.value * MG_BY_UNIT[dose.unit] >= ASPIRIN_MIN_MG


def _running(patient: Patient, at_ms: int) -> Iterator[Mask]:
    if patient.series.keys().isdisjoint(RUNNING_NAMES):
        return
    for circuit in CIRCUIT_SIGNALS:
        switched = up_to(patient.readings(circuit), at_ms)
        if switched and switched[-1].value:
            yield Mask(_name(circuit), switched[-1], None)
    for infusion, window_ms in INFUSED_WINDOWS_MS.items():
        rates = up_to(patient.readings(infusion), at_ms)
        ran = [place for place, reading in enumerate(rates) if reading.value.value > 0]
        if not ran:
            continue
        if ran[-1] == len(rates) - 1:
            yield Mask(_name(infusion), rates[-1], None)
        elif (until_ms := rates[ran[-1] + 1].effective_ms + window_ms) >= at_ms:
            yield Mask(_name(infusion), rates[ran[-1]], until_ms)


def _name(signal: Signal[Any]) -> str:
    return signal.name.partition(":")[2]
