"""Workers as they come: they write the ticks themselves and wait two seconds for other topics.

After an outage of two hours they start, while events go on coming in real time. One is killed
while the missing ticks are written, one is asked to end, one is stopped beyond its session; and
somebody else writes ticks too, as a replica and the pager do. Much falls due by time alone. What
comes out is what a replay of the topics says, the workers' own ticks among them.
"""

import asyncio
import os
import random
import secrets
import signal
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Final

import overdue
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from builders import Fields, encoded, key_of, topic_of
from chaos.round import well
from chaos.verdict import replayed
from commands import Produce, Produced, Read, Stormwatch
from oracle import alert_lines, clocks, last_said, recovered
from supervision import Supervised

from deploy.broker.cluster import Cluster
from stream.ending import EX_SOFTWARE
from stream.ticks import FILL_STEP_MS, encode
from stream.topic_check import connected
from topics import registry
from topics.base import epoch_ms

GROUP: Final = "stormwatch-watch"
WORKERS: Final = ("one", "two", "three")
PARTITIONS: Final = range(registry.PARTITIONS)
STEP_S: Final = 0.5
OTHERS_TICK_STEPS: Final = 5  # as often somebody else writes a tick to each partition
OTHERS_BEHIND: Final = timedelta(milliseconds=300)  # the clock of that machine
LOOK_S: Final = 0.1
MISSING: Final = 3  # ticks of a partition, so that somebody is writing them
BEYOND_ITS_SESSION_S: Final = 10
CLAIMED_WITHIN_S: Final = 0.4  # from the first missing tick that is written to the kill
LIMIT_S: Final = 120
SETTINGS: Final = {"STORMWATCH_METRICS_PORT": "0"}

Queues = dict[str, list[ConsumerRecord]]


@pytest.fixture
def chance() -> random.Random:
    """What is told and when a worker is killed: TICK_SEED=… to see it again."""
    seed = int(os.environ.get("TICK_SEED", "0")) or secrets.randbelow(1_000_000)
    print(f"TICK_SEED={seed}")  # noqa: T201, shown where the test fails
    return random.Random(seed)


@pytest.mark.timeout(600)  # one and a quarter minutes where nobody else uses the machine
async def test_workers_that_write_their_own_ticks_miss_nothing(
    fresh_topics: Cluster,
    stormwatch: Stormwatch,
    read_all: Read,
    produce: Produce,
    chance: random.Random,
) -> None:
    """Every alert ends as in the replay, whoever wrote which tick how often."""
    ward = overdue.Ward(chance, overdue.now())
    await produce(overdue.left_at_the_end(ward.until - overdue.OUTAGE))
    await produce(map(_record, ward.of_the_outage()))
    well_once, over = asyncio.Event(), asyncio.Event()
    telling = asyncio.create_task(_tell(ward, produce, well_once, over))
    supervised = Supervised(stormwatch)
    for name in WORKERS:
        supervised.start(name, STORMWATCH_INSTANCE=name, **SETTINGS)
    await _make_trouble(supervised, read_all, chance, well_once)
    over.set()
    others, nothing_due_at = await telling
    await _until_clocks_pass(nothing_due_at, supervised, read_all)
    assert supervised.release() == [0] * len(WORKERS)
    inputs = await _taken(fresh_topics, read_all)
    told = alert_lines(await read_all(registry.ALERTS))

    assert {-signal.SIGKILL, 0, EX_SOFTWARE} <= set(supervised.ended), supervised.reasons()
    assert await read_all(registry.DEAD_LETTERS) == []
    _assert_no_tick_is_missing(inputs[registry.TICKS], since=ward.until - overdue.OUTAGE)
    wanted = last_said(replayed(inputs.values()).alerts.values())
    assert last_said(line for lines in told.values() for line in lines) == wanted
    assert {rule for _, rule, *_ in wanted.values()} >= overdue.RULES
    inputs[registry.TICKS] = [
        each for each in inputs[registry.TICKS] if (each.partition, each.timestamp) not in others
    ]
    assert last_said(replayed(inputs.values()).alerts.values()) == wanted


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("fresh_topics")
@pytest.mark.parametrize("known", [overdue.CHANGELOGS, overdue.CHANGELOGS[:1]], ids=["back", "new"])
async def test_a_pager_that_is_there_first_takes_no_record_from_the_watchers(
    known: Sequence[str],
    stormwatch: Stormwatch,
    read_all: Read,
    produce: Produce,
    chance: random.Random,
) -> None:
    """It writes the time too; what came in the outage is not of the future for that."""
    ward = overdue.Ward(chance, overdue.now())
    await produce(overdue.left_at_the_end(ward.until - overdue.OUTAGE, known))
    outage = [_record(event) for event in ward.of_the_outage()]
    await produce(outage)
    stormwatch.start("page", **SETTINGS)
    await _until_ticks(read_all, registry.PARTITIONS + 1)
    supervised = Supervised(stormwatch)
    supervised.start("one", **SETTINGS)
    await _until_clocks_pass(ward.until, supervised, read_all)
    states = recovered(await read_all(registry.WATCH_CHANGELOG))

    assert await read_all(registry.DEAD_LETTERS) == []
    assert states.keys() == {each.key.decode() for each in outage if each.key}
    assert supervised.release() == [0]


def _record(event: Fields) -> Produced:
    return Produced(topic_of(event), encoded(event), key_of(event), overdue.recorded_ms(event))


async def _tell(
    ward: overdue.Ward, produce: Produce, well_once: asyncio.Event, over: asyncio.Event
) -> tuple[set[tuple[int, int]], datetime]:
    """Tell of the ward as time goes by; return the ticks of others, and when nothing is due."""
    others: set[tuple[int, int]] = set()
    for step in count():
        now, is_last = overdue.now(), over.is_set()
        records = [_record(event) for event in ward.live(now)]
        if well_once.is_set() and step % OTHERS_TICK_STEPS == 0:
            at_ms = epoch_ms(now - OTHERS_BEHIND)
            others |= {(each, at_ms) for each in PARTITIONS}
            records += [
                Produced(registry.TICKS, encode(at_ms), b"other", at_ms, each)
                for each in PARTITIONS
            ]
        await produce(records)
        if is_last:
            return others, now + timedelta(seconds=overdue.SOON[1] + 1)
        await asyncio.sleep(STEP_S)
    raise AssertionError


async def _make_trouble(
    supervised: Supervised, read_all: Read, chance: random.Random, well_once: asyncio.Event
) -> None:
    """Kill one as it claims, end one, and stop one beyond its session; each is started again."""
    names = chance.sample(WORKERS, len(WORKERS))
    await _until_ticks(read_all, MISSING * registry.PARTITIONS)
    await asyncio.sleep(chance.uniform(0, CLAIMED_WITHIN_S))
    await _end(supervised, names[0], signal.SIGKILL)
    assert await well(supervised, LIMIT_S)
    well_once.set()
    await asyncio.sleep(chance.uniform(1, 3))
    await _end(supervised, names[1], signal.SIGTERM)
    assert await well(supervised, LIMIT_S)
    stopped = supervised.process(names[2])
    stopped.send_signal(signal.SIGSTOP)
    await asyncio.sleep(BEYOND_ITS_SESSION_S)
    await _end(supervised, names[2], signal.SIGCONT)
    assert await well(supervised, LIMIT_S)
    await asyncio.sleep(chance.uniform(1, 3))
    await _end(supervised, names[0], signal.SIGKILL)
    assert await well(supervised, LIMIT_S)


async def _end(supervised: Supervised, name: str, sent: signal.Signals) -> None:
    """Send a worker a signal that ends it, and start it again."""
    process = supervised.process(name)
    process.send_signal(sent)
    await asyncio.to_thread(process.wait, LIMIT_S)
    supervised.look()


async def _until_ticks(read_all: Read, ticks: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while len(await read_all(registry.TICKS)) < ticks:
        assert time.monotonic() < deadline, "no ticks are written"
        await asyncio.sleep(LOOK_S)


async def _until_clocks_pass(at: datetime, supervised: Supervised, read_all: Read) -> None:
    """Wait until everything up to a moment is durable in every partition."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        found = clocks(await read_all(registry.WATCH_CHANGELOG))
        if all((found.get(each) or 0) >= epoch_ms(at) for each in PARTITIONS):
            return
        supervised.look()
        assert time.monotonic() < deadline, f"not everything was taken: {found}"
        await asyncio.sleep(0.5)


async def _taken(kafka: Cluster, read_all: Read) -> Queues:
    """Return what was taken of each input topic: all of it, but for the newest ticks."""
    async with connected(kafka.bootstrap) as admin:
        committed = await admin.list_consumer_group_offsets(GROUP)
    found: Queues = {}
    for spec in registry.INPUTS:
        records = await read_all(spec.name)
        found[spec.name] = [
            each
            for each in records
            if each.offset < committed[TopicPartition(spec.name, each.partition)].offset
        ]
        assert spec.name == registry.TICKS or len(found[spec.name]) == len(records), spec.name
    return found


def _assert_no_tick_is_missing(ticks: Sequence[ConsumerRecord], *, since: datetime) -> None:
    for partition in PARTITIONS:
        times = [each.timestamp for each in ticks if each.partition == partition]
        assert min(times) == epoch_ms(since)
        gaps = [later - earlier for earlier, later in pairwise(sorted(times))]
        assert max(gaps) <= FILL_STEP_MS, partition
