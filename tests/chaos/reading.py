"""Reads topics past every proxy: from beginning to end, or as they grow."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from topics import registry

GROUP: Final = "stormwatch-watch"
READ_WITHIN_S: Final = 300.0
LOOK_S: Final = 0.2
# A frozen broker is left, and a new leader found, within this: so much too late an arrival may be.
ANSWERED_WITHIN_MS: Final = 2_000
KNOWN_FOR_MS: Final = 1_000

Place = tuple[int, int]  # partition and offset


@dataclass
class Arrivals:
    """When each record of a topic could first be read, as a pager reads it: confirmed.

    The timestamp of a record is older: of when its writer had it, not of when a broker took it.
    """

    bootstrap: str
    topic: str
    at_ms: dict[Place, int] = field(default_factory=dict)
    _next: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))

    async def run(self) -> None:
        """Read on and on, whichever brokers are there."""
        while True:
            try:
                await self._read()
            except KafkaError:
                await asyncio.sleep(LOOK_S)

    async def until_end(self) -> None:
        """Wait until all that lies on the topic has arrived."""
        ends = await ends_of(self.bootstrap, [self.topic])
        async with asyncio.timeout(READ_WITHIN_S):
            while True:
                if all(self._next[tp.partition] >= end for tp, end in ends.items()):
                    return
                await asyncio.sleep(LOOK_S)

    async def _read(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            auto_offset_reset="earliest",
            request_timeout_ms=ANSWERED_WITHIN_MS,
            metadata_max_age_ms=KNOWN_FOR_MS,
        )
        try:
            await consumer.start()
            consumer.assign(_partitions(self.topic))
            for tp in _partitions(self.topic):
                consumer.seek(tp, self._next[tp.partition])
            while True:
                fetched = await consumer.getmany(timeout_ms=round(1_000 * LOOK_S))
                now_ms = time.time_ns() // 1_000_000
                for tp, records in fetched.items():
                    self._note(tp.partition, [each.offset for each in records], now_ms)
        finally:
            await consumer.stop()

    def _note(self, partition: int, offsets: list[int], now_ms: int) -> None:
        for offset in offsets:
            self.at_ms.setdefault((partition, offset), now_ms)
        self._next[partition] = offsets[-1] + 1


async def read_all(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """Return what lies on a topic now, partition by partition."""
    partitions = _partitions(topic)
    records: dict[TopicPartition, list[ConsumerRecord]] = {each: [] for each in partitions}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(READ_WITHIN_S):
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for tp, some in (await consumer.getmany(timeout_ms=200)).items():
                    records[tp] += some
    finally:
        await consumer.stop()
    return [record for each in partitions for record in records[each]]


async def ends_of(bootstrap: str, topics: list[str]) -> dict[TopicPartition, int]:
    """Return the offset behind the last record of each partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partitions = [each for topic in topics for each in _partitions(topic)]
        return dict(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


async def untaken(bootstrap: str, limit_s: float) -> list[str]:
    """Wait until all that lies on the inputs now is committed; name what is not within a time."""
    deadline = time.monotonic() + limit_s
    ends = await ends_of(bootstrap, [spec.name for spec in registry.INPUTS])
    while True:
        committed = await _committed(bootstrap)
        left = [tp for tp, end in ends.items() if committed.get(tp, 0) < end]
        if not left or time.monotonic() > deadline:
            return [f"{tp.topic} {tp.partition}: {committed.get(tp)} of {ends[tp]}" for tp in left]
        await asyncio.sleep(1.0)


async def _committed(bootstrap: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(GROUP)
        return {TopicPartition(*tp): each.offset for tp, each in offsets.items()}
    finally:
        await admin.close()


def _partitions(topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, each) for each in range(registry.PARTITIONS)]
