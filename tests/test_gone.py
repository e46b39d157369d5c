"""Records that were deleted up to the end of a topic are told before another comes."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from stream import metrics
from stream.accounting import Positions
from stream.gone import Gone
from stream.partition import Partition
from stream.runs import TopicPartition
from stream.thread import Standing
from stream.transport import Consumer

LABS = TP("labs", 0)


class Bench:
    """A consumer that has read labs up to 5; its thread fetches them from some position on."""

    def __init__(self) -> None:
        self.position, self.begins = 5, 0
        consumer: Any = Consumer.__new__(Consumer)  # without Faust's app around it
        consumer.expected, consumer.durable = {LABS: 5}, {LABS: 5}
        consumer._thread = self
        self.consumer, self.held = consumer, Partition(positions={"labs": 5})
        pipeline: Any = SimpleNamespace(
            reading=True,
            scheduler=SimpleNamespace(start=1),
            table=SimpleNamespace(of=lambda _: self.held),
            positions=Positions(),
            app=SimpleNamespace(consumer=consumer),
        )
        consumer.transport = SimpleNamespace(pipeline=pipeline)
        pipeline.positions.begin({TopicPartition(*LABS): 5})
        self.pipeline, self.gone = pipeline, Gone(pipeline)
        self.asked = 0

    def standing(self, _: TopicPartition) -> Standing:
        return Standing(self.position, 9, 100.0)

    async def ask_beginning(self, _: TopicPartition) -> int:
        self.asked += 1
        return self.begins

    async def told(self, looks: int = 2) -> float:
        """Look so often, and return how many jumps were told."""
        jumps = metrics.OFFSET_JUMPS.labels(verdict="believed")._value
        before: float = jumps.get()
        for _ in range(looks):
            await self.gone.look()
        after: float = jumps.get()
        return after - before


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A bench whose jumps count for no other test."""
    yield Bench()
    metrics.OFFSET_JUMPS.labels(verdict="believed").reset()


async def test_records_deleted_up_to_the_end_are_told_once(bench: Bench) -> None:
    """Once committed, and kept with the states, not even after a restart."""
    bench.position = bench.begins = 9

    assert await bench.told(looks=9) == 1
    assert (bench.consumer.expected, bench.consumer.durable) == ({LABS: 9}, {LABS: 9})
    assert bench.held.positions == {"labs": 9}
    assert bench.pipeline.positions.next_offsets() == [(LABS, 9)]  # none of them waits


async def test_a_hole_in_a_log_is_no_loss(bench: Bench) -> None:
    """A transaction ends with a record that nobody reads."""
    bench.position = 9

    assert await bench.told(looks=9) == 0
    assert bench.consumer.expected == {LABS: 5}


async def test_what_is_on_its_way_is_not_missed(bench: Bench) -> None:
    """It was fetched, and the one who counts it has not had it yet."""
    bench.begins = 99
    for bench.position in range(6, 12):
        assert await bench.told(looks=1) == 0
    bench.consumer.expected[LABS] = bench.position

    assert (await bench.told(), bench.asked) == (0, 0)


async def test_nothing_is_committed_that_is_not_durable(bench: Bench) -> None:
    """What was read before waits for others perhaps."""
    bench.consumer.durable[LABS] = bench.held.positions["labs"] = 3
    bench.position = bench.begins = 9

    assert await bench.told() == 1
    assert bench.consumer.durable == {LABS: 3}


@pytest.mark.parametrize("change", [{"reading": False}, {"scheduler": SimpleNamespace(start=2)}])
async def test_an_answer_that_comes_after_a_rebalance_says_nothing(
    bench: Bench, change: dict[str, Any]
) -> None:
    """What is committed then is another's."""
    bench.position = bench.begins = 9
    await bench.told(looks=1)
    asked = bench.ask_beginning

    async def ask_and_lose(tp: TopicPartition) -> int:
        vars(bench.pipeline).update(change)
        return await asked(tp)

    bench.consumer._thread = SimpleNamespace(standing=bench.standing, ask_beginning=ask_and_lose)

    assert (await bench.told(looks=1), bench.asked) == (0, 1)
    assert bench.consumer.durable == {LABS: 5}
