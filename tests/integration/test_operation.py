"""What operators see of a real worker: readiness, metrics, logs, and no patient in any of them."""

import base64
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from commands import Produce, Produced, Read, Stormwatch
from served import Served

from deploy.broker.cluster import Cluster
from topics import registry

LONG_S = 6  # for a broker that is well
SENTINEL = "S3ntinel"
SECRET = "whsec_" + base64.b64encode(b"a secret that must never be told").decode()


@pytest.fixture
def worker(stormwatch: Stormwatch) -> Iterator[Served]:
    """Start a watcher and wait until it is ready."""
    watching = Served(
        stormwatch,
        "watch",
        STORMWATCH_LOG_LEVEL="debug",
        STORMWATCH_WEBHOOK_URL="https://gateway.example/hook",
        STORMWATCH_WEBHOOK_SECRET=SECRET,
    )
    watching.wait_until_ready()
    yield watching
    if watching.process.poll() is None:
        stormwatch.end(watching.process)


@pytest.mark.usefixtures("fresh_topics")
def test_a_worker_says_that_every_partition_is_watched(worker: Served) -> None:
    partitions = [str(partition) for partition in range(registry.PARTITIONS)]

    samples = worker.wait_until(
        lambda now: all(("stormwatch_partition_unaccounted_records", p) in now for p in partitions)
    )
    now_s = time.time()

    assert worker.ask("/readyz") == (200, '{"ready": true, "reasons": []}\n')
    assert worker.ask("/healthz") == (200, '{"healthy": true, "reasons": []}\n')
    assert samples["stormwatch_ready",] == 1
    assert samples["stormwatch_healthy",] == 1
    assert samples["stormwatch_assigned_partitions",] == registry.PARTITIONS
    for partition in partitions:
        clock_s = samples["stormwatch_partition_clock_timestamp_seconds", partition]
        assert now_s - clock_s < 60
        assert samples["stormwatch_partition_unaccounted_records", partition] == 0


@pytest.mark.usefixtures("fresh_topics")
def test_a_worker_goes_on_committing_where_nothing_but_ticks_comes(worker: Served) -> None:
    """Prometheus calls somebody where that stands still: all since then would be read again."""
    worker.wait_until(lambda samples: samples["stormwatch_commits_total",] >= 3)


@pytest.mark.usefixtures("fresh_topics")
def test_a_worker_that_is_asked_to_end_ends_well(stormwatch: Stormwatch, worker: Served) -> None:
    assert stormwatch.end(worker.process) == 0


def test_one_whose_brokers_confirm_nothing_says_so_and_goes_on_once_they_do(
    fresh_topics: Cluster, worker: Served
) -> None:
    """As where a disk is full, or too few brokers are there."""
    os.kill(fresh_topics.pid(1), signal.SIGSTOP)
    try:
        worker.wait_until(lambda samples: samples["stormwatch_unconfirmed_seconds",] > LONG_S)
        status, answer = worker.ask("/readyz")
        groups = worker.samples()["stormwatch_groups_total",]
    finally:
        os.kill(fresh_topics.pid(1), signal.SIGCONT)
    worker.wait_until(lambda samples: samples["stormwatch_groups_total",] >= groups + 2)

    assert status == 503
    assert "what is written: too few are up, or a disk is full" in answer
    worker.wait_until_ready()
    assert worker.process.poll() is None


@pytest.mark.usefixtures("fresh_topics")
async def test_no_key_no_value_and_no_secret_is_told(
    stormwatch: Stormwatch, worker: Served, produce: Produce, read_all: Read
) -> None:
    key = f"{SENTINEL}-patient".encode()
    lab = {
        "event_id": "e-1",
        "patient_id": key.decode(),
        "kind": "lab",
        "effective_at": "2026-03-01T00:00:00Z",
        "analyte": "ferritin",
        "value": 12345.5,
        "unit": f"{SENTINEL}-unit",
    }
    good = lab | {"event_id": "e-2", "unit": "ng/mL"}
    values = [f"{SENTINEL} no JSON".encode(), json.dumps(lab).encode(), json.dumps(good).encode()]
    await produce(
        Produced(registry.LABS, value, key, timestamp_ms=1_772_323_200_000, partition=3)
        for value in values
    )
    worker.wait_until(lambda now: now["stormwatch_records_total", registry.LABS] >= len(values))

    metrics = worker.ask("/metrics")[1]
    status = stormwatch.end(worker.process)
    refused = await read_all(registry.DEAD_LETTERS)
    headers = [value for record in refused for _, value in record.headers]

    assert status == 0
    assert len(refused) == 2  # so something was there to tell
    for told in (worker.log, metrics, str(headers)):
        assert SENTINEL not in told
        assert SECRET not in told
        assert "12345.5" not in told


def test_a_typo_in_a_setting_is_told_before_anything_starts(stormwatch: Stormwatch) -> None:
    refused: subprocess.CompletedProcess[str] = stormwatch.run(
        "watch", STORMWATCH_KAFAK=SENTINEL, STORMWATCH_METRICS_PORT=SENTINEL
    )

    first, second = refused.stderr.splitlines()

    assert refused.returncode == 1
    assert first == "Error: STORMWATCH_KAFAK: is not a setting; meant STORMWATCH_KAFKA?"
    assert second.startswith("STORMWATCH_METRICS_PORT: input should be a valid integer")
