"""What a state holds in whatever order records and ticks came: against the records themselves.

Which records were taken, and what they say, hangs on no order: a state tells of each topic the last
offset taken, and keeps the records. What is made of them may hang on it. Vital signs are kept as
single readings for some hours, and of many of one signal the newest half; so older ones are not
compared.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiokafka import ConsumerRecord

from stream.clinical import state
from stream.clinical.engine import PATIENT_ID_MAX
from stream.clinical.entries import Entry, Identity
from stream.clinical.hours import SINGLE_READINGS_MS
from stream.clinical.state import Patient
from stream.clinical.thinning import READINGS_MAX
from stream.clinical.times import HOUR_MS
from topics import registry

KEPT_MS: Final = SINGLE_READINGS_MS - HOUR_MS  # they may have been thinned a little later
KEPT: Final = (
    READINGS_MAX // 3
)  # of all signals: of each some less than the half that no limit cuts


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
    from_ms = _kept_from_ms(wants)
    wanted_entries, entries = _since(wants, from_ms), _since(patient, from_ms)
    other = [
        identity
        for identity in wanted_entries.keys() | entries.keys()
        if wanted_entries.get(identity) != entries.get(identity)
    ]
    return f"has other records: {sorted(other)[:3]}" if other else None


def ungraded(
    records: Iterable[ConsumerRecord], states: Mapping[str, bytes]
) -> list[ConsumerRecord]:
    """Choose the records of which the states show that they were not taken."""
    of: dict[str, list[ConsumerRecord]] = defaultdict(list)
    for record in records:
        of[text_of(record.key) or ""].append(record)
    left = []
    for patient_id, some in of.items():
        saved = states.get(patient_id)
        if saved is None:
            left += some
            continue
        patient = state.decode(saved)
        from_ms = _kept_from_ms(patient)
        for record in some:
            event = json.loads(record.value)
            is_kept = record.timestamp < from_ms or (
                (event["source"], event["event_id"]) in patient.entries
            )
            if record.offset > patient.applied.get(record.topic, -1) or not is_kept:
                left.append(record)
    return left


def text_of(key: bytes | None) -> str | None:
    """Return a key, None where it is no text."""
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError:
        return None


def _kept_from_ms(patient: Patient) -> int:
    """Find from when on each record is kept, whenever it was looked at what may go."""
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
