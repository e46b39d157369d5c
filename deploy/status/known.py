"""What is known of the patients, by the lines on the topics, and who is the sickest of them.

Pure: lines go in as they come, patients come out in order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from alerts.built_in import through
from alerts.life import OPEN_STATES
from alerts.policy import Policy
from topics.alerts import Alert, Priority
from topics.pages import PageLine
from topics.reserved import is_made_up
from topics.status import Status
from topics.ticks import Tick

PAGING: Final = Policy(through())  # the most urgent of the grading policies counts, as for pages
NO_ALERT: Final = -1  # below every urgency

Sickness = tuple[bool, bool, int, int, int, int]


@dataclass
class Known:
    """What is known of one patient: the newest status, and the newest line of each alert."""

    patient_id: str
    partition: int
    status: Status | None = None
    lines: dict[str, Alert] = field(default_factory=dict)  # by alert id

    @property
    def open_alerts(self) -> list[Alert]:
        """The alerts that are true now, the most urgent first."""
        found = [line for line in self.lines.values() if line.state in OPEN_STATES]
        return sorted(found, key=lambda line: (-priority_of(line).urgency, line.rule))

    @property
    def is_watched(self) -> bool:
        """Whether a grade is computed, or anything is open: not after discharge or death."""
        return self.status is None or self.status.crs is not None or bool(self.open_alerts)

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The ward and the bed, as the newest line that says so has them."""
        said: list[Status | Alert] = [*self.lines.values()]
        said += [] if self.status is None else [self.status]
        said = sorted(said, key=lambda line: line.at)
        unit = next((line.unit for line in reversed(said) if line.unit is not None), None)
        return unit, next((line.bed for line in reversed(said) if line.bed is not None), None)

    @property
    def sickness(self) -> Sickness:
        """Something to order patients by, the sickest highest.

        An open P1 comes before any grade: ferritin in the range of HLH may stand alone. Then what
        is proven, then what is open, then what is not ruled out.
        """
        crs = () if self.status is None or self.status.crs is None else self.status.crs.values()
        urgencies = [priority_of(line).urgency for line in self.open_alerts]
        urgency = max(urgencies, default=NO_ALERT)
        return (
            self.is_watched,
            urgency >= Priority.P1.urgency,
            max((grade.lowest for grade in crs), default=0),
            urgency,
            max((grade.highest for grade in crs), default=0),
            len(urgencies),
        )


@dataclass
class Board:
    """All patients, and the time as the newest ticks tell it."""

    patients: dict[str, Known] = field(default_factory=dict)
    clocks: dict[int, datetime] = field(default_factory=dict)  # by partition
    unread: int = 0  # lines that this version cannot read

    @property
    def clock(self) -> datetime | None:
        """The time of the partition that is furthest behind: everything is known up to it."""
        return min(self.clocks.values(), default=None)

    def take(self, line: Status | Alert | PageLine | Tick, partition: int) -> None:
        """Take one line, in the order of its topic and partition; what was paged says nothing."""
        if isinstance(line, PageLine):
            return
        if isinstance(line, Tick):
            self.clocks[partition] = max(line.at, self.clocks.get(partition, line.at))
            return
        if is_made_up(line.patient_id):
            return
        known = self.patients.setdefault(line.patient_id, Known(line.patient_id, partition))
        if isinstance(line, Status):
            known.status = line
        elif is_news(line, known.lines.get(line.alert_id)):
            known.lines[line.alert_id] = line

    def now_of(self, known: Known) -> datetime | None:
        """Return the time of a patient's partition; None while no tick of it was seen."""
        return self.clocks.get(known.partition)


def sickest_first(patients: Iterable[Known]) -> list[Known]:
    """Order patients; equally sick ones by their ids, so that rows do not jump about."""
    by_id = sorted(patients, key=lambda known: known.patient_id)
    return sorted(by_id, key=lambda known: known.sickness, reverse=True)


def priority_of(line: Alert) -> Priority:
    """Return how urgent an alert is for whoever is paged."""
    return PAGING.level_of(line).priority


def is_news(line: Alert, had: Alert | None) -> bool:
    """Tell whether a line replaces another: replicas and crashes repeat, the more urgent counts."""
    if had is None or line.revision != had.revision:
        return had is None or line.revision > had.revision
    return priority_of(line).urgency > priority_of(had).urgency
