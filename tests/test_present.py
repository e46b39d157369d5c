"""After an outage the pages are about now, whatever the watchers find on their way to it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON
from pager import HOUR, MINUTE, answer, line
from pagerbench import P1, P1_OVER, PARTITION, Bench, until

from alerts.present import must_wait
from stream import holding, metrics
from topics.alerts import Present
from topics.base import epoch_ms
from topics.ticks import Tick

NOW = NOON + 3 * HOUR


@pytest.fixture
async def bench() -> Bench:
    """A pager that is well, whose watchers come back after three hours."""
    pager = Bench()
    await pager.hears(Present(partition=PARTITION, at=NOON), Tick(at=NOW))
    return pager


def pages_held() -> float:
    value: float = metrics.PAGES_HELD._value.get()
    return value


def caught_up(at_later: timedelta = timedelta()) -> Present:
    return Present(partition=PARTITION, at=NOW + at_later)


@pytest.mark.parametrize(
    ("about_s", "present_s", "waits"),
    [
        (0, None, False),
        (-60, None, False),  # a minute is not more than a minute
        (-61, None, True),
        (-61, -91, True),
        (-61, -90, False),  # the watchers are well: it is the feed that is slow
        (-7_200, -5, False),
        (30, None, False),  # a device whose clock runs ahead
    ],
)
def test_a_page_about_the_past_waits_while_the_partition_catches_up(
    about_s: int, present_s: int | None, *, waits: bool
) -> None:
    clock_ms = epoch_ms(NOW)
    present_ms = None if present_s is None else clock_ms + 1_000 * present_s

    assert must_wait(clock_ms + 1_000 * about_s, clock_ms, present_ms) is waits


async def test_what_has_ended_by_now_is_not_paged(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.hears(line(2, "resolved", "P1", at=NOON + HOUR))

    await bench.hears(caught_up())

    assert bench.got() == []


async def test_what_is_still_open_is_paged_once_and_says_since_when(bench: Bench) -> None:
    held_before = pages_held()
    await bench.hears(line(priority="P3", grade=1))
    await bench.hears(line(2, "changed", "P1", grade=3, at=NOON + HOUR))
    before, held = bench.got(), pages_held()

    await bench.hears(caught_up())

    (page,) = bench.gateways["console"].got
    assert (before, page.call, page.revision) == ([], P1, 2)
    assert "Open since 4 Mar 12:00 UTC" in " ".join(page.what)
    assert pages_held() == held_before < held


async def test_who_was_told_before_the_outage_hears_of_an_end_within_it(bench: Bench) -> None:
    await bench.hears(Present(partition=PARTITION, at=NOW), line(priority="P1"))
    await bench.reads_back()
    await bench.ticks(4 * HOUR)

    await bench.hears(line(2, "resolved", "P1", at=NOON + HOUR))
    before = bench.got()
    await bench.hears(caught_up(HOUR))

    assert (before, bench.got()) == ([P1], [P1, P1_OVER])


async def test_what_is_about_now_does_not_wait_for_what_is_not(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))

    await bench.hears(line(priority="P3", rule="CRS-UP", at=NOW - MINUTE))

    assert bench.got() == ["P3 | Work list"]


async def test_an_answer_to_what_is_held_keeps_it_from_being_paged(bench: Bench) -> None:
    """Somebody saw it on the board before the pager spoke."""
    await bench.hears(line(priority="P1"))
    await bench.hears(answer())

    await bench.hears(caught_up())

    assert bench.got() == []


async def test_a_slow_feed_is_not_taken_for_an_outage(bench: Bench) -> None:
    """The watchers say once a minute that nothing of the past is still to come."""
    await bench.hears(caught_up())

    await bench.hears(line(priority="P1"))

    assert bench.got() == [P1]


async def test_present_and_line_in_one_group_leave_together(bench: Bench) -> None:
    await bench.hears(line(priority="P1"), caught_up())

    assert bench.got() == [P1]


async def test_nothing_is_held_longer_than_its_limit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever has become of the watchers: what is open then is paged."""
    monkeypatch.setattr(holding, "CAUGHT_UP_WITHIN_S", 0.01)
    await bench.hears(line(priority="P1"))

    async with asyncio.timeout(10):
        await until(lambda: bench.got() == [P1])


async def test_what_was_held_at_a_crash_is_held_on_and_goes_out_with_the_others(
    bench: Bench,
) -> None:
    """The watchers are on their way to now, whoever pages."""
    await bench.hears(line(priority="P1"))

    bench.start(epoch_ms(NOW))
    await bench.hears(Tick(at=NOW))
    before = bench.got()
    await bench.hears(caught_up())

    assert (before, bench.got()) == ([], [P1])


async def test_what_was_held_at_a_crash_and_has_ended_by_now_is_not_paged(bench: Bench) -> None:
    """Nor is its end: nobody was told."""
    await bench.hears(line(priority="P1"))
    bench.start(epoch_ms(NOW))
    await bench.hears(Tick(at=NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOON + HOUR), caught_up())

    assert bench.got() == []


async def test_what_was_held_and_went_out_before_a_crash_is_called_off(bench: Bench) -> None:
    """It may have arrived, though nobody has heard of that."""
    await bench.hears(line(priority="P1"))
    await bench.hears(caught_up())
    bench.start(epoch_ms(NOW))
    await bench.hears(Tick(at=NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOW))

    assert bench.got() == [P1, P1, P1_OVER]


async def test_what_was_held_at_a_crash_goes_out_after_its_limit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.hears(line(priority="P1"))
    monkeypatch.setattr(holding, "CAUGHT_UP_WITHIN_S", 0.01)
    bench.start(epoch_ms(NOW))

    await bench.hears(Tick(at=NOW))

    async with asyncio.timeout(10):
        await until(lambda: bench.got() == [P1])


def later(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_nothing_is_held_longer_than_its_limit_over_changes_of_owner(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pagers that start again and again do not let the time begin again and again.

    What was held later has its own minute: till then it is believed that nobody was told of it.
    """
    monkeypatch.setattr(holding, "MARGIN_S", 0.0)
    await bench.hears(line(priority="P1"))
    nearly = later(holding.CAUGHT_UP_WITHIN_S - 0.1)
    bench.options["now"] = lambda: nearly
    bench.start(epoch_ms(NOW))

    await bench.hears(Tick(at=NOW), line(priority="P3", rule="CRS-UP"))
    before = bench.got()
    async with asyncio.timeout(10):
        await until(lambda: bench.got() == [P1])
    await asyncio.sleep(0.05)
    await bench.hears(caught_up())

    assert (before, bench.got()) == ([], [P1, "P3 | Work list"])


@pytest.mark.parametrize("owner_s", [-8.0, 56.0])
async def test_a_page_is_not_believed_to_be_held_by_clocks_that_differ(
    bench: Bench, owner_s: float
) -> None:
    """That of the next owner is behind, or nearly at the limit: it may have left."""
    await bench.hears(line(priority="P1"))
    now = later(owner_s)
    bench.options["now"] = lambda: now
    bench.start(epoch_ms(NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOON + HOUR), caught_up())

    assert bench.got() == [P1_OVER]


async def test_what_was_held_for_its_limit_may_have_left_before_a_crash(bench: Bench) -> None:
    """It left at its limit, whether the broker was there to keep that or not."""
    await bench.hears(line(priority="P1"))
    over = later(holding.CAUGHT_UP_WITHIN_S)
    bench.options["now"] = lambda: over
    bench.start(epoch_ms(NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOON + HOUR), caught_up())

    assert bench.got() == [P1_OVER]


async def test_present_and_line_in_one_group_leave_as_what_may_have_arrived(bench: Bench) -> None:
    await bench.hears(line(priority="P1"), caught_up())
    bench.start(epoch_ms(NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOW))

    assert bench.got() == [P1, P1_OVER]


async def test_what_leaves_after_a_recovery_leaves_as_what_may_have_arrived(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    bench.start(epoch_ms(NOW))
    await bench.hears(caught_up())
    bench.start(epoch_ms(NOW))

    await bench.hears(line(2, "resolved", "P1", at=NOW))

    assert bench.got() == [P1, P1_OVER]


async def test_what_is_freed_while_its_group_is_written_leaves_with_the_next_one(
    bench: Bench,
) -> None:
    first = bench.take(line(priority="P1"))
    bench.paging.finish(first)
    second = bench.take(caught_up())
    bench.paging.durable(first)
    await bench.settle()
    before = bench.got()

    await bench.commit(second)
    bench.start(epoch_ms(NOW))
    await bench.hears(line(2, "resolved", "P1", at=NOW))

    assert (before, bench.got()) == ([], [P1, P1_OVER])


async def test_a_page_that_is_no_longer_true_does_not_take_the_place_of_one_that_is() -> None:
    """It was held, ended, and is raised anew about now, while pages wait for company."""
    bench = Bench(gather_s=0.05)
    await bench.hears(Present(partition=PARTITION, at=NOON), Tick(at=NOW))
    await bench.hears(line(priority="P2"), line(2, "resolved", "P2", at=NOON + HOUR))
    await bench.hears(line(3, "raised", "P2", at=NOW))

    await bench.hears(caught_up())

    async with asyncio.timeout(10):
        await until(lambda: len(bench.got()) == 2)
    assert bench.got() == [
        "P2 | Primary team: answer within 15 min",
        "P2 | Rapid response: heads-up",
    ]
    assert {page.revision for page in bench.gateways["console"].got} == {3}


async def test_nor_does_it_take_that_of_an_end() -> None:
    bench = Bench(gather_s=0.05)
    await bench.hears(Present(partition=PARTITION, at=NOW), line(priority="P2", grade=2))
    async with asyncio.timeout(10):
        await until(lambda: len(bench.got()) == 2)
    told = bench.got()
    await bench.reads_back()
    await bench.hears(Tick(at=NOW + 10 * MINUTE))
    await bench.hears(line(2, "changed", "P2", grade=3, at=NOW + MINUTE))
    await bench.hears(line(3, "resolved", "P2", grade=3, at=NOW + 10 * MINUTE))

    await bench.hears(caught_up(10 * MINUTE))

    async with asyncio.timeout(10):
        await until(lambda: len(bench.got()) == 4)
    assert all(call.startswith("ENDED P2") for call in bench.got()[len(told) :])


async def test_partitions_that_are_another_s_hold_nothing(bench: Bench) -> None:
    held_before = pages_held()
    await bench.hears(line(priority="P1"))

    bench.paging.revoked()

    assert pages_held() == held_before
    assert bench.got() == []
