"""A ward on which every event changes something, as a replay file: the worst that may come.

What a ward is like `stormwatch simulate` shows; nearly all of its readings change nothing.
"""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ADMITTED = datetime(2026, 3, 1, tzinfo=UTC)


def write_ward(path: Path, *, patients: int, events: int, seed: int = 1) -> int:
    """Write a ward of at least so many events; return how many there are."""
    chance = random.Random(seed)
    lines = sorted(
        (line for number in range(patients) for line in _stay(chance, number, events // patients)),
        key=lambda line: line["recorded_at"],
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return len(lines)


def _stay(chance: random.Random, number: int, events: int) -> Iterator[dict[str, Any]]:
    patient_id = f"ward-{number}"
    about = {"infused_at": _text(ADMITTED), "age_years": 20 + number, "weight_kg": 70.0}
    yield _event(patient_id, 0, "patients", "patient", ADMITTED, about)
    at = ADMITTED + timedelta(days=2, seconds=number)
    for serial in range(1, events):
        at += timedelta(seconds=chance.randrange(20, 90))
        yield _event(patient_id, serial, *_something(chance, at))


def _something(chance: random.Random, at: datetime) -> tuple[str, str, datetime, dict[str, Any]]:
    match chance.choices(("vitals", "ferritin", "tocilizumab", "norepinephrine"), (90, 5, 2, 3))[0]:
        case "vitals":
            systolic = chance.choice((84, 96, 118, 124))
            reading = {
                "temperature_c": round(chance.uniform(36.4, 39.6), 1),
                "systolic_mmhg": systolic,
                "spo2_percent": chance.randrange(90, 100),
                "oxygen": {"device": chance.choice(("room_air", "nasal_cannula", "high_flow"))},
            }
            return "vitals", "vitals", at, reading
        case "ferritin":
            value = chance.choice((900, 2_500, 4_000, 12_000, 60_000))
            return "labs", "lab", at, {"analyte": "ferritin", "value": value, "unit": "ng/mL"}
        case "tocilizumab":
            dose = {"drug": "tocilizumab", "action": "given", "dose_value": 560, "dose_unit": "mg"}
            return "medications", "dose", at, dose
        case _:
            rate = chance.choice((0, 8, 24))
            infusion = {"drug": "norepinephrine", "rate_value": rate, "rate_unit": "ug/min"}
            return "medications", "infusion", at, infusion | {"action": "change"}


def _event(  # noqa: PLR0913, PLR0917, an event has these parts
    patient_id: str, serial: int, topic: str, kind: str, at: datetime, body: dict[str, Any]
) -> dict[str, Any]:
    return {
        "topic": f"stormwatch.{topic}.v1",
        "event_id": f"{patient_id}-{serial}",
        "patient_id": patient_id,
        "kind": kind,
        "effective_at": _text(at),
        "recorded_at": _text(at),
        "source": "ward",
        **body,
    }


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
