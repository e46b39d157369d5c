"""What was refused of a patient's records, until a valid value comes.

Source: CONTRACT (refusals); CLINICAL.md §1.11.
"""

from collections.abc import Iterable, Mapping

from stream.clinical.patient import Doubt, Patient
from stream.clinical.rules.refused import DATA_RANGE, DATA_UNIT, LASTS_MS
from topics.codec import Reason, Rejected
from topics.vitals import Vitals


def with_doubt(patient: Patient, refused: Rejected, at_ms: int) -> Patient:
    """Remember that a value or a whole record was refused."""
    rule = DATA_UNIT if refused.reason is Reason.UNIT else DATA_RANGE
    signal = signal_of(refused)
    known = patient.doubts.get(rule, {})
    urgent = refused.urgent or (signal in known and known[signal].urgent)
    doubt = Doubt(at_ms, refused.event_id, refused.value, urgent)
    return patient._replace(doubts={**patient.doubts, rule: {**known, signal: doubt}})


def without_doubts(patient: Patient, valid: Iterable[str], at_ms: int) -> Patient:
    """Forget what is replaced by a valid value, and what is 24 hours old."""
    if not patient.doubts:
        return patient
    valid = frozenset(valid)
    left = {
        rule: {
            signal: doubt
            for signal, doubt in doubts.items()
            if signal not in valid and doubt.at_ms + LASTS_MS > at_ms
        }
        for rule, doubts in patient.doubts.items()
    }
    left = {rule: doubts for rule, doubts in left.items() if doubts}
    return patient if left == patient.doubts else patient._replace(doubts=left)


def signal_of(refused: Rejected) -> str:
    """Name what a refusal is about: the reading, else the kind of the record."""
    field = refused.path.removeprefix("$").rpartition(".")[2]
    if refused.kind == "vitals" and field and refused.reason is not Reason.LATE:
        return field
    return refused.kind or "record"


def signals_of(event: object) -> frozenset[str]:
    """Name what an accepted event gives valid values of, as `signal_of` names it."""
    kind: str = getattr(event, "kind", "record")
    if not isinstance(event, Vitals):
        return frozenset({kind, "record"})
    named = _measured(event)
    if event.oxygen is not None:
        named |= _measured(event.oxygen)
    if event.ventilator is not None:
        named |= _measured(event.ventilator)
    return frozenset(named) | {"vitals", "record"}


def _measured(model: object) -> set[str]:
    values: Mapping[str, object] = vars(model)
    return {name for name, value in values.items() if value is not None}
