"""Finds the alert that a person answers, and writes the answer beside the patient's records."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from stream.page_lines import answer_id
from topics import codec, registry
from topics.acks import Ack
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.pages import PageLine

FIND_WITHIN_S: Final = 60.0
CONFIRMED_WITHIN_S: Final = 15.0
FETCH_WAIT_MS: Final = 200


@dataclass(frozen=True)
class Found:
    """An alert that was paged, and where its patient's records lie."""

    alert_id: str
    patient_id: str
    partition: int
    line: Alert | None = None  # the newest there is


@asynccontextmanager
async def reading(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    """Read topics, in no group and without leaving a trace."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def find(consumer: AIOKafkaConsumer, prefix: str, *, at_most: int) -> list[Found]:
    """Find the alerts that were paged whose ids begin so, each with its newest line."""
    paged: dict[str, Found] = {}
    async with asyncio.timeout(FIND_WITHIN_S):
        every = range(registry.PARTITIONS)
        async for record in records(consumer, registry.PAGES, every, prefix):
            page = codec.decode_line(registry.PAGES, record.value)
            if isinstance(page, PageLine) and page.alert_id.startswith(prefix):
                paged[page.alert_id] = Found(page.alert_id, page.patient_id, record.partition)
        return [await _with_line(consumer, each) for each in list(paged.values())[:at_most]]


async def _with_line(consumer: AIOKafkaConsumer, found: Found) -> Found:
    newest: Alert | None = None
    places = [found.partition]
    async for record in records(consumer, registry.ALERTS, places, found.alert_id):
        line = codec.decode_line(registry.ALERTS, record.value)
        if not isinstance(line, Alert) or line.alert_id != found.alert_id:
            continue
        if newest is None or line.revision >= newest.revision:
            newest = line
    return replace(found, line=newest)


async def records(
    consumer: AIOKafkaConsumer, topic: str, partitions: Sequence[int], containing: str
) -> AsyncIterator[ConsumerRecord]:
    """Read partitions from their beginning to where they end now."""
    places = [TopicPartition(topic, partition) for partition in partitions]
    ends = await consumer.end_offsets(places)
    consumer.assign(places)
    await consumer.seek_to_beginning(*places)
    while any([await consumer.position(place) < end for place, end in ends.items()]):
        fetched = await consumer.getmany(*places, timeout_ms=FETCH_WAIT_MS)
        for records in fetched.values():
            for record in records:
                if record.value is not None and containing.encode() in record.value:
                    yield record


async def end_of_pages(consumer: AIOKafkaConsumer, partition: int) -> int:
    """Return the offset at which the next page line of a partition will lie."""
    place = TopicPartition(registry.PAGES, partition)
    return int((await consumer.end_offsets([place]))[place])


@asynccontextmanager
async def writing(kafka: str) -> AsyncIterator[Callable[[int, Ack], Awaitable[None]]]:
    """Give what writes an answer to a partition, and returns once the broker has confirmed it."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)

    async def write(partition: int, said: Ack) -> None:
        async with asyncio.timeout(CONFIRMED_WITHIN_S):
            await producer.send_and_wait(
                registry.ACKS,
                codec.encode(said),
                key=said.patient_id.encode(),
                partition=partition,  # that of the patient's other records
                timestamp_ms=epoch_ms(said.recorded_at),
            )

    try:
        await producer.start()
        yield write
    finally:
        await producer.stop()


async def is_taken(
    consumer: AIOKafkaConsumer, partition: int, after: int, said: Ack, within_s: float
) -> bool:
    """Wait for the pager's line: only the pager says that something is acknowledged."""
    place = TopicPartition(registry.PAGES, partition)
    consumer.assign([place])
    consumer.seek(place, after)
    wanted = answer_id(said).encode()
    try:
        async with asyncio.timeout(within_s):
            while True:
                fetched = await consumer.getmany(place, timeout_ms=FETCH_WAIT_MS)
                if any(wanted in (record.value or b"") for record in fetched.get(place, ())):
                    return True
    except TimeoutError:
        return False
