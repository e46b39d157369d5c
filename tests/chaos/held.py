"""What a state holds in whatever order records and ticks came: against the records themselves.

Which records were taken, and what they say, hangs on no order: a state tells of each topic the last
offset taken, and keeps the records. What is made of them may hang on it. A state counts what it has
forgotten. While that is nothing, each record has to be there. Afterwards only those are compared
that are too young to be forgotten: of older ones nobody knows whether they were taken.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from aiokafka import ConsumerRecord

from stream.clinical import state
from stream.clinical.engine import PATIENT_ID_MAX
from stream.clinical.entries import Entry, Identity
from stream.clinical.hours import SINGLE_READINGS_MS
from stream.clinical.state import Patient
from stream.clinical.thinning import READINGS_MAX
from stream.clinical.times import HOUR_MS
from topics import registry
from topics.base import epoch_ms

# Vital signs are forgotten by their age after 6 hours. It is an hour less, as of two states that
# are compared one may have heard a later tick.
KEPT_MS: Final = SINGLE_READINGS_MS - HOUR_MS
# Where one vital sign has too many readings, its newest 300 stay: half of the limit. So the newest
# 200 records of a patient stay in any case. The ward sends too little else to reach a limit.
KEPT: Final = READINGS_MAX // 3
FORGOTTEN: Final = ("readings", "silent")  # what a state has cut that were records


class Ungraded(NamedTuple):
    """Records that were not taken, and those of which a state tells no more whether they were."""

    lost: list[ConsumerRecord]
    not_known: list[ConsumerRecord]


@dataclass
class Lying:
    """The last offset of each patient in each topic, of all records that lie there."""

    last: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, record: ConsumerRecord) -> None:
        """Know of a record; one without a patient, or a tick, is in no state."""
        patient_id = text_of(record.key)
        is_told = patient_id is not None and 0 < len(patient_id) <= PATIENT_ID_MAX
        if patient_id is not None and is_told and record.topic != registry.TICKS:
            known = self.last[patient_id]
            known[record.topic] = max(record.offset, known.get(record.topic, -1))


def differs(lying: Mapping[str, int], wanted: bytes | None, found: bytes | None) -> str | None:
    """Tell what a state lacks of the records that lie there, or has beside them; None if nothing.

    Without a wanted state none of its records is there for a replay, as all were refused.
    """
    if found is None:
        return "is missing"
    patient = state.decode(found)
    if patient.applied != lying:
        return f"was taken up to {_told(patient.applied)}, not {_told(lying)}"
    if wanted is None:
        return None
    wants = state.decode(wanted)
    from_ms = _kept_from_ms(wants) if _forgets(wants) or _forgets(patient) else 0
    wanted_entries, entries = _since(wants, from_ms), _since(patient, from_ms)
    other = [
        identity
        for identity in wanted_entries.keys() | entries.keys()
        if wanted_entries.get(identity) != entries.get(identity)
    ]
    return f"has other records: {sorted(other)[:3]}" if other else None


def ungraded(records: Iterable[ConsumerRecord], states: Mapping[str, bytes]) -> Ungraded:
    """Choose the records that the states do not show to be taken."""
    of: dict[str, list[ConsumerRecord]] = defaultdict(list)
    for record in records:
        of[text_of(record.key) or ""].append(record)
    found = Ungraded([], [])
    for patient_id, some in of.items():
        saved = states.get(patient_id)
        if saved is None:
            found.lost.extend(some)
            continue
        patient = state.decode(saved)
        from_ms = _kept_from_ms(patient) if _forgets(patient) else 0
        for record in some:
            identity, effective_ms = _said(record)
            if record.offset > patient.applied.get(record.topic, -1):
                found.lost.append(record)
            elif identity not in patient.entries:
                (found.lost if effective_ms >= from_ms else found.not_known).append(record)
    return found


def text_of(key: bytes | None) -> str | None:
    """Return a key, None where it is no text."""
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None


def _said(record: ConsumerRecord) -> tuple[Identity, int]:
    """Return by what a state knows a record, and of when it is."""
    event = json.loads(record.value)
    at = datetime.fromisoformat(event["effective_at"])
    return (event["source"], event["event_id"]), epoch_ms(at)


def _forgets(patient: Patient) -> bool:
    return any(patient.cut.get(each) for each in FORGOTTEN)


def _kept_from_ms(patient: Patient) -> int:
    """Find from when on each record is kept, however often it was looked at what may go."""
    times = sorted(entry.effective_ms for entry in patient.entries.values())
    newest_ms = times[-KEPT] if len(times) > KEPT else 0
    return max(patient.changed_ms - KEPT_MS, newest_ms)


def _since(patient: Patient, from_ms: int) -> Mapping[Identity, Entry]:
    return {
        identity: entry
        for identity, entry in patient.entries.items()
        if entry.effective_ms >= from_ms
    }


def _told(offsets: Mapping[str, int]) -> str:
    return ", ".join(f"{topic} {at}" for topic, at in sorted(offsets.items()))
