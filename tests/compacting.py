"""Has Kafka compact a changelog for real, which it is kept from for a day otherwise."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from commands import Read

from stream.topic_check import connected, wanted_settings
from topics.registry import TopicSpec

AT_ONCE = {
    "min.compaction.lag.ms": "0",
    "min.cleanable.dirty.ratio": "0.0",
    "segment.ms": "1",  # what is written next closes the open one, which is never compacted
}
CLEANS_SOON = {"log.cleaner.backoff.ms": "50"}
LIMIT_S = 45


@asynccontextmanager
async def compacted(bootstrap: str, changelog: TopicSpec) -> AsyncIterator[None]:
    """Let compaction do what it can while the block runs; then as it was, since workers look."""
    right = wanted_settings(changelog, keep=True, copies=1)
    await _alter(bootstrap, changelog.name, right | AT_ONCE, CLEANS_SOON)
    try:
        yield
    finally:
        await _alter(bootstrap, changelog.name, right, {})


async def until_dropped(
    read_all: Read, changelog: TopicSpec, share: float, write: Callable[[], Awaitable[object]]
) -> None:
    """Write on until so much of all that was written lies in the changelog no more."""
    deadline = time.monotonic() + LIMIT_S
    while True:
        await write()
        records = await read_all(changelog.name)
        ends = {record.partition: record.offset + 1 for record in records}
        if len(records) <= (1 - share) * sum(ends.values()):
            return
        assert time.monotonic() < deadline, f"{len(records)} of {sum(ends.values())} are there"
        await asyncio.sleep(0.2)


async def _alter(
    bootstrap: str, topic: str, of_topic: Mapping[str, str], of_broker: Mapping[str, str]
) -> None:
    async with connected(bootstrap) as admin:
        (broker,) = (each["node_id"] for each in (await admin.describe_cluster())["brokers"])
        answers = await admin.alter_configs(
            [
                ConfigResource(ConfigResourceType.TOPIC, topic, of_topic),
                ConfigResource(ConfigResourceType.BROKER, str(broker), of_broker),
            ]
        )
    codes = [code for answer in answers for code, *_ in answer.resources]
    assert codes == [0, 0], answers
