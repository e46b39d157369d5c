"""What was refused of a patient's records, until a valid value comes.

Of a signal the newest refusal is kept, and the newest urgent one, until a valid value is known that
is newer, or of the same moment and recorded later; whichever of them came first. What is settled is
known for as long: one that is sent again is no news, also where the valid value was taken back.
Source: CONTRACT (refusals); CLINICAL.md §1.11.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import BaseModel

from stream.clinical.entries import ENTERED_IN_ERROR, Charted, Entry
from stream.clinical.patient import Doubt, Patient
from stream.clinical.readers import OXYGEN_FIELDS, VENTILATOR_FIELDS
from stream.clinical.rules.refused import DATA_RANGE, DATA_UNIT, LASTS_MS
from topics.codec import Reason, Rejected
from topics.labs import Lab
from topics.medications import Dose, Infusion
from topics.vitals import PRESSURE, PRESSURES, Vitals

DOUBTS_MAX: Final = 50  # of one rule; what is cut is the oldest
URGENT: Final = "urgent"  # kept beside the newest refusal of the signal
SETTLED: Final = "settled"  # kept beside the rules, by rule and name


def with_doubt(patient: Patient, refused: Rejected, at_ms: int) -> Patient:
    """Remember that a value or a whole record was refused."""
    rule = DATA_UNIT if refused.reason is Reason.UNIT else DATA_RANGE
    signal = signal_of(refused)
    effective_ms = refused.effective_ms
    if effective_ms is not None:  # a clock ahead of ours must not hold it open
        effective_ms = min(effective_ms, at_ms)
    doubt = Doubt(at_ms, refused.event_id, refused.value, refused.urgent, effective_ms)
    name = f"{signal}|{URGENT}" if doubt.urgent else signal
    known = patient.doubts.get(rule, {})
    if _is_settled(patient, signal, doubt) or (name in known and _age(known[name]) > _age(doubt)):
        return patient
    if patient.doubts.get(SETTLED, {}).get(f"{rule}|{name}") == doubt:
        return patient
    return _with(patient, rule, {**known, name: doubt})


def _with(patient: Patient, rule: str, known: dict[str, Doubt]) -> Patient:
    """Keep the newest of one rule, as far as there is room."""
    over = len(known) - DOUBTS_MAX
    for _ in range(over):
        del known[min(known, key=lambda each: _age(known[each]))]
    if over > 0:
        patient = patient.with_cut("doubts", over)
    return patient._replace(doubts={**patient.doubts, rule: known})


def without_old_doubts(patient: Patient, at_ms: int) -> Patient:
    """Forget what is 24 hours old."""
    return _left(patient, lambda _, doubt: doubt.at_ms + LASTS_MS > at_ms)[0]


def without_doubts(
    patient: Patient, valid: frozenset[str], effective_ms: int, recorded_ms: int
) -> Patient:
    """Settle what is replaced by a valid value; an older one says nothing of what came after it."""
    patient, settled = _left(
        patient,
        lambda name, doubt: (
            name.partition("|")[0] not in valid or not _settles(doubt, effective_ms, recorded_ms)
        ),
    )
    if not settled:
        return patient
    return _with(patient, SETTLED, {**patient.doubts.get(SETTLED, {}), **settled})


def _is_settled(patient: Patient, signal: str, doubt: Doubt) -> bool:
    """Tell whether a valid value that is newer came before the refusal did."""
    doubted_ms = doubt.effective_ms
    for entry in patient.entries.values():  # plainly: there are many
        # A fact about the patient counts once it is told.
        counts_ms = entry.recorded_ms if entry.kind == "patient" else entry.effective_ms
        if (doubted_ms is None or counts_ms >= doubted_ms) and (
            _settles(doubt, counts_ms, entry.recorded_ms) and signal in _valid_in(entry)
        ):
            return True
    return False


def _settles(doubt: Doubt, effective_ms: int, recorded_ms: int) -> bool:
    """Tell whether a value is newer than the one refused, and was not recorded before it."""
    doubted_ms = effective_ms if doubt.effective_ms is None else doubt.effective_ms
    newer = (effective_ms, recorded_ms) > (doubted_ms, doubt.at_ms)
    return newer and recorded_ms >= doubt.at_ms


def _age(doubt: Doubt) -> tuple[int, int, str]:
    """Order doubts by when they were true, the newest last."""
    effective_ms = doubt.at_ms if doubt.effective_ms is None else doubt.effective_ms
    return effective_ms, doubt.at_ms, doubt.event_id or ""


def _left(
    patient: Patient, stays: Callable[[str, Doubt], bool]
) -> tuple[Patient, dict[str, Doubt]]:
    """Return the patient with what stays, and by rule and name what does not."""
    left: dict[str, dict[str, Doubt]] = {}
    gone: dict[str, Doubt] = {}
    for rule, doubts in patient.doubts.items():
        for name, doubt in doubts.items():
            if stays(name, doubt):
                left.setdefault(rule, {})[name] = doubt
            else:
                gone[f"{rule}|{name}"] = doubt
    return (patient._replace(doubts=left) if gone else patient), gone


def signal_of(refused: Rejected) -> str:
    """Name what it is about: the reading or the pressure, the analyte or drug, else the kind."""
    field = refused.path.removeprefix("$").rpartition(".")[2]
    if refused.kind == "vitals" and field and refused.reason is not Reason.LATE:
        return refused.about or field
    return refused.about or refused.kind or "record"


def signals_of(event: Charted) -> frozenset[str]:
    """Name what an accepted event gives valid values of, as `signal_of` names it."""
    named = {event.kind, "record"}
    match event:
        case Lab():
            named.add(event.analyte.value)
        case Dose() | Infusion():
            named.add(event.drug.value)
        case Vitals():
            named |= _measured(event)
            named |= set() if named.isdisjoint(PRESSURES) else {PRESSURE}
            named |= set() if event.oxygen is None else _measured(event.oxygen)
            named |= set() if event.ventilator is None else _measured(event.ventilator)
        case _:
            pass
    return frozenset(named)


def _valid_in(entry: Entry) -> frozenset[str]:
    """Name what a record that is known gives valid values of, as far as that is kept."""
    if entry.standing == ENTERED_IN_ERROR:
        return frozenset()
    named = {entry.kind, "record", *entry.said}
    named |= {str(entry.said[name]) for name in ("analyte", "drug") if name in entry.said}
    named |= set() if named.isdisjoint(PRESSURES) else {PRESSURE}
    named |= set() if named.isdisjoint(OXYGEN_FIELDS) else {"oxygen"}
    named |= set() if named.isdisjoint(VENTILATOR_FIELDS) else {"ventilator"}
    return frozenset(named)


def _measured(model: BaseModel) -> set[str]:
    values: Mapping[str, object] = vars(model)
    return {name for name, value in values.items() if value is not None}
