"""A worker that is alive and stuck ends by itself, whatever it is that hangs, and says where."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from commands import Produce, Produced, Stormwatch

from stream.ending import EX_SOFTWARE
from topics import registry

WEDGED = Path(__file__).with_name("wedged.py")
ENDED_WITHIN_S = 150
WEDGES = {  # a replica for each, so that all of them hang at once
    "start": "not ready for",
    "loop": "the event loop has not turned",
    "agent": "records of partition",
    "fetcher": "records of partition",  # the ticks that it wrote itself
    "topic": "stormwatch.labs.v1 of partition 0 can't be read, though brokers answer",
    "group": "out of its group for",
    "producer": "not ready for",  # it can't even claim what it recovered
    "observer": "records of partition",
    "recovery": "a step of the recovery took longer than",
}


def test_whatever_hangs_the_worker_ends_and_says_where_it_was(stormwatch: Stormwatch) -> None:
    replicas = {kind: f"w{number}" for number, kind in enumerate(WEDGES)}
    for replica in replicas.values():
        assert stormwatch.run("topics", "create", "--keep", "--replica", replica).returncode == 0
    running = {kind: start(stormwatch, kind, replica) for kind, replica in replicas.items()}
    deadline = time.monotonic() + ENDED_WITHIN_S

    statuses = {
        kind: process.wait(max(0.1, deadline - time.monotonic()))
        for kind, process in running.items()
    }

    assert statuses == dict.fromkeys(WEDGES, EX_SOFTWARE)
    for kind, process in running.items():
        said = stormwatch.log_of(process)
        assert "worker_ends" in said
        assert WEDGES[kind] in said
        assert "stack_of" in said
        assert "wedged.py" in said or kind == "group"  # there nothing hangs, it is only missing


async def test_a_run_that_is_lost_ends_the_worker_with_the_next_tick(
    stormwatch: Stormwatch, produce: Produce
) -> None:
    """No other lab may come for a day."""
    made = await asyncio.to_thread(
        stormwatch.run, "topics", "create", "--keep", "--replica", "labs"
    )
    assert made.returncode == 0
    process = start(stormwatch, "labs", "labs")
    lab = Produced(registry.LABS, b"{}", b"p", partition=0)

    await produce([lab])

    assert await asyncio.to_thread(process.wait, ENDED_WITHIN_S) == EX_SOFTWARE
    assert "records of partition 0 were handed over, and" in stormwatch.log_of(process)


def start(stormwatch: Stormwatch, kind: str, replica: str) -> "subprocess.Popen[bytes]":
    return stormwatch.start(
        "watch",
        program=(sys.executable, str(WEDGED), kind),
        STORMWATCH_REPLICA=replica,
        STORMWATCH_METRICS_PORT="0",
        STORMWATCH_STALL_S="3",
        STORMWATCH_RECOVERY_LIMIT_S="60" if kind == "recovery" else "10",
        STORMWATCH_TICK_S="1",
        STORMWATCH_UNACCOUNTED_S="60",
    )
