"""Alerts under two policies: which come, go, move, change or are said more often."""

from datetime import datetime
from typing import Any

import pytest
from builders import NOON, on_day

from deploy.policy_diff import Kind, differences, spells_of
from topics.alerts import Alert, AlertState, Priority, alert_id

LATER, END = on_day(3, "14:00"), on_day(3, "20:00")
Told = tuple[datetime, str]


def alerts(*told: Told, rule: str = "TOCI-IND") -> list[Alert]:
    """Make the lines of one alert: when, and `raised P2`."""
    lines = []
    for revision, (at, what) in enumerate(told, start=1):
        state, _, priority = what.partition(" ")
        lines.append(
            Alert(
                at=at,
                patient_id="P01",
                alert_id=alert_id("P01", 1, rule, 1),
                rule=rule,
                revision=revision,
                priority=Priority(priority or "P2"),
                state=AlertState(state),
                priorities={"manikath-2025": Priority(priority or "P2")},
                management="manikath-2025",
                because=(),
                advice="",
                source="",
            )
        )
    return lines


def found(one: list[Alert], two: list[Alert]) -> list[tuple[Kind, str]]:
    changes = differences(spells_of(one), spells_of(two))
    return [(each.kind, each.in_words().partition(": ")[2]) for each in changes]


OPEN = ((NOON, "raised P2"),)
ENDED = (*OPEN, (END, "resolved"))
AGAIN = (*ENDED, (on_day(4), "raised P2"))


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        ((), (), []),
        (ENDED, ENDED, []),
        ((), OPEN, [("comes", "4 Mar 12:00 UTC until the end")]),
        (ENDED, (), [("goes", "4 Mar 12:00 UTC until resolved 4 Mar 20:00 UTC")]),
        (
            OPEN,
            ((LATER, "raised P2"),),
            [("moves", "raised 2 h later (4 Mar 14:00 UTC, was 4 Mar 12:00 UTC)")],
        ),
        (
            ((LATER, "raised P2"),),
            ENDED,
            [
                (
                    "moves",
                    (
                        "raised 2 h earlier (4 Mar 12:00 UTC, was 4 Mar 14:00 UTC); "
                        "until resolved 4 Mar 20:00 UTC, was the end"
                    ),
                )
            ],
        ),
        (ENDED, (*OPEN, (END, "retracted")), [("moves", "until retracted 4 Mar 20:00 UTC, was r")]),
        (OPEN, ((NOON, "raised P1"),), [("changes", "P1, was P2")]),
        (
            OPEN,
            (*OPEN, (LATER, "changed P1")),
            [("changes", "P2, P1 from 4 Mar 14:00 UTC, was P2")],
        ),
        (
            OPEN,
            (*OPEN, (LATER, "changed P2")),
            [("repeats", "said 2 times, was 1, from 4 Mar 12:00 UTC")],
        ),
        (
            (*OPEN, (LATER, "changed P2")),
            OPEN,
            [("repeats", "said 1 time, was 2, from 4 Mar 12:00 UTC")],
        ),
        (ENDED, AGAIN, [("comes", "5 Mar 12:00 UTC until the end")]),
        (AGAIN, AGAIN[2:], [("goes", "4 Mar 12:00 UTC until resolved 4 Mar 20:00 UTC")]),
        (AGAIN[2:], AGAIN, [("comes", "4 Mar 12:00 UTC until resolved 4 Mar 20:00 UTC")]),
    ],
)
def test_what_differs_is_said(
    one: tuple[Told, ...], two: tuple[Told, ...], said: list[tuple[str, str]]
) -> None:
    differing = found(alerts(*one), alerts(*two))

    assert [kind for kind, _ in differing] == [kind for kind, _ in said]
    for (_, words), (_, wanted) in zip(differing, said, strict=True):
        assert words.startswith(wanted)


def test_differences_come_in_the_order_of_time() -> None:
    two = [*alerts((LATER, "raised P2")), *alerts((NOON, "raised P1"), rule="CRS-UP")]
    changes = differences({}, spells_of(two))

    assert [each.spell.rule for each in changes] == ["CRS-UP", "TOCI-IND"]


def test_a_difference_is_there_for_programs() -> None:
    (change,) = differences(spells_of(alerts(*OPEN)), spells_of(alerts(*ENDED)))
    told: dict[str, Any] = change.as_json()

    assert (told["change"], told["patient_id"], told["rule"]) == ("moves", "P01", "TOCI-IND")
    assert told["one"]["ended_at"] is None
    assert told["two"] == {
        "raised_at": "2026-03-04T12:00:00Z",
        "ended_at": "2026-03-04T20:00:00Z",
        "ended": "resolved",
        "priorities": [{"at": "2026-03-04T12:00:00Z", "priority": "P2"}],
        "said": 1,
        "advice": [{"at": "2026-03-04T12:00:00Z", "advice": ""}],
    }


@pytest.mark.parametrize(
    ("was", "now", "at", "said"),
    [
        pytest.param("Give it. Now.", "Give it. Now.", NOON, None, id="the same"),
        pytest.param(
            "Grade 2. Give 1.", "Grade 2. Give 2.", NOON, '"Give 2.", was "Give 1."', id="dose"
        ),
        pytest.param("Grade 2.", "Grade 2. Wait.", NOON, '"Wait.", was ""', id="more"),
        pytest.param("For 8 hours.", "For 9 hours.", NOON, '"For 9 hours.", was "', id="length"),
        pytest.param("For 8 hours.", "For 9 hours.", LATER, None, id="length later"),
        pytest.param("At 4 Mar 12:00 UTC.", "At 4 Mar 14:00 UTC.", LATER, None, id="time later"),
        pytest.param("Every 8 h.", "Every 12 h.", LATER, '"Every 12 h.", was', id="dose later"),
        pytest.param("A" * 200, "B " * 200, NOON, f'"{"B " * 58}B…", was "AAA', id="long"),
    ],
)
def test_advice_is_compared_by_its_sentences(
    was: str, now: str, at: datetime, said: str | None
) -> None:
    (one,), (two,) = alerts(*OPEN), alerts((at, "raised P2"))
    changes = found(
        [one.model_copy(update={"advice": was})], [two.model_copy(update={"advice": now})]
    )
    words = [each for kind, each in changes if kind is Kind.ADVISES]

    assert len(words) == (said is not None)
    assert said is None or words[0].startswith(said)


def test_the_advice_of_a_change_is_compared_too() -> None:
    lines = alerts(*OPEN, (LATER, "changed P1"))
    other = lines[1].model_copy(update={"advice": "Give it."})

    assert found(lines, [lines[0], other]) == [
        (Kind.ADVISES, '"Give it.", was "", 4 Mar 14:00 UTC')
    ]


def test_the_most_urgent_policy_is_compared_as_it_is_paged() -> None:
    """The consensus may be more urgent than the paging policy."""
    (line,) = alerts(*OPEN)
    urgent = line.model_copy(update={"priorities": {**line.priorities, "astct-2019": Priority.P1}})

    assert found([line], [urgent]) == [(Kind.CHANGES, "P1, was P2")]
