"""A hospital whose routes ask for everything that routes can ask for."""

from dataclasses import replace
from datetime import UTC, time, timedelta

from builders import NOON
from pager import MINUTE

from alerts.built_in import through
from alerts.policy import Policy
from alerts.routing import Hours, Maintenance, Part, Person, Role, Route, Routing, Shift, Tier
from topics.alerts import Priority
from topics.base import epoch_ms

BY_DAY = Hours(time(6), time(18), UTC)


def hospital(*, responders: int = 1) -> Policy:
    """Return its policy: two sinks, people on duty, and hours at which P3 asks for an answer.

    One of the sinks calls on its own.
    """
    base = through("console", "webhook")
    roles = dict(base.roles) | {
        "fellow": Role("Fellow", ("console",), schedule="icu"),
    }
    routes = (
        Route(
            "P3 by day",
            (Tier({"work_list": Part.ACT}, 30 * MINUTE),),
            frozenset({Priority.P3}),
            hours=BY_DAY,
        ),
        Route(
            "P1",
            (
                Tier({"fellow": Part.ACT}, 5 * MINUTE, times=2),
                Tier({"nobody": Part.ACT}, 5 * MINUTE),  # a gap
                Tier({"rapid_response": Part.ACT, "primary_team": Part.ACT}, 10 * MINUTE),
            ),
            frozenset({Priority.P1}),
        ),
        *(replace(each, responders=responders) for each in base.routes),
    )
    return Policy(
        Routing(
            roles=roles,
            routes=routes,
            people={
                "joy": Person("Joy Okafor", ("webhook",)),
                "sam": Person("Sam Ito", ("webhook",)),
            },
            maintenance=(window(1, 20), window(20, 24)),
            rotas={"icu": (shift("joy", 0, 6), shift("sam", 6, 12))},
        ),
        call_on={"webhook": "its-answers"},
    )


def shift(person: str, begins_h: float, ends_h: float) -> Shift:
    """Return a shift, in hours from NOON."""
    begins, ends = (NOON + timedelta(hours=each) for each in (begins_h, ends_h))
    return Shift(epoch_ms(begins), epoch_ms(ends), person)


def window(begins_h: float, ends_h: float) -> Maintenance:
    """Return a maintenance of 5 West that holds P2 and P3, in hours from NOON."""
    begins, ends = (NOON + timedelta(hours=each) for each in (begins_h, ends_h))
    held = frozenset({Priority.P2, Priority.P3})
    return Maintenance("5 West", epoch_ms(begins), epoch_ms(ends), held)
