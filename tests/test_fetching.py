"""How long a fetch waits for records, and what of them is handed on."""

import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from stream.looks import ASKED_S, FULL_WAIT_S, HELD_WAIT_S, Looks
from stream.patience import FETCHES_WAITED
from stream.scheduler import HELD_RUNS, Scheduler
from stream.thread import Fetched
from stream.transport import Consumer
from topics import registry

INPUTS = (registry.LABS, registry.TICKS)
LABS, TICKS = (TP(topic, 0) for topic in INPUTS)
FAUSTS_WAIT_S = 1.0
LIMIT_S = 2.0
RUN_RECORDS = 100


class Bench:
    """A consumer whose broker answers as a test says, and a scheduler that knows of no end."""

    def __init__(self) -> None:
        self.at_end: set[str] = set()
        self.active = {LABS, TICKS}
        self.has_room = True
        self.waits_s: list[float] = []
        self.answers: dict[TP, list[Any]] = {}
        self.scheduler = Scheduler(
            INPUTS,
            run_records=RUN_RECORDS,
            align_wait_s=LIMIT_S,
            end_told_ms=lambda tp: 0 if tp.topic in self.at_end else None,
            now=time.monotonic,
            has_room=lambda: self.has_room,
        )
        self.scheduler.begin({}, {})
        self.pipeline = SimpleNamespace(
            scheduler=self.scheduler,
            has_room=lambda: self.has_room,
            reading=True,
            writes_ticks=True,
            work=SimpleNamespace(inputs=INPUTS),
            account=SimpleNamespace(fetched=lambda _partition, _records: None),
        )
        consumer: Any = Consumer.__new__(Consumer)  # without Faust's app around it
        consumer.transport = SimpleNamespace(pipeline=self.pipeline)
        consumer._thread = SimpleNamespace(getmany=self._getmany, seek_done=0, wanted=0)
        consumer._followed, consumer._looks = 0, Looks(self.scheduler)
        consumer.expected, consumer._doubted = {}, {}
        self.consumer = consumer

    async def _getmany(self, _active: set[TP] | None, timeout: float) -> Fetched:  # noqa: ASYNC109
        self.waits_s.append(timeout)
        answers, self.answers = self.answers, {}
        return Fetched(answers)

    async def fetch(self, **answers: list[Any]) -> Mapping[TP, list[Any]]:
        self.answers = {TP(registry.LABS, 0): answers["labs"]} if "labs" in answers else {}
        fetched: Mapping[TP, list[Any]] = await self.consumer._getmany(self.active, FAUSTS_WAIT_S)
        return fetched

    async def runs(self, **answers: list[Any]) -> list[Any]:
        return list(self.scheduler.iterate(await self.fetch(**answers)))


def record(offset: int = 0, at_ms: int = 0, topic: str = registry.LABS) -> Any:
    return SimpleNamespace(topic=topic, partition=0, offset=offset, timestamp=at_ms, value=b"{}")


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_while_records_wait_for_an_end_it_is_looked_for_again_soon(bench: Bench) -> None:
    """Nothing comes with it: a fetch that waits for records would keep those that are here."""
    first = await bench.runs(labs=[record()])
    second = await bench.runs()
    bench.at_end = set(INPUTS)
    third = await bench.runs()
    fourth = await bench.runs()

    assert [len(each) for each in (first, second, third, fourth)] == [0, 0, 1, 0]
    assert bench.waits_s == [FAUSTS_WAIT_S, HELD_WAIT_S, HELD_WAIT_S, FAUSTS_WAIT_S]


async def test_a_look_that_was_held_up_has_asked_for_no_longer_than_it_may(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a pause of the process its broker is asked for as long as one that is well takes."""
    clock = SimpleNamespace(now_s=time.monotonic())
    monkeypatch.setattr(time, "monotonic", lambda: clock.now_s)
    bench.scheduler._now = bench.scheduler._patience._now = time.monotonic
    await bench.runs(labs=[record()])

    async def held_up(_active: set[TP] | None, timeout: float) -> Fetched:  # noqa: ASYNC109
        clock.now_s += 30 if clock.now_s < paused_s else timeout
        return Fetched()

    paused_s = clock.now_s + 30
    bench.consumer._thread.getmany = held_up
    while not await bench.runs():
        pass

    asked_s = clock.now_s - paused_s
    least_s = FETCHES_WAITED * ASKED_S
    assert least_s - HELD_WAIT_S <= asked_s <= least_s + FETCHES_WAITED * HELD_WAIT_S


async def test_without_room_for_more_it_is_soon_looked_whether_there_is_some(bench: Bench) -> None:
    """What waits for another topic meanwhile waits no longer than it may."""
    bench.has_room = False
    await bench.fetch(labs=[record()])
    full_of_labs = [record(offset) for offset in range(1, HELD_RUNS * RUN_RECORDS + 1)]
    bench.has_room = True
    await bench.runs(labs=full_of_labs)
    bench.active = {LABS}
    before, asked = len(bench.waits_s), bench.scheduler._patience._fetches
    for _ in range(round(ASKED_S / FULL_WAIT_S) + 2):
        await bench.fetch()

    assert bench.waits_s[0] == FULL_WAIT_S
    assert len(bench.waits_s) == before  # nothing more of the labs is fetched
    assert bench.scheduler._patience._fetches == asked + 1


@pytest.mark.parametrize(("writes", "left"), [(True, 1), (False, 2)])
async def test_a_tick_of_the_future_is_left_out(bench: Bench, *, writes: bool, left: int) -> None:
    """It is of a machine whose clock is wrong; where a file's ticks are played, any time is."""
    now_ms = time.time_ns() // 1_000_000
    times_ms = enumerate((now_ms + 60_000, now_ms + 3_600_000))
    ticks = [record(number, at_ms, registry.TICKS) for number, at_ms in times_ms]
    labs = [record(0, now_ms + 3_600_000)]
    bench.pipeline.writes_ticks = writes
    bench.answers = {TICKS: ticks, LABS: labs}

    assert await bench.consumer._getmany(bench.active, FAUSTS_WAIT_S) == {
        TICKS: ticks[:left],
        LABS: labs,
    }
