"""Who is told of an alert, and through what."""

from dataclasses import replace

import pytest
from pager import (
    CONSENSUS,
    CONSOLE,
    REVIEW,
    Case,
    line,
    shown,
    through_two_sinks,
)

from alerts.routing import Role, Target
from topics.alerts import Priority


@pytest.mark.parametrize(
    ("priority", "told"),
    [
        ("P1", ["rapid_response/raised"]),
        ("P2", ["primary_team/raised", "rapid_response/raised"]),
        ("P3", ["work_list/raised"]),
        ("INFO", []),
    ],
)
def test_the_priority_says_who_is_told(priority: str, told: list[str]) -> None:
    assert shown(Case().hears(line(priority=priority))) == told


def test_the_most_urgent_policy_decides_who_is_told() -> None:
    """The review grades one vasopressor lower than the consensus does."""
    both = {REVIEW: Priority.P2, CONSENSUS: Priority.P1}

    assert shown(Case().hears(line(priorities=both))) == ["rapid_response/raised"]


def test_a_site_may_narrow_the_pager_to_one_policy() -> None:
    both = {REVIEW: Priority.P2, CONSENSUS: Priority.P1}
    narrowed = replace(CONSOLE, narrowed_to=REVIEW)

    pages = Case(narrowed).hears(line(priorities=both))

    assert shown(pages) == ["primary_team/raised", "rapid_response/raised"]


def test_what_does_not_hold_under_the_one_policy_is_not_told_until_it_does() -> None:
    case = Case(replace(CONSOLE, narrowed_to=REVIEW))

    before = case.hears(line(priorities={CONSENSUS: Priority.P1}))
    after = case.hears(line(2, "changed", "P2"))

    assert (before, shown(after)) == ((), ["primary_team/raised", "rapid_response/raised"])


def test_an_alert_about_stormwatch_itself_holds_under_no_policy_and_is_told() -> None:
    pages = Case(replace(CONSOLE, narrowed_to=REVIEW)).hears(line(priorities={}, priority="P1"))

    assert shown(pages) == ["rapid_response/raised"]


def test_each_role_is_told_through_every_sink_of_its_route() -> None:
    pages = Case(through_two_sinks()).hears(line(priority="P1"))

    assert [send.address.sink for send in pages] == ["console", "webhook"]
    assert len({send.page_id for send in pages}) == 1  # one page, whatever carries it


def test_a_role_without_a_route_is_not_told() -> None:
    roles: dict[str, Role] = {Target.PRIMARY_TEAM: Role("Primary team", ("console",))}
    policy = replace(CONSOLE, routing=replace(CONSOLE.routing, roles=roles))

    assert shown(Case(policy).hears(line())) == ["primary_team/raised"]
