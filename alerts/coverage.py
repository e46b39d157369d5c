"""Where a routing would tell nobody: every alert that can be, at every hour of a week.

What a route asks for changes only at the hours that it names, so it is enough to look just before
and just after these.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from alerts.readings import clean
from alerts.routing import About, Part, Role, Route, Routing, Tier
from topics.alerts import Priority
from topics.base import EPOCH, MILLISECOND

ANY_OTHER: Final = "any other"
WEEK: Final = timedelta(days=7)
A_STEP: Final = timedelta(minutes=1)
# A week with the longest day and one with the shortest: clocks are put forward and back between.
SAMPLES: Final = (timedelta(weeks=2_953), timedelta(weeks=2_979))  # in August 2026, February 2027
MUST_BE_TOLD: Final = (Priority.P1, Priority.P2)


def gaps(routing: Routing, rules: Iterable[str]) -> Iterator[str]:
    """Describe each alert of P1 or P2 of which nobody would be told who has to act."""
    moments = sorted({moment for start in SAMPLES for moment in _moments(routing, EPOCH + start)})
    units = sorted({unit for route in routing.routes for unit in route.units})
    seen: set[tuple[str, str]] = set()
    for priority in MUST_BE_TOLD:
        for rule in _that_differ(routing, rules):
            for unit in (*units, None):
                about = About(priority, rule, unit)
                for at in moments:
                    route = routing.route_of(about, (at - EPOCH) // MILLISECOND)
                    why = _what_is_wrong(routing, route)
                    if why and (route.name, why) not in seen:
                        seen.add((route.name, why))
                        yield f"{route.name}: {why} ({_named(about, at)})"


def _that_differ(routing: Routing, rules: Iterable[str]) -> Iterator[str]:
    """Name one rule of all those that the routes treat alike."""
    seen = set()
    for rule in (*rules, ANY_OTHER):
        treated = tuple(route.names(rule) for route in routing.routes)
        if treated not in seen:
            seen.add(treated)
            yield rule


def _what_is_wrong(routing: Routing, route: Route) -> str:
    """Say why a route tells nobody who has to act; empty where it does."""
    if not route.tiers:
        return "nobody is told"
    if not any(_reaches(routing, tier) for tier in route.tiers):
        return "nobody of its tiers has a way to be told"
    if all(tier.answer_within is None for tier in route.tiers if _reaches(routing, tier)):
        return "nobody has to answer in time: a tier needs answer_within"
    return ""


def _reaches(routing: Routing, tier: Tier) -> bool:
    """Tell whether a tier has anybody who acts, on duty or not: calendars change."""
    return any(
        part is Part.ACT and bool(routing.roles.get(target, Role("", ())).sinks)
        for target, part in tier.parts.items()
    )


def _moments(routing: Routing, start: datetime) -> Iterator[datetime]:
    yield start
    for hours in (route.hours for route in routing.routes if route.hours is not None):
        first = start.astimezone(hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for day in range(8):
            for turn in (hours.begins, hours.ends):
                here = datetime.combine(first.date() + timedelta(days=day), turn, hours.zone)
                yield from (here.astimezone(EPOCH.tzinfo) + shift for shift in (-A_STEP, A_STEP))


def _named(about: About, at: datetime) -> str:
    unit = "no unit" if about.unit is None else f"unit {clean(about.unit)}"
    return f"{about.priority}, rule {about.rule}, {unit}, {at:%a %H:%M} UTC"
