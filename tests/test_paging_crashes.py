"""What a crash or a change of owner leaves of the pages that were on their way."""

import asyncio
from datetime import timedelta

import pytest
from builders import NOON
from pager import HOUR, MINUTE, answer, line
from pagerbench import P1, PARTITION, Bench, a_line_of, until

from alerts.sinks import Delivery
from topics import registry
from topics.alerts import Present
from topics.base import epoch_ms
from topics.ticks import Tick


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_after_a_crash_what_was_not_written_down_goes_again_under_its_id(
    bench: Bench,
) -> None:
    await bench.hears(line(priority="P1"))
    bench.written.clear()  # the worker died before its outcome was written

    bench.start()
    await bench.ticks(timedelta(seconds=5))

    console = bench.gateways["console"]
    assert bench.got() == [P1, P1]
    assert len({page.page_id for page in console.got}) == 1


async def test_after_a_crash_what_arrived_is_not_sent_again(bench: Bench) -> None:
    """Its outcome lies on the topic, and is read before anything goes again."""
    await bench.hears(line(priority="P1"))

    bench.start()
    await bench.settle()
    await bench.reads_back()
    await bench.ticks(MINUTE)

    assert bench.got() == [P1]


async def test_after_a_crash_what_was_answered_meanwhile_is_not_sent_again(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    bench.written.clear()

    bench.start()
    await bench.hears(answer(), at_end=False)
    await bench.hears(Tick(at=NOON))

    assert bench.got() == [P1]


async def test_nothing_goes_again_before_all_that_happened_meanwhile_was_taken(
    bench: Bench,
) -> None:
    await bench.hears(line(priority="P1"))
    bench.written.clear()
    bench.start()

    await bench.hears(line(1, priority="P3", rule="CRS-UP"), at_end=False)
    before = len(bench.got())
    await bench.hears(Tick(at=NOON))

    assert (before, bench.got()) == (1, [P1, P1, "P3 | Work list"])


async def test_what_goes_again_waits_for_the_end_of_its_topics_only_so_long() -> None:
    bench = Bench(held_at_most_s=0.01)
    await bench.hears(line(priority="P1"))
    bench.written.clear()
    bench.start()

    await asyncio.wait_for(until(lambda: len(bench.got()) == 2), 5)

    assert bench.got() == [P1, P1]


async def test_a_retry_that_fell_due_while_nobody_worked_goes_at_the_next_tick(
    bench: Bench,
) -> None:
    bench.gateways["console"].answer = Delivery.RETRY
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    bench.start(epoch_ms(NOON + MINUTE))
    await bench.ticks(MINUTE)

    assert bench.got() == [P1, P1]


async def test_a_try_under_way_over_a_change_of_owner_is_not_made_twice(bench: Bench) -> None:
    """The same worker gets its partition back before the gateway has answered."""
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(line(priority="P1"))

    bench.paging.revoked()
    bench.paging.recovered(PARTITION, dict(bench.states), epoch_ms(NOON))
    await bench.ticks(MINUTE)
    console.opened.set()
    await bench.settle()
    outcomes = await bench.reads_back()

    assert (bench.got(), outcomes) == ([P1], ["sent"])


async def test_what_waits_for_its_turn_does_not_outlive_a_change_of_owner() -> None:
    """What happened meanwhile is taken first, also where the same worker owns it again."""
    bench = Bench(gather_s=0.02)
    await bench.hears(line(priority="P2"))

    bench.paging.revoked()
    bench.paging.recovered(PARTITION, dict(bench.states), epoch_ms(NOON))
    await asyncio.sleep(0.05)
    before = bench.got()
    await bench.hears(answer(), Tick(at=NOON))
    await asyncio.sleep(0.05)

    assert (before, bench.got()) == ([], [])


async def test_an_answer_after_a_change_of_owner_counts(bench: Bench) -> None:
    """Another worker paged, and knows no more than what lies in the table."""
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    bench.paging.revoked()

    bench.start(epoch_ms(NOON))
    await bench.hears(answer())
    await bench.ticks(HOUR)

    assert bench.got() == [P1]
    assert bench.of(registry.PAGES)[-1]["outcome"] == "acknowledged"


async def test_a_page_whose_partition_went_to_another_worker_is_left_to_it(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(*(a_line_of(number, "P1") for number in range(9)))

    bench.paging.revoked()
    console.opened.set()
    await bench.settle()

    assert len(console.got) == 8
    assert len(bench.written) == 8  # what was under way is written down all the same


async def test_a_page_whose_outcome_cannot_be_written_ends_the_process(bench: Bench) -> None:
    bench.broken = True

    await bench.hears(line(priority="P1"))

    assert bench.ended == ["what became of a page can't be kept"]


async def test_closing_lets_tries_under_way_end(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(*(a_line_of(number, "P1") for number in range(9)))

    closing = asyncio.ensure_future(bench.paging.close())
    await bench.settle()
    console.opened.set()
    await closing

    assert (len(bench.written), len(console.got)) == (8, 8)
    assert console.is_closed


async def test_outcomes_that_another_worker_will_read_take_no_more_and_more_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.paging.CONCLUDED_MAX", 3)

    await bench.hears(*(a_line_of(number, "P1") for number in range(9)))

    assert len(bench.written) == 9
    assert len(bench.paging._concluded) == 3


async def test_whoever_does_not_answer_over_a_restart_is_followed_by_the_next_tier(
    bench: Bench,
) -> None:
    """The time to answer lies in the table: it goes on while nobody pages."""
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    bench.start(epoch_ms(NOON))
    await bench.hears(Present(partition=PARTITION, at=NOON + 6 * MINUTE))
    await bench.ticks(6 * MINUTE)

    assert bench.got() == [P1, P1, "P1 | Primary team: answer now"]


async def test_after_hours_of_outage_the_next_tier_is_called_once(bench: Bench) -> None:
    """Ticks of all that time are read, one after the other, before anything leaves."""
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    bench.start(epoch_ms(NOON))
    missed = [Tick(at=NOON + number * 4 * MINUTE) for number in range(1, 46)]

    await bench.hears(*missed, Present(partition=PARTITION, at=NOON + 3 * HOUR))

    assert bench.got() == [P1, P1, "P1 | Primary team: answer now"]
