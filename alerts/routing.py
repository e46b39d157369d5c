"""Who is told: for which priority, rule, unit and time of day, and who of them has duty now.

Everything here is a value that was read and checked before (`deploy.routes_file`). The first route
that fits an alert counts. A role is told through its sinks, or through those of the people on duty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from topics.alerts import Priority
from topics.base import EPOCH, MILLISECOND


class Target(StrEnum):
    """The roles that are there without a routes file; such a file may name others."""

    RAPID_RESPONSE = "rapid_response"
    PRIMARY_TEAM = "primary_team"
    WORK_LIST = "work_list"
    OPERATIONS = "operations"


class Part(StrEnum):
    """What is wanted of a role."""

    ACT = "act"
    HEADS_UP = "heads_up"
    LIST = "list"  # to be seen to in its turn


class Address(NamedTuple):
    """A role, the sink through which it is told, and the person on duty where one is known."""

    target: str
    sink: str
    person: str = ""

    @property
    def whom(self) -> str:
        """Name who is told, whatever carries it."""
        return f"{self.target}/{self.person}" if self.person else self.target


class About(NamedTuple):
    """What of an alert decides who is told."""

    priority: Priority
    rule: str
    unit: str | None
    is_probe: bool = False  # of a patient who is made up: for nobody


@dataclass(frozen=True, slots=True)
class Tier:
    """Who is told together, and by when somebody must answer; None: in their turn.

    It is told `times` times before the next tier is.
    """

    parts: Mapping[str, Part]  # by role
    answer_within: timedelta | None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of each of some days, by the clocks of a place; one that ends early ends next day."""

    begins: time
    ends: time
    zone: tzinfo
    days: frozenset[int] = frozenset(range(7))  # 0 is Monday; the day on which it begins

    def holds(self, at: datetime) -> bool:
        """Tell whether a moment lies in it. Its beginning does, its end does not."""
        here = at.astimezone(self.zone)
        now, today = here.time(), here.weekday()
        if self.begins < self.ends:
            return self.begins <= now < self.ends and today in self.days
        if now >= self.begins:
            return today in self.days
        return now < self.ends and (today - 1) % 7 in self.days


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of which alerts. What is empty fits everything."""

    name: str
    tiers: tuple[Tier, ...]
    priorities: frozenset[Priority] = frozenset()
    rules: tuple[str, ...] = ()  # ids, or their beginnings with a star: HLH-*
    units: frozenset[str] = frozenset()
    hours: Hours | None = None
    responders: int = 1  # how many must acknowledge before nobody else is called

    def names(self, rule: str) -> bool:
        """Tell whether it is for alerts of this rule."""
        return not self.rules or any(fnmatchcase(rule, each) for each in self.rules)

    def fits(self, about: About, at: datetime) -> bool:
        """Tell whether it is for such an alert at that time."""
        return (
            (not self.priorities or about.priority in self.priorities)
            and self.names(about.rule)
            and (not self.units or about.unit in self.units)
            and (self.hours is None or self.hours.holds(at))
        )


@dataclass(frozen=True, slots=True)
class Role:
    """A role: what it is called, and how it is told.

    With a schedule the people on duty are told. Where none is on duty, or none of them is known,
    `sinks` are used: never nobody.
    """

    title: str
    sinks: tuple[str, ...]
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has duty at times, and how that person is told."""

    name: str
    sinks: tuple[str, ...]


class Shift(NamedTuple):
    """When a person has duty; the end does not belong to it."""

    begins_ms: int
    ends_ms: int
    person: str  # the key in `people`


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A time in which some priorities of a unit wait. P1 never does."""

    unit: str
    begins_ms: int
    ends_ms: int
    priorities: frozenset[Priority] = frozenset({Priority.P3})


NOBODY: Final = Route("nobody", ())
# Whatever a site routes, what probes raise reaches no person. Nobody has to answer it.
LOOP_BACK: Final = "loop_back"
LOOP: Final = Route("loop back", (Tier({LOOP_BACK: Part.LIST}, None),))
Rotas = Mapping[str, tuple[Shift, ...]]  # by schedule


@dataclass(frozen=True, slots=True)
class Routing:
    """Whom a site tells. `rotas` is read anew from time to time, the rest at start."""

    roles: Mapping[str, Role]
    routes: tuple[Route, ...]
    people: Mapping[str, Person] = field(default_factory=dict)
    maintenance: tuple[Maintenance, ...] = ()
    rotas: Rotas = field(default_factory=dict)

    def route_of(self, about: About, at_ms: int) -> Route:
        """Return the first route that fits, or one that tells nobody."""
        if about.is_probe:
            return LOOP
        at = EPOCH + at_ms * MILLISECOND
        return next((each for each in self.routes if each.fits(about, at)), NOBODY)

    def addresses(self, target: str, at_ms: int) -> tuple[Address, ...]:
        """Return how a role, or a person, is told at that time; empty where neither is known."""
        if target == LOOP_BACK:
            return (Address(LOOP_BACK, LOOP_BACK),)
        if (role := self.roles.get(target)) is None:
            person = self.people.get(target)
            sinks = () if person is None else person.sinks
            return tuple(Address(target, sink, target) for sink in sinks)
        on_duty = tuple(
            Address(target, sink, key)
            for key in self.on_duty(role.schedule, at_ms)
            if key in self.people
            for sink in self.people[key].sinks
        )
        return on_duty or tuple(Address(target, sink) for sink in role.sinks)

    def on_duty(self, schedule: str | None, at_ms: int) -> tuple[str, ...]:
        """Name the people whom a schedule has on duty, each once."""
        shifts = () if schedule is None else self.rotas.get(schedule, ())
        found = (each.person for each in shifts if each.begins_ms <= at_ms < each.ends_ms)
        return tuple(dict.fromkeys(found))

    def held_until_ms(self, about: About, at_ms: int) -> int | None:
        """Return when a maintenance that holds such an alert ends; None where none does."""
        ends = [
            each.ends_ms
            for each in self.maintenance
            if not about.is_probe
            and each.unit == about.unit
            and about.priority in each.priorities - {Priority.P1}
            and each.begins_ms <= at_ms < each.ends_ms
        ]
        return max(ends, default=None)

    def title_of(self, target: str) -> str:
        """Return what a role or a person is called on a page."""
        if target in self.roles:
            return self.roles[target].title
        return self.people[target].name if target in self.people else target
