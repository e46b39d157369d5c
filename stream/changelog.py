"""Reads what the changelog holds of partitions that are to be ours: all of it, in its order.

Faust's own recovery is not used. Where a rebalance cuts it short it goes on as if it were complete
(its wait for the end swallows the signal), and what it had fetched for the assignment before may be
applied to the next one's table. An owner that begins with a part of its states forgets patients,
and by writing them it makes the next owners forget them too.
"""

from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place

from stream.partition import Partition

FETCH_BYTES: Final = 4 << 20  # of one partition
FETCH_WAIT_MS: Final = 50


async def read(
    bootstrap: str,
    topic: str,
    partitions: Mapping[int, Partition],
    until: Mapping[int, int] | None = None,
) -> None:
    """Read partitions on, from where they were read to up to these offsets, or to where they end.

    Raises KafkaError.
    """
    if not partitions:
        return
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=FETCH_WAIT_MS,
    )
    await consumer.start()
    try:
        await _read(
            consumer, {Place(topic, each): held for each, held in partitions.items()}, until
        )
    finally:
        await consumer.stop()


async def _read(
    consumer: AIOKafkaConsumer,
    places: Mapping[Place, Partition],
    until: Mapping[int, int] | None,
) -> None:
    consumer.assign(list(places))
    ends = await consumer.end_offsets(places)
    if until is not None:
        ends = {place: until[place.partition] for place in places}
    begins = await consumer.beginning_offsets(places)
    begins = {place: max(begins[place], held.read_to) for place, held in places.items()}
    for place, offset in begins.items():
        consumer.seek(place, offset)
    left = [place for place in places if begins[place] < ends[place]]
    while left:
        batches = await consumer.getmany(*left, timeout_ms=FETCH_WAIT_MS)
        for place, records in batches.items():
            for record in records:
                if until is None or record.offset < ends[place]:
                    places[place].apply(record.key, record.value, record.timestamp)
        left = [place for place in left if await consumer.position(place) < ends[place]]
    for place, held in places.items():
        held.read_to = await consumer.position(place) if until is None else ends[place]
