"""The states of an alert, what can happen in each, and what follows: one table.

`decide` goes by it, and the diagram in docs/pager.md is drawn from it (`stormwatch route diagram`).
Whatever has no row changes nothing.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from alerts import answers, lines, outcomes
from alerts.answers import Said
from alerts.climbing import climb
from alerts.life import Change, Life, Reason
from alerts.lines import Line
from alerts.outcomes import Tried
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


Kind = Line | Said | Clock | Tried
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
    """What follows where: from any of these states this kind leads to one of those, or stays."""

    states: frozenset[State]
    kind: Kind
    action: Action
    leads_to: frozenset[State]
    may_stay: bool = False


def _of(*states: State) -> frozenset[State]:
    return frozenset(states)


_ALIVE: Final = OPEN | ANSWERED
_NONE: Final[frozenset[State]] = frozenset()
_BACK: Final = OPEN | {State.ACKNOWLEDGED}  # the answers that are left are enough, or not
# Where several have to acknowledge one of them alone changes nothing yet; nor does whoever answers
# while a worse page is still on its way to them.
_MAYBE: Final = True

ROWS: Final = (
    # A line of the alert.
    Row(frozenset(State), Line.RAISED, lines.begin, OPEN),
    Row(_ALIVE, Line.WORSE, lines.call_as_worse, OPEN),
    Row(OPEN, Line.AGAIN, lines.call_as_repeated, OPEN),
    Row(OPEN, Line.OTHER, lines.tell_concerned, OPEN),
    Row(ANSWERED, Line.OTHER, lines.note, _of(State.ACKNOWLEDGED), _MAYBE),
    Row(_ALIVE, Line.ENDED, lines.end, OVER),
    Row(_of(State.UNKNOWN, State.ENDED), Line.ENDED, lines.stay_ended, _of(State.ENDED)),
    Row(_of(State.ENDING), Line.ENDED, lines.stay_ended, _NONE, may_stay=True),
    # An answer of a person.
    Row(OPEN, Said.ACKNOWLEDGE, answers.let_stand, _of(State.ACKNOWLEDGED), _MAYBE),
    Row(_of(State.ACKNOWLEDGED), Said.ACKNOWLEDGE, answers.let_stand, _NONE, may_stay=True),
    Row(ANSWERED - {State.ACKNOWLEDGED}, Said.ACKNOWLEDGE, answers.let_stand, _BACK, _MAYBE),
    Row(OPEN, Said.SNOOZE, answers.let_stand, _of(State.SNOOZED), _MAYBE),
    Row(ANSWERED, Said.SNOOZE, answers.let_stand, _of(State.SNOOZED), _MAYBE),
    Row(OPEN, Said.CLOSE, answers.let_stand, _of(State.CLOSED), _MAYBE),
    Row(ANSWERED, Said.CLOSE, answers.let_stand, _of(State.CLOSED), _MAYBE),
    # To nobody who is known, it is as if it was declined.
    Row(_ALIVE, Said.HAND_OVER, answers.hand_over, _BACK | {State.HANDED_OVER}, _MAYBE),
    Row(ANSWERED, Said.UNACKNOWLEDGE, answers.take_back, _BACK, _MAYBE),
    Row(OPEN, Said.UNACKNOWLEDGE, answers.take_back, OPEN),
    Row(ANSWERED, Said.DECLINE, answers.decline, _BACK, _MAYBE),
    Row(OPEN, Said.DECLINE, answers.decline, OPEN),
    # The clock.
    Row(_of(State.HELD, State.CALLING), Clock.NEXT_DUE, call_next, OPEN),
    Row(ANSWERED - {State.CLOSED}, Clock.ANSWER_OVER, answers.lapse, _BACK, _MAYBE),
    Row(OPEN | {State.CLOSED}, Clock.ANSWER_OVER, answers.lapse, _NONE, may_stay=True),
    # How a try ended.
    Row(_ALIVE, Tried.ARRIVED, outcomes.arrive, _NONE, may_stay=True),
    Row(OPEN, Tried.FAILED, outcomes.fail, OPEN),
    Row(_of(State.HANDED_OVER), Tried.FAILED, outcomes.fail, _BACK - {State.HELD}, _MAYBE),
    # A gateway could not be told of the answer: nobody else is called for that.
    Row(ANSWERED - {State.HANDED_OVER}, Tried.FAILED, outcomes.fail, _NONE, may_stay=True),
    Row(_of(State.ENDING), Tried.ARRIVED, outcomes.arrive, _of(State.ENDED), _MAYBE),
    Row(_of(State.ENDING), Tried.FAILED, outcomes.fail, _of(State.ENDED), _MAYBE),
    Row(_ALIVE | {State.ENDING}, Tried.LATER, outcomes.try_later, _NONE, may_stay=True),
)

TABLE: Final[Mapping[tuple[State, Kind], Row]] = MappingProxyType(
    {(state, row.kind): row for row in ROWS for state in row.states}
)


def move(kind: Kind, change: Change, state: State) -> Life:
    """Return what becomes of an alert; without a row it stays as it was heard of."""
    row = TABLE.get((state, kind))
    return change.heard if row is None else row.action(change)
