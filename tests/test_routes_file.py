"""A site's routes: what is read, what is refused, and that nobody is left untold."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from builders import NOON
from pager import HOUR, Case, line, shown

from alerts.policy import Policy, Shown
from alerts.routing import About, Address
from stream.routes_file import RoutesError, read_routes
from topics.alerts import Priority
from topics.base import epoch_ms

SINKS = ("console", "webhook")
AN_HOUR = "from = 2026-03-04T20:00:00Z\nuntil = 2026-03-04T21:00:00Z"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "routes.toml"


def policy(file: Path, text: str) -> Policy:
    file.write_text(text, encoding="utf-8")
    return read_routes(file).policy(SINKS)


def refusal(file: Path, text: str) -> str:
    with pytest.raises(RoutesError) as refused:
        policy(file, text)
    return str(refused.value)


def test_an_empty_file_is_what_is_built_in(file: Path) -> None:
    pages = Case(policy(file, "")).hears(line())

    assert {send.address.sink for send in pages} == set(SINKS)
    assert set(shown(pages)) == {"primary_team/raised", "rapid_response/raised"}


WHOLE = """
[roles.rapid_response]
sinks = ["webhook"]

[roles.fellow]
title = "Cell therapy fellow"
sinks = ["console"]
schedule = "icu"

[people.joy]
name = "Joy Okafor"
sinks = ["webhook"]
known_as = ["joy@hospital.example"]

[schedules.icu]
zone = "Europe/Berlin"
feeds = [{ file = "icu.ics" }, { file = "joy.ics", person = "joy" }]

[[routes]]
name = "nights"
priorities = ["P1", "P2"]
rules = ["TOCI-*"]
units = ["5 West"]
hours = { from = "19:00", until = "07:00", days = ["fri", "sat"], zone = "Europe/Berlin" }
responders = 2
tiers = [
  { act = ["fellow"], heads_up = ["primary_team"], answer_within = "3m", times = 2 },
  { act = ["rapid_response"], answer_within = "5m" },
]

[[maintenance]]
unit = "5 West"
from = 2026-03-04T20:00:00+01:00
until = 2026-03-05T06:00:00+01:00

[pages]
shows = ["unit", "bed"]
narrowed_to = "astct-2019"
acknowledged_for = { P1 = "30m" }
"""
FRIDAY = datetime.fromisoformat("2026-03-06T22:00:00+01:00")
TOCI = About(Priority.P1, "TOCI-IND", "5 West")


def route_at(file: Path, at: datetime, about: About = TOCI) -> str:
    return policy(file, WHOLE).routing.route_of(about, epoch_ms(at)).name


def test_a_whole_file_is_read(file: Path) -> None:
    read = policy(file, WHOLE)
    route = read.routing.routes[0]

    assert [tier.times for tier in route.tiers] == [2, 1]
    assert (route.responders, read.narrowed_to) == (2, "astct-2019")
    assert read.shows == {Shown.UNIT, Shown.BED}
    assert read.acknowledged_for == {
        Priority.P1: timedelta(minutes=30),
        Priority.P2: timedelta(hours=8),
    }
    assert read.routing.addresses("fellow", 0) == (Address("fellow", "console"),)
    assert read.routing.title_of("fellow") == "Cell therapy fellow"
    held = About(Priority.P3, "CRS-UP", "5 West")
    assert read.routing.held_until_ms(held, epoch_ms(NOON + 9 * HOUR)) == epoch_ms(NOON + 17 * HOUR)


@pytest.mark.parametrize(
    ("at", "name"),
    [
        ("2026-03-06T18:59:00+01:00", "built in, P1"),
        ("2026-03-06T19:00:00+01:00", "nights"),
        ("2026-03-07T06:59:00+01:00", "nights"),
        ("2026-03-07T07:00:00+01:00", "built in, P1"),
        ("2026-03-08T06:59:00+01:00", "nights"),  # the night that began on Saturday
        ("2026-03-08T19:00:00+01:00", "built in, P1"),  # Sunday
        ("2026-03-28T06:30:00+01:00", "nights"),
        ("2026-03-29T06:30:00+02:00", "nights"),  # clocks were put forward in that night
        ("2026-03-29T05:30:00+00:00", "built in, P1"),
    ],
)
def test_a_route_is_for_its_hours_by_the_clocks_of_its_place(
    file: Path, at: str, name: str
) -> None:
    assert route_at(file, datetime.fromisoformat(at)) == name


@pytest.mark.parametrize(
    "other",
    [
        TOCI._replace(priority=Priority.P3),
        TOCI._replace(rule="CRS-UP"),
        TOCI._replace(unit="6 East"),
        TOCI._replace(unit=None),
    ],
)
def test_a_route_is_for_what_it_names_alone(file: Path, other: About) -> None:
    assert route_at(file, FRIDAY, other) == f"built in, {other.priority}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[routes]]\nname = 'x'\ntiers = 3", "routes[1].tiers: Input should be a valid tuple"),
        ("[rolse.x]", "rolse: Extra inputs are not permitted"),
        ("x = ", "is no TOML"),
        ("[roles.a]\nsinks = ['sms']", "roles.a: there is no sink sms; there are console, webhook"),
        ("[roles.a]\nschedule = 'icu'", "roles.a: there is no schedule icu"),
        (
            "[[routes]]\nname = 'x'\ntiers = [{ act = ['nobody'], answer_within = '5m' }]",
            "routes[1] (x): there is no role nobody",
        ),
        (
            "[[routes]]\nname = 'x'\ntiers = [{ act = ['operations'] }]",
            "routes[1].tiers[1]: whom it asks to act needs answer_within",
        ),
        (
            "[[routes]]\nname = 'x'\ntiers = [{ heads_up = ['operations'] }]",
            "routes[1].tiers[1]: needs somebody in act or list",
        ),
        (
            "[[routes]]\nname = 'x'\ntiers = [{ act = ['operations'], answer_within = 'soon' }]",
            "routes[1].tiers[1].answer_within: must be a length of time like 30s, 5m or 2h",
        ),
        (
            "[[routes]]\nname = 'x'\ntiers = []\nhours = { from = 19:00:00, zone = 'Mars' }",
            "routes[1].hours.zone: must be a time zone like Europe/Berlin",
        ),
        (
            f"[[maintenance]]\nunit = 'x'\n{AN_HOUR}\npriorities = ['P1']",
            "maintenance[1]: P1 never waits for a maintenance",
        ),
        (
            "[schedules.icu]\nfeeds = [{ file = 'a.ics', person = 'sam' }]",
            "schedules.icu: there is no person sam",
        ),
        (
            "[schedules.icu]\nfeeds = [{ url = 'http://calendar.example/a.ics' }]",
            "schedules.icu.feeds[1]: must begin with https://",
        ),
        ("[pages]\nshows = []", "pages.shows: Tuple should have at least 1 item"),
        ("[pages]\nnarrowed_to = 'ours'", "pages: narrowed_to is one of manikath-2025, astct-2019"),
    ],
)
def test_what_is_wrong_is_refused_naming_the_place(file: Path, text: str, said: str) -> None:
    assert said in refusal(file, text)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(RoutesError, match="cannot be read: FileNotFoundError"):
        read_routes(file)


# Nobody is left untold


def test_a_file_by_which_nobody_is_told_of_some_p1_is_refused(file: Path) -> None:
    text = """
    [[routes]]
    name = "quiet nights"
    units = ["5 West"]
    hours = { from = "23:00", until = "05:00", zone = "Europe/Berlin" }
    tiers = []
    """

    assert refusal(file, text).splitlines()[0].startswith("quiet nights: nobody is told (P1, rule ")
    assert "unit 5 West" in refusal(file, text)


def test_a_file_by_which_a_p1_reaches_only_a_work_list_is_refused(file: Path) -> None:
    text = "[[routes]]\nname = 'list'\ntiers = [{ list = ['work_list'] }]"

    assert "list: nobody of its tiers has a way to be told" in refusal(file, text)


def test_a_role_whose_only_way_is_a_calendar_is_refused(file: Path) -> None:
    """On a day on which nobody has duty nobody would be told."""
    text = """
    [roles.rapid_response]
    sinks = []
    [roles.primary_team]
    sinks = []
    """

    assert "built in, P1: nobody of its tiers has a way to be told" in refusal(file, text)


def test_p3_may_be_told_to_nobody_if_a_site_says_so(file: Path) -> None:
    text = "[[routes]]\nname = 'no list'\npriorities = ['P3', 'INFO']\ntiers = []"

    assert Case(policy(file, text)).hears(line(priority="P3")) == ()
