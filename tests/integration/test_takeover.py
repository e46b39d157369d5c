"""Whatever happens to a worker or its broker, what comes out is what one that never failed says."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place
from aiokafka.protocol.admin import DeleteGroupsRequest
from chaos.reading import untaken
from commands import Read, Stormwatch
from compacting import compacted, until_dropped
from oracle import Outcome, alert_lines
from supervision import (
    Supervised,
    one_line_each,
    repeated,
    until_same,
    what_must_come_out,
)
from ward import write_ward

from deploy.broker.cluster import Cluster
from stream.ending import EX_SOFTWARE
from stream.topic_check import connected
from topics import registry

GROUP = "stormwatch-watch"
EVENTS = 1_800
PATIENTS = 30
IN_MID_RUN = 250  # states written, of some 1 800
BEYOND_ITS_SESSION_S = 12
LIMIT_S = 45
SLOWLY = {
    "STORMWATCH_TICKS": "topic",
    "STORMWATCH_METRICS_PORT": "0",
    "STORMWATCH_ALIGN_WAIT_S": "60",  # the order is that of the replay, however slow the machine
    "STORMWATCH_RUN_RECORDS": "5",
    "STORMWATCH_PENDING_RECORDS": "10",
}
AT_ONCE = {name: SLOWLY[name] for name in list(SLOWLY)[:3]}


@pytest.fixture
def supervised(stormwatch: Stormwatch) -> Supervised:
    """Workers that are started again when they end."""
    return Supervised(stormwatch)


def load_ward(stormwatch: Stormwatch, folder: Path, *, seed: int, speed: str = "max") -> None:
    ward = folder / f"ward-{seed}.ndjson"
    write_ward(ward, patients=PATIENTS, events=EVENTS, seed=seed)
    loaded = stormwatch.run("load", "--speed", speed, str(ward))
    assert loaded.returncode == 0, loaded.stderr


async def forgotten(bootstrap: str) -> None:
    """Have the brokers forget what the watchers have committed."""
    async with connected(bootstrap) as admin:
        node = await admin.find_coordinator(GROUP)
        answer = await admin._send_request(DeleteGroupsRequest([GROUP]), node)
    assert [code for _, code in answer.results] == [0]


async def moved_on(bootstrap: str) -> None:
    """Commit for the watchers what they have not read."""
    places = [Place(each.name, at) for each in registry.INPUTS for at in range(each.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP)
    await consumer.start()
    try:
        consumer.assign(places)
        await consumer.commit(await consumer.end_offsets(places))
    finally:
        await consumer.stop()


async def until(supervised: Supervised, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        supervised.look()
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


async def until_written(supervised: Supervised, read_all: Read, states: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while len(await read_all(registry.WATCH_CHANGELOG)) < states:
        supervised.look()
        assert time.monotonic() < deadline, "the workers do not get on"
        await asyncio.sleep(0.05)


async def assert_same(supervised: Supervised, read_all: Read, wanted: Outcome) -> None:
    states = await until_same(supervised, read_all, wanted)

    assert states == wanted.states
    assert alert_lines(await read_all(registry.ALERTS)) == one_line_each(wanted)


@pytest.mark.usefixtures("fresh_topics")
async def test_workers_that_come_and_go_count_every_event_once(
    supervised: Supervised, stormwatch: Stormwatch, read_all: Read, tmp_path: Path
) -> None:
    """One is killed, one is stopped beyond its session and wakes up, one joins."""
    load_ward(stormwatch, tmp_path, seed=2)
    wanted = await what_must_come_out(read_all)
    for name in ("one", "two", "three"):
        supervised.start(name, **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)

    stopped = supervised.process("two")
    stopped.send_signal(signal.SIGSTOP)
    supervised.process("one").kill()
    await asyncio.sleep(BEYOND_ITS_SESSION_S)
    supervised.start("four", **SLOWLY)
    stopped.send_signal(signal.SIGCONT)

    await assert_same(supervised, read_all, wanted)
    assert stopped.wait(LIMIT_S) == EX_SOFTWARE
    supervised.look()
    # Before it can end as asked a signal ends it.
    assert set(supervised.release()) <= {0, -signal.SIGTERM}, supervised.reasons()


@pytest.mark.parametrize("tamper", [forgotten, moved_on])
async def test_reading_goes_on_where_the_states_are_whatever_the_group_says(  # noqa: PLR0913, as below
    fresh_topics: Cluster,
    supervised: Supervised,
    stormwatch: Stormwatch,
    read_all: Read,
    tmp_path: Path,
    *,
    tamper: Callable[[str], Awaitable[None]],
) -> None:
    """Its coordinator may answer for a moment as if nothing had ever been committed."""
    load_ward(stormwatch, tmp_path, seed=6)
    wanted = await what_must_come_out(read_all)
    supervised.start("one", **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)
    supervised.release()
    await tamper(fresh_topics.bootstrap)
    supervised.start("one", **AT_ONCE)

    await assert_same(supervised, read_all, wanted)
    assert supervised.measured("one", "stormwatch_records_total") > 0
    assert supervised.measured("one", "stormwatch_duplicate_records_total") == 0
    assert await untaken(fresh_topics.bootstrap, LIMIT_S) == []  # the group knows it all again
    supervised.release()


async def test_what_compaction_leaves_is_all_that_the_next_owner_needs(
    fresh_topics: Cluster,
    supervised: Supervised,
    stormwatch: Stormwatch,
    read_all: Read,
    tmp_path: Path,
) -> None:
    """Also where of a batch nothing is left but that it was there."""
    load_ward(stormwatch, tmp_path, seed=8)
    wanted = await what_must_come_out(read_all)
    supervised.start("one", **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)
    changelog = registry.BY_NAME[registry.WATCH_CHANGELOG]
    async with compacted(fresh_topics.bootstrap, changelog):
        # The worker writes on by itself.
        await until_dropped(read_all, changelog, share=0.5, write=partial(asyncio.sleep, 0))
        supervised.process("one").kill()
    supervised.start("one", **AT_ONCE)

    await assert_same(supervised, read_all, wanted)
    assert supervised.measured("one", "stormwatch_records_total") > 0
    supervised.release()


@pytest.mark.usefixtures("fresh_topics")
async def test_a_worker_that_is_asked_to_end_commits_what_is_durable(
    supervised: Supervised, stormwatch: Stormwatch, read_all: Read, tmp_path: Path
) -> None:
    """The next one repeats nothing; asked to end while it recovers, it ends too."""
    load_ward(stormwatch, tmp_path, seed=3)
    wanted = await what_must_come_out(read_all)
    supervised.start("one", **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)
    first = supervised.release()
    supervised.start("one", **SLOWLY)
    await until(supervised, lambda: "Setting newly assigned" in supervised.log("one"))
    second = supervised.release()
    supervised.start("one", **AT_ONCE)

    await assert_same(supervised, read_all, wanted)
    assert supervised.measured("one", "stormwatch_records_total") > 0
    assert supervised.measured("one", "stormwatch_duplicate_records_total") == 0
    assert (first, second, supervised.release()) == ([0], [0], [0])
    assert repeated(await read_all(registry.ALERTS)) == 0


async def test_a_broker_that_dies_and_comes_back_loses_nothing(
    fresh_topics: Cluster,
    supervised: Supervised,
    stormwatch: Stormwatch,
    read_all: Read,
    tmp_path: Path,
) -> None:
    """The worker may end; it is started again, and gets on where the broker knows it to be."""
    load_ward(stormwatch, tmp_path, seed=4)
    wanted = await what_must_come_out(read_all)
    supervised.start("one", **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)

    fresh_topics.kill(1)
    await asyncio.sleep(1)
    fresh_topics.start(1)
    await asyncio.to_thread(fresh_topics.wait)

    await assert_same(supervised, read_all, wanted)
    assert set(supervised.release()) <= {0, -signal.SIGTERM}, supervised.reasons()


@pytest.mark.parametrize("frozen", [False, True], ids=["gone", "frozen"])
async def test_a_worker_ends_by_itself_while_its_broker_does_not_answer(  # noqa: PLR0913, the broker and what runs on it
    fresh_topics: Cluster,
    supervised: Supervised,
    stormwatch: Stormwatch,
    read_all: Read,
    tmp_path: Path,
    *,
    frozen: bool,
) -> None:
    """Before it is made to; what it could not make durable the next one takes."""
    load_ward(stormwatch, tmp_path, seed=5)
    wanted = await what_must_come_out(read_all)
    supervised.start("one", **SLOWLY)
    await until_written(supervised, read_all, IN_MID_RUN)

    if frozen:
        os.kill(fresh_topics.pid(1), signal.SIGSTOP)
    else:
        fresh_topics.kill(1)
    statuses = await asyncio.to_thread(supervised.release)
    if frozen:
        os.kill(fresh_topics.pid(1), signal.SIGCONT)
    else:
        fresh_topics.start(1)
    await asyncio.to_thread(fresh_topics.wait)
    supervised.start("one", **AT_ONCE)

    assert set(statuses) <= {0, EX_SOFTWARE}
    assert not [each for each in supervised.reasons() if "asked to end, it did not" in each]
    await assert_same(supervised, read_all, wanted)
    assert supervised.release() == [0]
