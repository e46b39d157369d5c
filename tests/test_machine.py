"""The table of states is what the pager does, and what the documentation shows."""

from collections import defaultdict
from collections.abc import Callable
from random import Random

import pytest
from builders import NOON
from hospital import hospital
from pager import HOUR, MINUTE, Case, line, tried
from programs import ROOT

from alerts import decide as deciding
from alerts.diagram import draw
from alerts.life import Change, Life, Stage
from alerts.machine import ANSWERED, OPEN, ROWS, TABLE, Kind, Row, State, move, state_of
from topics.pages import Outcome

WALKS = 1_500
STEPS = 12
TRIES = (Outcome.SENT, Outcome.RETRY, Outcome.REFUSED, Outcome.GIVEN_UP)
ANSWERS = (
    {"action": "acknowledge"},
    {"action": "acknowledge"},
    {"action": "unacknowledge"},
    {"action": "unacknowledge", "decline": True},
    {"action": "acknowledge", "hand_to": "operations"},
    {"action": "acknowledge", "hand_to": "whoever"},
    {"action": "snooze", "snooze_until": NOON + 9 * HOUR},
    {"action": "close"},
)

Moves = dict[tuple[State, Kind], set[State]]


@pytest.fixture(scope="module")
def moves() -> Moves:
    """Every move of alerts to which anything happens, in any order."""
    seen: Moves = defaultdict(set)

    def note(kind: Kind, change: Change, state: State) -> Life:
        after = move(kind, change, state)
        seen[state, kind].add(state_of(after))
        return after

    chance = Random(7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deciding, "move", note)
        for _ in range(WALKS):
            _walk(chance)
    return seen


def _walk(chance: Random) -> None:
    begins = NOON + chance.choice([0, 40, 600, 1200]) * MINUTE
    case = Case(hospital(responders=chance.choice([1, 2])), begins)
    steps: list[Callable[[Case, Random, int], object]] = [_a_line, _an_answer, _tries, _time]
    if chance.random() < 0.5:  # the rare ones: several people on one alert
        case.tells(line(priority=chance.choice(["P2", "P3"])))
        case.answers(by="Joy", event_id="first")
        case.waits(chance.choice([MINUTE, HOUR]))
        case.answers(by="Sam", event_id="second", **chance.choice(ANSWERS))
        steps = [_an_answer, _tries, _time]
    for number in range(STEPS):
        chance.choice(steps)(case, chance, number)


def _a_line(case: Case, chance: Random, number: int) -> None:
    is_open = case.life is not None and case.life.is_open
    states = ["changed", "changed", "resolved", "raised"] if is_open else ["raised", "resolved"]
    case.take(
        line(
            number + chance.choice([1, 1, 1, 0]) or 1,
            chance.choice(states),
            chance.choice(["P1", "P2", "P3", "INFO"]),
            grade=chance.randrange(4),
            signals=chance.choice([("spo2_percent",), ("systolic_mmhg",)]),
            at=case.clock,
        )
    )


def _an_answer(case: Case, chance: Random, number: int) -> None:
    by = chance.choice(["Joy", "Sam", "Kim"])
    case.answers(event_id=f"a{number}", by=by, **chance.choice(ANSWERS))


def _tries(case: Case, chance: Random, _: int) -> None:
    if case.life is None:
        return
    case.departs()
    for send in case.known.sends:
        if send.stage is Stage.UNDER_WAY:
            case.take(tried(send, chance.choice(TRIES), case.known))


def _time(case: Case, chance: Random, _: int) -> None:
    case.waits(chance.choice([MINUTE, 6 * MINUTE, HOUR, 9 * HOUR, 30 * HOUR]))


def test_no_alert_moves_but_as_the_table_says(moves: Moves) -> None:
    for (state, kind), after in moves.items():
        row = TABLE.get((state, kind))
        allowed = (
            {state} if row is None else set(row.leads_to) | ({state} if row.may_stay else set())
        )

        assert after <= allowed, (state, kind)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}")
def test_every_row_of_the_table_happens(row: Row, moves: Moves) -> None:
    """What never happens would be a lie in the diagram."""
    reached = [moves.get((state, row.kind), set()) for state in row.states]

    assert any(reached)
    assert row.leads_to <= set().union(*reached)


def test_no_two_rows_say_different_things() -> None:
    assert sum(len(row.states) for row in ROWS) == len(TABLE)


def test_every_state_is_one_of_some_kind() -> None:
    rest = {State.UNKNOWN, State.ENDING, State.ENDED}

    assert OPEN | ANSWERED | rest == set(State)


def test_the_diagram_in_the_documentation_is_drawn_from_the_table() -> None:
    """`stormwatch route diagram` prints it."""
    page = (ROOT / "docs" / "pager.md").read_text()

    assert f"```mermaid\n{draw()}```" in page
