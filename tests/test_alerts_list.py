"""`stormwatch alerts`: what is open, and who has it, as the topics tell it."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOON, PATIENT_ID
from click.testing import CliRunner
from pager import HOUR, MINUTE, line
from rich.console import Console

from deploy.status.alerts import Open, alerts, draw_open
from topics.alerts import Alert
from topics.pages import Outcome, PageLine
from topics.ticks import Tick

P1 = line(priority="P1")


@pytest.fixture
def board() -> Open:
    """A board on which a P1 is open for 20 minutes."""
    found = Open()
    found.take(P1, 3)
    found.take(Tick(at=NOON + 20 * MINUTE), 3)
    return found


def page(outcome: str = "sent", tier: int = 1, revision: int = 1, **fields: Any) -> PageLine:
    said: dict[str, Any] = {
        "page_id": "p",
        "patient_id": PATIENT_ID,
        "alert_id": P1.alert_id,
        "revision": revision,
        "at": NOON,
        "target": "rapid_response",
        "tier": tier,
        "sink": "console",
        "attempt": 1,
        "outcome": Outcome(outcome),
    }
    return PageLine(**said | fields)


def answer(outcome: str = "acknowledged", by: str = "Joy", **fields: Any) -> PageLine:
    return page(outcome, tier=0, by=by, **fields)


def shown(board: Open) -> str:
    console = Console(width=160, highlight=False)
    with console.capture() as drawn:
        console.print(draw_open(board))
    return " ".join(drawn.get().split())


def test_what_is_open_is_listed_with_its_age_its_tier_and_who_has_it(board: Open) -> None:
    for each in (page(), page(tier=2), answer()):
        board.take(each, 3)

    said = shown(board)

    assert f"P1 Tocilizumab due, not given [{P1.alert_id[:8]}] P01" in said
    assert "ward 5 West, bed 12 20 min 2 sent Joy" in said


def test_what_nobody_has_is_said_and_comes_first(board: Open) -> None:
    other = line(priority="P1", rule="CRS-UP", at=NOON + 5 * MINUTE)
    board.take(other, 3)
    board.take(answer(), 3)

    assert [each.rule for each, _ in board.open_now()] == ["CRS-UP", "TOCI-IND"]
    assert "nobody" in shown(board)


def test_what_has_ended_is_not_listed(board: Open) -> None:
    board.take(line(2, "resolved", "P1"), 3)

    assert shown(board) == "Nothing is open."


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ([answer("snoozed")], "Joy (snoozed)"),
        ([answer("closed")], "Joy (closed)"),
        ([answer(), answer(by="Sam")], "Joy, Sam"),
        ([answer(), answer(by="Sam"), answer("unacknowledged")], "Sam"),
        ([answer(), answer("unacknowledged", by="Sam")], "nobody"),
        ([answer(handed_to="primary_team")], "Joy, handed to primary_team"),
        ([answer(), answer("unacknowledged", sink="stormwatch")], "nobody"),
    ],
)
def test_who_has_it_is_what_the_pager_said_last(
    board: Open, said: list[PageLine], who: str
) -> None:
    for each in said:
        board.take(each, 3)

    assert shown(board).endswith(who)


def test_who_had_it_before_it_ended_does_not_have_it_when_it_is_back(board: Open) -> None:
    board.take(answer(), 3)
    board.take(line(2, "resolved", "P1"), 3)
    again: Alert = line(3, "raised", "P1", at=NOON + HOUR)
    board.take(again, 3)
    board.take(Tick(at=NOON + HOUR + timedelta(minutes=7)), 3)

    assert shown(board).endswith("7 min nobody")


def test_a_line_that_a_replica_repeats_changes_nothing(board: Open) -> None:
    before = shown(board)
    board.take(P1, 3)

    assert shown(board) == before


def test_following_needs_a_terminal() -> None:
    done = CliRunner().invoke(alerts, ["--kafka", "127.0.0.1:9", "--watch"])

    assert done.exit_code == 2
    assert "--watch needs a terminal" in done.output
