"""Partitions are read as a whole and by whom they are, and what hangs is not called ready."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from pipelinebench import Bench, start

from stream import committer as committers
from stream import metrics
from stream.partition import Partition
from stream.runs import TopicPartition


@pytest.fixture
def no_partitions() -> Iterator[None]:
    """Begin and end without a series of a partition."""
    metrics.keep_partitions(())
    yield
    metrics.keep_partitions(())


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_a_worker_that_is_assigned_nothing_is_ready(bench: Bench) -> None:
    """It stands by, and nobody has to start it again."""
    await bench.claim()

    assert bench.health.ready


@pytest.mark.parametrize("assigned", [start(0), start(0, 1, 2), start(0, 1, inputs=("labs",))])
async def test_what_is_assigned_in_part_is_not_read(
    bench: Bench, assigned: dict[TopicPartition, int]
) -> None:
    """The topics of a patient belong to one worker, as does the state they make."""
    await bench.claim(0, 1)
    bench.pipeline.begin(assigned)

    assert bench.reasons == [
        "what is assigned is not whole: a patient's topics belong to one worker"
    ]


async def test_states_of_lost_partitions_are_not_written_anew(bench: Bench) -> None:
    """They would keep those that are ours from their turn."""
    held = bench.of(0)
    held.states[b"p"], held.written_ms[b"p"] = (b"{}", None), 0
    await bench.claim(0)
    await bench.pipeline.settle()

    bench.paper.rewrite_old()

    assert bench.paper.group.states == {}


async def test_a_state_that_others_wrote_long_ago_is_written_anew_at_once(bench: Bench) -> None:
    """Its age counts from its record, not from the last of many owners."""
    held = bench.of(0)
    held.states[b"old"], held.written_ms[b"old"] = (b"{}", None), 0
    await bench.claim(0)

    bench.paper.rewrite_old()

    assert bench.paper.group.states == {0: {b"old": (b"{}", None)}}


async def test_own_ticks_that_do_not_come_back_are_waited_for(bench: Bench) -> None:
    """A fetch that hangs tells of nothing that waits: only what we wrote ourselves does."""
    bench.read_by(behind=0)
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    before = bench.pipeline.waiting()
    bench.pipeline.ticker.written[0] = 1

    assert (before, bench.pipeline.waiting()) == ({0: 0}, {0: 2})


async def test_nothing_is_waited_for_while_nothing_is_read(bench: Bench) -> None:
    """In a rebalance it is not our turn."""
    bench.read_by(behind=7)
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    await bench.pipeline.drain()

    assert bench.pipeline.waiting() == {0: 0}


async def test_states_are_written_anew_without_what_they_hold_of_a_topic_made_anew(
    bench: Bench,
) -> None:
    """Else the next owner would take its records for those of before."""
    held = bench.of(0)
    held.states[b"p"], held.positions = (b"{}", None), {"labs": 9}
    bench.shorter = {"labs"}
    await bench.claim(0)
    bench.pipeline.begin(start(0))

    assert held.made_anew == {"labs"}
    assert bench.paper.group.touched == {0: {"p"}}
    assert held.positions == {}  # the new one is read from its beginning


async def test_the_next_owner_is_told_how_far_all_is_read(bench: Bench) -> None:
    """The last tick may be seconds ago, and nothing is to be read twice that need not be."""
    await bench.claim(0, 1)
    bench.pipeline.begin(start(0, 1))
    bench.table.of(0).positions, bench.table.of(0).clock_ms = {"labs": 9}, 5
    marked = len(bench.paper.sent)

    await bench.pipeline.settle()
    told, next_owner = bench.paper.sent[marked:], Partition()
    ((key, value, *_),) = told[0][1]
    next_owner.apply(key or b"", value)
    await bench.pipeline.settle()

    assert [partition for partition, _ in told] == [0, 1]
    assert (next_owner.positions, next_owner.clock_ms) == ({"labs": 9}, 5)
    assert len(bench.paper.sent) == marked + 2  # once


async def test_a_slow_broker_does_not_keep_a_worker_that_lets_go(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next owner takes a few records again."""
    monkeypatch.setattr(committers, "HANDED_OVER_WITHIN_S", 0.0)
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    bench.paper.broker_answers.clear()

    await bench.pipeline.settle()

    assert (bench.pipeline.owned, bench.reasons) == (set(), [])


async def test_a_worker_that_reads_nothing_is_not_ready(bench: Bench) -> None:
    """The seek that follows may hang, and all that would be seen of it is that nothing waits."""
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    before = bench.health.ready

    await bench.pipeline.drain()
    meanwhile = bench.health.why_not_ready(), bench.health.unready_s() > 0
    bench.pipeline.begin(start(0))

    assert (before, bench.health.ready) == (True, True)
    assert meanwhile == (
        ["states are being read from the changelog, or reading starts anew"],
        True,
    )


async def test_reading_does_not_start_anew_before_what_was_taken_is_durable(bench: Bench) -> None:
    """What is taken then would be of older states than those being written."""
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    await bench.paper.taken()

    bench.pipeline.begin(start(0))

    assert bench.reasons == ["reading would start anew before what was taken is durable"]


@pytest.mark.usefixtures("no_partitions")
async def test_no_gauge_tells_of_partitions_that_are_not_ours(bench: Bench) -> None:
    """Not even one that the watchdog counts for, in its thread, while they are let go of."""
    bench.read_by(behind=7)
    await bench.claim(0, 1)
    bench.pipeline.begin(start(0, 1))
    assert metrics.REGISTRY.get_sample_value("stormwatch_assigned_partitions") == 2
    metrics.PARTITION_HELD_RECORDS.labels(partition=1).set(3)

    asked = bench.pipeline.waiting()
    await bench.pipeline.settle()

    assert asked == {0: 14, 1: 14}
    assert metrics.REGISTRY.get_sample_value("stormwatch_assigned_partitions") == 0
    assert [next(iter(gauge.collect())).samples for gauge in metrics.OF_A_PARTITION] == [[]] * 6


@pytest.mark.usefixtures("no_partitions")
async def test_the_watchdog_makes_no_series(bench: Bench) -> None:
    """It asks from a thread of its own, which may come after the partition was let go of."""
    bench.read_by(behind=7)
    await bench.claim(0)
    bench.pipeline.begin(start(0))

    bench.pipeline.waiting()

    (lag,) = metrics.PARTITION_LAG_RECORDS.collect()
    assert lag.samples == []


@pytest.fixture
async def writing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """Write groups, and gather for hours what is late: a test ends in time only without that."""
    monkeypatch.setattr(committers, "GATHERED_S", 3600.0)
    task = asyncio.ensure_future(bench.paper.run())
    yield bench
    task.cancel()


async def late(bench: Bench, late_s: float) -> None:
    """Have a group written, and take records that are late."""
    await bench.paper.taken()
    await bench.paper._idle.wait()
    bench.paper.group.late_s = {0: late_s}
    await bench.paper.taken()


@pytest.mark.parametrize("late_s", [0.0, 1.0])
async def test_a_worker_in_time_writes_at_once(writing: Bench, late_s: float) -> None:
    await late(writing, late_s)

    async with asyncio.timeout(60):
        await writing.paper._idle.wait()


async def test_a_late_worker_lets_a_group_fill(writing: Bench) -> None:
    """What is written once a group, a state and a status line for each patient, costs most."""
    await late(writing, 7200.0)
    group = writing.paper.group
    for _ in range(10):
        await asyncio.sleep(0)

    assert writing.paper.group is group
    async with asyncio.timeout(60):  # it has to be durable now: another waits for the partition
        await writing.paper.drained()
    assert writing.paper.group is not group


async def test_a_group_is_written_as_soon_as_nothing_waits_any_more(writing: Bench) -> None:
    """What comes now is in time, and may have brought an alert."""
    await late(writing, 7200.0)
    writing.paper.group.late_s.clear()
    await writing.paper.taken()

    async with asyncio.timeout(60):
        await writing.paper._idle.wait()


@pytest.mark.parametrize(("ago_s", "is_gathered"), [(0.0, False), (3600.0, True)])
async def test_an_alert_in_time_waits_for_no_other_partition(
    writing: Bench, ago_s: float, *, is_gathered: bool
) -> None:
    """One feed of an hour ago may be heavy."""
    await late(writing, 7200.0)
    group = writing.paper.group
    group.alerted_ms.append(int(1000 * (time.time() - ago_s)))
    await writing.paper.taken()
    for _ in range(10):
        await asyncio.sleep(0)

    assert (writing.paper.group is group) is is_gathered


async def test_no_empty_group_follows_one_that_was_gathered(writing: Bench) -> None:
    await late(writing, 7200.0)
    await writing.paper.taken()
    before = writing.paper._number
    await writing.paper.drained()

    assert writing.paper._number == before + 1


async def test_a_late_group_is_written_after_its_time(
    writing: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committers, "GATHERED_S", 0.1)
    await late(writing, 7200.0)

    async with asyncio.timeout(60):
        await writing.paper._idle.wait()


async def test_a_full_group_is_not_gathered(writing: Bench) -> None:
    """What is taken and not durable has a limit."""
    await late(writing, 7200.0)
    group = writing.paper.group
    group.records = 100

    async with asyncio.timeout(60):
        await writing.paper.taken()
    assert writing.paper.group is not group
