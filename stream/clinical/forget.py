"""What is no longer remembered: everything has a limit, and what it cuts is counted.

It is looked at each time a patient's record has doubled, so that forgetting costs little.
Source: DESIGN ("The state of a patient").
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from stream.clinical.bedside import fact
from stream.clinical.course import walk
from stream.clinical.entries import Entry, Identity, Version
from stream.clinical.patient import Course, Patient, Told
from stream.clinical.series import Reading, Series
from stream.clinical.signals import AGE
from stream.clinical.thinning import WORST_READINGS_MS, forgotten
from stream.clinical.times import HOUR_MS

FIRST_LOOK_ENTRIES: Final = 200
SILENT_MAX: Final = 200  # records that say nothing: entered in error, demo
REPLACED_MS: Final = 72 * HOUR_MS  # after a version was recorded, older ones may come again
REPLACED_MAX: Final = 1000
ALERTS_MAX: Final = 400  # of this stay and the one before

Gone = Mapping[str, list[Reading[Any]]]  # by signal


def trimmed(patient: Patient, now_ms: int) -> Patient:
    """Forget what is past its limit, once there is enough of it."""
    if len(patient.entries) < max(2 * patient.trimmed, FIRST_LOOK_ENTRIES):
        return patient
    age_years = fact(patient, AGE)
    found = {
        name: forgotten(name, series, now_ms, age_years) for name, series in patient.series.items()
    }
    gone = {name: readings for name, readings in found.items() if readings}
    cut = Counter(patient.cut)
    cut["readings"] += sum(map(len, gone.values()))
    before = _walked(patient, now_ms - WORST_READINGS_MS)
    entries = _entries_left(patient.entries, gone, cut)
    replaced = _replaced(patient, entries, now_ms - REPLACED_MS, cut)
    alerts = _alerts_left(patient, cut)
    return patient._replace(
        before=before,
        entries=entries,
        replaced=replaced,
        series=_series_left(patient.series, gone),
        alerts=alerts,
        cut=dict(cut),
        trimmed=len(entries),
    )


def _walked(patient: Patient, horizon_ms: int) -> Course:
    """Take the course up to where readings are no longer kept, while they still are."""
    course = patient.before
    for _, _, after in walk(patient, patient.before, horizon_ms):
        course = after
    return course


def _series_left(series: Mapping[str, Series], gone: Gone) -> Mapping[str, Series]:
    left = dict(series)
    for name, readings in gone.items():
        known = {_key(name, reading) for reading in readings}
        left[name] = tuple(each for each in series[name] if _key(name, each) not in known)
    return left


def _entries_left(
    entries: Mapping[Identity, Entry], gone: Gone, cut: Counter[str]
) -> Mapping[Identity, Entry]:
    """Leave readings out of their records, and records out that say nothing any more."""
    known = {_key(name, reading) for name, readings in gone.items() for reading in readings}
    silent = [identity for identity, entry in entries.items() if not entry.readings]
    surplus = set(silent[: max(len(silent) - SILENT_MAX, 0)])
    cut["silent"] += len(surplus)
    left: dict[Identity, Entry] = {}
    for identity, entry in entries.items():
        names = [name for name, reading in entry.readings if _key(name, reading) in known]
        says_nothing_now = bool(names) and len(names) == len(entry.readings)
        if identity not in surplus and not says_nothing_now:
            left[identity] = entry.leaving_out(names) if names else entry
    return left


def _replaced(
    patient: Patient, left: Mapping[Identity, Entry], from_ms: int, cut: Counter[str]
) -> Mapping[Identity, Version]:
    """Keep the version of what replaced or removed another, so that the other stays out."""
    forgotten_now = {
        identity: entry.version
        for identity, entry in patient.entries.items()
        if entry.replaces and identity not in left
    }
    known = {
        identity: version
        for identity, version in {**patient.replaced, **forgotten_now}.items()
        if version[0] >= from_ms
    }
    over = max(len(known) - REPLACED_MAX, 0)
    cut["replaced"] += over
    for identity in sorted(known, key=lambda each: known[each])[:over]:
        del known[identity]
    return known


def _key(name: str, reading: Reading[Any]) -> tuple[str, str, str]:
    return name, reading.source, reading.event_id


def _alerts_left(patient: Patient, cut: Counter[str]) -> Mapping[str, Told]:
    """Keep what was told in this stay and the one before: a revision must never be used twice."""
    alerts = {
        identity: told
        for identity, told in patient.alerts.items()
        if told.is_open or told.stay >= patient.stay - 1
    }
    ended = [identity for identity, told in alerts.items() if not told.is_open]
    for identity in ended[: max(len(alerts) - ALERTS_MAX, 0)]:
        del alerts[identity]
    cut["alerts"] += len(patient.alerts) - len(alerts)
    return alerts
