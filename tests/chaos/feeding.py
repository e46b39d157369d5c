"""Writes what a ward sends, through whatever happens to the brokers."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from itertools import zip_longest
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from chaos.faults import Burst
from chaos.feed import Sent, Ward

SENT: Final = "sent_ms"  # the header in which it is said when a record was first sent
# Longer than what a broker told of a topic's end is believed by the workers.
BETWEEN_TOPICS_S: Final = 0.8
PRODUCED_WITHIN_MS: Final = 180_000
LOOK_S: Final = 0.2


async def feed(ward: Ward, bootstrap: str, bursts: list[Burst], over: asyncio.Event) -> None:
    """Write step after step until the faults are over; then one more, and a last tick."""
    producer = await _producing(bootstrap)
    try:
        is_last = False
        while not is_last:
            is_last = over.is_set()
            burst = bursts.pop(0) if bursts else None
            for phase in ward.phases(burst.kind if burst is not None else None):
                left: Sequence[Sent] = phase
                sent_ms = time.time_ns() // 1_000_000
                while left := await _write(producer, left, sent_ms):  # as after an outage
                    await producer.stop()
                    producer = await _producing(bootstrap)
                if phase:
                    await asyncio.sleep(BETWEEN_TOPICS_S)
            if burst is not None:
                burst.is_sent.set()
    finally:
        await producer.stop()


async def _producing(bootstrap: str) -> AIOKafkaProducer:
    """Reach the brokers, however long it takes."""
    while True:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=1 << 18,
            request_timeout_ms=PRODUCED_WITHIN_MS,
        )
        try:
            await producer.start()
        except KafkaError:
            await producer.stop()
            await asyncio.sleep(LOOK_S)
        else:
            return producer


async def _write(
    producer: AIOKafkaProducer, records: Sequence[Sent], sent_ms: int
) -> Sequence[Sent]:
    """Return those that are not confirmed; they may lie on the topic all the same."""
    headers = [(SENT, str(sent_ms).encode())]
    sent: list[Awaitable[Any]] = []
    for each in records:
        told = {"partition": each.partition, "timestamp_ms": each.at_ms, "headers": headers}
        try:
            sent.append(await producer.send(each.topic, each.value, each.key, **told))
        except KafkaError:
            break
    answers = await asyncio.gather(*sent, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, KafkaError):
            raise answer
    pairs = zip_longest(records, answers, fillvalue=KafkaError())  # as for those never sent
    return [record for record, answer in pairs if isinstance(answer, KafkaError)]
