"""How long a worker takes to its first record: from its changelog, and after a kill -9.

The clock runs from the start of the process, or from the kill, to the first record in the engine.
"""

import argparse
import asyncio
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson
from bench import load, races, trivial
from bench.load import Message
from bench.results import Table, ratios, spread
from bench.task import Task

from deploy.timetable import partition_of
from stream.partition import Epoch, Stamp, head_of, write
from topics import registry

PATIENTS: Final = 20_000
SIZES: Final = (2_000, 16_000)  # bytes of a state
CONTENDERS: Final = ("stormwatch", "faust")
WRITTEN: Final = head_of(Stamp(Epoch(1, 1), 1))
FED_A_SECOND: Final = 200
FED_S: Final = 60.0
ALIVE_S: Final = 5.0  # from the first record to the kill
MEMBERS: Final = {"a new member": "", "the same member": "bench-1"}


async def measure(bootstrap: str, folder: Path, options: argparse.Namespace) -> list[Table]:
    """Recover states of two sizes, and come back after kills."""
    return [
        await _from_the_changelog(bootstrap, folder, options.rounds),
        await _after_kills(bootstrap, folder, options.rounds),
    ]


async def _from_the_changelog(bootstrap: str, folder: Path, rounds: int) -> Table:
    rows = []
    for size in SIZES:
        took: dict[str, list[float]] = {name: [] for name in CONTENDERS}
        for _ in range(rounds):
            for contender in CONTENDERS:
                took[contender].append(await _recovered(bootstrap, contender, size, folder))
        quicker = ratios(took["faust"], took["stormwatch"])
        rows += [
            (
                f"{size // 1_000} KB",
                name,
                spread(each),
                spread(quicker) if each is not first else "",
            )
            for first in [took["stormwatch"]]
            for name, each in took.items()
        ]
    title = f"From the start of a process to its first record: {PATIENTS:,} patients to recover"
    return Table(title, ("state", "contender", "seconds", "stormwatch is faster x"), rows)


async def _recovered(bootstrap: str, contender: str, size: int, folder: Path) -> float:
    name = f"r{uuid.uuid4().hex[:8]}"
    inputs = load.inputs_of(name)
    await load.make(bootstrap, inputs)
    await load.make_output(bootstrap, contender, name)
    if contender == "faust":
        await load.make(bootstrap, [f"{name}-patients-changelog"])
    await load.produce(bootstrap, _changelog(contender, name, size))
    await load.produce(bootstrap, load.trivial_records(name, 1, 1))
    task = Task(bootstrap, name, inputs, f"{name}.alerts", "trivial")
    async with races.running(contender, task, folder) as running:
        return (await running.report()).first_at - running.started_at


def _changelog(contender: str, name: str, size: int) -> Iterator[Message]:
    """The states of all patients as a contender would have written them."""
    now_ms = time.time_ns() // 1_000_000
    value = orjson.dumps(trivial.new_state() | {"said": "x" * size})
    for number in range(PATIENTS):
        key = b"p%d" % number
        partition = partition_of(key, registry.PARTITIONS)
        if contender == "faust":
            topic = f"{name}-patients-changelog"
            yield Message(topic, partition, now_ms, b'"%s"' % key, value)
        else:
            topic = f"stormwatch-watch-{name}-patients-changelog"
            yield Message(topic, partition, now_ms, key, write(WRITTEN, (value, None)))


async def _after_kills(bootstrap: str, folder: Path, rounds: int) -> Table:
    took: dict[str, list[float]] = {name: [] for name in MEMBERS}
    for _ in range(rounds):
        for name, instance in MEMBERS.items():
            took[name].append(await _killed(bootstrap, instance, folder))
    rows = [(name, spread(each)) for name, each in took.items()]
    title = f"From a kill -9 to the first record again, at {FED_A_SECOND} events a second"
    note = "A new member waits until the group misses the dead one: the session of 6 s."
    return Table(title, ("who comes back", "seconds"), rows, note)


async def _killed(bootstrap: str, instance: str, folder: Path) -> float:
    name = f"r{uuid.uuid4().hex[:8]}"
    inputs = load.inputs_of(name)
    await load.make(bootstrap, inputs)
    await load.make_output(bootstrap, "stormwatch", name)
    task = Task(bootstrap, name, inputs, f"{name}.alerts", "trivial", instance=instance)
    told = [bootstrap, name, str(FED_A_SECOND), str(FED_S), "500"]
    feeder = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.feeder", *told)
    try:
        async with races.running("stormwatch", task, folder) as first:
            await first.report()
            await asyncio.sleep(ALIVE_S)
            await first.kill()
        killed_at = time.time()
        async with races.running("stormwatch", task, folder) as second:
            return (await second.report()).first_at - killed_at
    finally:
        feeder.kill()
        await feeder.wait()
