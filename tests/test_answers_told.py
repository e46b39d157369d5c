"""A gateway that calls on its own is told of an answer given elsewhere, so that it stops."""

import asyncio
from dataclasses import replace

import pytest
from pager import HOUR, MINUTE, Case, answer, line, shown, through_two_sinks
from pagerbench import P1, Bench, until

from alerts.life import Stage
from alerts.sinks import Delivery
from topics import registry
from topics.acks import AckAction
from topics.pages import Outcome

RINGS = "webhook"  # the sink that calls on its own
ITS_ANSWERS = "its-answers"  # the source of what people answer there
POLICY = replace(through_two_sinks(), call_on={RINGS: ITS_ANSWERS})


def paged(priority: str = "P1") -> Case:
    case = Case(POLICY)
    case.tells(line(priority=priority))
    return case


@pytest.mark.parametrize("action", ["acknowledge", "snooze", "close"])
def test_it_is_told_of_an_answer_given_elsewhere(action: str) -> None:
    case = paged()

    (told,) = case.answers(action)

    assert (told.address.sink, told.reason, told.counts) == (RINGS, "answered", False)


def test_it_is_told_once_whoever_was_paged_through_it() -> None:
    """Both teams of a P2 are told through it: it keeps one incident an alert."""
    assert len(paged("P2").answers()) == 1


def test_it_is_not_told_of_what_was_answered_there() -> None:
    assert paged().answers(source=ITS_ANSWERS) == ()


def test_where_two_give_answers_alike_both_are_told() -> None:
    """Which of the two it was is not known."""
    case = paged()
    case.policy = replace(POLICY, call_on={"console": ITS_ANSWERS, RINGS: ITS_ANSWERS})

    told = case.answers(source=ITS_ANSWERS)

    assert [each.address.sink for each in told] == ["console", RINGS]
    assert len({each.page_id for each in told}) == 2


def test_it_is_not_told_where_it_paged_nobody() -> None:
    case = Case(POLICY)
    case.hears(line(priority="P1"))

    assert case.answers() == ()


def test_one_of_two_who_have_to_acknowledge_does_not_silence_it() -> None:
    case = paged()
    case.life = replace(case.known, responders=2)

    first = case.answers(by="Joy", event_id="a1")
    second = case.answers(by="Sam", event_id="a2")

    assert (first, shown(second)) == ((), ["rapid_response/answered"])


def test_that_it_cannot_be_told_calls_nobody() -> None:
    for outcome in (Outcome.REFUSED, Outcome.GIVEN_UP):
        case = paged()
        case.answers()

        case.tries(outcome)

        assert (case.known.sends, case.known.answer is None) == ((), False)
        assert case.known.unreached == 0
        assert case.waits(HOUR) == ()


@pytest.mark.parametrize("action", ["acknowledge", "close"])
def test_telling_it_is_tried_again_like_a_page(action: str) -> None:
    case = paged()
    case.answers(action)
    case.tries(Outcome.RETRY)

    again = case.waits(MINUTE)

    assert [(each.reason, each.attempt) for each in again] == [("answered", 2)]
    assert case.known.due_ms is None


def test_what_it_was_told_is_no_page() -> None:
    """Else an answer would say that somebody has been told something worse."""
    case = paged()
    before = case.known
    case.answers()
    case.tries()

    after = case.known
    assert (after.shown, after.told, after.paged_ms) == (before.shown, before.told, before.paged_ms)
    assert (after.reached, after.rounds) == (before.reached, before.rounds)


def test_an_answer_that_is_still_on_its_way_there_does_not_keep_another_from_counting() -> None:
    case = Case(POLICY)
    case.tells(line())
    case.hears(line(2, "changed", "P1", grade=3))
    case.tries(Outcome.REFUSED)
    case.tries(Outcome.REFUSED)
    case.answers(by="Joy", event_id="a1")  # what is worse could be told to nobody

    case.answers(by="Sam", event_id="a2")

    assert [each.by for each in case.known.answers] == ["Joy", "Sam"]


@pytest.mark.parametrize("road", ["queued", "under way", "waiting"])
def test_what_would_silence_it_goes_when_the_alert_becomes_worse(road: str) -> None:
    case = paged("P2")
    case.answers()
    if road == "under way":
        case.departs()
    if road == "waiting":
        case.tries(Outcome.RETRY)

    case.hears(line(2, "changed", "P1", grade=3))

    assert {each.reason for each in case.known.sends} == {"worse"}
    assert {each.stage for each in case.known.sends} == {Stage.QUEUED}


def test_what_would_silence_it_goes_when_the_answer_is_taken_back() -> None:
    case = paged()
    case.answers()

    case.answers("unacknowledge", "a2")

    assert {each.reason for each in case.known.sends} == {"unacknowledged"}


def test_it_rings_anew_when_the_time_of_the_answer_is_over() -> None:
    case = paged()
    case.answers()
    case.tries()

    pages = case.waits(3 * HOUR)

    assert {(each.address.sink, each.reason) for each in pages} == {
        ("console", "answer_over"),
        (RINGS, "answer_over"),
    }


def test_the_end_takes_the_place_of_what_it_was_to_be_told() -> None:
    case = paged()
    case.answers()

    case.hears(line(2, "resolved", "P1"))

    assert {each.reason for each in case.known.sends} == {"ended"}


def test_what_is_handed_over_rings_for_whom_it_is_handed_to_alone() -> None:
    """They are told through the console and through it: there it rings anew, for them."""
    case = paged()

    handed = case.answers(hand_to="operations")

    assert shown(handed) == ["operations/handed_over", "operations/handed_over"]


def test_what_is_handed_to_whom_it_does_not_call_stops_there() -> None:
    case = paged()
    roles = dict(POLICY.routing.roles)
    roles["operations"] = replace(roles["operations"], sinks=("console",))
    case.policy = replace(POLICY, routing=replace(POLICY.routing, roles=roles))

    handed = case.answers(hand_to="operations")

    assert shown(handed) == ["operations/handed_over", "rapid_response/answered"]


# In a worker


@pytest.fixture
async def bench() -> Bench:
    """A pager one of whose gateways calls on its own."""
    bench = Bench(through_two_sinks())
    bench.gateways[RINGS].answers_as = ITS_ANSWERS
    bench.start()
    return bench


async def test_a_gateway_is_told_and_the_others_are_not(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    await bench.hears(answer("close"))

    assert [page.answered for page in bench.gateways[RINGS].got] == [None, AckAction.CLOSE]
    assert not bench.gateways[RINGS].got[-1].renews
    assert [page.answered for page in bench.gateways["console"].got] == [None]


async def test_that_it_was_told_is_written_and_audited(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(answer())
    (written,) = bench.written

    await bench.reads_back()

    assert (written.tier, written.outcome, written.note) == (0, "sent", "it tells of the answer")
    assert bench.of(registry.AUDIT)[-1]["note"] == (
        "to rapid_response through webhook, tier 0, try 1: it tells of the answer"
    )


async def test_a_gateway_that_refuses_to_be_told_is_written_and_pages_nobody(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    bench.gateways[RINGS].answer = Delivery.REFUSED
    await bench.hears(answer())

    assert await bench.reads_back() == ["refused"]
    await bench.ticks(HOUR)

    assert bench.got() == [P1]
    assert len(bench.of(registry.ALERTS)) == 0


async def test_what_silences_it_never_arrives_after_what_rings_anew(bench: Bench) -> None:
    """The worse page is for another role, and the gateway keeps one incident for both."""
    await bench.hears(line(priority="P2"))
    await bench.reads_back()
    gateway = bench.gateways[RINGS]
    gateway.opened = asyncio.Event()
    await bench.hears(answer())
    await bench.hears(line(2, "changed", "P1", grade=3))
    before = [page.answered for page in gateway.got]

    gateway.opened.set()
    await until(lambda: len(gateway.got) > len(before))

    assert before == [None, None, AckAction.ACKNOWLEDGE]
    assert (gateway.got[-1].answered, gateway.got[-1].renews) == (None, True)
    assert gateway.most_at_once == 1


async def test_after_a_crash_it_is_told_again(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    bench.gateways[RINGS].opened = asyncio.Event()
    await bench.hears(answer())
    bench.gateways[RINGS].opened.set()

    bench.written.clear()
    bench.start()
    await bench.hears(at_end=True)

    assert bench.gateways[RINGS].got[-1].answered is AckAction.ACKNOWLEDGE
