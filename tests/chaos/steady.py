"""A ward that sends at an even rate, in real time, to workers that write the ticks themselves."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Final

from aiokafka import AIOKafkaProducer
from chaos.feed import Sent, Ward

SLICE_S: Final = 0.05
BEHIND_S: Final = 1.0  # so far behind its rate a feed lets go of what it owes
CONFIRMED_WITHIN_MS: Final = 120_000
TURN_EVERY_S: Final = 60.0  # of a patient with a bad night, on average


@dataclass
class Feed:
    """Sends until it is told to stop; `sent` counts what is confirmed, in `took_s` seconds."""

    bootstrap: str
    per_s: float
    patients: int
    sent: int = 0
    took_s: float = 0.0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Send one patient after the other, as many a second as asked for, or as go."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=CONFIRMED_WITHIN_MS,
        )
        await producer.start()
        began_s = time.monotonic()
        try:
            await self._send(producer)
        finally:
            self.took_s = time.monotonic() - began_s
            await producer.stop()

    async def _send(self, producer: AIOKafkaProducer) -> None:
        every_s = self.patients / self.per_s
        ward = Ward(seed=0, patients=self.patients, turns=every_s / TURN_EVERY_S)
        now = datetime.now(UTC)
        await self._confirm(producer, [ward.about(each, now) for each in ward.ids])
        turn, owed, began_s = cycle(ward.ids), 0.0, time.monotonic()
        while not self.stopped.is_set():
            await asyncio.sleep(SLICE_S)
            now_s = time.monotonic()
            owed = min(owed + (now_s - began_s) * self.per_s, BEHIND_S * self.per_s)
            began_s, now = now_s, datetime.now(UTC)
            records = [ward.vitals(next(turn), now) for _ in range(int(owed))]
            owed -= len(records)
            await self._confirm(producer, records)

    async def _confirm(self, producer: AIOKafkaProducer, records: list[Sent]) -> None:
        sent = [
            await producer.send(
                each.topic, each.value, each.key, partition=each.partition, timestamp_ms=each.at_ms
            )
            for each in records
        ]
        await asyncio.gather(*sent)
        self.sent += len(records)
