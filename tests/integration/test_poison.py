"""No record ends a worker, whatever it holds: it would end the next one too."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from builders import encoded, lab
from commands import Produce, Produced, Read, Stormwatch

from deploy.broker.cluster import Cluster
from stream.guard import VALUE_KEPT
from topics import registry

LIMIT_S = 30
PARTITION = 3
FAR_AHEAD_MS = 2**61
NEARLY_A_MEBIBYTE = b"\xff" * (1_048_576 - 200)


@pytest.mark.usefixtures("fresh_topics")
async def test_records_that_no_sender_should_send_are_kept_and_harm_nobody(
    kafka: Cluster, stormwatch: Stormwatch, read_all: Read, produce: Produce
) -> None:
    """As large as a topic takes, larger once unpacked, empty, from no time at all."""
    now = datetime.now(UTC)
    labs, good = registry.LABS, encoded(lab("ferritin", 60_000, at=now))
    poison = [
        Produced(labs, NEARLY_A_MEBIBYTE, b"P01", partition=PARTITION),
        Produced(labs, None, b"P01", partition=PARTITION),
        Produced(labs, b"{}", None, partition=PARTITION),
        Produced(labs, good, b"P01", FAR_AHEAD_MS, PARTITION),
        Produced(labs, b"{}", b"P01", FAR_AHEAD_MS, PARTITION),
        Produced(registry.TICKS, b"[]", b"P01", partition=PARTITION),
        Produced(labs, b"{}", b"\xff" * 300_000, partition=PARTITION),
    ]
    worker = stormwatch.start("watch", STORMWATCH_METRICS_PORT="0")
    # A tick of the future is left out and counted: no bytes of a sender are in it.
    await produce([*poison, Produced(registry.TICKS, b"[]", b"P01", FAR_AHEAD_MS, PARTITION)])
    unpacked = await _send_packed(kafka, labs, os.urandom(1000) * 6_000)
    await produce([Produced(labs, good, b"P01", partition=PARTITION)])

    await _until(lambda: _raised(read_all, "HLH-FERRITIN"))
    letters = await _until(lambda: _letters(read_all, len(poison) + 1))
    assert stormwatch.end(worker) == 0

    values = {letter.value for letter in letters}
    assert NEARLY_A_MEBIBYTE in values
    (cut,) = [each for each in letters if each.value and unpacked.startswith(each.value)]
    assert cut.value == unpacked[:VALUE_KEPT]
    assert dict(cut.headers)["bytes"] == str(len(unpacked)).encode()


async def _send_packed(kafka: Cluster, topic: str, value: bytes) -> bytes:
    """Send more than a topic takes, compressed to less."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap, compression_type="gzip", max_request_size=2 * len(value)
    )
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, b"P01", partition=PARTITION)
    finally:
        await producer.stop()
    return value


async def _until(condition: Callable[[], Awaitable[list[Any]]]) -> list[Any]:
    deadline = time.monotonic() + LIMIT_S
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.5)
    return found


async def _raised(read_all: Read, rule: str) -> list[Any]:
    lines = [json.loads(record.value) for record in await read_all(registry.ALERTS)]
    return [line for line in lines if line.get("rule") == rule]


async def _letters(read_all: Read, count: int) -> list[Any]:
    letters = await read_all(registry.DEAD_LETTERS)
    return letters if len(letters) >= count else []
