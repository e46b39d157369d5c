"""A real broker for the tests: one for the session, its topics made anew for those who ask.

Everything a test starts is ended by its process id, and what it logged is shown if the test fails.
"""

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.group import LeaveGroupRequest
from commands import Produce, Produced, Read, Stormwatch

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from stream.topic_check import NoBrokerError, connected

HERE = Path(__file__).parent
GONE_TIMEOUT_S = 60
READ_TIMEOUT_S = 60
AGAIN_S = 0.2
LOG_LINES_SHOWN = 20
LOG_WIDTH = 400  # characters of a line: what keeps such a log may cut a long text
UNKNOWN_GROUP = 69  # Kafka's error code: it is gone already


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all that is here, so that `-m "not broker"` leaves it out."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.broker)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One node for the whole session, with every topic, whose records are kept."""
    with Cluster(tmp_path_factory.mktemp("kafka")) as cluster:
        asyncio.run(make_topics(cluster.bootstrap, keep=True))
        yield cluster


@pytest.fixture
def fresh_topics(kafka: Cluster) -> Cluster:
    """Empty the topics of the session's broker, and make it forget its groups."""
    asyncio.run(_start_afresh(kafka.bootstrap))
    return kafka


@pytest.fixture
def no_topics(kafka: Cluster) -> Iterator[Cluster]:
    """Delete the topics, for a test that makes its own; those of the contract come back."""
    asyncio.run(_delete_topics(kafka.bootstrap))
    yield kafka
    asyncio.run(_start_afresh(kafka.bootstrap))


@pytest.fixture
def read_all(kafka: Cluster) -> Read:
    """Read a topic from its beginning to where it ends now, partition by partition."""

    async def read(topic: str) -> list[ConsumerRecord]:
        deadline = time.monotonic() + READ_TIMEOUT_S
        while True:
            try:
                return await _read_all(kafka.bootstrap, topic)
            except NoBrokerError:  # one that wakes up is fenced for a moment, and names no broker
                assert time.monotonic() < deadline, "the broker does not come back"
                await asyncio.sleep(AGAIN_S)

    return read


@pytest.fixture
def produce(kafka: Cluster) -> Produce:
    """Write records, all of them confirmed when it returns."""

    async def write(records: Iterable[Produced]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
        await producer.start()
        try:
            sends = [
                await producer.send(
                    r.topic, r.value, r.key, partition=r.partition, timestamp_ms=r.timestamp_ms
                )
                for r in records
            ]
            await asyncio.gather(*sends)
        finally:
            await producer.stop()

    return write


@pytest.fixture
def stormwatch(kafka: Cluster, tmp_path: Path) -> Iterator[Stormwatch]:
    """Run subcommands; what still runs at the end of the test is killed, and its log shown."""
    commands = Stormwatch(kafka.bootstrap, tmp_path)
    yield commands
    for process, log in commands.started:
        if process.poll() is None:
            commands.kill(process)
        lines = [line[:LOG_WIDTH] for line in log.read_text(errors="replace").splitlines()]
        worst = [line for line in lines[:-LOG_LINES_SHOWN] if '"level": "critical"' in line]
        sys.stdout.write(f"--- {log.name}: exit status {process.returncode}\n")
        sys.stdout.writelines(f"{line}\n" for line in worst + lines[-LOG_LINES_SHOWN:])


async def _start_afresh(bootstrap: str) -> None:
    await _delete_topics(bootstrap)
    made = await make_topics(bootstrap, keep=True)
    assert made.is_good, made


async def _delete_topics(bootstrap: str) -> None:
    async with connected(bootstrap) as admin:
        await _forget_groups(admin)
        topics = [name for name in await admin.list_topics() if not name.startswith("__")]
        answer = await admin.delete_topics(topics)
        assert all(not code for _, code, *_ in answer.topic_error_codes), answer
        deadline = time.monotonic() + GONE_TIMEOUT_S
        while set(topics) & set(await admin.list_topics()):
            assert time.monotonic() < deadline, "deleted topics are still listed"
            await asyncio.sleep(0.02)


async def _forget_groups(admin: AIOKafkaAdminClient) -> None:
    """Delete all groups. Members that were killed are made to leave, rather than waited for."""
    for group, *_ in await admin.list_consumer_groups():
        node = await admin.find_coordinator(group)
        for described in await admin.describe_consumer_groups([group], node):
            for member in described.groups[0][5]:
                await admin._send_request(LeaveGroupRequest(group, member[0]), node)
        answer = await admin._send_request(DeleteGroupsRequest([group]), node)
        assert all(code in (0, UNKNOWN_GROUP) for _, code in answer.results), answer


async def _read_all(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    async with connected(bootstrap) as admin:
        (described,) = await admin.describe_topics([topic])
    partitions = [TopicPartition(topic, p) for p in range(len(described["partitions"]))]
    records: dict[TopicPartition, list[ConsumerRecord]] = {p: [] for p in partitions}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(READ_TIMEOUT_S):
            for partition, end in ends.items():
                while await consumer.position(partition) < end:
                    for found, some in (await consumer.getmany(timeout_ms=100)).items():
                        records[found] += some
    finally:
        await consumer.stop()
    return [record for partition in partitions for record in records[partition]]
