"""Workers under an even load for a long time: memory flat, nothing leaked, the lag bounded.

The first quarter of the samples is left out. Of the others the second half is judged by the first.
What was not measured is wrong as well. A machine may be too slow for the load: then it is told.
"""

import asyncio
import re
import statistics
import subprocess
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
SAMPLED_AT_LEAST: Final = 0.9  # of the samples: of the rest nobody knows how it was
HALF_AT_LEAST: Final = 2  # samples by which something can be told
AS_ASKED: Final = 0.95  # of the load: with less it is told what the machine gave
WARM_UP: Final = 0.25  # of the samples: caches and states fill
WELL_WITHIN_S: Final = 90.0
TAKEN_WITHIN_S: Final = 60.0
MEMORY_GROWS: Final = 1.05  # times: what is more is no chance
ONE_MORE: Final = 1  # file or task, on the median, may be there for a moment
LAG_S: Final = 10.0  # at the end no more may wait than comes in so long
JUDGED: Final = ("memory_mb", "files_median", "tasks_median")  # by their halves
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
    ends: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    is_well: bool = False

    async def run(self) -> dict[str, Any]:
        """Let it run; return the report."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kafka = Cluster(self.folder / "kafka")
        await asyncio.to_thread(kafka.__enter__)
        try:
            await make_topics(kafka.bootstrap, keep=True)
            workers = Supervised(Stormwatch(kafka.bootstrap, self.folder))
            feed = Feed(kafka.bootstrap, self.per_s, self.patients)
            for number in range(self.workers):
                workers.start(str(number), STORMWATCH_METRICS_PORT="0")
            try:
                await self._sample(feed, workers)
                self.left = await untaken(kafka.bootstrap, TAKEN_WITHIN_S)
            finally:
                self.ends = await asyncio.to_thread(all_ended, workers)
        finally:
            await asyncio.to_thread(kafka.__exit__, None, None, None)
        report = {
            "asked_per_s": self.per_s,
            "workers": self.workers,
            "well": self.is_well,
            "samples_asked": round(60 * self.minutes / SAMPLE_S),
            **told(self.samples, feed.sent, feed.took_s),
            "load_broken": self.broken,
            **told_of_ends(workers, self.ends, self.left),
        }
        return report | {"remarks": remarks(report), "wrong": wrong(report)}

    async def _sample(self, feed: Feed, workers: Supervised) -> None:
        self.is_well = await well(workers, WELL_WITHIN_S)
        feeding = asyncio.ensure_future(feed.run())
        began_s = at_s = time.monotonic()
        ends_s = began_s + 60 * self.minutes - SAMPLE_S / 2  # so that the last one is not missed
        while at_s < ends_s and not feeding.done():
            at_s = max(at_s + SAMPLE_S, time.monotonic())
            await asyncio.sleep(at_s - time.monotonic())
            workers.look()
            measured = await asyncio.to_thread(_measured, workers)
            if measured is not None:
                self.samples.append({"at_s": time.monotonic() - began_s, **measured})
        feed.stopped.set()
        (broken,) = await asyncio.gather(feeding, return_exceptions=True)
        self.broken = [repr(broken)] if broken is not None else []


def all_ended(workers: Supervised) -> list[str]:
    """Ask all workers to end; say in words what is wrong about how they did. None is left."""
    found = []
    while workers.running:
        name, (process, _) = workers.running.popitem()
        found += ended(workers.stormwatch, name, process)
    return found


def ended(stormwatch: Stormwatch, name: str, process: subprocess.Popen[bytes]) -> list[str]:
    """Ask a worker to end; say in words what is wrong about how it did. It is left in no case."""
    if (status := process.poll()) is not None:
        return [f"worker {name} had ended with status {status} before it was asked"]
    try:
        status = stormwatch.end(process)
    except (AssertionError, subprocess.TimeoutExpired):
        stormwatch.kill(process)
        return [f"worker {name} did not end in time when asked"]
    return [f"worker {name} ended with status {status} when asked"] if status else []


def told_of_ends(workers: Supervised, ends: list[str], left: list[str]) -> dict[str, Any]:
    """Sum up how workers ended, by themselves and when asked, and what they have not taken."""
    logs = "".join(log.read_text(errors="replace") for _, log in workers.stormwatch.started)
    reasons = re.findall(r'"worker_ends".*"text": "([^"]*)"', logs)
    return {"worker_ended": reasons, "statuses": workers.ended, "ends": ends, "untaken": left}


def told(samples: list[dict[str, float]], sent: int, took_s: float) -> dict[str, Any]:
    """Sum up the samples by halves, once caches and states are filled."""
    warm = samples[int(len(samples) * WARM_UP) :]
    most, median = ("memory_mb", "files", "tasks", "lag"), ("files", "tasks", "lag")
    return {
        "minutes": round(took_s / 60, 1),
        "samples": len(samples),
        "sent": sent,
        "per_s": round(sent / took_s) if took_s else 0,
        **{name: _of_halves(partial(_most, name), warm) for name in most},
        **{f"{name}_median": _of_halves(partial(_median, name), warm) for name in median},
        "lag_at_end": samples[-1]["lag"] if samples else None,
        "cores": _of_halves(_cores, warm),
    }


def remarks(report: Mapping[str, Any]) -> list[str]:
    """Say in words what is not wrong, and has to be known of what was measured."""
    sent, asked = report["per_s"], report["asked_per_s"]
    if sent >= AS_ASKED * asked:
        return []
    return [f"the machine gave only {sent:,} of {asked:,.0f} records a second"]


def wrong(report: Mapping[str, Any]) -> list[str]:
    """Say in words what must not be after a long time."""
    found = wrong_ends(report)
    if not report["well"]:
        found.append(f"not all workers were well {WELL_WITHIN_S:.0f} s after their start")
    found += [f"the load ended by itself: {each}" for each in report["load_broken"]]
    if not report["sent"]:
        found.append("no record was sent")
    return [*found, *_wrong_samples(report), *_wrong_growth(report)]


def wrong_ends(report: Mapping[str, Any]) -> list[str]:
    """Say in words of the ends of workers, and of what they left, what must not be."""
    return [
        *(f"a worker ended: {why}" for why in report["worker_ended"]),
        *(f"a worker ended with status {status}" for status in report["statuses"]),
        *report["ends"],
        *(f"not taken in the end: {each}" for each in report["untaken"]),
    ]


def _wrong_samples(report: Mapping[str, Any]) -> list[str]:
    """Say whether too little was measured to tell anything."""
    samples, asked, found = report["samples"], report["samples_asked"], []
    if samples < SAMPLED_AT_LEAST * asked:
        found.append(f"only {samples} of {asked} samples could be taken")
    if any(None in report[name].values() for name in JUDGED):
        found.append(f"{samples} samples are too few to judge by")
    return found


def _wrong_growth(report: Mapping[str, Any]) -> list[str]:
    """Say what grew; of what was not measured nothing can be said."""
    found = []
    before, after = report["memory_mb"].values()
    if None not in (before, after) and after > MEMORY_GROWS * before:
        found.append(f"memory grew from {before} to {after} MB, more than {MEMORY_GROWS} times")
    for name in ("files", "tasks"):
        before, after = report[f"{name}_median"].values()
        if None not in (before, after) and after > before + ONE_MORE:
            found.append(f"the median of open {name} grew from {before} to {after}")
    lag, limit = report["lag_at_end"], LAG_S * report["per_s"]  # of what was really sent
    if lag is not None and lag > limit:
        found.append(f"{lag:.0f} records wait at the end, more than {limit:.0f}: {LAG_S:.0f} s")
    return found


def _of_halves(
    tell: Callable[[list[dict[str, float]]], float | None], samples: list[dict[str, float]]
) -> dict[str, float | None]:
    middle = len(samples) // 2
    halves = {"first_half": samples[:middle], "second_half": samples[middle:]}
    found = {n: tell(half) if len(half) >= HALF_AT_LEAST else None for n, half in halves.items()}
    return {name: None if each is None else round(each, 2) for name, each in found.items()}


def _most(name: str, samples: list[dict[str, float]]) -> float:
    return max(each[name] for each in samples)


def _median(name: str, samples: list[dict[str, float]]) -> float:
    return statistics.median(each[name] for each in samples)


def _cores(samples: list[dict[str, float]]) -> float | None:
    """Tell how much of a core was used, between samples in which no worker was started again."""
    steps = [
        (after["processor_s"] - before["processor_s"], after["at_s"] - before["at_s"])
        for before, after in pairwise(samples)
        if after["processor_s"] >= before["processor_s"]
    ]
    if not steps:
        return None
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
