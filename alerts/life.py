"""What the pager remembers of an alert: its newest line, who was told, who answered, what is due.

A plain value that `decide` makes anew at each happening. Times are epoch milliseconds; those that
end in `_ms` and speak of the future are by the partition's clock, its ticks. Before any tick such a
time counts from the first tick on.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, NamedTuple

from alerts.policy import Level, Policy
from alerts.routing import About, Address, Part
from topics.acks import Ack, AckAction
from topics.alerts import Alert, AlertState
from topics.pages import PageLine
from topics.reserved import UNIT, is_made_up, is_probe
from topics.ticks import Tick

BEFORE_ANY_TICK: Final = (
    0  # the clock of a partition that has had none; all that is due then is due
)
FIRST_CLOCK_MS: Final = 10 * 365 * 24 * 60 * 60 * 1000  # earlier times count from the first tick
OPEN_STATES: Final = frozenset({AlertState.RAISED, AlertState.CHANGED})


class Happening(NamedTuple):
    """One thing that happened, and when: by the partition's clock, and as its record says."""

    what: Alert | Ack | PageLine | Tick
    clock_ms: int
    record_ms: int


class Reason(StrEnum):
    """Why a page goes out now."""

    RAISED = "raised"
    WORSE = "worse"
    REPEATED = "repeated"
    CONCERNED = "concerned"  # milder now, and so somebody else's who was not told yet
    REMINDED = "reminded"  # told before, and nobody has answered
    CLIMBED = "climbed"  # nobody of the tier before has answered
    UNREACHED = "unreached"  # nobody of the tier before could be told
    DECLINED = "declined"  # somebody who was called can't come
    HANDED_OVER = "handed_over"
    UNACKNOWLEDGED = "unacknowledged"
    ANSWER_OVER = "answer_over"  # the time of an acknowledgement or a snooze
    ANSWERED = "answered"  # nobody is called: a gateway that calls on its own is to stop
    ENDED = "ended"


class Stage(StrEnum):
    """How far a page has come on its way through one sink."""

    QUEUED = "queued"  # decided, and surely not sent
    UNDER_WAY = "under_way"  # a try may have left
    WAITING = "waiting"  # tried in vain; due again at `due_ms`


@dataclass(frozen=True, slots=True)
class Send:
    """A page on its way to one role through one sink. What is done with is no longer kept.

    It says what is true when it leaves: its words are those of the newest line.
    """

    page_id: str
    address: Address
    tier: int  # from 1; 0 where it tells of an answer
    part: Part
    reason: Reason
    at_ms: int  # the moment that the words speak of
    asked_ms: int  # the record timestamp of what asked for it
    attempt: int = 1
    stage: Stage = Stage.QUEUED
    due_ms: int | None = None
    held_ms: int | None = None  # since when it waits for the watchers, by this machine's time

    @property
    def is_held(self) -> bool:
        """Whether it waits until the watchers have caught up, and is surely not sent."""
        return self.held_ms is not None

    @property
    def tells_end(self) -> bool:
        """Whether it calls off what was told before."""
        return self.reason is Reason.ENDED

    @property
    def tells_answer(self) -> bool:
        """Whether it tells a gateway alone that somebody has answered."""
        return self.reason is Reason.ANSWERED

    @property
    def counts(self) -> bool:
        """Whether somebody who gets it has to do something."""
        return self.part is not Part.HEADS_UP


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person answered, and how bad the alert was then."""

    action: AckAction
    by: str
    event: str  # which event said so
    level: Level
    until_ms: int | None = None  # when it no longer holds
    handed_to: str = ""  # the role or person who has to answer by then


@dataclass(frozen=True, slots=True)
class Life:
    """One alert, from its first line until long after its end."""

    line: Alert  # the newest revision
    digest: str  # of that line, as it came
    level: Level  # how bad it is
    level_since_ms: int  # by the times in the lines
    open_since_ms: int  # when it was raised, by the times in the lines
    sends: tuple[Send, ...] = ()
    told: frozenset[Address] = field(default_factory=frozenset)  # who may believe that it is open
    shown: Level | None = None  # what the newest page that arrived said, or may have said
    paged_ms: int | None = None  # when anyone was last paged, by the times in the lines
    rounds: int = 0  # of pages about this revision
    tier: int = 0  # the highest that was called since nobody answers; 0: none yet
    turns: int = 0  # how often that tier was called
    reached: bool = False  # whether somebody of that tier was told who has to do something
    due_ms: int | None = None  # when somebody else is called, unless somebody answers
    responders: int = 1  # how many have to acknowledge
    answers: tuple[Answer, ...] = ()  # those that hold, one a person, the newest last
    acks: tuple[str, ...] = ()  # the newest acknowledgement events taken
    disputes: int = 0  # lines of one revision with different content
    disputed: int = 0  # the revision of the newest of them that no agreement has followed; 0: none
    unreached: int = 0  # how often every tier was tried in vain
    newest_ms: int = BEFORE_ANY_TICK  # the newest time of a line, even an old one, that it is open
    untold: bool = False  # since then nobody was told who has to do something
    ended_ms: int = BEFORE_ANY_TICK  # by the clock

    @property
    def is_open(self) -> bool:
        """Whether the condition holds."""
        return self.line.state in OPEN_STATES

    @property
    def is_untold(self) -> bool:
        """Whether it is still true that nobody knows of it who has to."""
        return self.untold and self.is_open and self.answer is None

    @property
    def about(self) -> About:
        """What decides who is told of it."""
        patient_id = self.line.patient_id
        unit = UNIT if is_made_up(patient_id) else self.line.unit
        return About(self.level.priority, self.line.rule, unit, is_probe(patient_id))

    @property
    def answer(self) -> Answer | None:
        """The newest answer, where they are enough for nobody to be called."""
        silencing = [each for each in self.answers if each.action is not AckAction.ACKNOWLEDGE]
        if silencing or len(self.answers) >= self.responders:
            return self.answers[-1]
        handed = (each for each in self.answers if each.handed_to)
        return next(handed, None)

    def find(self, page_id: str, sink: str) -> Send | None:
        """Return the send of a page through a sink, while it is on its way."""
        for send in self.sends:
            if (send.page_id, send.address.sink) == (page_id, sink):
                return send
        return None

    def surely_unsent(self, send: Send) -> bool:
        """Tell whether no try of a page can have left, nor of one before it to the same people."""
        return send.stage is Stage.QUEUED and send.address not in self.told

    def due_times(self) -> Iterator[int]:
        """Name every time at which the clock has something to say to it, but its forgetting."""
        if self.due_ms is not None:
            yield self.due_ms
        for answer in self.answers:
            if answer.until_ms is not None:
                yield answer.until_ms
        for send in self.sends:
            if send.due_ms is not None:
                yield send.due_ms

    def dated(self, clock_ms: int) -> "Life":
        """Let what was put off before any tick count from now on."""
        answers = tuple(replace(a, until_ms=_from(a.until_ms, clock_ms)) for a in self.answers)
        due_ms = _from(self.due_ms, clock_ms)
        if (due_ms, answers) == (self.due_ms, self.answers):
            return self
        return replace(self, due_ms=due_ms, answers=answers)


class Change(NamedTuple):
    """What happens to an alert: as it was, and as it is heard of now. First they are the same."""

    life: Life
    heard: Life
    now: Happening
    policy: Policy

    @property
    def tried(self) -> PageLine:
        """How a try ended; raises TypeError where nothing was tried."""
        if not isinstance(self.now.what, PageLine):
            raise TypeError(type(self.now.what))
        return self.now.what

    @property
    def ack(self) -> Ack:
        """The answer that happened; raises TypeError where it was none."""
        if not isinstance(self.now.what, Ack):
            raise TypeError(type(self.now.what))
        return self.now.what


def _from(time_ms: int | None, clock_ms: int) -> int | None:
    if time_ms is None or time_ms >= FIRST_CLOCK_MS:
        return time_ms
    return clock_ms + time_ms
