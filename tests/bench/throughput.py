"""How many records a second each contender takes, alerts and states confirmed.

Every round runs each contender once, one after the other, over the same records on the same broker.
A slow one gets the first part of them. The clock runs from the first record in the engine to the
last one done: durable for the pipeline and the bare loop, only taken for Faust and Quix Streams,
which say no more.
"""

import argparse
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import load, races
from bench.results import Table, ratios, spread
from bench.task import EngineName, Report, Task
from bench.wards import ward_lines

from topics import registry

PATIENTS: Final = (500, 20_000)
SHARES: Final = {"faust": 0.02, "quix": 0.2}  # of the records; the others take all
REAL_SHARES: Final = {"faust": 0.1}
REAL: Final = ("stormwatch", "aiokafka", "faust")
TRIVIAL: Final = ("stormwatch", "aiokafka", "quix", "faust")


@dataclass(frozen=True)
class Course:
    """What is raced over: a load on the broker, and an engine."""

    title: str
    engine: EngineName
    inputs: tuple[str, ...]
    records: int
    contenders: tuple[str, ...]

    def share(self, contender: str) -> int:
        """Say how many of the records a contender takes."""
        shares = REAL_SHARES if self.engine == "real" else SHARES
        return max(1, round(self.records * shares.get(contender, 1)))


async def measure(bootstrap: str, folder: Path, options: argparse.Namespace) -> list[Table]:
    """Race with the clinical engine, and with the trivial one over few patients and many."""
    tables = [await _race(await _ward(bootstrap, options), bootstrap, folder, options)]
    for patients in PATIENTS:
        course = await _counting(bootstrap, options.records, patients)
        tables.append(await _race(course, bootstrap, folder, options))
    return tables


async def _ward(bootstrap: str, options: argparse.Namespace) -> Course:
    lines = ward_lines(options.events)
    records = await load.produce(bootstrap, load.ward_records(lines))
    inputs = tuple(spec.name for spec in registry.INPUTS)
    title = f"Clinical engine: {len(lines):,} events of a ward on a bad night, and its ticks"
    return Course(title, "real", inputs, records, REAL)


async def _counting(bootstrap: str, records: int, patients: int) -> Course:
    name = f"of-{patients}-patients"
    inputs = load.inputs_of(name)
    await load.make(bootstrap, inputs)
    await load.produce(bootstrap, load.trivial_records(name, records, patients))
    title = f"Trivial engine: {records:,} records of {patients:,} patients"
    return Course(title, "trivial", inputs, records, TRIVIAL)


async def _race(course: Course, bootstrap: str, folder: Path, options: argparse.Namespace) -> Table:
    contenders = [name for name in course.contenders if races.available(name)]
    reports: dict[str, list[Report]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for contender in contenders:
            name = f"r{uuid.uuid4().hex[:8]}"
            await load.make_output(bootstrap, contender, name)
            task = Task(
                bootstrap,
                name,
                course.inputs,
                f"{name}.alerts",
                course.engine,
                course.share(contender),
                options.batch,
            )
            reports[contender].append(await races.race(contender, task, folder))
    return _table(course, reports)


def _table(course: Course, reports: dict[str, list[Report]]) -> Table:
    ours = reports["stormwatch"]
    rows = []
    for contender, theirs in reports.items():
        writes = sum(each.writes for each in theirs)
        rows.append(
            (
                contender,
                spread([each.rate for each in theirs], 0),
                spread(ratios(_rates(ours), _rates(theirs))),
                spread([_cpu(each) for each in theirs]),
                spread(ratios([_cpu(e) for e in theirs], [_cpu(e) for e in ours])),
                f"{sum(each.records for each in theirs) / writes:,.0f}" if writes else "-",
            )
        )
    columns = (
        "contender",
        "records/s",
        "stormwatch is faster x",
        "CPU s per 100 000",
        "stormwatch needs less CPU x",
        "records a write",
    )
    return Table(course.title, columns, rows)


def _rates(reports: Sequence[Report]) -> list[float]:
    return [each.rate for each in reports]


def _cpu(report: Report) -> float:
    return 100_000 * report.cpu_s / report.records
