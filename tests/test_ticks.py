"""Time is written to each partition by itself."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from aiokafka.errors import KafkaError

from stream.runs import Row, TopicPartition
from stream.ticks import Ticker

SLOW, WELL = 0, 1
SEVERAL = 3


class Brokers:
    """The leaders of two partitions: one does not answer until it is let."""

    def __init__(self) -> None:
        self.sent: dict[int, list[int]] = defaultdict(list)
        self.answers = asyncio.Event()
        self.refuse: int | None = None

    async def send(self, tp: TopicPartition, rows: Sequence[Row]) -> int:
        self.sent[tp.partition] += [row.timestamp_ms or 0 for row in rows]
        if tp.partition == self.refuse:
            raise KafkaError("it takes no tick")
        if tp.partition == SLOW:
            await self.answers.wait()
        await asyncio.sleep(0)
        return len(self.sent[tp.partition])


@pytest.fixture
def brokers() -> Brokers:
    return Brokers()


@asynccontextmanager
async def ticking(brokers: Brokers) -> AsyncIterator["asyncio.Task[None]"]:
    ticker = Ticker(brokers.send, bootstrap="127.0.0.1:1", interval_s=0)
    task = asyncio.ensure_future(ticker.run(lambda: (SLOW, WELL)))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110, what is waited for belongs to the brokers
            await asyncio.sleep(0)


async def test_a_broker_that_does_not_answer_keeps_the_time_of_no_other_partition(
    brokers: Brokers,
) -> None:
    """Its own waits: a tick is written once the one before it is confirmed."""
    async with ticking(brokers):
        await until(lambda: len(brokers.sent[WELL]) >= SEVERAL)
        while_slow = len(brokers.sent[SLOW])
        brokers.answers.set()
        await until(lambda: len(brokers.sent[SLOW]) >= SEVERAL)

    assert while_slow == 1
    assert brokers.sent[SLOW] == sorted(brokers.sent[SLOW])


async def test_a_tick_that_is_refused_ends_it_though_another_is_under_way(brokers: Brokers) -> None:
    async with ticking(brokers) as task:
        await until(lambda: len(brokers.sent[WELL]) >= 1)
        brokers.refuse = WELL

        await until(task.done)

    assert str(task.exception()) == "KafkaError: it takes no tick"
