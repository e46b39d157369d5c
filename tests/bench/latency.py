"""From event to alert: how long, where the time goes, and how much of a core it takes.

The topics get the broker's time as timestamps. So an alert tells when its reading was made, when
the broker had it, when it was fetched and taken; its own timestamp tells when it was written.
Every reading of which an alert must come has one: a contender that loses some ends the run.
"""

import argparse
import asyncio
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from bench import load, races
from bench.races import RaceError, Running
from bench.results import Table, percentile, ratios, spread
from bench.task import Task
from bench.trivial import EVERY

from topics import registry

RATES: Final = (1_000, 5_000)
CONTENDERS: Final = ("stormwatch", "aiokafka")
PATIENTS: Final = 500
WARM_UP_S: Final = 3.0
LAST_ALERTS_S: Final = 15.0  # without a new one: then no more are waited for
LOOK_S: Final = 0.5
EDGES_MS: Final = (5, 10, 15, 20, 25, 50, 80, 200, 1_000)
MOMENTS: Final = ("made_at", "appended_at", "fetched_at", "taken_at", "written_at", "read_at")
PARTS: Final = (
    "produce: made to appended",
    "fetch: appended to fetched (gathering at the broker)",
    "hand over: fetched to taken (alignment, Faust)",
    "group: taken to written (the group before)",
    "confirm and read: written to read",
)

Told = dict[str, float]  # the moments of one alert, epoch seconds


@dataclass
class Slice:
    """What one contender told of in one round."""

    told: list[Told] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # of all alerts that came
    core: float = 0.0  # the share of a core that it used

    def waits_ms(self) -> list[float]:
        """Return the time from event to alert of each."""
        return [1_000 * (each["read_at"] - each["made_at"]) for each in self.told]

    def third(self, number: int) -> list[float]:
        """Return the times of the first, second or last third."""
        waits = self.waits_ms()
        return waits[number * len(waits) // 3 : (number + 1) * len(waits) // 3]


async def measure(bootstrap: str, folder: Path, options: argparse.Namespace) -> list[Table]:
    """Measure at each rate, the contenders by turns."""
    tables = []
    for rate in RATES:
        slices: dict[str, list[Slice]] = {name: [] for name in CONTENDERS}
        for _ in range(options.rounds):
            for name in CONTENDERS:
                slices[name].append(await _slice(bootstrap, name, rate, folder, options.seconds))
        tables += [_summary(rate, slices), _histogram(rate, slices), _parts(rate, slices)]
    return tables


async def _slice(bootstrap: str, contender: str, rate: int, folder: Path, seconds: float) -> Slice:
    name = f"r{uuid.uuid4().hex[:8]}"
    inputs = load.inputs_of(name)
    await load.make(bootstrap, inputs, log_append_time=True)
    await load.make_output(bootstrap, contender, name)
    await load.produce(bootstrap, load.trivial_records(name, 1, 1))
    task = Task(bootstrap, name, inputs, f"{name}.alerts", "trivial")
    found = Slice()
    async with (
        races.running(contender, task, folder) as running,
        _reading(bootstrap, task.alerts, found),
    ):
        await running.report()
        sent = await _fed(bootstrap, name, rate, seconds, running, found)
        wanted = expected_alerts(sent, PATIENTS)
        await _until_came(wanted, found)
    check(contender, wanted, found.ids)
    warm_s = found.told[0]["made_at"] + WARM_UP_S
    found.told = [each for each in found.told if each["made_at"] > warm_s]
    return found


async def _fed(  # noqa: PLR0913, PLR0917, what is fed, and who takes it
    bootstrap: str, name: str, rate: int, seconds: float, running: Running, found: Slice
) -> int:
    """Feed it, and return how many records it was."""
    total_s = WARM_UP_S + seconds
    told = [bootstrap, name, str(rate), str(total_s), str(PATIENTS)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.feeder", *told, stdout=subprocess.PIPE
    )
    await asyncio.sleep(WARM_UP_S)
    began_s, cpu_s = time.perf_counter(), running.cpu_s()
    await asyncio.sleep(seconds)
    found.core = (running.cpu_s() - cpu_s) / (time.perf_counter() - began_s)
    said, _ = await process.communicate()
    assert process.returncode == 0, "the feeder failed"
    return int(said)


async def _until_came(wanted: Counter[str], found: Slice) -> None:
    """Wait for the last alerts: a contender that is behind has its delays told too.

    One more look after the last one finds what is told twice.
    """
    came, came_s = 0, time.monotonic()
    while len(found.ids) < wanted.total() and time.monotonic() - came_s < LAST_ALERTS_S:
        if len(found.ids) > came:
            came, came_s = len(found.ids), time.monotonic()
        await asyncio.sleep(LOOK_S)
    await asyncio.sleep(LOOK_S)


def expected_alerts(sent: int, patients: int) -> Counter[str]:
    """Name the alerts that must come of what is fed, after the one record that lies there."""
    records = Counter(number % patients for number in range(sent))
    records[0] += 1
    return Counter(
        f"p{patient}-{number}"
        for patient, count in records.items()
        for number in range(1, count + 1)
        if not (number + patient) % EVERY
    )


def check(contender: str, wanted: Counter[str], found: Iterable[str]) -> None:
    """Raise RaceError unless each alert came, once: without those that are slow it looks fast."""
    came = Counter(found)
    missing, extra = wanted - came, came - wanted
    if missing or extra:
        told = (
            f"{missing.total()} of {wanted.total()} alerts did not come, {extra.total()} too many"
        )
        raise RaceError(f"{contender}: {told}: {sorted(missing | extra)[:3]}")


@asynccontextmanager
async def _reading(bootstrap: str, topic: str, found: Slice) -> AsyncIterator[None]:
    """Read alerts as a pager does, for as long as the body runs."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, each) for each in range(registry.PARTITIONS)])
    reading = asyncio.ensure_future(_read(consumer, found))
    try:
        yield
        if reading.done():
            reading.result()  # it never ends but by an error
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, found: Slice) -> None:
    while True:
        fetched: dict[Any, list[Any]] = await consumer.getmany(timeout_ms=1_000)
        now = time.time()
        for records in fetched.values():
            for record in records:
                alert = orjson.loads(record.value)
                moments = alert | {"written_at": record.timestamp / 1000, "read_at": now}
                found.told.append({name: moments[name] for name in MOMENTS})
                found.ids.append(alert["id"])


def _summary(rate: int, slices: dict[str, list[Slice]]) -> Table:
    rows = []
    for name, each in slices.items():
        rows.append(
            (
                name,
                *(_over(each, lambda s, p=p: percentile(s.waits_ms(), p)) for p in (50, 90, 99)),  # type: ignore[misc]
                _over(each, lambda s: max(s.waits_ms())),
                _over(each, lambda s: percentile(s.third(0), 50)),
                _over(each, lambda s: percentile(s.third(2), 50)),
                _over(each, lambda s: 100 * s.core, 0),
            )
        )
    ours, theirs = slices["stormwatch"], slices["aiokafka"]
    medians = [[percentile(s.waits_ms(), 50) for s in each] for each in (ours, theirs)]
    note = (
        f"The pipeline's median is {spread(ratios(*medians))} times that of the bare loop; it uses "
        f"{spread(ratios([s.core for s in ours], [s.core for s in theirs]))} times its processor."
    )
    columns = (
        "contender",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "most ms",
        "p50 of the first third",
        "of the last third",
        "% of a core",
    )
    return Table(f"From event to alert at {rate:,} events a second", columns, rows, note)


def _over(slices: list[Slice], figure: Callable[[Slice], float], digits: int = 1) -> str:
    return spread([figure(each) for each in slices], digits)


def _histogram(rate: int, slices: dict[str, list[Slice]]) -> Table:
    waits = {name: [w for s in each for w in s.waits_ms()] for name, each in slices.items()}
    rows, least = [], 0.0
    for edge in (*EDGES_MS, float("inf")):
        shares = [sum(least <= wait < edge for wait in each) / len(each) for each in waits.values()]
        rows.append(
            (
                f"{least:,.0f} to {edge:,.0f}" if edge < float("inf") else f"from {least:,.0f}",
                *(f"{share:6.1%} {'#' * round(20 * share):<20}" for share in shares),
            )
        )
        least = edge
    title = f"Histogram at {rate:,} events a second"
    return Table(title, ("ms from event to alert", *waits), rows)


def _parts(rate: int, slices: dict[str, list[Slice]]) -> Table:
    rows = []
    for part, begin, end in zip(PARTS, MOMENTS, MOMENTS[1:], strict=False):
        row = [part]
        for each in slices.values():
            spans = [1_000 * (told[end] - told[begin]) for s in each for told in s.told]
            row.append(f"{percentile(spans, 50):.1f} / {percentile(spans, 99):.1f}")
        rows.append(tuple(row))
    columns = ("part", *(f"{name}: p50 / p99 ms" for name in slices))
    return Table(f"Where the time goes at {rate:,} events a second", columns, rows)
