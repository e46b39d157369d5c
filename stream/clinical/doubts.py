"""What was refused of a patient's records, until a valid value comes.

Source: CONTRACT (refusals); CLINICAL.md §1.11.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pydantic import BaseModel

from stream.clinical.entries import Charted
from stream.clinical.patient import Doubt, Patient
from stream.clinical.rules.refused import DATA_RANGE, DATA_UNIT, LASTS_MS
from topics.codec import Reason, Rejected
from topics.labs import Lab
from topics.medications import Dose, Infusion
from topics.vitals import PRESSURE, PRESSURES, Vitals

DOUBTS_MAX: Final = 50  # of one rule; what is cut is the oldest


def with_doubt(patient: Patient, refused: Rejected, at_ms: int) -> Patient:
    """Remember that a value or a whole record was refused."""
    rule = DATA_UNIT if refused.reason is Reason.UNIT else DATA_RANGE
    signal = signal_of(refused)
    known = dict(patient.doubts.get(rule, {}))
    earlier = known.pop(signal, None)
    urgent = refused.urgent or (earlier is not None and earlier.urgent)
    effective_ms = refused.effective_ms
    if effective_ms is not None:  # a clock ahead of ours must not hold it open
        effective_ms = min(effective_ms, at_ms)
    known[signal] = Doubt(at_ms, refused.event_id, refused.value, urgent, effective_ms)
    if len(known) > DOUBTS_MAX:  # the oldest stands first
        del known[next(iter(known))]
        patient = patient.with_cut("doubts", 1)
    return patient._replace(doubts={**patient.doubts, rule: known})


def without_old_doubts(patient: Patient, at_ms: int) -> Patient:
    """Forget what is 24 hours old."""
    return _left(patient, lambda _, doubt: doubt.at_ms + LASTS_MS > at_ms)


def without_doubts(patient: Patient, valid: frozenset[str], effective_ms: int) -> Patient:
    """Forget what is replaced by a valid value; an older one says nothing of what came after it."""
    return _left(
        patient,
        lambda signal, doubt: (
            signal not in valid
            or (doubt.effective_ms is not None and effective_ms < doubt.effective_ms)
        ),
    )


def _left(patient: Patient, stays: Callable[[str, Doubt], bool]) -> Patient:
    if not patient.doubts:
        return patient
    left = {
        rule: {signal: doubt for signal, doubt in doubts.items() if stays(signal, doubt)}
        for rule, doubts in patient.doubts.items()
    }
    left = {rule: doubts for rule, doubts in left.items() if doubts}
    return patient if left == patient.doubts else patient._replace(doubts=left)


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


def _measured(model: BaseModel) -> set[str]:
    values: Mapping[str, object] = vars(model)
    return {name for name, value in values.items() if value is not None}
