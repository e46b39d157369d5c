"""A worker that its group has lost, and that does not join it anew, ends."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from stream.claims import Assignment
from stream.membership import Membership
from stream.thread import Thread

GENERATION = 6


class Task:
    """A task of aiokafka's, as far as it is asked whether it goes on."""

    def __init__(self, *, done: bool = False) -> None:
        self._done = done

    def done(self) -> bool:
        return self._done


class Bench:
    """A worker that is in its group, and whose coordinator is changed by a test."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.coordinator = SimpleNamespace(
            generation=GENERATION,
            _heartbeat_task=Task(),
            _coordination_task=Task(),
            _error_consumed_fut=None,
        )
        thread: Any = Thread.__new__(Thread)  # without Faust's consumer around it
        self.client = SimpleNamespace(_sync_task=Task())
        thread._consumer = SimpleNamespace(_coordinator=self.coordinator, _client=self.client)
        thread._ensure_consumer = lambda: thread._consumer
        pipeline: Any = SimpleNamespace(
            settings=SimpleNamespace(session_timeout_s=6.0),
            claims=SimpleNamespace(assignment=Assignment(frozenset(), GENERATION)),
            app=SimpleNamespace(consumer=SimpleNamespace(_thread=thread)),
        )
        self.pipeline = pipeline
        self.membership = Membership(pipeline, now=lambda: self.now_s)

    def wait(self, seconds: int) -> str | None:
        for _ in range(seconds):
            self.now_s += 1
            self.membership.look()
        return self.membership.reason


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_member_that_does_what_it_must_goes_on(bench: Bench) -> None:
    assert bench.wait(1000) is None


@pytest.mark.parametrize(
    "change",
    [
        {"generation": -1},  # its heartbeat or its commit was refused
        {"generation": 7},
        {"_heartbeat_task": None},
        {"_heartbeat_task": Task(done=True)},
        {"_coordination_task": Task(done=True)},
        {"_error_consumed_fut": object()},  # it waits for somebody to ask for its error
    ],
)
def test_one_that_is_out_of_its_group_ends(bench: Bench, change: dict[str, Any]) -> None:
    """Also one that stands by: it would never take anything over."""
    vars(bench.coordinator).update(change)

    assert bench.wait(22) is None
    assert bench.wait(1) == "out of its group for 22 s, and it does not join it anew"


def test_one_that_asks_for_metadata_no_more_ends(bench: Bench) -> None:
    """Its heartbeat may wait for ever for a coordinator that has moved."""
    bench.client._sync_task = Task(done=True)

    assert bench.wait(22) is None
    assert (bench.wait(1) or "").startswith("asking for no metadata for 22 s")


def test_a_group_that_settles_anew_is_waited_for(bench: Bench) -> None:
    """Nothing is assigned meanwhile; how long that may last the watchdog knows."""
    bench.coordinator.generation = -1
    bench.wait(20)
    bench.pipeline.claims.assignment = None
    bench.wait(100)
    bench.pipeline.claims.assignment = Assignment(frozenset(), 7)
    bench.coordinator.generation = 7

    assert bench.wait(100) is None


async def test_one_that_has_reached_no_broker_yet_is_of_no_generation() -> None:
    """Faust asks what there is to commit from its first seconds on, whatever brokers do."""
    thread: Any = Thread.__new__(Thread)
    thread._consumer = None
    before = thread.generation
    thread._consumer = AIOKafkaConsumer(group_id="watch")
    thread._ensure_consumer = lambda: thread._consumer

    assert (before, thread.generation) == (-1, -1)

    thread._consumer._closed = True  # it was never started
