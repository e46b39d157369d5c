"""A worker that is killed loses nothing and counts nothing twice, whenever it is killed."""

import asyncio
import os
import random
import secrets
import signal
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from commands import Read, Stormwatch
from oracle import alert_lines, expected
from supervision import Supervised, one_line_each, until_same

from deploy.broker.cluster import Cluster
from deploy.simulate.ward import Ward, events
from topics import registry

EVENTS = 20_000
PATIENTS = 60
ADMITTED = datetime(2026, 3, 1, tzinfo=UTC)
HOURS, EVERY_MIN = 48.0, 5.0  # more than that many events come of it
KILLS = 10
BROKER_RESTARTS_AFTER = 5  # kills
BROKER_IS_AWAY_S = 1.0
LONGEST_DELAY_S = 0.05  # from seeing that it is time to the kill: anywhere in a group
LIMIT_S = 240
SETTINGS = {
    "STORMWATCH_TICKS": "topic",
    "STORMWATCH_ALIGN_WAIT_S": "60",  # the order is that of the replay on a slow machine too
    "STORMWATCH_INSTANCE": "one",  # a restart keeps its partitions, and need not wait for them
    "STORMWATCH_METRICS_PORT": "0",
    "STORMWATCH_RUN_RECORDS": "100",
    "STORMWATCH_PENDING_RECORDS": "500",  # so that a group is written at most moments
}


@pytest.fixture
def chance() -> random.Random:
    """When to kill: other moments each time, and those of KILL_SEED=… to see it again."""
    seed = int(os.environ.get("KILL_SEED", "0")) or secrets.randbelow(1_000_000)
    print(f"KILL_SEED={seed}")  # noqa: T201, shown where the test fails
    return random.Random(seed)


@pytest.mark.timeout(1_800)  # eleven workers start, and a machine may be busy
async def test_a_worker_killed_at_ten_moments_counts_every_event_once(
    fresh_topics: Cluster,
    stormwatch: Stormwatch,
    read_all: Read,
    tmp_path: Path,
    chance: random.Random,
) -> None:
    """And the broker restarts in between: states and alerts are those of a night without it."""
    ward = tmp_path / "ward.ndjson"
    _write(ward, seed=chance.randrange(1_000))
    loaded = stormwatch.run("load", str(ward), timeout_s=LIMIT_S)
    assert loaded.returncode == 0, loaded.stderr
    inputs = [record for spec in registry.INPUTS for record in await read_all(spec.name)]
    oracle = asyncio.create_task(asyncio.to_thread(expected, inputs))  # while the worker works
    supervised = Supervised(stormwatch)
    supervised.start("one", **SETTINGS)
    for kill, records in enumerate(_spread(len(inputs), chance)):
        if kill == BROKER_RESTARTS_AFTER:
            await _until_taken(supervised, records // 2)
            await _restart(fresh_topics)
        await _until_taken(supervised, records)
        await asyncio.sleep(chance.uniform(0, LONGEST_DELAY_S))
        supervised.look()  # it may have ended when the broker did
        supervised.process("one").kill()
    wanted = await oracle
    states = await until_same(supervised, read_all, wanted, LIMIT_S)
    lines = alert_lines(await read_all(registry.ALERTS))

    assert states == wanted.states
    assert lines == one_line_each(wanted)
    assert supervised.ended.count(-signal.SIGKILL) == KILLS
    assert supervised.release() == [0]


def _write(path: Path, *, seed: int) -> None:
    """Write a simulated ward, with all that is late, doubled, corrected or refused in it."""
    ward = Ward(PATIENTS, HOURS, seed, ADMITTED, every_min=EVERY_MIN)
    lines = [sent.line() for sent in islice(events(ward), EVENTS)]
    assert len(lines) == EVENTS
    path.write_bytes(b"".join(lines))


def _spread(records: int, chance: random.Random) -> list[int]:
    """Spread the kills over a run: how many records are taken from each to the next.

    A worker that ends with the broker counts anew, so some records are left for that.
    """
    moments = sorted(chance.randrange(records * 3 // 4) for _ in range(KILLS))
    return [now - before for before, now in zip([0, *moments], moments, strict=False)]


async def _restart(broker: Cluster) -> None:
    broker.kill(1)
    await asyncio.sleep(BROKER_IS_AWAY_S)
    broker.start(1)
    await asyncio.to_thread(broker.wait, LIMIT_S)


async def _until_taken(supervised: Supervised, records: int) -> None:
    """Wait until the worker has taken so many records since it was last started."""
    deadline = time.monotonic() + LIMIT_S
    while (taken := await asyncio.to_thread(_taken, supervised)) < records:
        supervised.look()
        assert time.monotonic() < deadline, f"it does not get on: {taken} of {records}"
        await asyncio.sleep(0.02)


def _taken(supervised: Supervised) -> float:
    try:
        return supervised.measured("one", "stormwatch_records_total")
    except (OSError, ValueError):  # it has only begun
        return 0.0
