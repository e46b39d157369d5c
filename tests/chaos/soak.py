"""Workers under an even load for a long time: memory flat, nothing leaked, the lag bounded.

The first quarter of the samples is left out. Of the others the second half is judged by the first.
"""

import asyncio
import re
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from chaos.reading import untaken
from chaos.round import well
from chaos.steady import Feed
from commands import Stormwatch
from supervision import Supervised

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics

SAMPLE_S: Final = 10.0
WARM_UP: Final = 0.25  # of the samples: caches and states fill
WELL_WITHIN_S: Final = 90.0
TAKEN_WITHIN_S: Final = 60.0
MEMORY_GROWS: Final = 1.05  # times: what is more is no chance
ONE_MORE: Final = 1  # file or task, on the median, may be there for a moment
LAG_S: Final = 10.0  # at the end no more may wait than comes in so long
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
    left: list[str] = field(default_factory=list)

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
                self.left = await untaken(kafka.bootstrap, TAKEN_WITHIN_S)
            finally:
                workers.ended += [status for status in workers.release() if status]
        finally:
            await asyncio.to_thread(kafka.__exit__, None, None, None)
        logs = "".join(log.read_text(errors="replace") for _, log in workers.stormwatch.started)
        reasons = re.findall(r'"worker_ends".*"text": "([^"]*)"', logs)
        asked = {"asked_per_s": self.per_s, "workers": self.workers}
        ended = {"worker_ended": reasons, "statuses": workers.ended, "untaken": self.left}
        report = {**asked, **told(self.samples, sent), **ended}
        return report | {"wrong": wrong(report)}

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


def told(samples: list[dict[str, float]], sent: int) -> dict[str, Any]:
    """Sum up the samples by halves, once caches and states are filled."""
    warm = samples[int(len(samples) * WARM_UP) :]
    hours = samples[-1]["at_s"] / 3600
    most, median = ("memory_mb", "files", "tasks", "lag"), ("files", "tasks", "lag")
    return {
        "minutes": round(60 * hours, 1),
        "sent": sent,
        "per_s": round(sent / (3600 * hours)),
        **{name: _of_halves(partial(_most, name), warm) for name in most},
        **{f"{name}_median": _of_halves(partial(_median, name), warm) for name in median},
        "lag_at_end": samples[-1]["lag"],
        "cores": _of_halves(_cores, warm),
    }


def wrong(report: Mapping[str, Any]) -> list[str]:
    """Say in words what must not be after a long time."""
    found = [f"a worker ended: {why}" for why in report["worker_ended"]]
    found += [f"a worker ended with status {status}" for status in report["statuses"]]
    before, after = report["memory_mb"].values()
    if after > MEMORY_GROWS * before:
        found.append(f"memory grew from {before} to {after} MB, more than {MEMORY_GROWS} times")
    for name in ("files", "tasks"):
        before, after = report[f"{name}_median"].values()
        if after > before + ONE_MORE:
            found.append(f"the median of open {name} grew from {before} to {after}")
    limit = LAG_S * report["asked_per_s"]
    if report["lag_at_end"] > limit:
        lag = report["lag_at_end"]
        found.append(f"{lag:.0f} records wait at the end, more than {limit:.0f}: {LAG_S:.0f} s")
    found += [f"not taken in the end: {each}" for each in report["untaken"]]
    return found


def _of_halves(
    tell: Callable[[list[dict[str, float]]], float], samples: list[dict[str, float]]
) -> dict[str, float]:
    middle = len(samples) // 2
    halves = {"first_half": samples[:middle], "second_half": samples[middle:]}
    return {name: round(tell(half), 2) for name, half in halves.items()}


def _most(name: str, samples: list[dict[str, float]]) -> float:
    return max(each[name] for each in samples)


def _median(name: str, samples: list[dict[str, float]]) -> float:
    return statistics.median(each[name] for each in samples)


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
