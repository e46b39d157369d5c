"""What one record said, and which of two records of one id counts.

An entry is known by (source, event_id). The later `recorded_at` wins; where equal, what was
entered in error, then corrected, final, preliminary; then the larger SHA-256. What was entered in
error, and the demo values of a device, are remembered and say nothing. Of vital signs a version of
which a value was refused leaves standing what an earlier version says in its place.
Source: CONTRACT (Envelope); CLINICAL.md DEC-66; decision 81.
"""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.readers import (
    KEPT_FIELDS,
    OXYGEN_FIELDS,
    VENTILATOR_FIELDS,
    Said,
    plain,
    read,
)
from stream.clinical.series import Reading
from topics.assessments import AssessmentEvent
from topics.base import epoch_ms
from topics.labs import LabEvent
from topics.medications import MedicationEvent
from topics.patients import PatientEvent
from topics.vitals import PRESSURES, Vitals

STANDING: Final[Mapping[str, int]] = MappingProxyType(
    {"preliminary": 0, "final": 1, "corrected": 2, "entered_in_error": 3}
)
FINAL: Final = STANDING["final"]
ENTERED_IN_ERROR: Final = STANDING["entered_in_error"]
DEMO: Final = "demo"  # the kind of what a device says of nobody
# Of events that speak of more than one signal, the fields of those that have another name.
FIELDS_OF_SIGNAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "temperature_c": ("temperature_c", "temperature_site"),
        "pressure": ("systolic_mmhg", "mean_arterial_mmhg"),
        "oxygen": OXYGEN_FIELDS,
        "consciousness": ("level", "rass"),
    }
)
REFUSED: Final = "refused"  # beside what a record says: the fields that an earlier version may fill
PLAIN_TYPES: Final = frozenset({float, int, str, bool})
DIGEST_LENGTH: Final = 6  # hex digits of the SHA-256 that are kept: two are alike in 1 of 2**24

Identity = tuple[str, str]  # source, event_id
Version = tuple[int, int, str]  # recorded_ms, standing, digest: the larger one counts
Stated = tuple[tuple[str, Reading[Any]], ...]  # names of signals, and what is read of them
Charted = PatientEvent | MedicationEvent | AssessmentEvent | LabEvent | Vitals


class Entry(NamedTuple):
    """One record, with the fields that rules can depend on."""

    source: str
    event_id: str
    kind: str
    effective_ms: int
    recorded_ms: int
    standing: int
    digest: str
    said: Said  # empty where it was entered in error or is a demo
    replaces: bool  # another version of it is known, which does not count
    readings: Stated  # what it says of each signal

    @property
    def identity(self) -> Identity:
        """What tells the versions of one record from other records."""
        return self.source, self.event_id

    @property
    def version(self) -> Version:
        """Of two versions of a record the larger one counts."""
        return self.recorded_ms, self.standing, self.digest

    def leaving_open(self, fields: Collection[str]) -> "Entry":
        """Note which of its values were refused."""
        left = ",".join(sorted(each for each in fields if each not in self.said))
        return self._saying({**self.said, REFUSED: left}) if left else self

    def filled_by(self, earlier: "Entry") -> "Entry":
        """Take what was refused from an earlier version, as far as that says it.

        Of pressures none where one of its own counts: two versions together mean nothing.
        """
        left = self.said.get(REFUSED, "").split(",")
        own = () if self.said.keys().isdisjoint(PRESSURES) else PRESSURES
        fields = [name for name in left if name not in own]
        found = {name: earlier.said[name] for name in fields if name in earlier.said}
        if not found:
            return self
        said = {name: value for name, value in self.said.items() if name != REFUSED}
        filled = self._saying({**said, **found})
        return filled.leaving_open([name for name in left if name not in found])

    def _saying(self, said: Said) -> "Entry":
        return restored(*self[:7], said, replaces=self.replaces)

    def leaving_out(self, signals: Collection[str]) -> "Entry":
        """Forget what it says of some signals of several."""
        names = [signal.rpartition(":")[2] for signal in signals]  # patient:weight_kg
        gone = {name for signal in names for name in FIELDS_OF_SIGNAL.get(signal, (signal,))}
        said = {name: value for name, value in self.said.items() if name not in gone}
        readings = tuple(each for each in self.readings if each[0] not in signals)
        return self._replace(said=said, readings=readings)


def is_said_of_patient(entry: Entry) -> bool:
    """Tell whether a record speaks of the patient: it is no demo, and not entered in error."""
    return entry.standing != ENTERED_IN_ERROR and entry.kind != DEMO


def unusual(entries: Iterable[Entry]) -> list[Entry]:
    """Choose the records that are not final or that are demos: a few of many."""
    return [each for each in entries if each.standing != FINAL or each.kind == DEMO]


def entry_of(event: Charted, digest: str) -> Entry:
    """Keep of an event what rules can depend on."""
    kind: str = event.kind
    silent = event.demo or event.status == "entered_in_error"
    return restored(
        event.source,
        event.event_id,
        DEMO if event.demo else kind,
        epoch_ms(event.effective_at),
        epoch_ms(event.recorded_at),
        STANDING[event.status],
        digest[:DIGEST_LENGTH],
        {} if silent else _said(event, kind),
    )


def restored(  # noqa: PLR0913, PLR0917, a record has these parts
    source: str,
    event_id: str,
    kind: str,
    effective_ms: int,
    recorded_ms: int,
    standing: int,
    digest: str,
    said: Said,
    *,
    replaces: bool = False,
) -> Entry:
    """Read again what is kept of a record; a fact about the patient counts once it is told."""
    at_ms = recorded_ms if kind == "patient" else effective_ms
    readings: Stated = ()
    if standing != ENTERED_IN_ERROR:
        readings = tuple(
            [
                (name, Reading(at_ms, recorded_ms, event_id, source, value))
                for name, value in read(kind, said)
            ]
        )
    return Entry(
        source,
        event_id,
        kind,
        effective_ms,
        recorded_ms,
        standing,
        digest,
        said,
        replaces,
        readings,
    )


def _said(event: Charted, kind: str) -> Said:
    said: dict[str, Any] = {
        name: value if type(value) in PLAIN_TYPES else plain(value)
        for name in KEPT_FIELDS.get(kind, ())
        if (value := getattr(event, name)) is not None
    }
    if kind == "vitals":
        said |= _said_of_breathing(event)
    if kind == "patient" and (infused_at := getattr(event, "infused_at", None)) is not None:
        said["infused_at"] = epoch_ms(infused_at)
    if kind == "dose" and (scheduled_at := getattr(event, "scheduled_at", None)) is not None:
        said["scheduled_at"] = epoch_ms(scheduled_at)
    return said


def _said_of_breathing(event: Charted) -> Said:
    said: dict[str, Any] = {}
    if (oxygen := getattr(event, "oxygen", None)) is not None:
        values = {name: plain(getattr(oxygen, name)) for name in OXYGEN_FIELDS}
        said |= {name: value for name, value in values.items() if value is not None}
    if (ventilator := getattr(event, "ventilator", None)) is not None:
        values = {name: getattr(ventilator, name) for name in VENTILATOR_FIELDS}
        said |= {name: value for name, value in values.items() if value is not None}
    return said
