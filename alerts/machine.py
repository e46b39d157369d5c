"""The states of an alert, what can happen in each, and what follows: one table.

`decide` goes by it, and the diagram in docs/pager.md is drawn from it (`stormwatch route diagram`).
Whatever has no row changes nothing.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from alerts import answers, lines
from alerts.answers import Said
from alerts.climbing import climb
from alerts.life import Change, Life, Reason
from alerts.lines import Line
from topics.acks import AckAction


class State(StrEnum):
    """Where an alert is in its life, as the pager sees it."""

    UNKNOWN = "unknown"
    LISTED = "listed"  # open; nobody has to answer
    HELD = "held"  # open; a maintenance holds its page
    CALLING = "calling"  # open; somebody else is called at its time, unless somebody answers
    ACKNOWLEDGED = "acknowledged"
    HANDED_OVER = "handed over"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    ENDING = "ending"  # over; its end is still on its way to somebody
    ENDED = "ended"


class Clock(StrEnum):
    """What the clock brings."""

    NEXT_DUE = "time to answer is over"
    ANSWER_OVER = "answer runs out"


Kind = Line | Said | Clock
Action = Callable[[Change], Life]

OPEN: Final = frozenset({State.LISTED, State.HELD, State.CALLING})
ANSWERED: Final = frozenset({State.ACKNOWLEDGED, State.HANDED_OVER, State.SNOOZED, State.CLOSED})
OVER: Final = frozenset({State.ENDING, State.ENDED})
_BY_ACTION: Final = MappingProxyType(
    {
        AckAction.ACKNOWLEDGE: State.ACKNOWLEDGED,
        AckAction.SNOOZE: State.SNOOZED,
        AckAction.CLOSE: State.CLOSED,
    }
)


def state_of(life: Life | None) -> State:
    """Return where an alert is in its life."""
    if life is None:
        return State.UNKNOWN
    if not life.is_open:
        return State.ENDING if life.sends else State.ENDED
    if (answer := life.answer) is not None:
        return State.HANDED_OVER if answer.handed_to else _BY_ACTION[answer.action]
    if life.due_ms is None:
        return State.LISTED
    return State.HELD if life.tier == 0 else State.CALLING


def call_next(change: Change) -> Life:
    """Call whoever is next, since nobody has answered in time."""
    return climb(change.heard, Reason.CLIMBED, change.now, change.policy)


class Row(NamedTuple):
    """What follows where: from any of these states this kind leads to one of those."""

    states: frozenset[State]
    kind: Kind
    action: Action
    leads_to: frozenset[State]


def _row(states: frozenset[State], kind: Kind, action: Action, *leads_to: State) -> Row:
    return Row(states, kind, action, frozenset(leads_to))


_UNKNOWN: Final = frozenset({State.UNKNOWN})
# Who answers while a worse page is on its way has not answered that one; where more people have to
# acknowledge, one alone changes nothing yet.
_ONE_OF: Final = (State.LISTED, State.HELD, State.CALLING)

ROWS: Final = (
    # A line of the alert.
    _row(_UNKNOWN | OPEN | ANSWERED | OVER, Line.RAISED, lines.begin, *OPEN),
    _row(OPEN | ANSWERED, Line.WORSE, lines.call_as_worse, *OPEN),
    _row(OPEN, Line.AGAIN, lines.call_as_repeated, *OPEN),
    _row(OPEN, Line.OTHER, lines.tell_concerned, *OPEN),
    *(_row(frozenset({each}), Line.OTHER, lines.note, each) for each in sorted(ANSWERED)),
    _row(OPEN | ANSWERED, Line.ENDED, lines.end, *OVER),
    _row(_UNKNOWN | OVER, Line.ENDED, lines.stay_ended, *OVER),
    # An answer of a person.
    _row(OPEN, Said.ACKNOWLEDGE, answers.let_stand, State.ACKNOWLEDGED, *_ONE_OF),
    _row(ANSWERED, Said.ACKNOWLEDGE, answers.let_stand, State.ACKNOWLEDGED, *_ONE_OF),
    _row(OPEN, Said.SNOOZE, answers.let_stand, State.SNOOZED, *_ONE_OF),
    _row(ANSWERED, Said.SNOOZE, answers.let_stand, State.SNOOZED),
    _row(OPEN, Said.CLOSE, answers.let_stand, State.CLOSED, *_ONE_OF),
    _row(ANSWERED, Said.CLOSE, answers.let_stand, State.CLOSED),
    _row(
        OPEN | ANSWERED,
        Said.HAND_OVER,
        answers.hand_over,
        State.HANDED_OVER,
        *OPEN,
        *ANSWERED,
    ),
    _row(OPEN | ANSWERED, Said.UNACKNOWLEDGE, answers.take_back, *OPEN, *ANSWERED),
    _row(OPEN | ANSWERED, Said.DECLINE, answers.decline, *OPEN, *ANSWERED),
    # The clock.
    _row(frozenset({State.HELD, State.CALLING}), Clock.NEXT_DUE, call_next, *OPEN),
    _row(OPEN | ANSWERED, Clock.ANSWER_OVER, answers.lapse, *OPEN, *ANSWERED),
)

TABLE: Final[Mapping[tuple[State, Kind], Row]] = MappingProxyType(
    {(state, row.kind): row for row in ROWS for state in row.states}
)


def move(kind: Kind, change: Change, state: State) -> Life:
    """Return what becomes of an alert; without a row it stays as it was heard of."""
    row = TABLE.get((state, kind))
    return change.heard if row is None else row.action(change)
