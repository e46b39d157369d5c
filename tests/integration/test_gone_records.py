"""Records that are gone from a topic are told to operations, and keep nobody from going on."""

import asyncio
import re
import signal
import time
import urllib.request
from collections.abc import Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition
from commands import Produce, Produced, Read, Stormwatch
from oracle import recovered
from supervision import Supervised

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from stream.clinical import state
from stream.topic_check import connected
from topics import registry

LIMIT_S = 90
PARTITION = 3
PATIENT = b"p-1"
NOON_MS = 1_772_323_200_000
ANSWERED_S = 0.5  # so long no fetch is under way
COMMITTED_S = 3  # three times as long as between two commits
OBSERVED_S = 2.5  # twice as long as between two looks at what waits
LAG = f'stormwatch_partition_lag_records{{partition="{PARTITION}",topic="{registry.LABS}"}}'
JUMPS_BELIEVED = 'stormwatch_offset_jumps_total{verdict="believed"}'


def lab(number: int) -> Produced:
    value = (
        b'{"event_id":"lab-%d","patient_id":"p-1","kind":"lab","analyte":"ferritin","value":%d,'
        b'"unit":"ng/mL","effective_at":"2026-03-01T00:00:00Z"}' % (number, 900 + number)
    )
    return Produced(registry.LABS, value, PATIENT, NOON_MS, PARTITION)


@pytest.fixture
def supervised(stormwatch: Stormwatch) -> Supervised:
    """Workers that are started again when they end."""
    return Supervised(stormwatch)


async def until(supervised: Supervised, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not await asyncio.to_thread(holds):
        supervised.look()
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.2)


def start(supervised: Supervised) -> None:
    supervised.start("one", STORMWATCH_METRICS_PORT="0", STORMWATCH_TICK_S="1")


def measured(supervised: Supervised, metric: str) -> float:
    try:
        return supervised.measured("one", metric)
    except (OSError, ValueError):  # it does not answer yet
        return -1


def taken(supervised: Supervised) -> float:
    return measured(supervised, f'stormwatch_records_total{{topic="{registry.LABS}"}}')


def waits(supervised: Supervised) -> float | None:
    """Return how many records wait; None where nothing says it: what is missing adds up to 0."""
    (port,) = re.findall(r"metrics_and_health_served.*port=(\d+)", supervised.log("one"))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    series = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(LAG)]
    return series[0] if len(series) == 1 else None


async def applied(read_all: Read) -> int:
    states = recovered(await read_all(registry.WATCH_CHANGELOG))
    kept = states.get(PATIENT.decode())
    return -1 if kept is None else state.decode(kept).applied[registry.LABS]


@pytest.mark.usefixtures("fresh_topics")
async def test_records_deleted_up_to_the_end_are_told_before_another_comes(
    kafka: Cluster, supervised: Supervised, produce: Produce
) -> None:
    """A ferritin may come once a day. Who comes next is not told again."""
    await produce([lab(0)])
    start(supervised)
    await until(supervised, lambda: taken(supervised) == 1)
    supervised.release()
    await produce([lab(1), lab(2)])
    async with connected(kafka.bootstrap) as admin:
        await delete_before(admin, 3)

    told = []
    for _ in range(2):
        start(supervised)
        await until(supervised, lambda: "Worker ready" in supervised.log("one"))
        await asyncio.sleep(COMMITTED_S)
        told.append(measured(supervised, JUMPS_BELIEVED))
        supervised.release()

    assert told == [1, 0]


@pytest.mark.usefixtures("fresh_topics")
async def test_records_deleted_up_to_the_end_are_told_while_the_worker_reads(
    kafka: Cluster, supervised: Supervised, produce: Produce
) -> None:
    """It stood still for a moment. None comes after them; one that does is not told again."""
    await produce([lab(0)])
    start(supervised)
    await until(supervised, lambda: taken(supervised) == 1)
    async with connected(kafka.bootstrap) as admin:
        supervised.process("one").send_signal(signal.SIGSTOP)
        await asyncio.sleep(ANSWERED_S)
        await produce([lab(1), lab(2)])
        await delete_before(admin, 3)
    supervised.process("one").send_signal(signal.SIGCONT)

    await until(supervised, lambda: measured(supervised, JUMPS_BELIEVED) == 1)
    await asyncio.sleep(OBSERVED_S)
    waiting = waits(supervised)
    await produce([lab(3)])
    await until(supervised, lambda: taken(supervised) == 2)

    assert (measured(supervised, JUMPS_BELIEVED), supervised.ended) == (1, [])
    assert waiting == 0


@pytest.mark.usefixtures("fresh_topics")
async def test_records_deleted_before_they_were_read_are_told(
    kafka: Cluster, supervised: Supervised, produce: Produce, read_all: Read
) -> None:
    """By retention, while nobody watched. The worker goes on behind them."""
    await produce([lab(0)])
    start(supervised)
    await until(supervised, lambda: taken(supervised) == 1)
    supervised.release()
    await produce([lab(1), lab(2), lab(3)])
    async with connected(kafka.bootstrap) as admin:
        await delete_before(admin, 3)

    start(supervised)
    await until(supervised, lambda: taken(supervised) == 1)
    believed = measured(supervised, JUMPS_BELIEVED)
    said = supervised.log("one")
    status = supervised.release()

    assert (await applied(read_all), believed, status) == (3, 1, [0])
    assert '"records_gone", "level": "error"' in said


async def delete_before(admin: AIOKafkaAdminClient, offset: int) -> None:
    labs = TopicPartition(registry.LABS, PARTITION)
    await admin.delete_records({labs: RecordsToDelete(before_offset=offset)})


async def test_a_topic_that_was_made_anew_is_not_taken_for_what_it_was(
    fresh_topics: Cluster, supervised: Supervised, produce: Produce, read_all: Read
) -> None:
    """Its offsets begin at 0 again, and the states hold higher ones."""
    await produce([lab(number) for number in range(5)])
    start(supervised)
    await until(supervised, lambda: taken(supervised) == 5)
    await asyncio.sleep(2.5)  # until a tick has written down how far it is
    supervised.release()
    async with connected(fresh_topics.bootstrap) as admin:
        await admin.delete_topics([registry.LABS])
        for _ in range(LIMIT_S):
            if registry.LABS not in await admin.list_topics():
                break
            await asyncio.sleep(1)
    assert (await make_topics(fresh_topics.bootstrap, keep=True)).is_good
    await produce([lab(10), lab(11)])

    start(supervised)
    await until(supervised, lambda: taken(supervised) == 2)
    duplicates = measured(supervised, "stormwatch_duplicate_records_total")
    told = measured(supervised, 'stormwatch_offset_jumps_total{verdict="made_anew"}')
    supervised.release()

    assert (await applied(read_all), duplicates, told) == (1, 0, 1)
