"""A worker that is killed loses nothing and counts nothing twice, whenever it is killed."""

import asyncio
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from aiokafka import ConsumerRecord
from commands import Read, Stormwatch
from oracle import Outcome, alert_lines, expected, recovered
from ward import write_ward

from topics import registry

EVENTS = 3_000
PATIENTS = 24
KILLS_AFTER = (300, 800, 500)  # records that a worker has taken when it is killed
LIMIT_S = 90
A_FEW_AT_A_TIME = {"STORMWATCH_RUN_RECORDS": "10", "STORMWATCH_PENDING_RECORDS": "40"}


@pytest.fixture
def of_the_file() -> dict[str, str]:
    """Settings of a worker whose clock is that of the file, and that can be killed in time."""
    return {
        "STORMWATCH_TICKS": "topic",
        "STORMWATCH_ALIGN_WAIT_S": "60",  # the order is that of the replay on a slow machine too
        "STORMWATCH_INSTANCE": "one",  # a restart keeps its partitions, and need not wait for them
        "STORMWATCH_METRICS_PORT": str(_free_port()),
        **A_FEW_AT_A_TIME,
    }


@pytest.mark.usefixtures("fresh_topics")
async def test_a_worker_killed_three_times_counts_every_event_once(
    stormwatch: Stormwatch, read_all: Read, tmp_path: Path, of_the_file: dict[str, str]
) -> None:
    """Its states and its alerts are those of a worker that never died."""
    ward = tmp_path / "ward.ndjson"
    written = write_ward(ward, patients=PATIENTS, events=EVENTS)
    loaded = stormwatch.run("load", str(ward))
    assert loaded.returncode == 0, loaded.stderr

    for records in KILLS_AFTER:
        worker = stormwatch.start("watch", **of_the_file)
        await _until_taken(worker, of_the_file["STORMWATCH_METRICS_PORT"], records)
        stormwatch.kill(worker)
    worker = stormwatch.start("watch", **of_the_file)
    wanted = await _what_must_come_out(read_all)
    states = await _until_recovered(read_all, wanted)
    status = stormwatch.end(worker)

    assert sum(len(each) for each in (await _inputs(read_all)).values()) > written
    assert states == wanted.states
    lines = alert_lines(await read_all(registry.ALERTS))
    assert {name: {line} for name, line in wanted.alerts.items()} == lines
    assert status == 0


async def _inputs(read_all: Read) -> dict[str, list[ConsumerRecord]]:
    return {spec.name: await read_all(spec.name) for spec in registry.INPUTS}


async def _what_must_come_out(read_all: Read) -> Outcome:
    return expected(record for each in (await _inputs(read_all)).values() for record in each)


async def _until_recovered(read_all: Read, wanted: Outcome) -> dict[str, bytes]:
    """Read the changelog until it holds what is wanted, or time is up."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        states = recovered(await read_all(registry.WATCH_CHANGELOG))
        if states == wanted.states or time.monotonic() > deadline:
            return states
        await asyncio.sleep(1)


async def _until_taken(worker: subprocess.Popen[bytes], port: str, records: int) -> None:
    """Wait until a worker has taken so many records since it was started."""
    deadline = time.monotonic() + LIMIT_S
    while await asyncio.to_thread(_taken, port) < records:
        assert worker.poll() is None, "the worker has ended by itself"
        assert time.monotonic() < deadline, "the worker does not get on"
        await asyncio.sleep(0.02)


def _taken(port: str) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith("stormwatch_records_total")
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
