"""A worker with work that does not get on is ended, and says where it was."""

import asyncio
import logging
import threading

import pytest

from stream.stacks import log_stacks
from stream.watchdog import Watchdog


class Bench:
    """A watchdog with a clock moved by hand, and the reasons for which it would have ended us."""

    def __init__(self) -> None:
        self.now_s, self.unready_s = 0.0, 0.0
        self.waiting: dict[int, int] = {0: 0, 1: 0}
        self.in_turn: set[int] = set()
        self.ill: str | None = None
        self.reasons: list[str] = []
        self.watchdog = Watchdog(
            waiting=lambda: self.waiting,
            in_turn=lambda partition: partition in self.in_turn,
            ill=lambda: self.ill,
            unready_s=lambda: self.unready_s,
            stall_limit_s=60,
            unready_limit_s=240,
            end=self.reasons.append,
            now=lambda: self.now_s,
        )

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now_s += 1
            self.watchdog.look()
            if self.reasons:
                return


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_partition_waits_its_turn_while_others_get_on(bench: Bench) -> None:
    """After an outage much may lie before it; but where nobody gets on, it is no turn."""
    bench.waiting, bench.in_turn = {0: 5, 1: 5}, {1}
    for _ in range(300):
        bench.watchdog.moved(0)
        bench.wait(1)
    while_others_get_on = list(bench.reasons)
    bench.in_turn = {0, 1}
    bench.wait(300)

    assert while_others_get_on == []
    assert bench.reasons == ["5 records of partition 0 wait, and none is taken"]
    assert bench.now_s == 299 + 60 + 60 + 1


def test_a_partition_that_does_not_get_on_ends_the_worker(bench: Bench) -> None:
    """However well the others do."""
    bench.waiting = {0: 5, 1: 5}
    for _ in range(62):
        bench.watchdog.moved(0)
        bench.wait(1)

    assert bench.reasons == ["5 records of partition 1 wait, and none is taken"]
    assert bench.now_s == 62


def test_one_with_nothing_to_do_stands_still_for_ever(bench: Bench) -> None:
    bench.wait(10_000)

    assert bench.reasons == []


def test_waiting_counts_from_when_there_was_something_to_wait_for(bench: Bench) -> None:
    bench.wait(1_000)
    bench.waiting = {0: 1, 1: 0}

    bench.wait(60)

    assert bench.reasons == []


def test_a_partition_that_comes_back_begins_anew(bench: Bench) -> None:
    """What it waited before was its last owner's."""
    bench.waiting = {0: 1}
    bench.wait(50)
    bench.waiting = {}
    bench.wait(1)
    bench.waiting = {0: 1}

    bench.wait(50)

    assert bench.reasons == []


def test_a_topic_that_is_read_no_more_ends_a_worker_whose_partitions_get_on(bench: Bench) -> None:
    """Labs would be missing from every grade, and vital signs go on."""
    bench.waiting, bench.ill = {0: 5000}, "labs of partition 0 can't be read"
    bench.watchdog.moved(0)

    bench.wait(1)

    assert bench.reasons == ["labs of partition 0 can't be read"]


def test_a_recovery_without_an_end_ends_the_worker(bench: Bench) -> None:
    bench.waiting, bench.unready_s = {}, 241

    bench.wait(1)

    assert bench.reasons == ["not ready for 241 s"]


async def waits_for_ever(event: asyncio.Event) -> None:
    await event.wait()


async def test_stacks_show_what_each_task_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    """Down to the innermost await, and the threads too."""
    event, go = asyncio.Event(), threading.Event()
    task = asyncio.create_task(waits_for_ever(event), name="the-stuck-one")
    thread = threading.Thread(target=go.wait, name="the-other-thread")
    thread.start()
    await asyncio.sleep(0)

    with caplog.at_level(logging.CRITICAL):
        log_stacks([asyncio.get_running_loop()])
    event.set()
    go.set()
    await task
    thread.join()

    lines = [record.getMessage() for record in caplog.records]
    (of_task,) = [line for line in lines if "the-stuck-one" in line]
    assert of_task.index("locks.py") < of_task.index("test_watchdog.py")
    assert "waits_for_ever" in of_task
    assert any("the-other-thread" in line for line in lines)
