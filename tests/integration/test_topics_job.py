"""The topics job on a real broker: what it makes, what it finds, and that it alters nothing."""

import asyncio
import json
import time

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from commands import Stormwatch

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from stream.topic_check import Found, connected, missing_or_wrong, read, wanted_settings
from topics import registry

WRONG_PARTITIONS = registry.BY_NAME[registry.VITALS]
WRONG_SETTINGS = registry.BY_NAME[registry.WATCH_CHANGELOG]


async def topics_of(kafka: Cluster) -> dict[str, Found]:
    """Read every topic of ours."""
    async with connected(kafka.bootstrap) as admin:
        return dict((await read(admin)).topics)


@pytest.fixture
async def wrong_topics(no_topics: Cluster) -> Cluster:
    """Have a topic of three partitions, and one with two wrong settings; none other."""
    settings = wanted_settings(WRONG_SETTINGS, keep=False, copies=1)
    settings |= {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
    async with connected(no_topics.bootstrap) as admin:
        right = wanted_settings(WRONG_PARTITIONS, keep=False, copies=1)
        answer = await admin.create_topics(
            [
                NewTopic(WRONG_PARTITIONS.name, 3, 1, topic_configs=right),
                NewTopic(WRONG_SETTINGS.name, 12, 1, topic_configs=settings),
            ]
        )
    assert all(code == 0 for _, code, *_ in answer.topic_errors), answer
    async with asyncio.timeout(10):
        while len(await topics_of(no_topics)) < 2:  # noqa: ASYNC110, shown a moment later
            await asyncio.sleep(0.02)
    return no_topics


async def test_every_topic_is_made_as_the_contract_says(
    no_topics: Cluster, stormwatch: Stormwatch
) -> None:
    made = stormwatch.run("topics", "create")

    assert made.returncode == 0, made.stderr
    topics = await topics_of(no_topics)
    assert topics.keys() == {spec.name for spec in registry.TOPICS}
    assert {found.partitions for found in topics.values()} == {12}
    changelog = topics[registry.WATCH_CHANGELOG].settings
    assert changelog["cleanup.policy"] == "compact"
    assert changelog["min.compaction.lag.ms"] == str(24 * 60 * 60 * 1000)
    vitals = topics[registry.VITALS].settings
    assert vitals["message.timestamp.type"] == "CreateTime"
    assert vitals["retention.ms"] == str(registry.KEPT_MS)


async def test_a_second_run_finds_nothing_to_do(no_topics: Cluster, stormwatch: Stormwatch) -> None:
    await make_topics(no_topics.bootstrap)

    again = stormwatch.run("topics", "create")

    assert again.returncode == 0
    assert again.stdout == "0 of 14 topics made, 0 differences\n"
    assert await missing_or_wrong(no_topics.bootstrap) == []


async def test_with_keep_no_record_is_ever_deleted(no_topics: Cluster) -> None:
    made = await make_topics(no_topics.bootstrap, keep=True)

    assert made.is_good
    assert {t.settings["retention.ms"] for t in (await topics_of(no_topics)).values()} == {"-1"}
    assert await missing_or_wrong(no_topics.bootstrap) == []


async def test_every_difference_is_named_and_none_altered(
    wrong_topics: Cluster, stormwatch: Stormwatch
) -> None:
    before = await topics_of(wrong_topics)

    job = stormwatch.run("topics", "create")

    assert job.returncode == 1
    assert sorted(job.stderr.splitlines()) == [
        f"{WRONG_SETTINGS.name}: cleanup.policy is delete, should be compact",
        f"{WRONG_SETTINGS.name}: message.timestamp.type is LogAppendTime, should be CreateTime",
        f"{WRONG_PARTITIONS.name}: partitions is 3, should be 12",
    ]
    after = await topics_of(wrong_topics)
    assert {name: after[name] for name in before} == before
    assert after.keys() == {spec.name for spec in registry.TOPICS}


async def test_what_is_wrong_or_missing_keeps_a_worker_from_running(wrong_topics: Cluster) -> None:
    found = await missing_or_wrong(wrong_topics.bootstrap)

    told = [str(each) for each in found]
    assert f"{WRONG_PARTITIONS.name}: partitions is 3, should be 12" in told
    assert f"{WRONG_SETTINGS.name}: cleanup.policy is delete, should be compact" in told
    assert f"{registry.ALERTS} is missing" in told


async def test_what_the_broker_refuses_is_named(no_topics: Cluster, stormwatch: Stormwatch) -> None:
    job = stormwatch.run("topics", "create", "--replication", "2")

    assert job.returncode == 1
    assert f"{registry.VITALS} is refused: InvalidReplicationFactorError" in job.stderr
    assert await topics_of(no_topics) == {}


def test_a_broker_that_is_not_there_is_one_line_within_seconds(stormwatch: Stormwatch) -> None:
    began_s = time.monotonic()

    job = stormwatch.run("topics", "create", STORMWATCH_KAFKA="127.0.0.1:1")

    assert job.returncode == 1
    assert job.stderr == "Error: no Kafka broker answers at 127.0.0.1:1\n"
    assert time.monotonic() - began_s < 10


@pytest.mark.parametrize("at_ms", [0, 4_102_444_800_000], ids=["1970", "2100"])
async def test_no_time_is_refused_by_the_broker(at_ms: int, fresh_topics: Cluster) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap)
    await producer.start()
    try:
        async with asyncio.timeout(10):
            written = await producer.send_and_wait(
                registry.VITALS, json.dumps({}).encode(), b"A", timestamp_ms=at_ms
            )
    finally:
        await producer.stop()

    assert written.timestamp == at_ms
    assert written.timestamp_type == 0  # CreateTime


@pytest.mark.usefixtures("no_topics")
def test_the_changelog_of_a_replica_is_made_when_it_is_asked_for(stormwatch: Stormwatch) -> None:
    """Without it the replica refuses to start, and names what is missing."""
    assert stormwatch.run("topics", "create").returncode == 0
    refused = stormwatch.run("watch", STORMWATCH_REPLICA="b", STORMWATCH_METRICS_PORT="0")
    made = stormwatch.run("topics", "create", "--replica", "b")

    assert refused.returncode == 1
    assert "stormwatch-watch-b-patients-changelog" in refused.stderr
    assert made.returncode == 0
    assert "stormwatch-watch-b-patients-changelog made" in made.stdout
