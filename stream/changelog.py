"""Reads what the changelog holds of partitions that are to be ours: all of it, in its order.

Faust's own recovery is not used. Where a rebalance cuts it short it goes on as if it were complete
(its wait for the end swallows the signal), and what it had fetched for the assignment before may be
applied to the next one's table. An owner that begins with a part of its states forgets patients,
and by writing them it makes the next owners forget them too.
"""

from collections.abc import Collection
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place

from stream.partition import Partition

FETCH_BYTES: Final = 4 << 20  # of one partition
FETCH_WAIT_MS: Final = 50


async def read(bootstrap: str, topic: str, partitions: Collection[int]) -> dict[int, Partition]:
    """Read partitions from their beginning to where they end now. Raises KafkaError."""
    found = {partition: Partition() for partition in partitions}
    if not found:
        return found
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    await consumer.start()
    try:
        await _read(consumer, [Place(topic, partition) for partition in found], found)
    finally:
        await consumer.stop()
    return found


async def _read(
    consumer: AIOKafkaConsumer, places: list[Place], found: dict[int, Partition]
) -> None:
    consumer.assign(places)
    ends = await consumer.end_offsets(places)
    begins = await consumer.beginning_offsets(places)
    for place, offset in begins.items():
        consumer.seek(place, offset)
    left = [place for place in places if begins[place] < ends[place]]
    while left:
        batches = await consumer.getmany(*left, timeout_ms=FETCH_WAIT_MS)
        for place, records in batches.items():
            partition = found[place.partition]
            for record in records:
                partition.apply(record.key, record.value, record.timestamp)
        left = [place for place in left if await consumer.position(place) < ends[place]]
