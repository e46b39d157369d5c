"""Events for tests: valid, at fixed times, and short to write.

A builder gives the fields of an event as a sender would write them:

    vitals(temperature_c=39.1)                  readings at NOON
    lab("ferritin", 5000, at=on_day(4, "06:00"))
    vitals(systolic_mmhg=None)                  None takes a field out

`encoded` makes bytes of them, `decoded` what the codec makes of those bytes, and `event` the model.
The id is made of the content: the same event built twice is a duplicate, any other is another.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from topics import codec, registry
from topics.base import rfc_3339
from topics.codec import Decoded, InputEvent
from topics.units import canonical_unit

Fields = dict[str, Any]

PATIENT_ID: Final = "P01"
INFUSED_AT: Final = datetime(2026, 3, 1, tzinfo=UTC)  # day 0
NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)  # of day 3, on which CRS begins at the median

TOPIC_OF: Final = MappingProxyType(
    {
        "patient": registry.PATIENTS,
        "discharge": registry.PATIENTS,
        "death": registry.PATIENTS,
        "vitals": registry.VITALS,
        "lab": registry.LABS,
        "culture": registry.LABS,
        "dose": registry.MEDICATIONS,
        "infusion": registry.MEDICATIONS,
        "fluid": registry.MEDICATIONS,
        "ack": registry.ACKS,
        "tick": registry.TICKS,
    }
)


def on_day(day: int, clock: str = "12:00") -> datetime:
    """Return a time of day, `day` days after the infusion."""
    hours, minutes = clock.split(":")
    return INFUSED_AT + timedelta(days=day, hours=int(hours), minutes=int(minutes))


def patient(at: datetime = INFUSED_AT, **fields: Any) -> Fields:
    """Build a grown patient of 80 kg, infused on day 0."""
    known = {
        "weight_kg": 80,
        "height_cm": 175,
        "age_years": 60,
        "sex": "male",
        "product": "axi-cel",
        "infused_at": INFUSED_AT,
    }
    return build("patient", at, known | fields)


def connected(**fields: Any) -> tuple[Fields, ...]:
    """Build a patient of whom every topic has spoken: what is not charted is not done."""
    return (
        patient(**fields),
        assessment("echo", at=INFUSED_AT, lvef_percent=60),
        dose("levetiracetam", at=INFUSED_AT, dose_value=500, dose_unit="mg", route="po"),
    )


def vitals(at: datetime = NOON, **readings: Any) -> Fields:
    """Build readings of a patient who is well, but for those given."""
    well = {
        "temperature_c": 36.8,
        "heart_rate_per_min": 80,
        "respiratory_rate_per_min": 14,
        "systolic_mmhg": 120,
        "diastolic_mmhg": 70,
        "spo2_percent": 97,
        "oxygen": {"device": "room_air"},
    }
    return build("vitals", at, well | readings)


def reading(at: datetime = NOON, **readings: Any) -> Fields:
    """Build vitals with the readings given, and nothing else."""
    return build("vitals", at, readings)


def lab(analyte: str, value: float, unit: str | None = None, **fields: Any) -> Fields:
    """Build a result, in the canonical unit unless another is given."""
    at = fields.pop("at", NOON)
    said = {"analyte": analyte, "value": value, "unit": unit or canonical_unit(analyte)}
    return build("lab", at, said | fields)


def culture(result: str = "collected", at: datetime = NOON, **fields: Any) -> Fields:
    """Build a blood culture."""
    return build("culture", at, {"specimen": "blood", "result": result} | fields)


def dose(drug: str = "tocilizumab", at: datetime = NOON, **fields: Any) -> Fields:
    """Build a dose given, of 640 mg intravenously."""
    said = {"action": "given", "dose_value": 640, "dose_unit": "mg", "route": "iv"}
    return build("dose", at, {"drug": drug} | said | fields)


def infusion(drug: str = "norepinephrine", at: datetime = NOON, **fields: Any) -> Fields:
    """Build the start of an infusion."""
    rate: Fields = {"rate_value": 5, "rate_unit": "ug/min"}
    if drug == "vasopressin":
        rate = {"rate_value": 0.03, "rate_unit": "[IU]/min"}
    if fields.get("action") == "stop":
        rate = {}
    return build("infusion", at, {"drug": drug, "action": "start"} | rate | fields)


def fluid(volume_ml: float = 500, at: datetime = NOON, **fields: Any) -> Fields:
    """Build a bolus of crystalloid."""
    return build("fluid", at, {"fluid": "crystalloid", "volume_ml": volume_ml} | fields)


def assessment(kind: str, at: datetime = NOON, **fields: Any) -> Fields:
    """Build an event of the topic of assessments: `assessment("ice", scheme="astct", total=7)`."""
    return build(kind, at, fields)


def ice(total: int = 10, at: datetime = NOON, **fields: Any) -> Fields:
    """Build an ICE score of the ASTCT's form, as a total."""
    return build("ice", at, {"scheme": "astct", "total": total} | fields)


def ack(alert_id: str, action: str = "acknowledge", at: datetime = NOON, **fields: Any) -> Fields:
    """Build the answer of a person to an alert."""
    return build("ack", at, {"alert_id": alert_id, "action": action, "by": "nurse"} | fields)


def tick(at: datetime = NOON) -> Fields:
    """Build a tick: time as an event."""
    return {"kind": "tick", "at": rfc_3339(at)}


def build(kind: str, at: datetime, fields: Mapping[str, Any]) -> Fields:
    """Build any event: envelope first, times as text, None left out."""
    said = {
        name: rfc_3339(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not None
    }
    envelope = {
        "patient_id": PATIENT_ID,
        "kind": kind,
        "effective_at": rfc_3339(at),
        "source": "test",
    }
    content = json.dumps(envelope | said, sort_keys=True).encode()
    event_id = f"{kind}-{hashlib.sha256(content).hexdigest()[:12]}"
    return {"event_id": event_id} | envelope | said


def topic_of(fields: Mapping[str, Any]) -> str:
    """Return the topic that an event travels on."""
    return TOPIC_OF.get(fields["kind"], registry.ASSESSMENTS)


def encoded(fields: Mapping[str, Any]) -> bytes:
    """Return the value of the record."""
    return json.dumps(fields, separators=(",", ":")).encode()


def key_of(fields: Mapping[str, Any]) -> bytes:
    """Return the key of the record."""
    return str(fields.get("patient_id", 0)).encode()


def decoded(fields: Mapping[str, Any]) -> Decoded:
    """Return what the codec makes of an event; fails where it refuses it."""
    found = codec.decode(topic_of(fields), key_of(fields), encoded(fields))
    assert isinstance(found, Decoded), found
    return found


def event(fields: Mapping[str, Any]) -> InputEvent:
    """Return the model of an event."""
    return decoded(fields).event


def line(fields: Mapping[str, Any]) -> str:
    """Return an event as a line of a replay file."""
    return json.dumps({"topic": topic_of(fields)} | dict(fields)) + "\n"
