"""Workers under an even load for a long time: memory flat, nothing leaked, the lag bounded."""

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from chaos.round import well
from chaos.steady import Feed
from commands import Stormwatch
from supervision import Supervised

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics

SAMPLE_S: Final = 10.0
WARM_UP: Final = 0.25  # of the samples: caches and states fill
WELL_WITHIN_S: Final = 90.0
SAMPLED: Final = {
    "memory_mb": "process_resident_memory_bytes",
    "files": "process_open_fds",
    "tasks": "stormwatch_tasks",
    "lag": "stormwatch_partition_lag_records",
    "patients": "stormwatch_patients",
    "taken": "stormwatch_records_total",
    "processor_s": "process_cpu_seconds_total",
}


@dataclass
class Soak:
    """Runs for so many minutes; a sample each ten seconds, of all workers together."""

    folder: Path
    minutes: float
    per_s: float
    patients: int
    workers: int
    samples: list[dict[str, float]] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Let it run; return the report."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kafka = Cluster(self.folder / "kafka")
        await asyncio.to_thread(kafka.__enter__)
        try:
            await make_topics(kafka.bootstrap, keep=True)
            workers = Supervised(Stormwatch(kafka.bootstrap, self.folder))
            for number in range(self.workers):
                workers.start(str(number), STORMWATCH_METRICS_PORT="0")
            try:
                sent = await self._sample(kafka.bootstrap, workers)
            finally:
                workers.release()
        finally:
            await asyncio.to_thread(kafka.__exit__, None, None, None)
        logs = "".join(log.read_text(errors="replace") for _, log in workers.stormwatch.started)
        reasons = re.findall(r'"worker_ends".*"text": "([^"]*)"', logs)
        asked = {"asked_per_s": self.per_s, "workers": self.workers}
        return {**asked, **self._told(sent), "worker_ended": reasons}

    async def _sample(self, bootstrap: str, workers: Supervised) -> int:
        await well(workers, WELL_WITHIN_S)
        feed = Feed(bootstrap, self.per_s, self.patients)
        feeding = asyncio.ensure_future(feed.run())
        began_s = time.monotonic()
        while time.monotonic() - began_s < 60 * self.minutes:
            await asyncio.sleep(SAMPLE_S)
            workers.look()
            measured = await asyncio.to_thread(_measured, workers)
            if measured is not None:
                self.samples.append({"at_s": time.monotonic() - began_s, **measured})
        feed.stopped.set()
        await feeding
        return feed.sent

    def _told(self, sent: int) -> dict[str, Any]:
        warm = self.samples[int(len(self.samples) * WARM_UP) :]
        hours = self.samples[-1]["at_s"] / 3600
        return {
            "minutes": round(60 * hours, 1),
            "sent": sent,
            "per_s": round(sent / (3600 * hours)),
            **{
                name: _of_halves(partial(_most, name), warm)
                for name in ("memory_mb", "files", "tasks", "lag")
            },
            "lag_median": _of_halves(_median_lag, warm),
            "cores": _of_halves(_cores, warm),
        }


def _of_halves(
    tell: Callable[[list[dict[str, float]]], float], samples: list[dict[str, float]]
) -> dict[str, float]:
    middle = len(samples) // 2
    halves = {"first_half": samples[:middle], "second_half": samples[middle:]}
    return {name: round(tell(half), 2) for name, half in halves.items()}


def _most(name: str, samples: list[dict[str, float]]) -> float:
    return max(each[name] for each in samples)


def _median_lag(samples: list[dict[str, float]]) -> float:
    return statistics.median(each["lag"] for each in samples)


def _cores(samples: list[dict[str, float]]) -> float:
    """Tell how much of a core was used, between samples in which no worker was started again."""
    steps = [
        (after["processor_s"] - before["processor_s"], after["at_s"] - before["at_s"])
        for before, after in pairwise(samples)
        if after["processor_s"] >= before["processor_s"]
    ]
    return sum(used for used, _ in steps) / sum(took for _, took in steps)


def _measured(workers: Supervised) -> dict[str, float] | None:
    """Take a sample; None where a worker does not answer, since it was started again."""
    try:
        sample = {
            name: sum(workers.measured(each, metric) for each in workers.running)
            for name, metric in SAMPLED.items()
        }
    except (OSError, ValueError):
        return None
    return sample | {"memory_mb": sample["memory_mb"] / (1 << 20)}
