"""The topics and the records of a race, the same for every contender."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.timetable import partition_of, without_ticks
from deploy.topics_job import make_topics
from stream import ticks
from stream.topic_check import LOOK_AGAIN_S, connected
from topics import registry
from topics.feeds.replay import Line

STREAMS: Final = ("vitals", "labs", "meds")
BEGINNING_MS: Final = 1_772_323_200_000  # the first record's time
STEP_MS: Final = 10
TICK_EVERY_MS: Final = 60_000
LED_LIMIT_S: Final = 60.0
BATCH_BYTES: Final = 512 * 1024


class Message(NamedTuple):
    """A record to write."""

    topic: str
    partition: int
    at_ms: int
    key: bytes
    value: bytes


def inputs_of(load: str) -> tuple[str, ...]:
    """Name the input topics of a load."""
    return tuple(f"{load}.{stream}" for stream in STREAMS)


async def make(bootstrap: str, names: Iterable[str], *, log_append_time: bool = False) -> None:
    """Make topics as the project has them: as many partitions, records kept."""
    settings = {"retention.ms": "-1"}
    if log_append_time:
        settings["message.timestamp.type"] = "LogAppendTime"
    new = [NewTopic(name, registry.PARTITIONS, 1, topic_configs=settings) for name in names]
    async with connected(bootstrap) as admin:
        await admin.create_topics(new)
        deadline_s = time.monotonic() + LED_LIMIT_S
        while not await _are_led(admin, {topic.name for topic in new}):
            assert time.monotonic() < deadline_s, "the new topics have no leaders"
            await asyncio.sleep(LOOK_AGAIN_S)


async def _are_led(admin: AIOKafkaAdminClient, names: set[str]) -> bool:
    found = [topic for topic in await admin.describe_topics() if topic["topic"] in names]
    return len(found) == len(names) and all(
        partition["leader"] >= 0 for topic in found for partition in topic["partitions"]
    )


async def make_output(bootstrap: str, contender: str, name: str) -> None:
    """Make what a contender writes to, of one run; Faust and Quix make their own changelogs."""
    await make(bootstrap, [f"{name}.alerts", f"{name}.states"])
    if contender == "stormwatch":
        await make_topics(bootstrap, keep=True, replicas=[name])


def trivial_records(load: str, records: int, patients: int) -> Iterator[Message]:
    """Nine in ten are vitals, the rest labs and doses; about 150 bytes each."""
    partitions = [partition_of(b"p%d" % each, registry.PARTITIONS) for each in range(patients)]
    for number in range(records):
        patient = number % patients
        yield Message(
            f"{load}.{stream_of(number)}",
            partitions[patient],
            BEGINNING_MS + number * STEP_MS,
            b"p%d" % patient,
            reading(number),
        )


def stream_of(number: int) -> str:
    """Say which topic the nth record belongs to."""
    if number % 25 == 0:
        return "labs"
    return "meds" if number % 10 == 0 else "vitals"


def reading(number: int) -> bytes:
    """Return the nth record's value, made now."""
    return orjson.dumps(
        {
            "event_id": f"event-{number}",
            "kind": "vitals",
            "source": "monitor-of-the-bench",
            "temperature_c": 37 + number % 30 / 10,
            "heart_rate_per_min": 90 + number % 40,
            "spo2_percent": 90 + number % 10,
            "made_at": time.time(),
        }
    )


def ward_records(lines: list[Line]) -> Iterator[Message]:
    """The lines of a ward in order of time, and before one of them a tick, at most every minute."""
    for partition, plan in enumerate(without_ticks(lines, registry.PARTITIONS)):
        ticked_ms = 0
        for line in plan:
            if line.at_ms - ticked_ms >= TICK_EVERY_MS:
                ticked_ms = line.at_ms - 1
                yield _tick(partition, ticked_ms)
            yield Message(line.topic, line.partition, line.at_ms, line.key, line.value)


def _tick(partition: int, at_ms: int) -> Message:
    key = str(partition).encode()
    return Message(registry.TICKS, partition, at_ms, key, ticks.encode(at_ms))


async def produce(bootstrap: str, messages: Iterable[Message]) -> int:
    """Write records in big batches, all confirmed; return how many they were."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,  # a record that lies there twice costs next to nothing to take
        max_batch_size=BATCH_BYTES,
    )
    await producer.start()
    batches: dict[tuple[str, int], Any] = {}
    sent, count = [], 0
    try:
        for message in messages:
            place = message.topic, message.partition
            if (batch := batches.get(place)) is None:
                batch = batches[place] = producer.create_batch()
            row = {"key": message.key, "value": message.value, "timestamp": message.at_ms}
            if batch.append(**row) is None:
                sent.append(await producer.send_batch(batch, place[0], partition=place[1]))
                batches[place] = producer.create_batch()
                batches[place].append(**row)
            count += 1
        for (topic, partition), batch in batches.items():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
    return count
