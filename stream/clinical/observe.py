"""What one record changes in what is remembered.

Source: CONTRACT (Envelope, Time); CLINICAL.md DEC-44, DEC-45, DEC-66, DEC-67.
"""

from collections.abc import Mapping
from itertools import zip_longest
from operator import itemgetter
from typing import Any, Final, NamedTuple

from stream.clinical.course import (
    COURSE_FACTS,
    FOLLOWED,
    followed,
    retraced,
    retraced_from,
)
from stream.clinical.entries import DEMO, STANDING, Entry, Identity, Stated, Version
from stream.clinical.patient import KEPT_MS, Course, Patient
from stream.clinical.readers import READERS
from stream.clinical.series import Reading, Readings, newest_of, with_reading, without
from stream.clinical.signals import FERRITIN, INFUSED_AT
from stream.clinical.times import DAY_MS, HOUR_MS

LATE_MS: Final = 2 * DAY_MS  # after `effective_at`; 48 h exactly is not late
LATE_KINDS: Final = frozenset(
    {
        "vitals",
        "lab",
        "ice",
        "capd",
        "consciousness",
        "seizure",
        "neuro_finding",
        "support",
        "exam",
        "echo",
        "gcs",
        "urine_output",
        "attribution",
    }
)
LASTING_KINDS: Final = frozenset({"ice", "capd", "seizure", "echo"})  # kept for the stay
SAME_STAY_MS: Final = 7 * DAY_MS  # a correction of the infusion by less than this keeps the stay
PLANNED_MS: Final = 30 * DAY_MS  # a first infusion further ahead is taken for a mistake
NONE: Final[frozenset[str]] = frozenset()
NAME: Final = itemgetter(0)  # of what a record says of a signal
CHECKED_WHEN_TOLD: Final = frozenset({"given", "ordered", "not_given", "rate"})
KINDS_KEPT: Final = frozenset({*READERS, DEMO})
FACTS_FOLLOWED: Final = frozenset(signal.name for signal in COURSE_FACTS)


class Observed(NamedTuple):
    """A patient with one record more, and what that changed."""

    patient: Patient
    changed: frozenset[str]  # names of signals
    looks_back: bool  # something known before was changed, removed or set aside
    from_ms: int  # the earliest moment about which something changed
    is_known: bool = False  # a duplicate, or an older version


def is_late(patient: Patient, entry: Entry, kind: str) -> bool:
    """Tell whether a record comes too late to count; the correction of one that did is not late."""
    if kind not in LATE_KINDS or entry.recorded_ms - entry.effective_ms <= LATE_MS:
        return False
    known = patient.entries.get(entry.identity)
    if known is not None:
        return not known.readings
    return not _corrects_what_is_forgotten(patient, entry, kind)


def observe(patient: Patient, entry: Entry) -> Observed:
    """Remember a record; what is known already, or in a newer version, changes nothing."""
    known = patient.entries.get(entry.identity)
    version = patient.replaced.get(entry.identity) if known is None else known.version
    if known is not None:
        entry, version = _filled(known, entry)
    if version is not None and version >= entry.version:
        if known is not None and version > entry.version:
            entries = patient.entries.with_entry(known._replace(replaces=True))
            patient = patient._replace(entries=entries)
        return Observed(patient, NONE, looks_back=False, from_ms=entry.effective_ms, is_known=True)
    if version is None and entry.kind not in KINDS_KEPT:
        return Observed(patient, NONE, looks_back=False, from_ms=entry.effective_ms)
    old = () if known is None else known.readings
    new = entry.readings
    says_so = entry.standing >= STANDING["corrected"]  # though the first version never came
    if version is not None or says_so:
        entry = entry._replace(replaces=True)
    before = patient.series
    charted_ms = patient.charted_ms
    if entry.kind != "vitals":
        charted_ms = max((charted_ms, *(reading.effective_ms for _, reading in (*old, *new))))
        thinned_ms = patient.thinned_ms
    else:
        thinned_ms = min(patient.thinned_ms, entry.effective_ms // HOUR_MS * HOUR_MS)
    patient = patient._replace(
        entries=patient.entries.with_entry(entry),
        replaced=_replaced(patient, entry),
        series=_changed(before, old, new),
        charted_ms=charted_ms,
        thinned_ms=thinned_ms,
    )
    removed, added = _without_common(old, new)
    if removed or added:
        patient = _followed(patient, removed + added)
    changed = frozenset(map(NAME, (*removed, *added)))
    moments = [entry.effective_ms, *(reading.effective_ms for _, reading in removed)]
    looks_back = bool(removed) or _sets_aside(before, added)
    return Observed(patient, changed, looks_back=looks_back, from_ms=min(moments))


def _filled(known: Entry, entry: Entry) -> tuple[Entry, Version]:
    """Fill what was refused of the newer of two versions; give what counts, and what it replaces.

    An older one that fills nothing is left as it came.
    """
    if known.version < entry.version:
        return entry.filled_by(known), known.version
    filled = known.filled_by(entry)
    return (entry, known.version) if filled is known else (filled, entry.version)


def _corrects_what_is_forgotten(patient: Patient, entry: Entry, kind: str) -> bool:
    """Tell whether a record may correct one that counted, of which nothing is kept any more.

    It is as old as what is forgotten, and newer readings are known of all that it speaks of: the
    newest of a signal is never forgotten.
    """
    names, at_ms = frozenset(map(NAME, entry.readings)), entry.effective_ms
    kept_from_ms = patient.thinned_ms if kind == "vitals" else patient.changed_ms - KEPT_MS
    if entry.standing < STANDING["corrected"] or at_ms >= kept_from_ms:
        return False
    if kind in LASTING_KINDS or FERRITIN.name in names:
        return False
    series = patient.series
    return all(name in series and series[name][-1].effective_ms > at_ms for name in names)


def begins_next_ms(patient: Patient, now_ms: int) -> int | None:
    """Find when a stay begins that is planned, or is moved to a time ahead; None if none is."""
    told = patient.series.get(INFUSED_AT.name)
    if told is None or told.newest is None or told.newest.value <= now_ms:
        return None  # as nearly always
    return min([each for each in _infusions(patient) if each > now_ms])


def turns_ms(patient: Patient, now_ms: int) -> tuple[int, ...]:
    """Name when a stay that is planned comes near enough to be believed, and when it begins."""
    planned_ms = begins_next_ms(patient, now_ms)
    return () if planned_ms is None else (planned_ms - PLANNED_MS, planned_ms)


def infusion_ms(patient: Patient, now_ms: int) -> int | None:
    """Give the infusion of the stay, before the first one the one that is planned."""
    from_ms = patient.stay_from_ms
    return begins_next_ms(patient, now_ms) if from_ms is None else from_ms


def with_stay(patient: Patient, now_ms: int) -> Patient:
    """Follow the course from the start of the stay that holds now."""
    number, from_ms = _stay(patient, now_ms)
    if (number, from_ms) == (patient.stay, patient.stay_from_ms):
        return patient
    before = patient.before
    onset_ms = before.onset_ms
    if from_ms is not None and (onset_ms is None or onset_ms < from_ms):
        before = Course()
    episodes = patient.episodes if number == patient.stay else ()
    patient = patient._replace(stay=number, stay_from_ms=from_ms, before=before, episodes=episodes)
    return retraced(patient)


def _replaced(patient: Patient, entry: Entry) -> Mapping[Identity, Version]:
    """Forget the version of a record that is known again."""
    replaced, identity = patient.replaced, entry.identity
    if identity not in replaced:
        return replaced
    return {each: version for each, version in replaced.items() if each != identity}


def _stay(patient: Patient, now_ms: int) -> tuple[int, int | None]:
    """Walk the infusion times as they were told: the number of the stay, and when it begins.

    One whose time has not come waits for it. While a stay runs nothing changes until then; before
    the first one nothing counts that was measured before it, or a patient who waits for the cells
    would have CRS. But a year that is wrong must not leave one ungraded who has had them.
    """
    number = 0
    from_ms: int | None = None
    for infused_ms in _infusions(patient):
        if infused_ms > now_ms:
            continue
        if from_ms is None or infused_ms - from_ms >= SAME_STAY_MS:
            number += 1
        from_ms = infused_ms
    planned_ms = begins_next_ms(patient, now_ms) if number == 0 else None
    if planned_ms is not None and planned_ms - now_ms <= PLANNED_MS:
        return number, planned_ms
    return number, from_ms


def _infusions(patient: Patient) -> list[int]:
    """Give the infusion times in the order in which they were told, without moved plans."""
    told = patient.readings(INFUSED_AT)[:]
    return [
        each.value
        for each, later in zip_longest(told, told[1:])
        if later is None or later.effective_ms >= each.value
    ]


def _followed(patient: Patient, readings: Stated) -> Patient:
    """Follow the course after these readings were added or removed."""
    moments = set()
    for name, reading in readings:
        if name in FACTS_FOLLOWED:
            return retraced(patient)
        if name in FOLLOWED:
            moments.add(reading.effective_ms)
    if not moments:
        return patient
    if len(moments) == 1:
        return followed(patient, moments.pop())
    return retraced_from(patient, min(moments))


def _sets_aside(series: Mapping[str, Readings[Any]], added: Stated) -> bool:
    """Tell whether another record spoke of a signal at the same moment (DEC-45)."""
    for name, reading in added:  # plainly: it is asked for each reading
        known, at_ms = series.get(name), reading.effective_ms
        if known is None or known.newest is None or known.newest.effective_ms < at_ms:
            continue
        if newest_of(known, at_ms, at_ms) is not None:
            return True
    return False


def _without_common(old: Stated, new: Stated) -> tuple[Stated, Stated]:
    """Leave out what a later version says just as the earlier one did."""
    if not old:
        return old, new
    said, says = set(map(_said, old)), set(map(_said, new))
    removed = tuple(each for each in old if _said(each) not in says)
    added = tuple(each for each in new if _said(each) not in said)
    return removed, added


def _said(stated: tuple[str, Reading[Any]]) -> tuple[object, ...]:
    """Say what counts of a reading: of what is checked, when it was told as well."""
    name, reading = stated
    told_ms = reading.recorded_ms if name.partition(":")[0] in CHECKED_WHEN_TOLD else None
    return name, reading.effective_ms, reading.value, told_ms


def _changed(
    series: Mapping[str, Readings[Any]], removed: Stated, added: Stated
) -> Mapping[str, Readings[Any]]:
    changed = dict(series)
    for name, reading in removed:
        known = changed.pop(name, None)
        left = None if known is None else without(known, reading)
        if left:
            changed[name] = left
    for name, reading in added:
        changed[name] = with_reading(changed.get(name), reading)
    return changed
