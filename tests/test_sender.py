"""How pages are tried: several at once, the most urgent first, none out of order."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import PATIENT_ID
from pager import CONSOLE, HOUR, MINUTE, Case, line, through_two_sinks
from pagerbench import P1, P1_OVER, Bench, a_line_of, until

from alerts.sinks import Delivery
from stream import metrics
from stream.lives import Order
from topics import registry


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_a_page_that_could_not_be_delivered_is_tried_again_at_a_tick(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.answer = Delivery.RETRY
    await bench.hears(line(priority="P1"))
    outcomes = await bench.reads_back()
    await bench.ticks(timedelta(seconds=4))
    before = bench.got()
    console.answer = Delivery.SENT

    await bench.ticks(timedelta(seconds=1))

    assert (outcomes, before, bench.got()) == (["retry"], [P1], [P1, P1])
    assert [each.attempt for each in bench.written] == [2]
    assert len({page.page_id for page in console.got}) == 1


async def test_a_refusal_is_final(bench: Bench) -> None:
    """The page is not tried again; whoever is next is called instead."""
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P1"))
    (first,) = bench.gateways["console"].got

    outcomes = await bench.reads_back()
    await bench.reads_back()
    await bench.ticks(HOUR)

    got = [page.page_id for page in bench.gateways["console"].got]
    assert (outcomes, got.count(first.page_id)) == (["refused"], 1)


async def test_the_last_try_is_given_up_and_counted() -> None:
    bench = Bench(replace(CONSOLE, tries_max=2))
    given_up = metrics.PAGE_TRIES.labels(sink="console", outcome="given_up")._value
    before = given_up.get()
    bench.gateways["console"].answer = Delivery.RETRY
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.ticks(MINUTE)
    tries = bench.got()

    outcomes = await bench.reads_back()
    await bench.ticks(MINUTE)

    assert (outcomes, tries, given_up.get() - before) == (["given_up"], [P1, P1], 1)


async def test_a_sink_that_fails_is_tried_again_and_says_nothing_of_the_page(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.gateways["console"].answer = RuntimeError("a bug")

    await bench.hears(line(priority="P1"))

    assert [each.outcome for each in bench.written] == ["retry"]
    assert "sink_failed" in caplog.text
    assert PATIENT_ID not in caplog.text
    assert "86" not in caplog.messages[0]


async def test_a_sink_that_never_comes_back_is_left_behind() -> None:
    bench = Bench(try_limit_s=0.01)
    bench.gateways["console"].opened.clear()
    await bench.hears(line(priority="P1"))

    await asyncio.wait_for(until(lambda: bool(bench.written)), 5)

    assert [each.outcome for each in bench.written] == ["retry"]


async def test_a_sink_that_was_taken_away_refuses_what_was_on_its_way_through_it() -> None:
    bench = Bench(through_two_sinks())
    bench.gateways["webhook"].answer = Delivery.RETRY
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    del bench.gateways["webhook"]
    bench.start()

    await bench.ticks(MINUTE)

    assert await bench.reads_back() == ["refused"]


async def test_no_two_tries_of_one_alert_to_one_role_are_under_way(bench: Bench) -> None:
    """Else its end could arrive before its page."""
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(line(priority="P1"))
    await bench.hears(line(2, "changed", "P1", grade=3))
    await bench.hears(line(3, "resolved", "P1"))

    before = bench.got()
    console.opened.set()
    await bench.settle()

    assert (before, bench.got()) == ([P1], [P1, P1_OVER])
    assert console.most_at_once == 1


async def test_no_more_tries_are_under_way_than_a_gateway_can_bear(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.opened.clear()

    await bench.hears(*(a_line_of(number) for number in range(40)))
    under_way = len(console.got)
    console.opened.set()
    await bench.settle()

    assert (under_way, len(console.got), console.most_at_once) == (8, 40, 8)


async def test_the_most_urgent_page_leaves_first(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(*(a_line_of(number, "P3") for number in range(8)))

    await bench.hears(a_line_of(8, "P3"), a_line_of(9, "P1"))
    console.opened.set()
    await bench.settle()

    assert bench.got()[8:] == [P1, "P3 | Work list"]


async def test_words_that_fail_still_call_somebody(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("a bug")

    monkeypatch.setattr("alerts.wording.reading", broken)

    await bench.hears(line(priority="P1"))

    assert bench.got() == [P1]
    assert "words_failed" in caplog.text


async def test_a_gateway_that_asks_to_wait_is_let_alone(bench: Bench) -> None:
    """No page is lost or counted as tried meanwhile, and the most urgent is the first after."""
    console = bench.gateways["console"]
    console.answer, console.wait_s = Delivery.RETRY, 0.2
    await bench.hears(a_line_of(1))
    console.answer, console.wait_s = Delivery.SENT, None
    await bench.hears(a_line_of(2, "P3"), a_line_of(3, "P1"))
    while_waiting = bench.got()
    state = metrics.SINK_STATE.labels("console")._value.get()

    await asyncio.wait_for(until(lambda: len(console.got) == 3), 10)

    assert (while_waiting, state) == ([P1], 2)
    assert bench.got()[1:] == [P1, "P3 | Work list"]
    assert [each.attempt for each in bench.written] == [1, 1, 1]
    assert metrics.SINK_STATE.labels("console")._value.get() == 0


async def test_what_waits_for_a_gateway_leaves_though_timers_fire_early(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of uvloop do, by half a millisecond; these by half of what they were set for."""
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def early(delay: float, *rest: Any) -> asyncio.TimerHandle:
        return call_later(delay / 2, *rest)

    monkeypatch.setattr(loop, "call_later", early)
    console = bench.gateways["console"]
    console.answer, console.wait_s = Delivery.RETRY, 0.05
    await bench.hears(a_line_of(1))
    console.answer, console.wait_s = Delivery.SENT, None
    await bench.hears(a_line_of(2))
    while_waiting = len(console.got)

    await asyncio.wait_for(until(lambda: len(console.got) == 2), 5)

    assert while_waiting == 1


async def test_why_a_try_failed_is_on_its_line(bench: Bench) -> None:
    bench.gateways["console"].answer = RuntimeError("a bug")

    await bench.hears(line(priority="P1"))

    assert [each.note for each in bench.written] == ["a fault of ours"]


@pytest.mark.parametrize(
    ("answer", "action"), [(Delivery.SENT, "page sent"), (Delivery.REFUSED, "page refused")]
)
async def test_who_was_told_is_kept_for_ever(bench: Bench, answer: Delivery, action: str) -> None:
    bench.gateways["console"].answer = answer
    await bench.hears(line(priority="P1"))

    await bench.reads_back()

    (kept,) = bench.of(registry.AUDIT)
    assert (kept["by"], kept["action"], kept["patient_id"]) == (
        "stormwatch-page",
        action,
        PATIENT_ID,
    )
    assert kept["note"] == "to rapid_response through console, tier 1, try 1"


async def test_a_try_that_is_repeated_is_no_deed(bench: Bench) -> None:
    bench.gateways["console"].answer = Delivery.RETRY
    await bench.hears(line(priority="P1"))

    await bench.reads_back()

    assert bench.of(registry.AUDIT) == []


@pytest.mark.parametrize(
    ("priority", "attempt", "wait_s"),
    [("P1", 1, 0.0), ("P3", 1, 3.0), ("P1", 2, 1.5), ("P3", 2, 1.5)],
)
async def test_what_falls_due_together_is_tried_apart(
    priority: str, attempt: int, wait_s: float
) -> None:
    """After an outage all that wait would else come in one moment."""
    case = Case()
    (send,) = case.hears(line(priority=priority))[:1]
    order = Order(3, PATIENT_ID, line().alert_id, replace(send, attempt=attempt))
    sender = Bench(gather_s=3.0).paging._sender
    sender._chance = lambda: 0.5

    assert sender._wait_s(case.known.level.weight, order) == wait_s
