"""What one record said, and which of two records of one id counts.

An entry is known by (source, event_id). The later `recorded_at` wins; where equal, what was entered
in error, then corrected, final, preliminary; then the larger SHA-256. What was entered in error, and
the demo values of a device, are remembered and say nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.signals import KEPT_FIELDS, OXYGEN_FIELDS, Said, Stated, read
from topics.base import Event, epoch_ms

STANDING: Final[Mapping[str, int]] = MappingProxyType(
    {"preliminary": 0, "final": 1, "corrected": 2, "entered_in_error": 3}
)
ENTERED_IN_ERROR: Final = STANDING["entered_in_error"]
FIELDS_OF_VITALS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "temperature_c": ("temperature_c", "temperature_site"),
        "pressure": ("systolic_mmhg", "mean_arterial_mmhg"),
    }
)
DIGEST_LENGTH: Final = 16  # hex digits of the SHA-256 that are kept: enough to tell two apart

Identity = tuple[str, str]  # source, event_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, with the fields that rules can depend on."""

    source: str
    event_id: str
    kind: str
    effective_ms: int
    recorded_ms: int
    standing: int
    digest: str
    said: Said  # empty where it was entered in error or is a demo

    @property
    def identity(self) -> Identity:
        """What tells the versions of one record from other records."""
        return self.source, self.event_id

    @property
    def version(self) -> tuple[int, int, str]:
        """Of two versions of a record the larger one counts."""
        return self.recorded_ms, self.standing, self.digest

    def stated(self) -> tuple[Stated, ...]:
        """Each signal that it speaks of, with the value."""
        return () if self.standing == ENTERED_IN_ERROR else read(self.kind, self.said)

    def leaving_out(self, signals: list[str]) -> "Entry":
        """Forget what it says of some signals; only vitals speak of more than one."""
        fields = {field for signal in signals for field in FIELDS_OF_VITALS.get(signal, (signal,))}
        said = {field: value for field, value in self.said.items() if field not in fields}
        return replace(self, said=said)


def entry_of(event: Event, digest: str) -> Entry:
    """Keep of an event what rules can depend on."""
    kind: str = event.kind
    silent = event.demo or event.status == "entered_in_error"
    return Entry(
        event.source,
        event.event_id,
        "demo" if event.demo else kind,
        epoch_ms(event.effective_at),
        epoch_ms(event.recorded_at),
        STANDING[event.status],
        digest[:DIGEST_LENGTH],
        {} if silent else _said(event, kind),
    )


def _said(event: Event, kind: str) -> Said:
    said: dict[str, Any] = {}
    for field in KEPT_FIELDS.get(kind, ()):
        value = getattr(event, field)
        if value is not None:
            said[field] = value.value if isinstance(value, Enum) else value
    if kind == "vitals" and (oxygen := getattr(event, "oxygen", None)) is not None:
        values = (getattr(oxygen, field) for field in OXYGEN_FIELDS)
        said["oxygen"] = [each.value if isinstance(each, Enum) else each for each in values]
    if kind == "patient" and (infused_at := getattr(event, "infused_at", None)) is not None:
        said["infused_at"] = epoch_ms(infused_at)
    return said
