"""The engine: records in, in their order; what changed and which alerts to tell out.

It never asks for the time: time is in the records and in ticks, so the same records in the same
order give the same alerts, live, in a replay and in a test. A patient is never changed in place:
what a record makes of one is put into the ward at the very end, so that an error leaves the ward
as it was.
"""

import heapq
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.asking import Clinic, Question, ask
from stream.clinical.doubts import signals_of, with_doubt, without_doubts, without_old_doubts
from stream.clinical.entries import Charted, Entry, entry_of, is_said_of_patient
from stream.clinical.forget import trimmed
from stream.clinical.observe import is_late, observe
from stream.clinical.patient import Patient
from stream.clinical.policies.bounds import Value
from stream.clinical.policies.effective import effective
from stream.clinical.policies.register import POLICY_NAMES
from stream.clinical.report import status_of
from stream.clinical.rules.refused import DOUBTS
from topics.acks import Ack
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.codec import Decoded, Dropped, Reason, Rejected
from topics.labs import Lab
from topics.status import Status
from topics.ticks import Tick
from topics.vitals import PRESSURE, PRESSURES

AHEAD_MS: Final = 5 * 60_000  # a `recorded_at` further ahead of the clock is refused
PATIENT_ID_MAX: Final = 64
NONE_CHANGED: Final[frozenset[str]] = frozenset()
DOUBTED: Final = frozenset({DOUBTS})
NOT_SET: Final[Mapping[str, Value]] = MappingProxyType({})


@dataclass(slots=True, frozen=True)
class Arrival:
    """One record as the core sees it."""

    at_ms: int  # the record's timestamp, epoch ms
    topic: str
    offset: int  # in its topic and partition; in a replay the number of the line
    found: Decoded | Rejected
    key: str | None  # the patient's id, None where it cannot be read


@dataclass(slots=True)
class Ward:
    """The patients of one partition."""

    patients: MutableMapping[str, Patient]
    clock_ms: int | None = None  # the latest tick; only ticks move it, and never back
    due: list[tuple[int, str]] = field(default_factory=list)  # a heap; an entry may be outdated
    parked: set[str] = field(default_factory=set)  # whose timers failed, until a record is taken
    apart: Callable[[], AbstractContextManager[object]] = nullcontext  # what failing timers end


@dataclass(slots=True)
class Outcome:
    """What came of one record."""

    alerts: list[Alert] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)  # the patients whose state changed
    refused: list[Rejected] = field(default_factory=list)  # for the dead letters
    duplicate: bool = False  # it was in the state already


class Engine:
    """Grades on every record; `management` and `paging_policy` are names of what is built in.

    `overrides` are thresholds of a site by attribute, as `thresholds.read_overrides` gives them.
    """

    def __init__(
        self,
        *,
        management: str = "manikath-2025",
        paging_policy: str = "manikath-2025",
        overrides: Mapping[str, Value] = NOT_SET,
    ) -> None:
        if paging_policy not in POLICY_NAMES:
            raise ValueError(f"no policy {paging_policy}, only {', '.join(POLICY_NAMES)}")
        profile = effective(management, overrides)
        self.management, self.paging_policy = management, paging_policy
        self.overrides: Final = dict(overrides)
        self.policy_hash: Final = str(profile.policy_hash)
        self._clinic = Clinic(profile, paging_policy)

    def take(self, ward: Ward, arrival: Arrival) -> Outcome:
        """Take one record in its turn; a tick moves the clock, and what is due falls due."""
        found = arrival.found
        if isinstance(found, Decoded) and isinstance(found.event, Tick):
            return self._tick(ward, epoch_ms(found.event.at))
        if arrival.key is None or not 0 < len(arrival.key) <= PATIENT_ID_MAX:
            return Outcome(refused=[found] if isinstance(found, Rejected) else [])
        known = ward.patients.get(arrival.key)
        patient = Patient(arrival.key) if known is None else known
        if arrival.offset <= patient.applied.get(arrival.topic, -1):
            return Outcome(duplicate=True)
        outcome = Outcome()
        # It counts as heard while it is taken: what is never charted there is not done.
        heard = patient._replace(applied={**patient.applied, arrival.topic: arrival.offset})
        now = self._taken(heard, _by_the_clock(arrival, ward.clock_ms), ward.clock_ms, outcome)
        ward.patients[arrival.key] = now
        due_ms = None if now.wakes is patient.wakes else now.due_ms
        if due_ms is not None and due_ms != patient.due_ms:
            heapq.heappush(ward.due, (due_ms, arrival.key))
        ward.parked.discard(arrival.key)
        outcome.changed.append(arrival.key)
        return outcome

    def status(self, patient: Patient, at_ms: int) -> Status:
        """Compute the status line of a patient at a time."""
        return status_of(patient, at_ms, self._clinic.management)

    def _taken(
        self, patient: Patient, arrival: Arrival, clock_ms: int | None, outcome: Outcome
    ) -> Patient:
        """Return the patient with one record more, and fill in what came of it."""
        found = arrival.found
        if isinstance(found, Rejected):
            return self._refused(patient, found, arrival, outcome)
        event = found.event
        if isinstance(event, Tick | Ack):
            return patient  # neither is about the state of a patient
        entry = entry_of(event, found.digest)
        if found.dropped and is_said_of_patient(entry):
            entry = entry.leaving_open(_fields_of(found.dropped))
        untimely = _untimely(patient, event, entry, clock_ms)
        if untimely is not None:
            return self._refused(patient, untimely, arrival, outcome)
        before, now_ms = patient, max(arrival.at_ms, patient.changed_ms)
        patient, changed, looks_back, from_ms, outcome.duplicate = observe(patient, entry)
        if not outcome.duplicate:
            patient, doubted = _doubts(patient, event, found.dropped, arrival.at_ms, outcome)
            changed |= doubted
        # A fact about the patient, such as an age, may change what past readings meant.
        looks_back = looks_back or entry.effective_ms < now_ms or event.kind == "patient"
        question = Question(arrival.at_ms, now_ms, changed, from_ms, looks_back, before)
        return self._answered(patient, question, outcome)

    def _refused(
        self, patient: Patient, refused: Rejected, arrival: Arrival, outcome: Outcome
    ) -> Patient:
        now_ms = max(arrival.at_ms, patient.changed_ms)
        outcome.refused.append(refused)
        if refused.demo:
            return patient
        # One that comes again after its time is in doubt no more.
        patient = without_old_doubts(with_doubt(patient, refused, arrival.at_ms), now_ms)
        return self._answered(patient, Question(arrival.at_ms, now_ms, DOUBTED), outcome)

    def _answered(self, patient: Patient, question: Question, outcome: Outcome) -> Patient:
        if question.changed is None or question.changed:
            patient, lines = ask(patient, question, self._clinic)
            outcome.alerts += lines
        return trimmed(patient, question.now_ms, self._clinic.management.site)

    def _tick(self, ward: Ward, clock_ms: int) -> Outcome:
        """Let fall due what is due by now, in the order of its times.

        A patient whose timers fail stays parked. Where the ward keeps that apart the others fall
        due all the same, and the clock moves; else nothing has changed but for who is parked.
        """
        outcome = Outcome()
        taken: dict[str, Patient] = {}
        held: list[tuple[int, str]] = []
        due = list(ward.due) if ward.due and ward.due[0][0] <= clock_ms else ward.due
        while due and due[0][0] <= clock_ms:
            due_ms, patient_id = heapq.heappop(due)
            next_ms = None
            if patient_id not in ward.parked:
                ward.parked.add(patient_id)  # first of all: the state may be none that can be read
                with ward.apart():
                    patient = taken.get(patient_id) or ward.patients.get(patient_id)
                    if patient is not None and patient.due_ms == due_ms:
                        taken[patient_id] = self._fell_due(patient, due_ms, outcome)
                        next_ms = taken[patient_id].due_ms
                    ward.parked.discard(patient_id)
            if patient_id in ward.parked:
                held.append((due_ms, patient_id))
            elif next_ms is not None:
                heapq.heappush(due, (next_ms, patient_id))
        for each in held:
            heapq.heappush(due, each)
        ward.due = due
        ward.patients.update(taken)
        ward.clock_ms = clock_ms if ward.clock_ms is None else max(ward.clock_ms, clock_ms)
        outcome.changed = list(taken)
        return outcome

    def _fell_due(self, patient: Patient, due_ms: int, outcome: Outcome) -> Patient:
        now_ms = max(due_ms, patient.changed_ms)
        said = Outcome()  # nothing of a patient on whom it fails halfway
        patient = without_old_doubts(patient, now_ms)
        patient = self._answered(patient, Question(now_ms, now_ms), said)
        outcome.alerts += said.alerts
        return patient


def _by_the_clock(arrival: Arrival, clock_ms: int | None) -> Arrival:
    """Let the clock stand in for a record's time that lies ahead of it.

    What comes after would else be judged as at that time, and the patient as long unwatched.
    """
    if clock_ms is None or arrival.at_ms - clock_ms <= AHEAD_MS:
        return arrival
    return replace(arrival, at_ms=clock_ms)


def _untimely(
    patient: Patient, event: Charted, entry: Entry, clock_ms: int | None
) -> Rejected | None:
    """Refuse what comes from the future, or so late that it says nothing any more."""
    who = event.patient_id, event.event_id, event.kind
    said: dict[str, Any] = {"demo": event.demo, "effective_ms": entry.effective_ms}
    if clock_ms is not None and entry.recorded_ms - clock_ms > AHEAD_MS:
        detail = "more than 5 minutes ahead of the clock"
        return Rejected(Reason.AHEAD, "$.recorded_at", detail, *who, **said)
    if is_late(patient, entry, event.kind):
        about = event.analyte.value if isinstance(event, Lab) else None
        detail = "more than 48 hours old when it was recorded"
        why = Reason.LATE, "$.effective_at", detail
        return Rejected(*why, *who, about=about, **said)
    return None


def _fields_of(all_dropped: tuple[Dropped, ...]) -> list[str]:
    """Name the fields of a record that were dropped."""
    return [
        name
        for dropped in all_dropped
        for name in (PRESSURES if dropped.about == PRESSURE else (dropped.path[2:],))
    ]


def _doubts(
    patient: Patient,
    event: Charted,
    all_dropped: tuple[Dropped, ...],
    at_ms: int,
    outcome: Outcome,
) -> tuple[Patient, frozenset[str]]:
    """Take away the doubts that valid values settle, and add those about what was dropped."""
    before = patient.doubts
    if not before and not all_dropped:
        return patient, NONE_CHANGED  # as nearly always
    patient = without_old_doubts(patient, at_ms)
    # A fact about the patient counts once it is told.
    recorded_ms = epoch_ms(event.recorded_at)
    effective_ms = recorded_ms if event.kind == "patient" else epoch_ms(event.effective_at)
    if not event.demo and event.status != "entered_in_error":
        patient = without_doubts(patient, signals_of(event), effective_ms, recorded_ms)
    who = event.patient_id, event.event_id, event.kind
    for dropped in all_dropped:
        what = dropped.reason, dropped.path, dropped.detail
        refused = Rejected(
            *what,
            *who,
            urgent=dropped.urgent,
            value=dropped.value,
            about=dropped.about,
            effective_ms=effective_ms,
        )
        outcome.refused.append(refused)
        patient = patient if event.demo else with_doubt(patient, refused, at_ms)
    return patient, NONE_CHANGED if patient.doubts == before else DOUBTED
