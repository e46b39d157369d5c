"""A site's routes: a TOML file to a `Policy`, or refuse, naming the place.

docs/pager.md describes the file. What it says nothing of stays as it is built in; the built-in
routes come after its own, so an alert that none of them fits is told all the same.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from alerts.built_in import ROUTES, through
from alerts.coverage import gaps
from alerts.policy import EVERYTHING, Policy, Shown
from alerts.routing import Hours, Maintenance, Part, Person, Role, Route, Routing, Target, Tier
from alerts.titles import TITLES
from stream import addresses
from stream.clinical.policies.register import POLICY_NAMES
from stream.spans import span_of
from stream.toml_file import read_toml
from topics.alerts import Priority
from topics.base import epoch_ms

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORTEST: Final = timedelta(minutes=1)  # to answer: ticks come every few seconds
NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,63}$"


class RoutesError(Exception):
    """The file is wrong; the text has a line for each place."""


def _span(value: Any) -> Any:  # noqa: ANN401, whatever stands in the file
    return span_of(value) if isinstance(value, str) else value


def _zone(value: Any) -> Any:  # noqa: ANN401
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone like Europe/Berlin") from None


Name = Annotated[str, Field(pattern=NAME)]
Span = Annotated[timedelta, BeforeValidator(_span), Field(ge=SHORTEST, le=timedelta(days=7))]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Names = tuple[Name, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class RoleEntry(_Part):
    """A role: `sinks` is how it is told where nobody on duty is known."""

    title: str | None = None
    sinks: Names | None = None
    schedule: Name | None = None


class PersonEntry(_Part):
    """Somebody on duty at times, and the names and addresses that calendars have."""

    name: str
    sinks: Annotated[Names, Field(min_length=1)]
    known_as: tuple[str, ...] = ()


class Feed(_Part):
    """A calendar; where it is that of one person, `person` says whose."""

    url: str | None = Field(None, repr=False)
    url_file: Path | None = None  # holds the address, which lets whoever has it read
    file: Path | None = None
    person: Name | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(each is not None for each in (self.url, self.url_file, self.file)) != 1:
            raise ValueError("needs one of url, url_file and file")
        if self.url is not None:
            addresses.check_url(self.url)
        return self


class Schedule(_Part):
    """Who has duty when. `zone` is that of entries that name none."""

    feeds: Annotated[tuple[Feed, ...], Field(min_length=1)]
    zone: Zone = ZoneInfo("UTC")


class HoursEntry(_Part):
    """A part of the day; one that ends before it begins ends on the next."""

    begins: time = Field(alias="from")
    ends: time = Field(alias="until")
    days: tuple[str, ...] = DAYS
    zone: Zone

    def value(self) -> Hours:
        """Return it as routing has it."""
        days = frozenset(DAYS.index(day) for day in self.days)
        return Hours(self.begins, self.ends, self.zone, days)

    @model_validator(mode="after")
    def _known_days(self) -> Self:
        if unknown := [day for day in self.days if day not in DAYS]:
            raise ValueError(f"days are {', '.join(DAYS)}, not {', '.join(unknown)}")
        return self


class TierEntry(_Part):
    """Who is told together."""

    act: Names = ()
    heads_up: Names = ()
    list: Names = ()
    answer_within: Span | None = None
    times: Annotated[int, Field(ge=1, le=20)] = 1

    @property
    def parts(self) -> Mapping[str, Part]:
        """What is wanted of each role."""
        wanted = ((Part.LIST, self.list), (Part.HEADS_UP, self.heads_up), (Part.ACT, self.act))
        return {role: part for part, roles in wanted for role in roles}

    @model_validator(mode="after")
    def _somebody_has_time(self) -> Self:
        if self.act and self.answer_within is None:
            raise ValueError("whom it asks to act needs answer_within")
        if not (self.act or self.list):
            raise ValueError("needs somebody in act or list")
        return self


class RouteEntry(_Part):
    """Who is told of which alerts; what is left out fits everything."""

    name: str
    tiers: tuple[TierEntry, ...]
    priorities: tuple[Priority, ...] = ()
    rules: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    hours: HoursEntry | None = None
    responders: Annotated[int, Field(ge=1, le=8)] = 1

    def value(self) -> Route:
        """Return it as routing has it."""
        return Route(
            name=self.name,
            tiers=tuple(Tier(each.parts, each.answer_within, each.times) for each in self.tiers),
            priorities=frozenset(self.priorities),
            rules=self.rules,
            units=frozenset(self.units),
            hours=None if self.hours is None else self.hours.value(),
            responders=self.responders,
        )


class MaintenanceEntry(_Part):
    """A time in which some priorities of a unit wait."""

    unit: str
    begins: AwareDatetime = Field(alias="from")
    ends: AwareDatetime = Field(alias="until")
    priorities: tuple[Priority, ...] = (Priority.P3,)

    def value(self) -> Maintenance:
        """Return it as routing has it."""
        held = frozenset(self.priorities)
        return Maintenance(self.unit, epoch_ms(self.begins), epoch_ms(self.ends), held)

    @model_validator(mode="after")
    def _never_p1(self) -> Self:
        if Priority.P1 in self.priorities:
            raise ValueError("P1 never waits for a maintenance")
        return self


class Pages(_Part):
    """What pages show, which grading policy counts, how long answers hold."""

    shows: Annotated[tuple[Shown, ...], Field(min_length=1)] = tuple(sorted(EVERYTHING))
    narrowed_to: str | None = None
    acknowledged_for: dict[Priority, Span] = {}

    @model_validator(mode="after")
    def _known_policy(self) -> Self:
        if self.narrowed_to not in (None, *POLICY_NAMES):
            raise ValueError(f"narrowed_to is one of {', '.join(POLICY_NAMES)}")
        return self


class RoutesFile(_Part):
    """The whole file."""

    roles: dict[Name, RoleEntry] = {}
    people: dict[Name, PersonEntry] = {}
    schedules: dict[Name, Schedule] = {}
    routes: tuple[RouteEntry, ...] = ()
    maintenance: tuple[MaintenanceEntry, ...] = ()
    pages: Pages = Pages()

    def policy(self, sinks: Collection[str]) -> Policy:
        """Return how the site pages through these sinks; raise RoutesError where it cannot."""
        built_in = through(*sinks)
        roles = dict(built_in.roles)
        for key, entry in self.roles.items():
            known = roles.get(key, Role(key.replace("_", " ").capitalize(), tuple(sinks)))
            title = known.title if entry.title is None else entry.title
            roles[key] = Role(
                title, known.sinks if entry.sinks is None else entry.sinks, entry.schedule
            )
        routing = Routing(
            roles=roles,
            routes=(*(each.value() for each in self.routes), *ROUTES),
            people={key: Person(each.name, each.sinks) for key, each in self.people.items()},
            maintenance=tuple(each.value() for each in self.maintenance),
        )
        wrong = [*_unknown_sinks(routing, sinks), *self._unknown_names(), *gaps(routing, TITLES)]
        if wrong:
            raise RoutesError("\n".join(wrong))
        policy = Policy(routing, self.pages.narrowed_to, frozenset(self.pages.shows))
        held = {**policy.acknowledged_for, **self.pages.acknowledged_for}
        return replace(policy, acknowledged_for=held)

    def _unknown_names(self) -> Iterator[str]:
        roles = {*self.roles, *Target}
        for number, route in enumerate(self.routes, start=1):
            for role in {role for tier in route.tiers for role in tier.parts} - roles:
                yield f"routes[{number}] ({route.name}): there is no role {role}"
        for key, entry in self.roles.items():
            if entry.schedule not in (None, *self.schedules):
                yield f"roles.{key}: there is no schedule {entry.schedule}"
        for key, schedule in self.schedules.items():
            for feed in schedule.feeds:
                if feed.person not in (None, *self.people):
                    yield f"schedules.{key}: there is no person {feed.person}"


def _unknown_sinks(routing: Routing, sinks: Collection[str]) -> Iterator[str]:
    ways = {f"roles.{key}": role.sinks for key, role in routing.roles.items()}
    ways |= {f"people.{key}": person.sinks for key, person in routing.people.items()}
    for place, named in ways.items():
        for sink in set(named) - set(sinks):
            yield f"{place}: there is no sink {sink}; there are {', '.join(sorted(sinks))}"


def read_routes(path: Path) -> RoutesFile:
    """Read a file; raise RoutesError where it is none or is wrong."""
    return read_toml(path, RoutesFile.model_validate, RoutesError)
