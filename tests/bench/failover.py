"""From an alert to its page while one of two pagers is killed.

Both have names that outlive them. Alerts of P1 come all the time, to every partition, and a gateway
notes when each page is there. What is told is the longest time of an alert that was written near a
kill: the other pager goes on with the dead one's partitions once the group misses it, or the dead
one comes back under its name before that.
"""

import argparse
import asyncio
import json
import random
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer
from bench.results import Table, spread
from commands import Stormwatch
from pager import line
from sinkkit import Gateway, gateway

from deploy.timetable import partition_of
from topics import codec, registry
from topics.alerts import Present, alert_id

MEMBERS: Final = ("pager-one", "pager-two")
SESSION_S: Final = 6.0  # the default
BOUND_S: Final = SESSION_S + 5.0
EVERY_S: Final = 0.1
PRESENT_EVERY_S: Final = 5.0
READY_WITHIN_S: Final = 120.0  # what other parts wrote is read first
LOOK_S: Final = 0.5
KILLED_WITHIN_S: Final = 5.0  # some moment of so long
FELT_BEFORE_S: Final = 2.0
FELT_S: Final = 20.0
AWAY_S: Final = 25.0
SECRET: Final = "whsec_" + "c2VudGluZWwta2V5LW9mLWEtd2ViaG9vay0zMi1ieXQ="
COURSES: Final = {"it comes back at once": 0.0, "it stays away": AWAY_S}


async def measure(bootstrap: str, folder: Path, options: argparse.Namespace) -> list[Table]:
    """Kill a pager so often in each way."""
    chance = random.Random(1)
    found: dict[str, list[float]] = {name: [] for name in COURSES}
    lost = 0
    async with gateway() as it:
        times: list[float] = []
        it.hangs = _noting(times)
        variables = {
            "STORMWATCH_METRICS_PORT": "0",
            "STORMWATCH_WEBHOOK_URL": f"{it.url}/pages",
            "STORMWATCH_WEBHOOK_SECRET": SECRET,
        }
        stormwatch = Stormwatch(bootstrap, folder)
        with _pagers(stormwatch, variables) as pagers:
            feed = _Feed(bootstrap)
            feeding = asyncio.ensure_future(feed.run())
            async with asyncio.timeout(READY_WITHIN_S):
                while not feed.has_any_of(_paged(it, times)):  # noqa: ASYNC110, others page
                    await asyncio.sleep(LOOK_S)
            for _ in range(options.rounds):
                for name, away_s in COURSES.items():
                    await asyncio.sleep(chance.uniform(0, KILLED_WITHIN_S))
                    killed_at = time.time()
                    victim = chance.choice(MEMBERS)
                    stormwatch.kill(pagers[victim])
                    await asyncio.sleep(away_s)
                    pagers[victim] = _start(stormwatch, victim, variables)
                    await asyncio.sleep(FELT_S)
                    felt = feed.written_between(killed_at - FELT_BEFORE_S, killed_at + FELT_S / 2)
                    paged = _paged(it, times)
                    lost += sum(each not in paged for each in felt)
                    found[name].append(
                        max(paged[each] - felt[each] for each in felt if each in paged)
                    )
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    rows = [(name, spread(each), f"{BOUND_S:g}") for name, each in found.items()]
    note = f"{lost} of the alerts written near a kill were not paged by the end of its round."
    title = "From an alert to its page while one of two pagers is killed, the longest"
    return [Table(title, ("the one that was killed", "seconds", "the bound"), rows, note)]


class _Feed:
    """Writes alerts, and that every partition is present."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._written: dict[str, float] = {}

    async def run(self) -> None:
        """Write for as long as nobody cancels it."""
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks="all")
        await producer.start()
        present_at, number, run = 0.0, 0, uuid.uuid4().hex[:8]
        try:
            while True:
                if time.time() - present_at > PRESENT_EVERY_S:
                    present_at = time.time()
                    for partition in range(registry.PARTITIONS):
                        said = Present(partition=partition, at=datetime.now(UTC))
                        await producer.send(
                            registry.ALERTS, codec.encode(said), partition=partition
                        )
                await self._raise(producer, f"{run}-{number}")
                number += 1
                await asyncio.sleep(EVERY_S)
        finally:
            await producer.stop()

    async def _raise(self, producer: AIOKafkaProducer, patient_id: str) -> None:
        name = alert_id(patient_id, 1, "CRS-UP", 1)
        alert = line(
            priority="P1",
            rule="CRS-UP",
            patient_id=patient_id,
            alert_id=name,
            at=datetime.now(UTC),
        )
        key = patient_id.encode()
        await producer.send_and_wait(
            registry.ALERTS,
            codec.encode(alert),
            key,
            partition=partition_of(key, registry.PARTITIONS),
        )
        self._written[name] = time.time()

    def has_any_of(self, paged: Iterable[str]) -> bool:
        """Tell whether an alert of this feed is among those that were paged."""
        return not self._written.keys().isdisjoint(paged)

    def written_between(self, from_s: float, until_s: float) -> dict[str, float]:
        """Give the alerts of a span, each with when it was written."""
        return {name: at for name, at in self._written.items() if from_s <= at <= until_s}


def _noting(times: list[float]) -> Callable[[], Awaitable[None]]:
    async def note() -> None:
        times.append(time.time())

    return note


def _paged(it: Gateway, times: list[float]) -> dict[str, float]:
    """Say when the first page of each alert came."""
    paged: dict[str, float] = {}
    for (_, body), at in zip(it.requests, times, strict=False):
        paged.setdefault(json.loads(body)["data"]["alert_id"], at)
    return paged


@contextmanager
def _pagers(
    stormwatch: Stormwatch, variables: dict[str, str]
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    pagers = {name: _start(stormwatch, name, variables) for name in MEMBERS}
    try:
        yield pagers
    finally:
        for process in pagers.values():
            stormwatch.kill(process)


def _start(stormwatch: Stormwatch, name: str, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    return stormwatch.start("page", STORMWATCH_INSTANCE=name, **variables)
