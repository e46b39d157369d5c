"""What it costs that workers come, leave and die: seconds without progress of each partition."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from aiokafka import ConsumerRecord
from chaos.reading import read_all
from chaos.round import well
from chaos.steady import Feed
from commands import Stormwatch
from supervision import Supervised

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from topics import registry

PER_S: Final = 240.0
PATIENTS: Final = 120
WELL_WITHIN_S: Final = 90.0
SETTINGS: Final = {"STORMWATCH_METRICS_PORT": "0"}


@dataclass
class Scale:
    """Takes the steps one after the other, under load."""

    folder: Path
    settle_s: float = 15.0
    steps: list[tuple[str, float]] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Take all steps; return what each cost."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kafka = Cluster(self.folder / "kafka")
        await asyncio.to_thread(kafka.__enter__)
        try:
            await make_topics(kafka.bootstrap, keep=True)
            workers = Supervised(Stormwatch(kafka.bootstrap, self.folder))
            await self._take_steps(kafka.bootstrap, workers)
            written = await read_all(kafka.bootstrap, registry.WATCH_CHANGELOG)
        finally:
            await asyncio.to_thread(kafka.__exit__, None, None, None)
        return {"rate": PER_S, "steps": self._costs(written)}

    async def _take_steps(self, bootstrap: str, workers: Supervised) -> None:
        self._start(workers, "one")
        await well(workers, WELL_WITHIN_S)
        feed = Feed(bootstrap, PER_S, PATIENTS)
        feeding = asyncio.ensure_future(feed.run())
        try:
            await asyncio.sleep(self.settle_s)
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
            workers.running.pop("two")[0].terminate()
            await self._settle("worker two is asked to end", workers)
        finally:
            feed.stopped.set()
            await feeding
            for process, _ in workers.stormwatch.started:
                if process.poll() is None:
                    workers.stormwatch.kill(process)

    def _start(self, workers: Supervised, name: str) -> None:
        workers.start(name, STORMWATCH_INSTANCE=name, **SETTINGS)

    async def _settle(self, step: str, workers: Supervised) -> None:
        """Note a step that was just taken, and wait until it is over."""
        self.steps.append((step, time.time()))
        await asyncio.sleep(self.settle_s)
        await well(workers, WELL_WITHIN_S)
        await asyncio.sleep(self.settle_s)
        workers.look()

    def _costs(self, written: Sequence[ConsumerRecord]) -> list[dict[str, Any]]:
        """Find the longest silence of each partition between a step and the next."""
        times: dict[int, list[float]] = defaultdict(list)
        for record in written:
            times[record.partition].append(record.timestamp / 1000)
        ends = [at for _, at in self.steps[1:]] + [max(map(max, times.values()))]
        costs = []
        for (step, began_s), ended_s in zip(self.steps, ends, strict=True):
            silent = [_longest(each, began_s, ended_s) for each in times.values()]
            costs.append(
                {
                    "step": step,
                    "median_s": round(statistics.median(silent), 1),
                    "longest_s": round(max(silent), 1),
                }
            )
        return costs


def _longest(times: Sequence[float], began_s: float, ended_s: float) -> float:
    within = sorted(each for each in times if began_s - 1 <= each <= ended_s)
    if not within:
        return ended_s - began_s
    return max((b - a for a, b in pairwise(within)), default=0.0)
