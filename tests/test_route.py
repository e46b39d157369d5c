"""`stormwatch route`: who would be told, and when."""

from pathlib import Path

import pytest
from builders import NOON
from click.testing import CliRunner
from pager import line
from test_on_call import PAGERDUTY, calendar

from alerts.diagram import draw
from deploy.route import route
from topics import codec

AT = ("--at", "2026-03-04T12:00:00Z")
ENVIRONMENT: dict[str, str | None] = {
    "STORMWATCH_ROUTES": None,
    "STORMWATCH_SINKS": None,
    "STORMWATCH_WEBHOOK_URL": None,
}


def run(*arguments: str) -> str:
    done = CliRunner().invoke(route, arguments, env=ENVIRONMENT)
    assert done.exit_code == 0, done.output
    return done.output


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(route, arguments, env=ENVIRONMENT)
    assert done.exit_code != 0
    return done.output


def test_it_says_who_would_be_told_of_a_p1_and_when() -> None:
    assert run("test", "--unit", "5 West", *AT).splitlines() == [
        "P1 Tocilizumab due, not given (TOCI-IND), ward 5 West, 4 Mar 2026 12:00 UTC",
        "  +0 min      tier 1  Rapid response  by console, webhook  (raised)",
        "  +5 min      tier 2  Rapid response  by console, webhook  (climbed)",
        "  +5 min      tier 2  Primary team  by console, webhook  (climbed)",
        "  +10 min     tier 2  Rapid response  by console, webhook  (reminded)",
        "  +10 min     tier 2  Primary team  by console, webhook  (reminded)",
        "  and so on, every 5 min, until somebody answers or it is over",
        "console: writes it on the console of the pager, and the end",
        "webhook: posts it, signed, to STORMWATCH_WEBHOOK_URL, and the end",
    ]


def test_an_alert_may_be_given_as_the_line_that_it_is() -> None:
    said = codec.encode(line(priority="P3", rule="CRS-UP")).decode()

    assert run("test", said, "--sink", "console", *AT).splitlines() == [
        "P3 CRS criteria met (CRS-UP), ward 5 West, 4 Mar 2026 12:00 UTC",
        "  +0 min      tier 1  Work list, list  by console  (raised)",
        "console: writes it on the console of the pager, and the end",
    ]


def test_what_is_told_to_nobody_is_said() -> None:
    assert "nobody is told" in run("test", "--priority", "INFO", *AT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file by which Joy has duty on 4 March from 8 to 8."""
    (tmp_path / "icu.ics").write_bytes(calendar(PAGERDUTY))
    file = tmp_path / "routes.toml"
    file.write_text(
        f"""
        [roles.rapid_response]
        schedule = "icu"
        [people.joy]
        name = "Joy Okafor"
        sinks = ["webhook"]
        [schedules.icu]
        feeds = [{{ file = "{tmp_path}/icu.ics" }}]
        """
    )
    return file


def test_a_file_that_will_do_is_said_to_and_its_calendars_are_read(file: Path) -> None:
    """The calendar is of a day long ago: nobody has duty now."""
    said = run("check", str(file))

    assert "schedule icu: 0 shifts in the next 30 days" in said
    assert "warning: nobody has duty in schedule icu: the role is told" in said
    assert "routes.toml: every P1 and P2 reaches somebody" in said


def test_whoever_has_duty_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.route._now", lambda: NOON)

    said = run("test", "--routes", str(file))

    assert "tier 1  Rapid response (Joy Okafor)  by webhook  (raised)" in said


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "routes.toml"
    file.write_text("[roles.x]\nsinks = ['sms']")

    assert "roles.x: there is no sink sms" in refused("check", str(file))
    assert "roles.x: there is no sink sms" in refused("test", "--routes", str(file))


GATEWAYS = """
[pager]
kind = "pagerduty"
routing_key_file = "no-such.key"
[goalert]
kind = "goalert"
url = "https://goalert.example/sentinel"
token_file = "no-such.token"
[manager]
kind = "alertmanager"
url = "https://alertmanager.example"
[mail]
kind = "email"
host = "mail.example"
from = "stormwatch@hospital.example"
to = ["ward@hospital.example"]
[telegram]
kind = "apprise"
url_file = "telegram.url"
"""


@pytest.fixture
def gateways(tmp_path: Path) -> Path:
    """A file of gateways, whose secrets are not on this machine."""
    file = tmp_path / "sinks.toml"
    file.write_text(GATEWAYS)
    return file


def routed_to(folder: Path, sink: str) -> Path:
    file = folder / "routes.toml"
    file.write_text(f"[roles.rapid_response]\nsinks = ['{sink}']")
    return file


def test_a_route_to_a_gateway_of_the_file_will_do(tmp_path: Path, gateways: Path) -> None:
    routes = routed_to(tmp_path, "pager")

    assert "reaches somebody" in run("check", str(routes), "--sinks", str(gateways))
    assert "there is no sink pager" in refused("check", str(routes))


def test_a_route_to_a_gateway_that_the_file_lacks_is_refused(
    tmp_path: Path, gateways: Path
) -> None:
    said = refused("check", str(routed_to(tmp_path, "sms")), "--sinks", str(gateways))

    assert "roles.rapid_response: there is no sink sms; there are console, goalert, mail" in said


def test_where_there_is_a_file_the_webhook_has_to_be_set(
    tmp_path: Path, gateways: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("check", str(routed_to(tmp_path, "webhook")), "--sinks", str(gateways))
    said = refused(*arguments)
    monkeypatch.setitem(ENVIRONMENT, "STORMWATCH_WEBHOOK_URL", "https://gateway.example")

    assert "there is no sink webhook" in said
    assert "reaches somebody" in run(*arguments)


def test_a_wrong_file_of_gateways_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sinks.toml").write_text("[a]\nkind = 'smoke'")

    said = refused("test", "--sinks", str(tmp_path / "sinks.toml"))

    assert "the file of gateways:\na: Input tag 'smoke'" in said


def test_what_each_gateway_would_do_is_said_and_no_secret(gateways: Path) -> None:
    said = run("test", "--sinks", str(gateways), *AT)

    assert "tier 1  Rapid response  by console, goalert, mail, manager, pager, telegram" in said
    assert said.splitlines()[-6:] == [
        "console: writes it on the console of the pager, and the end",
        "goalert: opens an alert at goalert.example, and closes it with an answer or the end",
        "mail: mails it to ward@hospital.example by mail.example, and the end",
        "manager: fires an alert at alertmanager.example until the end",
        "pager: opens an incident at events.pagerduty.com, and ends it with an answer or the end",
        "telegram: sends it to the service whose URL telegram.url holds, and the end",
    ]
    assert "sentinel" not in said


def test_of_a_probe_it_says_that_nobody_is_told() -> None:
    said = run("test", codec.encode(line(patient_id="stormwatch-probe-10")).decode(), *AT)

    assert said.splitlines()[-1] == "loop_back: takes what probes raise, and tells nobody"


def test_what_is_no_alert_is_refused() -> None:
    assert "ALERT is no line of the alerts topic" in refused("test", "{}")


def test_the_diagram_is_printed() -> None:
    assert run("diagram") == draw()
