"""The work of `stormwatch watch`: events in, alerts and the status of patients out."""

import heapq
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeVar, overload

from stream import metrics
from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from stream.clinical.state import Patient
from stream.guard import (
    dead_letter,
    dead_letter_on_error,
    is_plausible,
    logged_on_error,
    tell_of_failure,
    told_on_error,
)
from stream.runs import Group, Kept, Record, Run
from topics import codec, registry
from topics.alerts import Present
from topics.codec import Reason, Rejected
from topics.reserved import is_made_up, is_probe

# What is paged late depends on knowing that nothing of the past is still to come.
PRESENT_EVERY_MS: Final = 60_000
NO_TIME: Final = Rejected(Reason.BAD_TIME, "$", "the record's timestamp is no time of ours")

T = TypeVar("T")


class Patients(dict[str, Patient]):
    """The patients of a partition; one that only the changelog knows is decoded when asked for."""

    def __init__(self, kept: Mapping[bytes, Kept], made_anew: Collection[str]) -> None:
        super().__init__()
        self._kept, self._made_anew = kept, made_anew

    def __missing__(self, patient_id: str) -> Patient:
        value, _ = self._kept[patient_id.encode()]
        patient = state.decode(value)
        if self._made_anew:  # its new records have the offsets of old ones, and are not those
            applied = {t: at for t, at in patient.applied.items() if t not in self._made_anew}
            patient = patient._replace(applied=applied)
        self[patient_id] = patient
        return patient

    def __contains__(self, patient_id: object) -> bool:
        if super().__contains__(patient_id):
            return True
        return isinstance(patient_id, str) and patient_id.encode() in self._kept

    @overload
    def get(self, key: str, default: None = None, /) -> Patient | None: ...
    @overload
    def get(self, key: str, default: Patient, /) -> Patient: ...
    @overload
    def get(self, key: str, default: T, /) -> Patient | T: ...
    def get(self, key: str, default: object = None, /) -> object:
        """Return a patient, decoded if need be."""
        return self[key] if key in self else default  # noqa: SIM401, that is what get does


class Grading:
    """Grades on every event; the state of each patient lives in the ward of its partition."""

    inputs: Final = tuple(topic.name for topic in registry.INPUTS)
    table: Final = "patients"
    version: Final = state.VERSION

    def __init__(self, engine: Engine, *, now: Callable[[], float] = time.time) -> None:
        self._engine, self._now = engine, now
        self._wards: dict[int, Ward] = {}
        self._present_ms: dict[int, int] = {}  # when a partition was last told to be present
        self._late_s: dict[int, float] = {}  # of each partition, how late its last tick was taken

    # Owning partitions

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),
    ) -> None:
        """Begin with the states of a partition; what is due of them is known without decoding."""
        due = [(due_ms, key.decode()) for key, (_, due_ms) in states.items() if due_ms is not None]
        heapq.heapify(due)
        apart = partial(logged_on_error, partition)
        self._wards[partition] = Ward(Patients(states, made_anew), clock_ms, due, apart=apart)
        self._present_ms.pop(partition, None)
        self._late_s.pop(partition, None)

    def revoked(self) -> None:
        """Forget every partition."""
        self._wards.clear()
        self._present_ms.clear()
        self._late_s.clear()

    # Taking records

    def take(self, run: Run, group: Group) -> None:
        """Take each record of a run; one that the engine fails on is kept as a dead letter."""
        ward = self._wards[run.partition]
        for record in run.records:
            parked = frozenset(ward.parked)
            with dead_letter_on_error(record, group):
                self._take(ward, record, group)
            # Their timers failed in this tick, and stay silent until a record of them comes.
            for patient_id in sorted(ward.parked - parked):
                tell_of_failure(run.partition, patient_id, record.timestamp, group)
        if not run.at_end:  # states and status lines cost much: let more records share them
            group.late_s[run.partition] = self._late_s.get(run.partition, 0.0)
            return
        group.late_s.pop(run.partition, None)
        if ward.clock_ms is not None:
            self._tell_present(run.partition, ward.clock_ms, group)

    def _take(self, ward: Ward, record: Record, group: Group) -> None:
        if not is_plausible(record.timestamp):
            dead_letter(record, NO_TIME, group)
            return
        found = codec.decode(record.topic, record.key, record.value)
        arrival = Arrival(record.timestamp, record.topic, record.offset, found, _key(record))
        outcome = self._engine.take(ward, arrival)
        for alert in outcome.alerts:
            key = alert.patient_id.encode()
            group.publish(registry.ALERTS, record.partition, key, codec.encode(alert))
            group.alerted_ms.append(record.timestamp)
            if not is_probe(alert.patient_id):
                metrics.ALERTS.labels(alert.rule, alert.priority, alert.state).inc()
        for refusal in outcome.refused:
            dead_letter(record, refusal, group)
        for patient_id in outcome.changed:
            group.touch(record.partition, patient_id)
        if outcome.duplicate:
            metrics.DUPLICATE_RECORDS.labels(topic=record.topic).inc()
        if record.topic == registry.TICKS and ward.clock_ms is not None:
            group.clocks[record.partition] = ward.clock_ms
            # By ticks, which come from a clock of ours: a feed may be late by itself.
            self._late_s[record.partition] = self._now() - record.timestamp / 1000
            clock = metrics.PARTITION_CLOCK_TIMESTAMP_SECONDS.labels(partition=record.partition)
            clock.set(ward.clock_ms / 1000)

    def _tell_present(self, partition: int, clock_ms: int, group: Group) -> None:
        """Say that a partition has caught up, and again for every minute that it stays so."""
        told_ms = self._present_ms.get(partition)
        if told_ms is not None and clock_ms - told_ms < PRESENT_EVERY_MS:
            return
        self._present_ms[partition] = clock_ms
        line = Present(partition=partition, at=datetime.fromtimestamp(clock_ms / 1000, UTC))
        group.publish(registry.ALERTS, partition, None, codec.encode(line))

    # Writing a group

    def finish(self, group: Group) -> None:
        """Write the state and the status of every patient that changed, once a group."""
        for partition, patient_ids in group.touched.items():
            ward = self._wards[partition]
            for patient_id in sorted(patient_ids):
                with told_on_error(partition, patient_id, ward.clock_ms, group):
                    self._write(partition, patient_id, ward.patients[patient_id], group)

    def _write(self, partition: int, patient_id: str, patient: Patient, group: Group) -> None:
        key = patient_id.encode()
        group.keep(partition, key, (state.encode(patient), patient.due_ms))
        if is_made_up(patient_id):
            return
        status = self._engine.status(patient, patient.changed_ms)
        group.publish(registry.STATUS, partition, key, codec.encode(status))

    def durable(self, group: Group) -> None:
        """Nothing more is to be done once a group is durable."""

    async def close(self) -> None:
        """Nothing is held that would have to be let go of."""


def _key(record: Record) -> str | None:
    try:
        return None if record.key is None else record.key.decode()
    except UnicodeDecodeError:
        return None
