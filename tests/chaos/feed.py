"""What a ward sends in a chaos run: seeded, in steps of one minute, one topic after the other.

The records of a step lie in order of time, and a topic begins only when the one before is
confirmed and a moment old. So the order in which they are handed over is that of a replay, whatever
happens to the workers: what comes out can be compared line by line. Only the partitions of
`ASTRAY`, where a device has a wrong clock, are compared by what is open in the end.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiokafka.partitioner import murmur2

from topics import registry

BEGIN: Final = datetime(2026, 3, 1, tzinfo=UTC)
STEP: Final = timedelta(minutes=1)
ASTRAY: Final = frozenset({10, 11})
WRONG_CLOCK: Final = "astray"  # the source of what a device with a wrong clock sends
STABLE: Final = 0.85  # of the patients; the others have a bad night
POISON: Final = (
    b"",
    b"no JSON",
    b'{"event_id":',
    b'{"event_id":"x","kind":"vitals"}',
    b"\xff\xfe\x00",
    b"[1,2,3]",
)


@dataclass(frozen=True)
class Sent:
    """A record to write."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    at_ms: int


@dataclass
class Ward:
    """Patients whose records come from one seed; `burst` names what this step is spoiled by."""

    seed: int
    patients: int = 240
    vitals_a_step: int = 4
    step: int = 0
    begin: datetime = BEGIN
    turns: float = 1.0  # how often a bad night takes another turn, of its readings
    _serial: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.ids = [f"p{self.seed}-{number}" for number in range(self.patients)]
        self.partition = {each: partition_of(each) for each in self.ids}
        self.stable = {each for each in self.ids if self._chance.random() < STABLE}
        self._bad: dict[str, dict[str, Any]] = {}

    def phases(self, burst: str | None = None) -> Iterator[list[Sent]]:
        """Give the records of the next step, topic by topic."""
        start = self.begin + self.step * STEP
        self.step += 1
        yield [_tick(partition, start) for partition in range(registry.PARTITIONS)]
        rare = [each for each in self.ids if each not in self.stable]
        if self.step == 1:
            yield self._phase(
                "patients",
                [(each, self._moment(start, 0), self._about(n)) for n, each in enumerate(self.ids)],
            )
        doses = [(each, self._moment(start, 6), self._dose()) for each in self._some(rare, 0.05)]
        yield self._phase("medications", doses, burst)
        looks = [
            (each, self._moment(start, 12), self._look()) for each in self._some(self.ids, 0.02)
        ]
        yield self._phase("assessments", looks, burst)
        labs = [
            (each, self._moment(start, 18), self._lab(each)) for each in self._some(self.ids, 0.05)
        ]
        yield self._phase("labs", labs, burst)
        vitals = [
            (each, self._moment(start, 24 + 30 * turn / self.vitals_a_step), self._vitals(each))
            for turn in range(self.vitals_a_step)
            for each in self.ids
        ]
        yield self._phase("vitals", vitals, burst)

    def about(self, patient_id: str, at: datetime) -> Sent:
        """Say who a patient is."""
        return self._event("patients", patient_id, at, self._about(self.ids.index(patient_id)))

    def vitals(self, patient_id: str, at: datetime) -> Sent:
        """Take the vital signs of a patient."""
        return self._event("vitals", patient_id, at, self._vitals(patient_id))

    def _moment(self, start: datetime, after_s: float) -> datetime:
        return start + timedelta(seconds=after_s)

    def _some(self, ids: list[str], share: float) -> list[str]:
        return [each for each in ids if self._chance.random() < share]

    def _phase(
        self,
        topic: str,
        events: list[tuple[str, datetime, dict[str, Any]]],
        burst: str | None = None,
    ) -> list[Sent]:
        sent = [self._event(topic, *each) for each in events]
        if burst is not None:
            sent += [
                spoiled
                for each in sent
                if self._chance.random() < 0.2
                for spoiled in self._spoiled(burst, each)
            ]
            sent.sort(key=lambda each: each.at_ms if burst != "duplicates" else 0)
        return sent

    def _event(self, topic: str, patient_id: str, at: datetime, body: dict[str, Any]) -> Sent:
        self._serial += 1
        text = at.isoformat(timespec="milliseconds")
        event = {
            "event_id": f"e{self._serial}",
            "patient_id": patient_id,
            "effective_at": text,
            "recorded_at": text,
            "source": "chaos",
            **body,
        }
        partition = self.partition[patient_id]
        return Sent(f"stormwatch.{topic}.v1", partition, patient_id.encode(), _json(event), _ms(at))

    # What feeds do wrong

    def _spoiled(self, burst: str, sent: Sent) -> Iterator[Sent]:
        event = json.loads(sent.value)
        match burst:
            case "duplicates":
                yield sent
            case "poison":
                key = self._chance.choice((sent.key, None, b"\xff\xfe"))
                yield Sent(sent.topic, sent.partition, key, self._chance.choice(POISON), sent.at_ms)
            case "late":
                hours = self._chance.choice((1, 7, 30, 60))
                late = datetime.fromisoformat(event["effective_at"]) - timedelta(hours=hours)
                event |= {"event_id": f"late-{event['event_id']}", "effective_at": late.isoformat()}
                yield Sent(sent.topic, sent.partition, sent.key, _json(event), sent.at_ms)
            case "wrong_clock" if sent.partition in ASTRAY and "vitals" in sent.topic:
                off = timedelta(minutes=self._chance.choice((-240, -30, 30, 240)))
                at = datetime.fromisoformat(event["recorded_at"]) + off
                event |= {"event_id": f"astray-{event['event_id']}", "source": WRONG_CLOCK}
                event |= {"effective_at": at.isoformat(), "recorded_at": at.isoformat()}
                yield Sent(sent.topic, sent.partition, sent.key, _json(event), _ms(at))

    # What happens at the bedside

    def _about(self, number: int) -> dict[str, Any]:
        infused = self.begin - timedelta(days=number % 5 + 1)
        return {
            "kind": "patient",
            "infused_at": infused.isoformat(),
            "age_years": 20 + number % 60,
            "weight_kg": 50.0 + number % 40,
        }

    def _vitals(self, patient_id: str) -> dict[str, Any]:
        chance = self._chance
        if patient_id in self.stable:
            return reading(
                round(chance.uniform(36.2, 37.4), 1), chance.randrange(110, 130), 98, "room_air"
            )
        if self.turns < 1.0 and patient_id in self._bad and chance.random() >= self.turns:
            return self._bad[patient_id]
        systolic = chance.choice((84, 96, 118, 118, 124, 124))
        oxygen = chance.choice(("room_air", "room_air", "nasal_cannula", "high_flow"))
        self._bad[patient_id] = reading(
            round(chance.uniform(36.8, 39.6), 1), systolic, chance.randrange(91, 100), oxygen
        )
        return self._bad[patient_id]

    def _lab(self, patient_id: str) -> dict[str, Any]:
        high = (2_500, 4_000, 12_000, 60_000)
        value = self._chance.choice((400, 900) if patient_id in self.stable else high)
        return {"kind": "lab", "analyte": "ferritin", "value": value, "unit": "ng/mL"}

    def _dose(self) -> dict[str, Any]:
        if self._chance.random() < 0.3:
            dose = {"drug": "tocilizumab", "action": "given", "dose_value": 560, "dose_unit": "mg"}
            return {"kind": "dose", **dose}
        rate = self._chance.choice((0, 8, 24))
        infusion = {"drug": "norepinephrine", "rate_value": rate, "rate_unit": "ug/min"}
        return {"kind": "infusion", "action": "change", **infusion}

    def _look(self) -> dict[str, Any]:
        return {"kind": "ice", "scheme": "astct", "total": self._chance.choice((10, 10, 9, 5, 1))}


def reading(celsius: float, systolic: int, spo2: int, oxygen: str) -> dict[str, Any]:
    """Return one set of readings."""
    return {
        "kind": "vitals",
        "temperature_c": celsius,
        "systolic_mmhg": systolic,
        "spo2_percent": spo2,
        "oxygen": {"device": oxygen},
    }


def partition_of(patient_id: str) -> int:
    """Return the partition of a patient."""
    return int((murmur2(patient_id.encode()) & 0x7FFFFFFF) % registry.PARTITIONS)


def _tick(partition: int, at: datetime) -> Sent:
    value = _json({"kind": "tick", "at": at.isoformat()})
    return Sent(registry.TICKS, partition, str(partition).encode(), value, _ms(at))


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
