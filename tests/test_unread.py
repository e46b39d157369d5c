"""A topic of a partition that is read no more ends its worker, where that can help."""

import logging
from types import SimpleNamespace
from typing import Any, Final

import pytest

from stream import metrics
from stream.runs import TopicPartition
from stream.thread import Standing
from stream.unread import ANSWERS, ASKED_AFTER_S, LIMITS_AT_WORK, Unread

LIMIT_S: Final = 60
INPUTS: Final = ("labs", "vitals")
LABS: Final = TopicPartition("labs", 0)
REASON: Final = "labs of partition 0 can't be read, though brokers answer"


class Bench:
    """Two topics of a partition; fetches tell of both each second until a test says otherwise."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.at = dict.fromkeys((LABS, TopicPartition("vitals", 0)), Standing(5, 5, self.now_s))
        self.untold: set[TopicPartition] = set()
        self.held: set[TopicPartition] = set()
        self.has_room = True
        self.answers = True
        self.asked: list[TopicPartition] = []
        pipeline: Any = SimpleNamespace(
            reading=True,
            owned={0},
            work=SimpleNamespace(inputs=INPUTS),
            scheduler=SimpleNamespace(start=1, holds=lambda tp: tp in self.held),
            has_room=lambda: self.has_room,
            app=SimpleNamespace(consumer=SimpleNamespace(_thread=self)),
        )
        self.pipeline = pipeline
        self.unread = Unread(pipeline, LIMIT_S, now=lambda: self.now_s)

    def standing(self, tp: TopicPartition) -> Standing:
        return self.at[tp]

    async def ask_end(self, tp: TopicPartition) -> int | None:
        self.asked.append(tp)
        return 9 if self.answers else None

    async def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1
            for tp, at in self.at.items():
                if tp not in self.untold:
                    self.at[tp] = at._replace(told_s=self.now_s)
            self.unread.look()
            await self.unread.ask()

    @property
    def untold_s(self) -> float:
        value: float = metrics.PARTITION_UNTOLD_SECONDS.labels("labs", 0)._value.get()
        return value


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_what_is_told_of_each_second_is_read(bench: Bench) -> None:
    """A ferritin comes once a day; that its topic ends is told all the while."""
    await bench.wait(24 * 3600)

    assert bench.unread.reason is None
    assert bench.asked == []


async def test_a_topic_of_which_nothing_is_told_ends_the_worker(bench: Bench) -> None:
    """Once a broker has said again and again where it ends, while the others get on."""
    await bench.wait(10)
    bench.untold = {LABS}

    await bench.wait(LIMIT_S + ANSWERS)
    before = bench.unread.reason
    await bench.wait(2)

    assert (before, bench.unread.reason) == (None, REASON)
    assert bench.untold_s == LIMIT_S + ANSWERS + 2


async def test_a_topic_whose_records_stay_where_they_are_ends_the_worker(bench: Bench) -> None:
    """Fetches tell of them, and none is given out."""
    await bench.wait(10)
    bench.at[LABS] = Standing(5, 9, bench.now_s)

    await bench.wait(LIMIT_S + ANSWERS + 2)

    assert bench.unread.reason == REASON
    assert bench.untold_s == 0


async def test_a_topic_that_lies_far_behind_and_gets_on_is_read(bench: Bench) -> None:
    for position in range(5, 10 * LIMIT_S):
        bench.at[LABS] = bench.at[LABS]._replace(position=position, end=1_000_000)
        await bench.wait(1)

    assert bench.unread.reason is None


async def test_brokers_that_do_not_answer_end_no_worker(bench: Bench) -> None:
    """Started anew it would watch nobody until they are back; now it watches whom it can."""
    await bench.wait(10)
    bench.untold, bench.answers = {LABS}, False

    await bench.wait(10 * LIMIT_S)

    assert bench.unread.reason is None
    assert bench.untold_s == 10 * LIMIT_S


async def test_brokers_that_are_back_are_given_the_time_to_be_read(bench: Bench) -> None:
    """They answer a moment before the next fetch."""
    await bench.wait(10)
    bench.untold, bench.answers = {LABS}, False
    await bench.wait(10 * LIMIT_S)
    bench.answers = True
    await bench.wait(ANSWERS - 1)
    bench.untold = set()

    await bench.wait(10)

    assert bench.unread.reason is None


@pytest.mark.parametrize("why", ["held", "no room"])
async def test_what_is_held_back_on_purpose_is_not_missed(bench: Bench, why: str) -> None:
    """It waits for others, or for room: no more of it is fetched. Later it counts from then on."""
    await bench.wait(10)
    bench.held, bench.has_room = ({LABS}, True) if why == "held" else (set(), False)
    bench.untold = {LABS}
    await bench.wait(10 * LIMIT_S)
    held_back = bench.unread.reason, bench.untold_s
    bench.held, bench.has_room = set(), True

    await bench.wait(LIMIT_S)

    assert [held_back, (bench.unread.reason, bench.untold_s)] == [(None, 0), (None, LIMIT_S)]


async def test_reading_that_starts_anew_is_given_the_whole_limit(bench: Bench) -> None:
    """In a rebalance nothing is read, and what was before is another's."""
    await bench.wait(10)
    bench.untold = {LABS}
    await bench.wait(LIMIT_S - 1)
    bench.pipeline.reading = False
    await bench.wait(LIMIT_S)
    bench.pipeline.reading, bench.pipeline.scheduler.start = True, 2

    await bench.wait(LIMIT_S)

    assert bench.unread.reason is None


async def test_a_worker_that_starts_and_can_not_read_either_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """Ending in turn, the workers would watch nobody. Once it has been at work for long it may."""
    bench.at[LABS], bench.untold = Standing(5, None, None), {LABS}
    with caplog.at_level(logging.ERROR):
        await bench.wait(LIMITS_AT_WORK * LIMIT_S)
    at_first = bench.unread.reason

    await bench.wait(2)

    assert (at_first, bench.unread.reason) == (None, REASON)
    assert [record.getMessage() for record in caplog.records] == [
        "not_read labs-0, and starting anew has not helped"
    ]


async def test_the_end_is_asked_for_soon_so_that_the_lag_is_known(bench: Bench) -> None:
    await bench.wait(10)
    bench.untold = {LABS}

    await bench.wait(int(ASKED_AFTER_S) + 2)

    assert set(bench.asked) == {LABS}
