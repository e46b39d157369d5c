"""What travels in one message: the alerts of a patient, a storm of patients; P1 never waits."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import PATIENT_ID
from pager import CONSOLE, Case, line
from pagerbench import P1, Bench, a_line_of, until

from alerts.bundle import together
from alerts.life import Reason, Send
from alerts.page import Page
from alerts.policy import Policy
from alerts.routing import Address, Part, Route, Tier
from alerts.sentences import SENTENCE_MAX
from alerts.sinks import Delivery
from alerts.wording import write
from stream.lineup import TOGETHER_AT_MOST, Lane, Lineup
from stream.lives import Order
from topics.ticks import Tick


def gathering(gather_s: float = 0.0) -> Bench:
    """A pager whose console takes several pages in one message."""
    bench = Bench(gather_s=gather_s)
    bench.gateways["console"].bundles = True
    return bench


def pages(*priorities: str) -> list[Page]:
    """Write a page of each priority, each of another patient."""
    found = []
    for number, priority in enumerate(priorities):
        case = Case()
        case.hears(line(priority=priority, patient_id=f"P{number}"))
        found.append(write(case.known, case.known.sends[0], case.policy))
    return found


# In one message


async def test_alerts_of_one_patient_that_come_together_travel_together() -> None:
    bench = gathering()

    await bench.hears(a_line_of(0, "P3"), a_line_of(1, "P3"), a_line_of(2, "P3"))

    (message,) = bench.gateways["console"].got
    assert message.call == "P3 | Work list (+2 more)"
    assert len({message.alert_id, *(page.alert_id for page in message.also)}) == 3


async def test_each_page_in_a_message_has_its_outcome_and_names_the_message() -> None:
    bench = gathering()

    await bench.hears(a_line_of(0, "P3"), a_line_of(1, "P3"))

    (message,) = bench.gateways["console"].got
    assert [each.outcome for each in bench.written] == ["sent", "sent"]
    assert {each.together for each in bench.written} == {message.page_id}
    assert len({each.page_id for each in bench.written}) == 2
    assert await bench.reads_back() == ["sent", "sent"]


async def test_a_message_that_was_not_taken_is_tried_again_under_its_id() -> None:
    bench = gathering()
    bench.gateways["console"].answer = Delivery.RETRY
    await bench.hears(a_line_of(0, "P3"), a_line_of(1, "P3"))
    await bench.reads_back()

    bench.clock += bench.policy.retry_after[0]
    await bench.hears(Tick(at=bench.clock))

    first, second = bench.gateways["console"].got
    assert first.page_id == second.page_id


async def test_what_is_decided_within_seconds_waits_for_company() -> None:
    bench = gathering(gather_s=0.05)
    await bench.hears(a_line_of(0, "P3"))
    alone = bench.got()
    await bench.hears(a_line_of(1, "P3"))

    await asyncio.wait_for(until(lambda: bool(bench.gateways["console"].got)), 5)

    assert (alone, bench.got()) == ([], ["P3 | Work list (+1 more)"])


def everybody_acts() -> Policy:
    """Page rapid response to act upon P1 and P2."""
    tier = Tier({"rapid_response": Part.ACT}, timedelta(minutes=5))
    return replace(CONSOLE, routing=replace(CONSOLE.routing, routes=(Route("all", (tier,)),)))


async def test_p1_waits_for_no_company_and_takes_along_what_does() -> None:
    bench = Bench(everybody_acts(), gather_s=60.0)
    bench.gateways["console"].bundles = True
    await bench.hears(a_line_of(0, "P2"))
    before = bench.got()

    await bench.hears(a_line_of(1, "P1"))

    (message,) = bench.gateways["console"].got
    assert (before, message.priority, [page.priority for page in message.also]) == (
        [],
        "P1",
        ["P2"],
    )


async def test_p1_takes_along_nothing_that_asks_for_something_else() -> None:
    bench = gathering(gather_s=60.0)
    await bench.hears(a_line_of(0, "P2"))

    await bench.hears(a_line_of(1, "P1"))

    assert bench.got() == [P1]  # the heads-up of P2 waits for its company
    assert bench.gateways["console"].got[0].also == ()


async def test_an_end_does_not_travel_with_a_page() -> None:
    bench = gathering()
    await bench.hears(a_line_of(0, "P1"))
    await bench.reads_back()

    over = line(2, "resolved", "P1", alert_id=a_line_of(0, "P1").alert_id)
    await bench.hears(over, a_line_of(1, "P1"))

    assert [page.also for page in bench.gateways["console"].got] == [(), (), ()]


async def test_a_gateway_that_sorts_alerts_by_id_gets_each_alone() -> None:
    bench = Bench()

    await bench.hears(a_line_of(0, "P3"), a_line_of(1, "P3"))

    assert bench.got() == ["P3 | Work list", "P3 | Work list"]


# A storm


def order(number: int, patient: str, part: Part = Part.ACT) -> Order:
    address = Address("rapid_response", "sms")
    send = Send(f"page-{number}", address, 1, part, Reason.RAISED, 0, 0)
    return Order(0, patient, f"alert-{number}", send)


def test_a_storm_of_patients_is_one_message_with_the_sickest_first() -> None:
    lineup = Lineup(bundles=True)
    for number, weight in enumerate([(2, 2), (3, 4), (2, 4), (3, 8)]):
        lineup.add(weight, order(number, f"P{number}"), gathers=False)

    batch = lineup.take(set())

    assert [each.patient_id for each in batch] == ["P3", "P1", "P2", "P0"]
    assert lineup.take(set()) == ()


def test_a_few_patients_are_each_told_alone() -> None:
    lineup = Lineup(bundles=True)
    for number in range(3):
        lineup.add((2, 0), order(number, f"P{number}"), gathers=False)

    assert [len(lineup.take(set())) for _ in range(4)] == [1, 1, 1, 0]


def test_a_message_of_a_storm_has_an_end() -> None:
    lineup = Lineup(bundles=True)
    for number in range(50):
        lineup.add((2, 0), order(number, f"P{number}"), gathers=False)

    assert [len(lineup.take(set())) for _ in range(4)] == [
        TOGETHER_AT_MOST,
        TOGETHER_AT_MOST,
        10,
        0,
    ]


def test_what_asks_for_something_else_does_not_travel_along() -> None:
    lineup = Lineup(bundles=True)
    lineup.add((2, 0), order(0, PATIENT_ID), gathers=False)
    lineup.add((2, 0), order(1, PATIENT_ID, Part.HEADS_UP), gathers=False)

    assert [len(lineup.take(set())) for _ in range(2)] == [1, 1]


def test_what_gathers_waits_until_it_is_ready() -> None:
    lineup = Lineup(bundles=True)
    number = lineup.add((2, 0), order(0, PATIENT_ID), gathers=True)

    before = lineup.take(set())
    lineup.ready(number)

    assert (before, len(lineup.take(set()))) == ((), 1)


def test_a_lane_that_is_busy_lets_others_pass_and_has_its_turn_later() -> None:
    lineup = Lineup(bundles=True)
    for number in range(2):
        lineup.add((3 - number, 0), order(number, f"P{number}"), gathers=False)
    busy = {Lane("P0", "alert-0", Address("rapid_response", "sms"))}

    passed = lineup.take(busy)
    later = lineup.take(set())

    assert [each[0].patient_id for each in (passed, later)] == ["P1", "P0"]


def test_a_newer_page_in_the_same_lane_is_the_one_that_leaves() -> None:
    lineup = Lineup(bundles=False)
    lineup.add((3, 0), order(0, PATIENT_ID), gathers=False)
    newer = order(0, PATIENT_ID)._replace(about_ms=7)
    lineup.add((2, 0), newer, gathers=False)

    assert [lineup.take(set()) for _ in range(2)] == [(newer,), ()]


# Its words


def test_a_message_says_how_many_travel_in_it() -> None:
    several = pages("P1", "P2", "P3", "P3")

    message = together(several)

    assert message.call == "P1 | Rapid response: answer now (+3 more, 4 patients)"
    assert message.subject.endswith("(+3 more, 4 patients)")
    assert len(message.subject) <= SENTENCE_MAX
    assert [f"Who: Patient P{number}," in message.text for number in range(4)] == [True] * 4


def test_one_page_alone_stays_as_it_is() -> None:
    (alone,) = pages("P1")

    assert together([alone]) is alone


def test_the_same_pages_are_the_same_message() -> None:
    one, two = pages("P1"), pages("P1", "P2")

    assert together(two).page_id == together(two).page_id != together(one).page_id


@pytest.mark.parametrize("room", [40, 139, 140, 300, 500])
def test_a_message_fits_where_there_is_little_room(room: int) -> None:
    message = together(pages("P1", "P2"))

    text = message.fit(room)

    assert len(text) <= room
    assert text.startswith("P1 Patient P0")


def test_with_room_enough_all_of_it_is_told() -> None:
    (page,) = pages("P1")

    assert page.fit(None) == page.fit(10_000) == page.text
