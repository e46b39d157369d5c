"""What `stormwatch ack` asks of who answers, before any broker is asked anything."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from deploy.ack import Until, ack

ID = "3a22027c"


def run(*arguments: str, kafka: str = "127.0.0.1:9") -> Result:
    return CliRunner().invoke(ack, [*arguments, "--kafka", kafka])


def test_nobody_answers_without_a_name() -> None:
    result = run(ID)

    assert result.exit_code == 2
    assert "Missing option '--by'" in result.output


def test_too_little_of_an_id_is_not_searched_for() -> None:
    result = run("3a220", "--by", "Joy")

    assert result.exit_code == 2
    assert "at least 6 characters of the alert's id are needed" in result.output


def test_only_a_snooze_has_an_end() -> None:
    result = run(ID, "--by", "Joy", "--until", "2h")

    assert result.exit_code == 2
    assert "--until goes with --action snooze" in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--decline", "--action", "close"], "--decline goes alone"),
        (["--decline", "--hand-to", "primary_team"], "--decline goes alone"),
        (
            ["--hand-to", "primary_team", "--action", "snooze"],
            "--hand-to goes with --action acknowledge",
        ),
    ],
)
def test_what_contradicts_itself_is_not_answered(options: list[str], said: str) -> None:
    result = run(ID, "--by", "Joy", *options)

    assert result.exit_code == 2
    assert said in result.output


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-05", "2026-03-05T08:30:00", "0m", '"'])
def test_a_time_that_could_mean_anything_is_not_guessed(text: str) -> None:
    result = run(ID, "--by", "Joy", "--action", "snooze", "--until", text)

    assert result.exit_code == 2
    assert "is neither like 2026-03-05T08:30:00Z nor 45m nor 2h" in result.output


@pytest.mark.parametrize(("text", "minutes"), [("45m", 45), ("45min", 45), ("2h", 120), ("1m", 1)])
def test_a_snooze_may_end_so_long_from_now(text: str, minutes: int) -> None:
    before = datetime.now(UTC)

    until = Until().convert(text, None, None)

    assert timedelta() <= until - before - timedelta(minutes=minutes) < timedelta(seconds=10)


def test_a_snooze_may_end_at_a_moment() -> None:
    assert Until().convert("2026-03-05T08:30:00+01:00", None, None) == datetime(
        2026, 3, 5, 7, 30, tzinfo=UTC
    )


def test_a_broker_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        result = run(ID, "--by", "Joy", kafka=address)

    assert result.exit_code == 1
    assert result.output == f"Error: no Kafka broker answers at {address}\n"
