"""Bytes to event, or `Rejected`: the only parser there is. It never raises, whatever the bytes.

A record that is in order is parsed once, by the model of its topic. Only one that is not is looked
at again: to name the patient and the path, and in vitals to drop what lies outside its limits and
keep the rest.
"""

import hashlib
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from topics import registry
from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.assessments import AssessmentEvent
from topics.base import read_epoch_ms
from topics.faults import PRESSURE_ORDER, Problem, Reason, problems_of
from topics.labs import LabEvent
from topics.limits import is_urgent
from topics.medications import MedicationEvent
from topics.pages import PageLine
from topics.patients import PatientEvent
from topics.status import Status
from topics.ticks import Tick
from topics.vitals import PRESSURE, PRESSURES, Vitals

__all__ = [
    "RECORD_MAX",
    "Decoded",
    "Dropped",
    "InputEvent",
    "Line",
    "Reason",
    "Rejected",
    "decode",
    "decode_line",
    "decode_status",
    "encode",
]

NUMBER_MAX: Final = sys.float_info.max
RECORD_MAX: Final = 256 * 1024  # bytes; one in order has some hundreds, with a long note 5 000
PATIENT_ID_MAX: Final = 64  # characters, as the contract has it
EVENT_ID_MAX: Final = 128
KIND_MAX: Final = 64

InputEvent = PatientEvent | MedicationEvent | AssessmentEvent | LabEvent | Vitals | Ack | Tick
Line = Alert | Present | PageLine  # what is read back from our own topics


@dataclass(frozen=True, slots=True)
class Dropped:
    """A reading of vitals that does not count, while the rest of its record does.

    `urgent`: a pressure or SpO2 below its hard limit may be an artefact or a dying patient.
    `value` is what was sent, for those who treat the patient: it belongs in no log.
    """

    path: str
    reason: Reason
    detail: str
    urgent: bool = False
    value: float | None = None
    about: str | None = None  # what is not known for it, where that is not one field


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that does not count at all; the patient is named where that is beyond doubt."""

    reason: Reason
    path: str
    detail: str
    patient_id: str | None = None
    event_id: str | None = None
    kind: str | None = None
    urgent: bool = False
    value: float | None = None
    about: str | None = None  # the analyte, the drug or the pressure, where it names one
    demo: bool = False  # a demo or test value of a device: it is of no patient
    effective_ms: int | None = None  # when it was true, where that can be read


@dataclass(frozen=True, slots=True)
class Decoded:
    """An event, what was dropped of it, and the bytes that it came in."""

    event: InputEvent
    dropped: tuple[Dropped, ...]
    record: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of the record: what has the same is a duplicate, else the larger counts."""
        return hashlib.sha256(self.record).hexdigest()


_VALIDATORS: Final = MappingProxyType(
    {topic.name: topic.adapter.validator for topic in registry.TOPICS if topic.models}
)


def decode(
    topic: str, key: bytes | None, value: bytes | None, *, check_key: bool = True
) -> Decoded | Rejected:
    """Read a record of an input topic. Its key must be the patient's id, but for ticks.

    A replay file has no keys: `check_key=False`.
    """
    if value is None or len(value) > RECORD_MAX:
        return _unread(value)
    try:
        event = _VALIDATORS[topic].validate_json(value)
    except ValidationError as error:
        found = _look_again(topic, value, _problems(topic, error))
    else:
        found = Decoded(event, (), value)
    return _checked(found, key) if check_key and topic != registry.TICKS else found


def decode_line(topic: str, value: bytes | None) -> Line | Rejected:
    """Read back a line of the alerts or of the pages."""
    line: Line | Rejected = _read_back(topic, value)
    return line


def decode_status(value: bytes | None) -> Status | Rejected:
    """Read back a status line."""
    line: Status | Rejected = _read_back(registry.STATUS, value)
    return line


def encode(model: BaseModel) -> bytes:
    """Write a model as compact JSON."""
    encoded: bytes = type(model).__pydantic_serializer__.to_json(model)
    return encoded


def _read_back(topic: str, value: bytes | None) -> Any:  # noqa: ANN401, what its topic holds
    if value is None or len(value) > RECORD_MAX:
        return _unread(value)
    try:
        line = _VALIDATORS[topic].validate_json(value)
    except ValidationError as error:
        problem = _problems(topic, error)[0]
        return Rejected(problem.reason, problem.path, problem.detail)
    return line


def _unread(value: bytes | None) -> Rejected:
    if value is None:
        return Rejected(Reason.NOT_JSON, "$", "the record has no value")
    return Rejected(Reason.TOO_LARGE, "$", f"more than {RECORD_MAX} bytes")


def _problems(topic: str, error: ValidationError) -> list[Problem]:
    spec = registry.BY_NAME[topic]
    return problems_of(error, spec.tag if spec.has_kinds else None)


def _checked(found: Decoded | Rejected, key: bytes | None) -> Decoded | Rejected:
    """Refuse a record that lies with another patient: neither of the two ids may be trusted."""
    named = found.event if isinstance(found, Decoded) else found
    if isinstance(named, Tick) or named.patient_id is None or named.patient_id.encode() == key:
        return found
    detail = "the key of the record is not its patient_id"
    return Rejected(
        Reason.KEY_MISMATCH, "$.patient_id", detail, event_id=named.event_id, kind=named.kind
    )


def _look_again(topic: str, value: bytes, problems: list[Problem]) -> Decoded | Rejected:
    """Find out what of a record can be kept, and of whom it speaks."""
    if problems[0].reason is Reason.NOT_JSON:
        return Rejected(Reason.NOT_JSON, "$", problems[0].detail)
    document = from_json(value)
    dropped: list[Dropped] = []
    while topic == registry.VITALS:
        fatal = [problem for problem in problems if problem.reason is not Reason.RANGE]
        outside = [problem for problem in problems if problem.reason is Reason.RANGE]
        dropped += [_drop(document, problem) for problem in outside]
        if fatal:
            problems = fatal
            break
        try:
            event = _VALIDATORS[topic].validate_json(to_json(document))
        except ValidationError as error:
            problems = _problems(topic, error)
        else:
            return Decoded(event, tuple(dropped), value)
    return _rejected(document, problems[0], dropped)


def _drop(document: dict[str, Any], problem: Problem) -> Dropped:
    """Take out a reading, or all pressures where they are out of order: these are one."""
    if problem.type == PRESSURE_ORDER:
        sent = [name for name in PRESSURES if document.pop(name, None) is not None]
        return Dropped(f"$.{sent[-1]}", Reason.RANGE, problem.detail, about=PRESSURE)
    *parents, name = map(str, problem.fields)
    holder = document
    for parent in parents:
        holder = holder[parent]
    value = holder.pop(name)
    urgent = is_urgent(name, value)
    return Dropped(problem.path, Reason.RANGE, problem.detail, urgent, _number(value))


def _rejected(document: object, problem: Problem, dropped: list[Dropped]) -> Rejected:
    named = document if isinstance(document, dict) else {}
    value = named.get(problem.fields[0]) if len(problem.fields) == 1 else None
    why = Dropped(problem.path, problem.reason, problem.detail, value=_number(value))
    if dropped and not problem.fields:  # nothing was left: the most urgent of them speaks
        why = max(dropped, key=lambda each: each.urgent)
    return Rejected(
        why.reason,
        why.path,
        why.detail,
        patient_id=_text(named.get("patient_id"), PATIENT_ID_MAX),
        event_id=_text(named.get("event_id"), EVENT_ID_MAX),
        kind=_text(named.get("kind"), KIND_MAX),
        urgent=any(each.urgent for each in dropped),
        value=why.value,
        about=why.about or _text(named.get("analyte", named.get("drug")), KIND_MAX),
        demo=named.get("demo") is True,
        effective_ms=read_epoch_ms(named.get("effective_at")),
    )


def _number(sent: object) -> float | None:
    """Keep a number as it was sent, if it is one that can be told."""
    if isinstance(sent, bool) or not isinstance(sent, float | int):
        return None
    return sent if -NUMBER_MAX <= sent <= NUMBER_MAX else None


def _text(sent: object, longest: int) -> str | None:
    return sent if isinstance(sent, str) and 0 < len(sent) <= longest else None
