"""What it costs that workers come, leave and die: seconds without progress of each partition.

Whatever a step costs, in the end all that was sent has to be graded, and all workers well; none
may end by itself.
"""

import asyncio
import logging
import math
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, Final

from aiokafka import ConsumerRecord
from chaos.held import ungraded
from chaos.reading import read_all, untaken
from chaos.round import well
from chaos.soak import all_ended, ended, told_of_ends, wrong_ends
from chaos.steady import Feed
from commands import Stormwatch
from oracle import recovered
from supervision import Supervised

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from stream.partition import MARKER_KEY
from topics import registry

PER_S: Final = 240.0
PATIENTS: Final = 120
WELL_WITHIN_S: Final = 90.0
TAKEN_WITHIN_S: Final = 60.0
SETTINGS: Final = {"STORMWATCH_METRICS_PORT": "0"}
INPUTS: Final = tuple(spec.name for spec in registry.INPUTS if spec.name != registry.TICKS)

log = logging.getLogger("chaos")


@dataclass
class Step:
    """What was done when, and whether all workers were well again after it."""

    told: str
    began_s: float
    ended_s: float = 0.0
    is_well: bool = False


@dataclass
class Scale:
    """Takes the steps one after the other, under load."""

    folder: Path
    settle_s: float = 15.0
    steps: list[Step] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Take all steps; return what each cost."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kafka = Cluster(self.folder / "kafka")
        await asyncio.to_thread(kafka.__enter__)
        try:
            await make_topics(kafka.bootstrap, keep=True)
            workers = Supervised(Stormwatch(kafka.bootstrap, self.folder))
            await self._under_load(kafka.bootstrap, workers)
            written = await read_all(kafka.bootstrap, registry.WATCH_CHANGELOG)
            sent = [each for name in INPUTS for each in await read_all(kafka.bootstrap, name)]
        finally:
            await asyncio.to_thread(kafka.__exit__, None, None, None)
        costs = costs_of(self.steps, written, sent)
        ends = told_of_ends(workers, self.ends, self.left)
        report = {"rate": PER_S, "steps": costs, **ends}
        return report | {"wrong": wrong(report)}

    async def _under_load(self, bootstrap: str, workers: Supervised) -> None:
        self._start(workers, "one")
        await well(workers, WELL_WITHIN_S)
        feed = Feed(bootstrap, PER_S, PATIENTS)
        feeding = asyncio.ensure_future(feed.run())
        try:
            await asyncio.sleep(self.settle_s)
            await self._take_steps(workers)
            feed.stopped.set()
            await feeding
            self.left = await untaken(bootstrap, TAKEN_WITHIN_S)
            self.ends += await asyncio.to_thread(all_ended, workers)
        finally:
            feed.stopped.set()
            await asyncio.gather(feeding, return_exceptions=True)
            for process, _ in workers.stormwatch.started:
                if process.poll() is None:
                    workers.stormwatch.kill(process)

    async def _take_steps(self, workers: Supervised) -> None:
        await self._settle("nothing happens", workers)
        for name in ("two", "three"):
            self._start(workers, name)
            await self._settle(f"worker {name} joins", workers)
        process = workers.process("three")
        process.kill()
        process.wait()
        self._start(workers, "three")
        await self._settle("worker three is killed and started again at once", workers)
        workers.running.pop("three")[0].kill()
        await self._settle("worker three is killed and stays away", workers)
        process, _ = workers.running.pop("two")
        _, wrong_end = await asyncio.gather(
            self._settle("worker two is asked to end", workers),
            asyncio.to_thread(ended, workers.stormwatch, "two", process),
        )
        self.ends += wrong_end

    def _start(self, workers: Supervised, name: str) -> None:
        workers.start(name, STORMWATCH_INSTANCE=name, **SETTINGS)

    async def _settle(self, told: str, workers: Supervised) -> None:
        """Note a step that was just taken, and wait until it is over."""
        self.steps.append(step := Step(told, time.time()))
        await asyncio.sleep(self.settle_s)
        step.is_well = await well(workers, WELL_WITHIN_S)
        await asyncio.sleep(self.settle_s)
        workers.look()
        step.ended_s = time.time()


def costs_of(
    steps: Sequence[Step], written: Sequence[ConsumerRecord], sent: Sequence[ConsumerRecord]
) -> list[dict[str, Any]]:
    """Find the longest silence of each partition in each step, and what of it was not graded.

    A partition is silent while no state is written, whatever markers are. It counts where something
    is sent to it.
    """
    times: dict[int, list[float]] = {each.partition: [] for each in sent}
    for record in written:
        if record.key != MARKER_KEY and record.partition in times:
            times[record.partition].append(record.timestamp / 1000)
    found = ungraded(sent, recovered(written))
    costs: list[dict[str, Any]] = []
    for step, following in zip_longest(steps, steps[1:]):
        silent = [_longest(each, step.began_s, step.ended_s) for each in times.values()]
        silent = silent or [step.ended_s - step.began_s]  # nothing was sent
        since_s = step.began_s if costs else 0.0  # the first also has what was sent before it
        until_s = math.inf if following is None else following.began_s
        costs.append(
            {
                "step": step.told,
                "median_s": round(statistics.median(silent), 1),
                "longest_s": round(max(silent), 1),
                "records": _between(sent, since_s, until_s),
                "not_graded": _between(found.lost, since_s, until_s),
                "not_known": _between(found.not_known, since_s, until_s),
                "well": step.is_well,
            }
        )
    return costs


def wrong(report: Mapping[str, Any]) -> list[str]:
    """Say in words what no step may cost, and how no worker may end."""
    found = []
    for each in report["steps"]:
        step, of_all = each["step"], f"of {each['records']} records"
        if not each["records"]:
            found.append(f"{step}: no record was sent")
        if each["not_graded"]:
            found.append(f"{step}: {each['not_graded']} {of_all} were not graded")
        if each["not_known"]:
            unknown = f"of {each['not_known']} {of_all} nobody knows whether they were graded"
            found.append(f"{step}: {unknown}")
        if not each["well"]:
            found.append(f"{step}: not all workers were well {WELL_WITHIN_S:.0f} s later")
    return found + wrong_ends(report)


def _between(records: Iterable[ConsumerRecord], began_s: float, ended_s: float) -> int:
    return sum(began_s <= each.timestamp / 1000 < ended_s for each in records)


def _longest(times: Sequence[float], began_s: float, ended_s: float) -> float:
    """Find the longest silence of which a part lies in a span."""
    before = max((each for each in times if each < began_s), default=began_s)
    within = sorted(each for each in times if began_s <= each <= ended_s)
    return max(b - a for a, b in pairwise([before, *within, ended_s]))
