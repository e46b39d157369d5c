"""Whatever happens, in whatever order: nobody is paged for nothing, and nobody is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from builders import NOON
from hospital import hospital
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pager import CONSOLE, DAY, HOUR, MINUTE, Case, Sends, answer, line, through_two_sinks, tried

from alerts.decide import decide, due_ms, recover
from alerts.life import Happening, Life, Reason, Send, Stage
from alerts.machine import State, state_of
from alerts.policy import Policy
from alerts.routing import Address
from stream import lives
from topics.acks import Ack, AckAction
from topics.alerts import Alert, Priority
from topics.base import epoch_ms
from topics.pages import Outcome, PageLine
from topics.ticks import Tick

PRIORITIES = st.sampled_from(["P1", "P2", "P3", "INFO"])
GRADES = st.integers(0, 4)
SIGNALS = st.sampled_from([("systolic_mmhg",), ("spo2_percent",), ("spo2_percent", "il6")])
OUTCOMES = st.sampled_from([Outcome.SENT, Outcome.RETRY, Outcome.REFUSED, Outcome.GIVEN_UP])
PEOPLE = st.sampled_from(["Joy", "Sam"])
POLICIES = (through_two_sinks(), hospital(), hospital(responders=2))
ACTIONS = st.sampled_from(["acknowledge", "unacknowledge", "snooze", "close"])
WAITS = st.sampled_from([5 * MINUTE / 60, MINUTE, 20 * MINUTE, HOUR, 30 * HOUR])


class Pager(RuleBasedStateMachine):
    """One alert with everything that can happen to it, and what must be so at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.case = Case(through_two_sinks())
        self.named: dict[str, tuple[int, str, int]] = {}  # what each page id stands for
        self.heard: list[Alert] = []
        self.answered: list[Ack] = []
        self.outcomes: list[PageLine] = []
        self.ends: dict[tuple[int, Address], set[str]] = {}

    @initialize(policy=st.sampled_from(POLICIES))
    def a_site_begins(self, policy: Policy) -> None:
        """Let it be one of several hospitals."""
        self.case = Case(policy)

    # What happens

    @rule(priority=PRIORITIES, grade=GRADES, signals=SIGNALS, ends=st.booleans())
    def a_line_comes(self, priority: str, grade: int, signals: tuple[str, ...], ends: bool) -> None:
        """Let the engine say something new of the alert, in order of its revisions."""
        before = self.case.life
        was_open = before is not None and before.is_open
        if ends and not was_open:
            return
        state = "resolved" if ends else "changed" if was_open else "raised"
        said = line(
            len(self.heard) + 1,
            state,
            priority,
            grade=grade,
            signals=signals,
            at=max(NOON, self.case.clock),
        )
        self.heard.append(said)
        told = self.case.known.told if was_open else frozenset()
        pages = self.case.take(said)
        if before is not None and was_open and not ends:
            self._expect_worsening_told(before, pages)
        if ends:
            assert {send.address for send in pages} == told
            assert all(send.reason is Reason.ENDED for send in pages)

    def _expect_worsening_told(self, before: Life, pages: Sends) -> None:
        after = self.case.known
        if before.answer is not None and after.answer is not None:
            assert pages == ()  # what one answered before the newest one may cover it
            return
        reference = before.level if before.answer is None else before.answer.level
        is_told = {Priority.P1, Priority.P2, Priority.P3}
        if state_of(after) is State.HELD:
            assert pages == ()
            assert after.level.priority is not Priority.P1
        elif after.level.is_worse_than(reference) and after.level.priority in is_told:
            is_news = before.answer is None and not before.told
            assert {send.reason for send in pages} == {Reason.RAISED if is_news else Reason.WORSE}
            assert not [
                send
                for send in after.sends
                if send not in pages
                and send.stage is Stage.QUEUED
                and send.address not in after.told
            ]

    @rule(action=ACTIONS, snooze=WAITS, by=PEOPLE, to=st.sampled_from([None, "operations", "?"]))
    def somebody_answers(self, action: str, snooze: timedelta, by: str, to: str | None) -> None:
        """Take an answer, each an event of its own."""
        fields: dict[str, object] = {"by": by}
        if action == "snooze":
            fields["snooze_until"] = self.case.clock + snooze
        if action == "acknowledge":
            fields["hand_to"] = to
        if action == "unacknowledge":
            fields["decline"] = to is not None
        said = answer(action, f"a{len(self.answered)}", **fields)
        if self.case.life is not None:  # what answers nothing known is not remembered
            self.answered.append(said)
        self.case.take(said)

    @rule(outcome=OUTCOMES)
    @precondition(lambda self: self.case.life is not None)
    def pages_are_tried(self, outcome: Outcome) -> None:
        """Let every page that is queued leave, and read back how that ended."""
        for send in self.case.departs():
            self._note(send)
            said = tried(send, outcome, self.case.known)
            self.outcomes.append(said)
            self.case.take(said)

    @rule()
    @precondition(lambda self: self.case.life is not None)
    def pages_leave(self) -> None:
        """Let tries begin, of which nothing is heard yet."""
        for send in self.case.departs():
            self._note(send)

    def _note(self, send: Send) -> None:
        stands_for = (self.case.known.line.revision, send.address.whom, send.tier)
        assert self.named.setdefault(send.page_id, stands_for)[1:] == stands_for[1:]
        if send.reason is Reason.ENDED:
            key = (self.case.known.line.revision, send.address)
            self.ends.setdefault(key, set()).add(send.page_id)

    @rule(outcome=OUTCOMES)
    @precondition(lambda self: self.case.life is not None)
    def tries_under_way_end(self, outcome: Outcome) -> None:
        """Let what left before end now."""
        for send in self.case.known.sends:
            if send.stage is Stage.UNDER_WAY:
                said = tried(send, outcome, self.case.known)
                self.outcomes.append(said)
                self.case.take(said)

    @rule(length=WAITS)
    def time_passes(self, length: timedelta) -> None:
        """Let a tick come."""
        self.case.waits(length)

    @rule()
    @precondition(lambda self: self.case.life is not None)
    def the_worker_dies(self) -> None:
        """Let another one begin with what was saved."""
        saved = lives.encode({"it": self.case.known})
        (read,) = lives.decode(saved).values()
        assert read == self.case.known
        self.case.life, _ = recover(read, (0, 0))

    # What comes again changes nothing

    @rule(chance=st.randoms(use_true_random=False))
    @precondition(lambda self: self.case.life is not None)
    def everything_is_repeated(self, chance: Random) -> None:
        """Let a replica or a crash repeat everything, in any order."""
        before = self.case.known
        again: list[Alert | Ack | PageLine] = [*self.heard, *self.answered[-10:], *self.outcomes]
        chance.shuffle(again)
        for each in again:
            assert self.case.take(each) == ()
        assert self.case.known.told == before.told
        assert self.case.known.is_open == before.is_open

    # What is always so

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Check that somebody has an open P1 or P2, or that there is a time to call the next."""
        life = self.case.life
        if life is not None and life.is_open and life.level.priority in {Priority.P1, Priority.P2}:
            assert life.answer is not None or life.due_ms is not None

    @invariant()
    def an_answer_runs_out(self) -> None:
        """Check that only who closes an alert keeps it quiet for as long as it is no worse."""
        life = self.case.life
        if life is not None and life.is_open and life.level.priority is Priority.P1:
            kept = [each for each in life.answers if each.until_ms is None]
            assert all(each.action is AckAction.CLOSE for each in kept)

    @invariant()
    def nothing_is_paged_while_an_answer_stands(self) -> None:
        """Check that what was on its way stopped with the answer, but to whom it was handed."""
        life = self.case.life
        if life is not None and life.answer is not None:
            paged = [send for send in life.sends if not send.tells_answer]
            assert all(send.reason is Reason.HANDED_OVER for send in paged)
            assert not paged or any(each.handed_to for each in life.answers)

    @invariant()
    def no_gateway_is_told_of_an_answer_that_does_not_stand(self) -> None:
        """Check that what would silence a gateway goes with the answer."""
        life = self.case.life
        if life is not None and (life.answer is None or not life.is_open):
            assert not any(send.tells_answer for send in life.sends)

    @invariant()
    def an_end_is_told_once(self) -> None:
        """Check that each who was told gets one page, however often it is tried."""
        assert all(len(pages) == 1 for pages in self.ends.values())

    @invariant()
    def whoever_was_told_is_told_the_end(self) -> None:
        """Check that the end is on its way to each of them until it has arrived."""
        life = self.case.life
        if life is not None and not life.is_open:
            assert {send.address for send in life.sends} == life.told

    @invariant()
    def what_waits_is_looked_at_again(self) -> None:
        """Check that what waits has its time."""
        life = self.case.life
        if life is not None:
            waiting = [send for send in life.sends if send.stage is Stage.WAITING]
            assert all(send.due_ms is not None for send in waiting)
            assert not waiting or due_ms(life, self.case.policy) is not None

    @invariant()
    def it_stays_small(self) -> None:
        """Check that there are two sinks and six roles or people, however much happens."""
        life = self.case.life
        assert life is None or (len(life.sends) <= 12 and len(life.told) <= 12)
        assert life is None or len(life.answers) <= 8

    def teardown(self) -> None:
        """Check that every alert ends: with the condition, once all were told, it is forgotten."""
        if self.case.life is None:
            return
        self.case.take(line(len(self.heard) + 1, "resolved", at=self.case.clock))
        while self.case.known.sends:
            self.pages_are_tried(Outcome.SENT)
            self.tries_under_way_end(Outcome.SENT)
            self.case.waits(HOUR)
        self.case.waits(MINUTE)
        self.case.waits(47 * DAY)
        assert self.case.life is None


Pager.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestPager = Pager.TestCase


@given(
    order=st.permutations(["acknowledge", "sent", "resolved"]),
    priority=st.sampled_from(["P1", "P2"]),
)
def test_an_answer_an_outcome_and_an_end_come_to_the_same_in_any_order(
    order: list[str], priority: str
) -> None:
    """They travel on topics of their own, and may overtake each other."""
    case = Case()
    case.hears(line(priority=priority))
    left = case.departs()
    happen: dict[str, Callable[[], object]] = {
        "acknowledge": case.answers,
        "sent": lambda: [case.take(tried(send, Outcome.SENT, case.known)) for send in left],
        "resolved": lambda: case.hears(line(2, "resolved", priority)),
    }

    for each in order:
        happen[each]()

    told = {(send.address, send.reason) for send in case.known.sends}
    assert told == {(send.address, Reason.ENDED) for send in left}


@given(revisions=st.permutations([1, 2, 3]))
def test_lines_that_come_out_of_order_end_in_the_newest(revisions: list[int]) -> None:
    lines = {
        1: line(1),
        2: line(2, "changed", "P1", grade=3),
        3: line(3, "resolved", "P1", grade=3),
    }
    life: Life | None = None

    for revision in revisions:
        happening = Happening(lines[revision], epoch_ms(NOON), epoch_ms(NOON))
        life, _ = decide(life, happening, CONSOLE)

    assert life is not None
    assert (life.line.revision, life.is_open) == (3, False)


@given(ticks=st.lists(st.integers(0, 600), min_size=1, max_size=20))
def test_ticks_alone_never_page_about_what_was_told(ticks: list[int]) -> None:
    case = Case()
    case.tells(line())

    pages = [case.take(Tick(at=NOON + seconds * MINUTE / 60)) for seconds in ticks]

    assert not any(pages)
