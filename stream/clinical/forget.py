"""What is no longer remembered: everything has a limit, and what it cuts is counted.

It is looked at each time that a chunk of records is full, so that forgetting costs little.
Source: DESIGN ("The state of a patient").
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from stream.clinical.course import COURSE_SIGNALS, FOLLOWED, walk
from stream.clinical.entries import Entry, Identity, Version
from stream.clinical.hours import thinned_until
from stream.clinical.ledger import Ledger
from stream.clinical.patient import Course, Patient, Told
from stream.clinical.policies.thresholds import Site
from stream.clinical.series import Reading, Readings, place_after
from stream.clinical.thinning import WORST_READINGS_MS, Forgetting
from stream.clinical.times import HOUR_MS
from stream.clinical.trail import Trail

SILENT_MAX: Final = 200  # records that say nothing: entered in error, demo
REPLACED_MS: Final = 72 * HOUR_MS  # after a version was recorded, older ones may come again
REPLACED_MAX: Final = 1000
ALERTS_MAX: Final = 400  # of this stay and the one before

Gone = Mapping[str, list[Reading[Any]]]  # by signal
Changes = Mapping[Identity, Entry | None]  # of records; None is one that goes


def trimmed(patient: Patient, now_ms: int, site: Site) -> Patient:
    """Forget what is past its limit, each time that enough has come since the last look."""
    if not patient.entries.is_full:
        return patient
    gone, unknown_ms = _gone(patient, now_ms, site)
    cut = Counter(patient.cut)
    cut["readings"] += sum(map(len, gone.values()))
    before = _walked(patient, max(now_ms - WORST_READINGS_MS, unknown_ms))
    entries = patient.entries.sealed()
    changes = _changes(entries, gone, cut)
    replaced = _replaced(patient, changes, now_ms - REPLACED_MS, cut)
    alerts = _alerts_left(patient, cut)
    return patient._replace(
        before=before,
        trail=_trail_left(patient, gone, now_ms),
        entries=entries.changed(changes) if changes else entries,
        replaced=replaced,
        series=_series_left(patient.series, gone),
        alerts=alerts,
        cut=dict(cut),
        thinned_ms=max(patient.thinned_ms, thinned_until(now_ms)),
    )


def _gone(patient: Patient, now_ms: int, site: Site) -> tuple[Gone, int]:
    """Choose what goes, and find up to when the course is known by no reading then."""
    forgetting = Forgetting(patient, now_ms, site)
    # In the order of their names: a restored state has its signals in another one.
    found = {name: forgetting.of(name, series) for name, series in sorted(patient.series.items())}
    unknown_ms = [cut_ms for name, cut_ms in forgetting.cut_ms.items() if name in FOLLOWED]
    return {name: each for name, each in found.items() if each}, max(unknown_ms, default=0)


def _walked(patient: Patient, horizon_ms: int) -> Course:
    """Take the course up to where readings are no longer kept, while they still are."""
    course = patient.before
    for _, _, after in walk(patient, patient.before, horizon_ms):
        course = after
    return course


def _trail_left(patient: Patient, gone: Gone, now_ms: int) -> Trail:
    """Let the trail begin where every reading that the course goes by is kept after now."""
    left_out = [
        reading.effective_ms for signal in COURSE_SIGNALS for reading in gone.get(signal.name, ())
    ]
    until_ms = max((thinned_until(now_ms), *left_out))
    return patient.trail.since(until_ms)


def _series_left(series: Mapping[str, Readings[Any]], gone: Gone) -> Mapping[str, Readings[Any]]:
    if not gone:
        return series
    left = dict(series)
    for name, readings in gone.items():
        known, kept = set(map(id, readings)), series[name]
        end = place_after(kept, max(each.effective_ms for each in readings))
        left[name] = Readings(
            [*[each for each in kept[:end] if id(each) not in known], *kept[end:]]
        )
    return left


def _changes(entries: Ledger, gone: Gone, cut: Counter[str]) -> Changes:
    """Leave readings out of their records, and records out that say nothing any more."""
    names: dict[Identity, list[str]] = {}
    for name, readings in gone.items():
        for reading in readings:
            names.setdefault((reading.source, reading.event_id), []).append(name)
    surplus = entries.silent[: max(len(entries.silent) - SILENT_MAX, 0)]
    cut["silent"] += len(surplus)
    changes: dict[Identity, Entry | None] = dict.fromkeys(surplus)
    for identity, forgotten in names.items():
        entry = entries[identity]
        says_more = len(forgotten) < len(entry.readings)
        changes[identity] = entry.leaving_out(forgotten) if says_more else None
    return changes


def _replaced(
    patient: Patient, changes: Changes, from_ms: int, cut: Counter[str]
) -> Mapping[Identity, Version]:
    """Keep the version of what replaced or removed another, so that the other stays out."""
    forgotten = [patient.entries[identity] for identity, left in changes.items() if left is None]
    versions = {each.identity: each.version for each in forgotten if each.replaces}
    if not patient.replaced and not versions:
        return patient.replaced
    known = {
        identity: version
        for identity, version in {**patient.replaced, **versions}.items()
        if version[0] >= from_ms
    }
    over = max(len(known) - REPLACED_MAX, 0)
    cut["replaced"] += over
    for identity in sorted(known, key=lambda each: known[each])[:over]:
        del known[identity]
    return known


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
