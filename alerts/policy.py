"""How a site pages: which grading policies count, how long answers hold, how often is tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alerts.routing import Routing
from topics.alerts import Alert, Grade, Priority

BY_ICANS_GRADE: Final = "ICANS-UP"
# The rules whose alerts no grade decides: the others bound to the stay (CLINICAL.md §6). Their
# lines name the grade of the moment, but a change of it says nothing of them. Any other rule is
# taken to follow the grade of CRS: one that is forgotten here pages too often, not too seldom.
NOT_BY_CRS_GRADE: Final = frozenset(
    {
        "DATA-RANGE",
        "DATA-UNIT",
        "HLH-FERRITIN",
        "HLH-SUSPECT",
        "HSCORE",
        "ICE-DUE",
        "ICE-SUBTLE",
        "ICE-UNABLE",
        "LPV",
        "NEURO-EDEMA",
        "OPS-SILENCE",
        "PRONE",
        "STEROID-LONG",
        "STEROID-PROPHYLAXIS",
        "UNATTRIBUTED-DETERIORATION",
    }
)

# The last one holds from then on. A gateway that comes back is tried again within a minute.
RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(seconds=15),
    timedelta(seconds=45),
    timedelta(seconds=60),
)
TRIES_MAX: Final = 480  # 8 hours, a shift: by then people have long been told that a sink is down

REPEATED_AFTER: Final = timedelta(hours=8)  # as rules repeat themselves: TOCI-IND, CLINICAL.md §1.2
SETTLED_AFTER: Final = timedelta(hours=1)
# Who acknowledged may have been called away since. No source has a number; these are ours.
ACKNOWLEDGED_FOR: Final = MappingProxyType(
    {Priority.P1: timedelta(hours=2), Priority.P2: timedelta(hours=8)}
)
SNOOZE_DEFAULT: Final = timedelta(minutes=15)
SNOOZE_MAX: Final = timedelta(hours=24)
# Longer than a replay or a replica that lags reaches back: the inputs are kept 45 days.
ENDED_KEPT: Final = timedelta(days=46)


EVERY_POLICY: Final = ""


class Shown(StrEnum):
    """What tells of whom an alert is. A pseudonym is no name, but a site may leave it out."""

    PATIENT = "patient"
    UNIT = "unit"
    BED = "bed"


EVERYTHING: Final = frozenset(Shown)


@dataclass(frozen=True, slots=True)
class Level:
    """How bad an alert is: its priority, and the proven grade under each policy that holds."""

    priority: Priority
    grades: Mapping[str, int]
    policies: tuple[str, ...]

    def is_worse_than(self, other: "Level") -> bool:
        """Tell whether it is more urgent, or a grade is higher; a grade not proven is 0."""
        return self.priority.urgency > other.priority.urgency or any(
            grade > other.grades.get(name, 0) for name, grade in self.grades.items()
        )

    @property
    def weight(self) -> tuple[int, int]:
        """Something to order levels by that are not worse than each other in every way."""
        return self.priority.urgency, sum(self.grades.values())

    def is_new_beside(self, other: "Level") -> bool:
        """Tell whether it is worse, or holds under a policy under which it did not."""
        return self.is_worse_than(other) or not set(self.policies) <= set(other.policies)

    def milder_of(self, other: "Level") -> "Level":
        """Return what both are at least: the lower priority, and of each grade the lower."""
        priority = min(self.priority, other.priority, key=lambda each: each.urgency)
        grades = {
            name: min(grade, other.grades.get(name, 0)) for name, grade in self.grades.items()
        }
        return Level(priority, grades, self.policies)


def deciding_grades(line: Alert) -> Mapping[str, Grade]:
    """Give the grades that decide an alert, by policy; empty where none does."""
    if line.rule == BY_ICANS_GRADE:
        return line.icans or {}
    return {} if line.rule in NOT_BY_CRS_GRADE else line.crs or {}


@dataclass(frozen=True, slots=True)
class Policy:
    """How a site pages.

    `routing` says who is told. `narrowed_to` names the one grading policy that counts; by default
    the most urgent of all of them does, since the review grades some patients lower than the
    consensus (CLINICAL.md §2.4). `shows` is what pages tell of who and where the patient is.
    """

    routing: Routing
    narrowed_to: str | None = None
    shows: frozenset[Shown] = EVERYTHING
    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    tries_max: int = TRIES_MAX
    repeated_after: timedelta = REPEATED_AFTER
    settled_after: timedelta = SETTLED_AFTER
    acknowledged_for: Mapping[Priority, timedelta] = field(default_factory=lambda: ACKNOWLEDGED_FOR)
    snooze_default: timedelta = SNOOZE_DEFAULT
    snooze_max: timedelta = SNOOZE_MAX
    ended_kept: timedelta = ENDED_KEPT
    # The sinks that call on their own until they are told of an answer, and the source of the
    # answers that people give there.
    call_on: Mapping[str, str] = field(default_factory=dict)

    def level_of(self, line: Alert) -> Level:
        """Judge an alert line by the policies that count here."""
        # What comes from the pipeline itself holds under no policy, and has its priority alone.
        priorities = line.priorities or {EVERY_POLICY: line.priority}
        held = {
            name: priority
            for name, priority in priorities.items()
            if name == EVERY_POLICY or self.narrowed_to in (None, name)
        }
        grades = deciding_grades(line)
        return Level(
            priority=max(held.values(), key=lambda each: each.urgency, default=Priority.INFO),
            grades={name: grades[name].lowest for name in held if name in grades},
            policies=tuple(sorted(held)),
        )

    def backoff(self, attempt: int) -> timedelta:
        """Return how long to wait after a try that was worth another one; the first is 1."""
        return self.retry_after[min(attempt, len(self.retry_after)) - 1]
