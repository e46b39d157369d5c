"""Patients whose alerts are brought by time alone: due in an outage, or while somebody watches.

What was measured hours ago and is told only now falls due soon after it: 45 minutes after grade 2
the antibiotics, 4 hours after the last reading the silence, 24 hours after the infusion ICE, 12
hours after tocilizumab the question what it was. The events of one patient lie seconds apart, and
seconds from what falls due of that patient: so what comes of them does not hang on which of two
records that were written at the same time is read first.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from builders import Fields, assessment, dose, ice, patient, vitals
from commands import Produced

from stream.partition import MARKER_KEY, NEVER, write_marker
from stream.ticks import encode
from topics import registry
from topics.base import epoch_ms, read_epoch_ms

CHANGELOGS: Final = (registry.WATCH_CHANGELOG, registry.PAGE_CHANGELOG)
OUTAGE: Final = timedelta(hours=2)
KINDS: Final = ("antibiotics", "silence", "ice", "reassess")
RULES: Final = frozenset({"ABX-1H", "OPS-SILENCE", "ICE-DUE", "REASSESS"})
EACH: Final = 5  # patients of a kind: due in the outage, due after it, and told after it
MONITORED: Final = 20
BREACH: Final = timedelta(minutes=16)  # 15 minutes after the antibiotics were due
TOLD_BEFORE: Final = (4.0, 1_200.0)  # seconds
DUE_AFTER: Final = (5.0, 60.0)  # the outage
SOON: Final = (3.0, 12.0)  # after what is told live
OXYGEN: Final = ("room_air", "nasal_cannula", "high_flow")
ILL: Final = {"temperature_c": 39.2, "systolic_mmhg": 84, "diastolic_mmhg": 50}
JUST: Final = timedelta(milliseconds=1)
HOUR: Final = timedelta(hours=1)


@dataclass
class Ward:
    """An outage that ends now, and what is told after it. All times are those of one clock."""

    chance: random.Random
    until: datetime  # where the outage ends
    _closings: list[tuple[str, str]] = field(default_factory=list)  # kind and patient
    _untold: list[tuple[str, str]] = field(default_factory=list)

    def of_the_outage(self) -> Sequence[Fields]:
        """Give what came while nobody watched, in the order of its times."""
        events: list[Fields] = []
        for kind in KINDS:
            for number in range(EACH):
                due_at = self.until - BREACH - self.chance.random() * (OUTAGE - 2 * BREACH)
                events += self._told(kind, f"{kind}-{number}", due_at)
                self._closings.append((kind, f"{kind}-{number}"))
                due_at = self.until + self._seconds(*DUE_AFTER)
                events += self._told(kind, f"{kind}-after-{number}", due_at)
                self._untold.append((kind, f"{kind}-live-{number}"))
        known = [*self._untold, *(("", f"monitored-{number}") for number in range(MONITORED))]
        for kind, name in known:
            events += self._about(kind, name, self.until - OUTAGE / 2)
        self.chance.shuffle(self._closings)
        self.chance.shuffle(self._untold)
        return sorted(events, key=recorded_ms)

    def live(self, now: datetime) -> Iterator[Fields]:
        """Give what is told now: readings, what falls due soon, and what ends something."""
        for number in range(MONITORED):
            systolic, device = (self.chance.choice(each) for each in ((84, 96, 118), OXYGEN))
            yield vitals(
                now,
                patient_id=f"monitored-{number}",
                temperature_c=39.0,
                systolic_mmhg=systolic,
                oxygen={"device": device},
            )
        if self._untold:
            kind, name = self._untold.pop()
            yield from _due(kind, name, now, now + self._seconds(*SOON))
        if self._closings and self.chance.random() < 0.5:
            kind, name = self._closings.pop()
            yield from _closing(kind, name, now)

    def _told(self, kind: str, name: str, due_at: datetime) -> Iterator[Fields]:
        told_at = min(due_at, self.until) - self._seconds(*TOLD_BEFORE)
        yield from self._about(kind, name, told_at - OUTAGE / 20)
        yield from _due(kind, name, told_at, due_at)

    def _about(self, kind: str, name: str, at: datetime) -> Iterator[Fields]:
        """Tell what is known long before something falls due."""
        if kind != "ice":
            yield patient(at, patient_id=name, infused_at=self.until - 72 * HOUR)
        if kind == "reassess":
            ill_at, told_at = self.until - 16 * HOUR, at + timedelta(seconds=5)
            yield vitals(ill_at, patient_id=name, recorded_at=told_at, **ILL)

    def _seconds(self, least: float, most: float) -> timedelta:
        return timedelta(milliseconds=round(1_000 * self.chance.uniform(least, most)))


def left_at_the_end(at: datetime, changelogs: Sequence[str] = CHANGELOGS) -> Iterable[Produced]:
    """Give what workers that ended before the outage left: the last tick, and their markers."""
    at_ms = epoch_ms(at)
    for each in range(registry.PARTITIONS):
        yield Produced(registry.TICKS, encode(at_ms), str(each).encode(), at_ms, each)
        marker = write_marker(NEVER, at_ms, {})
        for changelog in changelogs:
            yield Produced(changelog, marker, MARKER_KEY, None, each)


def _due(kind: str, name: str, told_at: datetime, due_at: datetime) -> Iterator[Fields]:
    """Tell of a patient what falls due at a moment."""
    said: dict[str, Any] = {"patient_id": name, "recorded_at": told_at}
    match kind:
        case "antibiotics":
            yield vitals(due_at - 0.75 * HOUR, **said, **ILL)
        case "silence":
            yield vitals(due_at - 4 * HOUR - JUST, **said)
        case "ice":
            yield patient(told_at, patient_id=name, infused_at=due_at - 24 * HOUR - JUST)
        case _:
            yield dose(at=due_at - 12 * HOUR, **said)


def _closing(kind: str, name: str, now: datetime) -> Iterator[Fields]:
    """Tell what ends the alert of a kind."""
    match kind:
        case "antibiotics":
            yield dose("cefepime", now, patient_id=name)
            yield dose("vancomycin", now, patient_id=name)
        case "silence":
            yield vitals(now, patient_id=name)
        case "ice":
            yield ice(at=now, patient_id=name)
        case _:
            yield assessment(
                "attribution", now, patient_id=name, domain="fever", cause="crs", by="Dr A"
            )


def recorded_ms(event: Fields) -> int:
    """Return the timestamp of the record."""
    at_ms = read_epoch_ms(event.get("recorded_at", event["effective_at"]))
    assert at_ms is not None
    return at_ms


def now() -> datetime:
    """Return the moment, to the millisecond as records have it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1_000 * 1_000)
