"""Who is told, and how soon they must answer.

Tiers follow the priorities of CLINICAL.md DEC-3: P1 calls rapid response now, P2 the primary team
with a heads-up to rapid response, P3 goes on the work list, INFO is never told. There is one tier
so far; a second one is another `Tier` in the tuple.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from topics.alerts import Alert, Priority

# The rules whose alerts no CRS grade decides: those bound to the stay (CLINICAL.md §6). Their lines
# name the grade of the moment, but a change of it says nothing of them. Any other rule is taken to
# follow the grade: a rule that is forgotten here pages too often, not too seldom.
NOT_BY_CRS_GRADE: Final = frozenset(
    {
        "DATA-RANGE",
        "DATA-UNIT",
        "HLH-FERRITIN",
        "HLH-SUSPECT",
        "HSCORE",
        "ICANS-UP",
        "ICE-DUE",
        "ICE-SUBTLE",
        "ICE-UNABLE",
        "LPV",
        "NEURO-EDEMA",
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
SNOOZE_DEFAULT: Final = timedelta(minutes=15)
SNOOZE_MAX: Final = timedelta(hours=24)
# Longer than a replay or a replica that lags reaches back: the inputs are kept 45 days.
ENDED_KEPT: Final = timedelta(days=46)


EVERY_POLICY: Final = ""


class Target(StrEnum):
    """A role that is told."""

    RAPID_RESPONSE = "rapid_response"
    PRIMARY_TEAM = "primary_team"
    WORK_LIST = "work_list"


class Part(StrEnum):
    """What is wanted of a role."""

    ACT = "act"
    HEADS_UP = "heads_up"
    LIST = "list"  # to be seen to in its turn


@dataclass(frozen=True, slots=True)
class Tier:
    """Who is told together, and by when one of them must answer; None: in their turn."""

    parts: Mapping[Target, Part]
    answer_within: timedelta | None


# The review gives no numbers but P2's. Five minutes for P1 are ours.
TIERS: Final = MappingProxyType(
    {
        Priority.P1: (Tier({Target.RAPID_RESPONSE: Part.ACT}, timedelta(minutes=5)),),
        Priority.P2: (
            Tier(
                {Target.PRIMARY_TEAM: Part.ACT, Target.RAPID_RESPONSE: Part.HEADS_UP},
                timedelta(minutes=15),
            ),
        ),
        Priority.P3: (Tier({Target.WORK_LIST: Part.LIST}, None),),
        Priority.INFO: (),
    }
)


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


@dataclass(frozen=True, slots=True)
class Policy:
    """How a site pages.

    `routes` says through which sinks each role is told. `narrowed_to` names the one grading policy
    that counts; by default the most urgent of all of them does, since the review grades some
    patients lower than the consensus (CLINICAL.md §2.4).
    """

    routes: Mapping[Target, tuple[str, ...]]
    narrowed_to: str | None = None
    tiers: Mapping[Priority, tuple[Tier, ...]] = field(default_factory=lambda: TIERS)
    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    tries_max: int = TRIES_MAX
    repeated_after: timedelta = REPEATED_AFTER
    settled_after: timedelta = SETTLED_AFTER
    snooze_default: timedelta = SNOOZE_DEFAULT
    snooze_max: timedelta = SNOOZE_MAX
    ended_kept: timedelta = ENDED_KEPT

    def level_of(self, line: Alert) -> Level:
        """Judge an alert line by the policies that count here."""
        # What comes from the pipeline itself holds under no policy, and has its priority alone.
        priorities = line.priorities or {EVERY_POLICY: line.priority}
        held = {
            name: priority
            for name, priority in priorities.items()
            if name == EVERY_POLICY or self.narrowed_to in (None, name)
        }
        grades = {} if line.crs is None or line.rule in NOT_BY_CRS_GRADE else line.crs
        return Level(
            priority=max(held.values(), key=lambda each: each.urgency, default=Priority.INFO),
            grades={name: grades[name].lowest for name in held if name in grades},
            policies=tuple(sorted(held)),
        )

    def tiers_of(self, priority: Priority) -> tuple[Tier, ...]:
        """Return who is told of an alert, tier by tier."""
        return self.tiers[priority]

    def backoff(self, attempt: int) -> timedelta:
        """Return how long to wait after a try that was worth another one; the first is 1."""
        return self.retry_after[min(attempt, len(self.retry_after)) - 1]


def through(*sinks: str) -> Mapping[Target, tuple[str, ...]]:
    """Route every role through all of these sinks."""
    return dict.fromkeys(Target, sinks)
