"""Partitions are claimed once, as a whole, and by the assignment that recovered them."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from stream import pipeline as pipelines
from stream.committer import Committer
from stream.health import Health
from stream.partition import Epoch, Partition
from stream.pipeline import Pipeline
from stream.runs import Fields, Group, Kept, Run, TopicPartition
from stream.settings import Settings
from stream.ticks import Ticker
from topics import registry

INPUTS = ("labs", registry.TICKS)


class Nothing:
    """A work that does nothing."""

    inputs = INPUTS
    table = "nothing"

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),
    ) -> None:
        pass

    def revoked(self) -> None:
        pass

    def take(self, run: Run, group: Group) -> None:
        pass

    def finish(self, group: Group) -> None:
        pass

    def durable(self, group: Group) -> None:
        pass

    async def close(self) -> None:
        pass


class Table:
    """States by partition, as Faust's table holds them."""

    changelog_topic_name = "changelog"

    def __init__(self) -> None:
        self.by_partition: dict[int, Partition] = {}
        self.changelog: dict[int, Partition] = {}
        self.broker_answers = asyncio.Event()
        self.broker_answers.set()

    async def read(self, _: str, partitions: Collection[int]) -> dict[int, Partition]:
        found = {each: self.changelog.get(each, Partition()) for each in partitions}
        await self.broker_answers.wait()
        return found

    def of(self, partition: int) -> Partition:
        return self.by_partition.setdefault(partition, Partition())


class Paper(Committer):
    """Writes what is sent on a list; the broker may be slow."""

    def __init__(self, work: Nothing, table: Any) -> None:
        super().__init__(
            work,
            table,
            producer=lambda: None,
            on_durable=lambda _: None,
            check_alive=lambda: None,
            pending_records=100,
            rewrite_after_s=3600,
        )
        self.sent: list[tuple[int, Sequence[Fields]]] = []
        self.broker_answers = asyncio.Event()
        self.broker_answers.set()

    async def send(self, tp: TopicPartition, rows: Sequence[Fields]) -> int:
        await self.broker_answers.wait()
        self.sent.append((tp.partition, rows))
        return len(self.sent)


class Bench:
    """A pipeline whose broker is a list, and the reasons for which it would have ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = Settings(role="watch", kafka="127.0.0.1:1", ticks="topic")
        self.health = Health()
        self.pipeline = Pipeline(Nothing(), settings, self.health, fills_ticks=False)
        self.pipeline.app = SimpleNamespace(consumer_generation_id=1)
        self.table = Table()
        self.pipeline.table = self.table  # type: ignore[assignment]  # what is used of it
        self.paper = Paper(Nothing(), self.pipeline.table)
        self.pipeline.committer = self.paper
        self.pipeline.ticker = Ticker(self.paper.send, interval_s=5)
        self.reasons: list[str] = []
        monkeypatch.setattr(pipelines, "end_process", self.reasons.append)

    def of(self, partition: int) -> Partition:
        """What the changelog holds of a partition."""
        return self.table.changelog.setdefault(partition, Partition())

    def claim(self, *partitions: int) -> "asyncio.Task[None]":
        self.health.assigned(len(partitions))
        return asyncio.ensure_future(self.pipeline._claim(set(partitions)))


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def start(*partitions: int, inputs: Sequence[str] = INPUTS) -> dict[TopicPartition, int]:
    return {TopicPartition(topic, p): 0 for topic in inputs for p in partitions}


async def test_a_claim_that_a_rebalance_cut_short_changes_nothing_any_more(bench: Bench) -> None:
    """Faust lets it go on: an epoch it put in place now would be older than the newer owner's."""
    bench.paper.broker_answers.clear()
    stale = bench.claim(0, 1)
    await asyncio.sleep(0)
    await bench.pipeline.settle()
    bench.pipeline.app.consumer_generation_id = 2
    bench.paper.broker_answers.set()
    await bench.claim(1)
    await stale

    assert bench.pipeline.claimed == {1}
    assert bench.paper.epochs[1] == Epoch(0, 2)


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
    bench.pipeline.app.consumer = SimpleNamespace(
        _thread=SimpleNamespace(behind=lambda _tp, _next: 0)
    )
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    before = bench.pipeline.waiting()
    bench.pipeline.ticker.written[0] = 1

    assert (before, bench.pipeline.waiting()) == ({0: 0}, {0: 2})


async def test_nothing_is_waited_for_while_nothing_is_read(bench: Bench) -> None:
    """In a rebalance it is not our turn."""
    bench.pipeline.app.consumer = SimpleNamespace(
        _thread=SimpleNamespace(behind=lambda _tp, _next: 7)
    )
    await bench.claim(0)
    bench.pipeline.begin(start(0))
    await bench.pipeline.drain()

    assert bench.pipeline.waiting() == {0: 0}


async def test_states_are_written_anew_without_what_they_hold_of_a_topic_made_anew(
    bench: Bench,
) -> None:
    """Else the next owner would take its records for those of before."""

    async def made_anew(_: int, positions: Mapping[str, int]) -> set[str]:
        return set(positions)

    held = bench.of(0)
    held.states[b"p"], held.positions = (b"{}", None), {"labs": 9}
    bench.pipeline.app.consumer = SimpleNamespace(made_anew=made_anew)
    await bench.claim(0)
    bench.pipeline.begin(start(0))

    assert held.made_anew == {"labs"}
    assert bench.paper.group.touched == {0: {"p"}}


async def test_a_clock_that_was_moved_into_the_future_is_not_believed(bench: Bench) -> None:
    """The machine of the last owner had a wrong one; time would stand still until then."""
    bench.pipeline.writes_ticks = True
    bench.of(0).clock_ms = time.time_ns() // 1_000_000 + 3_600_000
    bench.of(1).clock_ms = right_ms = time.time_ns() // 1_000_000

    await bench.claim(0, 1)

    clocks = [bench.pipeline.table.of(each).clock_ms for each in (0, 1)]
    assert clocks == [None, right_ms]


async def test_a_recovery_that_a_rebalance_cut_short_brings_nothing(bench: Bench) -> None:
    """What it read may be of before the last owner; the next one reads anew."""
    bench.of(0).states[b"p"] = (b"old", None)
    bench.table.broker_answers.clear()
    stale = bench.claim(0)
    await asyncio.sleep(0)
    await bench.pipeline.settle()
    bench.table.changelog = {0: Partition(states={b"p": (b"new", None)})}
    bench.table.broker_answers.set()
    await bench.claim(0)
    await stale

    assert bench.pipeline.table.of(0).states == {b"p": (b"new", None)}
    assert len(bench.paper.sent) == 1
