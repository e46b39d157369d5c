"""One round: a cluster, workers, a ward, a schedule of faults, and the verdict on it."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from chaos.brokers import Brokers, start_proxies, stop_proxies
from chaos.delays import delays, spans
from chaos.endings import ends
from chaos.explaining import Explaining
from chaos.faults import WORKERS, Done, Trouble
from chaos.feed import Ward
from chaos.feeding import feed
from chaos.live import LiveWard
from chaos.reading import Arrivals, read_all, untaken
from chaos.schedule import OF_THE_FEED, Fault
from chaos.verdict import judge, replayed
from commands import Stormwatch
from oracle import clocks
from supervision import Supervised

from deploy.topics_job import make_topics
from topics import registry

# What is made and judged: counted up where reports can no longer be added to older ones.
# 1: one fault after the other, alerts timed by when a worker had them.
# 2: a fault explained whatever was late near it, and any reason for which a worker ended.
# 3: workers that were given up might count as well, and what was due by time waited for a tick.
DRIVER: Final = 4
STARTED_WITHIN_S: Final = 90.0
WELL_WITHIN_S: Final = 30.0  # after a fault, beyond what others explain
DONE_WITHIN_S: Final = 300.0
LOOK_S: Final = 0.2
SETTINGS: Final = {
    "STORMWATCH_TICKS": "topic",
    "STORMWATCH_METRICS_PORT": "0",
    "STORMWATCH_ALIGN_WAIT_S": "600",  # the order is that of the replay, whatever is down
}
OWN_TICKS: Final = {"STORMWATCH_METRICS_PORT": "0"}

log = logging.getLogger("chaos")


@dataclass
class Round:
    """Runs one seed. `folder` keeps what the workers said."""

    seed: int
    folder: Path
    schedule: Sequence[Fault]
    patients: int
    own_ticks: bool = False  # the workers write them, and all is as they come
    done: list[Done] = field(default_factory=list)
    has_started: bool = False
    _making: "set[asyncio.Task[None]]" = field(default_factory=set)

    async def run(self) -> dict[str, Any]:
        """Let it happen; return the report."""
        began_s = time.time()
        self.folder.mkdir(parents=True, exist_ok=True)
        brokers = Brokers(self.folder / "kafka")
        await asyncio.to_thread(brokers.__enter__)
        try:
            await start_proxies(brokers)
            told = await self._with(brokers)
        finally:
            await stop_proxies(brokers)
            await asyncio.to_thread(brokers.__exit__, None, None, None)
        return {
            "driver": DRIVER,
            "seed": self.seed,
            "ticks": "own" if self.own_ticks else "topic",
            "patients": self.patients,
            "seconds": round(time.time() - began_s),
            "faults": dict(Counter(each.kind for each in self.done if each.is_made)),
            "faults_without_effect": dict(
                Counter(each.kind for each in self.done if not each.is_made)
            ),
            "overlapped": overlapped(self.done),
            **told,
        }

    async def _with(self, brokers: Brokers) -> dict[str, Any]:
        await make_topics(brokers.straight, keep=True)
        workers = Supervised(Stormwatch(brokers.by_proxy, self.folder))
        trouble = Trouble(brokers, workers, OWN_TICKS if self.own_ticks else SETTINGS)
        self.done = trouble.done
        arrivals = Arrivals(brokers.straight, registry.ALERTS)
        beside = [
            asyncio.ensure_future(each)
            for each in (self._supervise(workers, brokers), arrivals.run())
        ]
        try:
            await self._make_trouble(trouble, beside)
            log.info("all is sent")
            left = await untaken(brokers.straight, DONE_WITHIN_S)
            log.info("%s partitions of topics are not taken to their end", len(left))
            beside[0].cancel()
            if self.own_ticks:  # each has to end with all that it has told
                running = [process for process, _ in workers.running.values()]
                await asyncio.gather(*(trouble.end(each) for each in running))
            await arrivals.until_end()
            return await self._judge(trouble, arrivals, left)
        finally:
            for task in (*beside, *self._making):
                task.cancel()
            await asyncio.gather(*beside, *self._making, return_exceptions=True)
            for process, _ in workers.stormwatch.started:
                if process.poll() is None:
                    workers.stormwatch.kill(process)

    async def _make_trouble(
        self, trouble: Trouble, beside: "Sequence[asyncio.Future[None]]"
    ) -> None:
        """Make all faults, while the ward sends."""
        for name in WORKERS:
            trouble.workers.start(name, STORMWATCH_INSTANCE=name, **trouble.settings)
        self.has_started = await well(trouble.workers, STARTED_WITHIN_S)
        ward = (LiveWard if self.own_ticks else Ward)(self.seed, self.patients)
        over = asyncio.Event()
        feeding = asyncio.ensure_future(feed(ward, trouble.brokers.straight, trouble.bursts, over))
        try:
            for fault in self.schedule:
                await self._start(trouble, fault, [*beside, feeding])
            await self._until_over(self._making, [*beside, feeding])
            log.info("all faults are over")
            over.set()
            await feeding
        finally:
            feeding.cancel()

    async def _start(
        self, trouble: Trouble, fault: Fault, beside: "Sequence[asyncio.Future[None]]"
    ) -> None:
        """Begin a fault, and be there when the next one is due."""
        if fault.kind == "disk_full" and not trouble.brokers.has_small_disk:
            log.info("fault %s: no disk can be mounted here, not made", fault.number)
            return
        log.info("fault %s: %s%s", fault.number, fault.kind, " beside" * fault.is_beside)
        making = asyncio.ensure_future(self._make(trouble, fault))
        self._making.add(making)
        goes_on = fault.is_beside or fault.kind in OF_THE_FEED
        await self._until_over(set() if goes_on else {making}, beside)
        await asyncio.sleep(fault.break_s)

    async def _until_over(
        self, waited: "Collection[asyncio.Task[None]]", beside: "Sequence[asyncio.Future[None]]"
    ) -> None:
        """Wait for some faults; what fails meanwhile ends the round."""
        while True:
            for task in (*beside, *self._making):
                if task.done():
                    task.result()
            left = [each for each in waited if not each.done()]
            if not left:
                return
            await asyncio.wait([*left, *beside], return_when=asyncio.FIRST_COMPLETED)

    async def _make(self, trouble: Trouble, fault: Fault) -> None:
        done = await trouble.make(fault)
        if (fault.waits or fault.is_beside) and fault.kind not in OF_THE_FEED:
            done.is_well = await well_again(trouble, done)
        done.over_s = time.time()

    async def _supervise(self, workers: Supervised, brokers: Brokers) -> None:
        while True:
            workers.look()
            brokers.revive()
            await asyncio.sleep(LOOK_S)

    async def _judge(self, trouble: Trouble, arrivals: Arrivals, left: list[str]) -> dict[str, Any]:
        names = (
            *(spec.name for spec in registry.INPUTS),
            registry.ALERTS,
            registry.WATCH_CHANGELOG,
            registry.DEAD_LETTERS,
        )
        read = {name: await read_all(trouble.brokers.straight, name) for name in names}
        log.info("all is read, and replayed now")
        taken_ms = clocks(read[registry.WATCH_CHANGELOG])
        read[registry.TICKS] = [
            each
            for each in read[registry.TICKS]
            if each.timestamp <= (taken_ms.get(each.partition) or 0)
        ]
        inputs = [read[spec.name] for spec in registry.INPUTS]
        wanted = await asyncio.to_thread(replayed, inputs, read[registry.DEAD_LETTERS])
        wanted.by_line = not self.own_ticks
        alerts, changelog = read[registry.ALERTS], read[registry.WATCH_CHANGELOG]
        verdict = judge(wanted, alerts, changelog, read[registry.DEAD_LETTERS])
        waited = delays(spans(wanted.sent_ms, alerts, arrivals.at_ms), self.done)
        ended, not_well = ends(trouble, self.done), unwell(self.done)
        if not self.has_started:
            not_well.append(f"workers were not all ready within {STARTED_WITHIN_S:.0f} s at first")
        wrong = [*left, *ended.unexpected, *not_well]
        return {
            **asdict(verdict),
            **asdict(waited),
            "right": verdict.is_right and not (waited.late or wrong),
            "untaken": len(left),
            "unwell": len(not_well),
            "unexpected_ends": len(ended.unexpected),
            "differences": [*verdict.differences, *wrong],
            "end_reasons": dict(ended.reasons),
            "workers_ended": dict(Counter(str(status) for status in trouble.workers.ended)),
            "small_disk": trouble.brokers.has_small_disk,
        }


def overlapped(done: Sequence[Done]) -> int:
    """Count the faults that were not over when another one began, or began before one was over."""
    made = [each for each in done if each.kind not in OF_THE_FEED]
    beside = {
        id(each)
        for one, other in combinations(made, 2)
        if one.began_s <= other.over_s and other.began_s <= one.over_s
        for each in (one, other)
    }
    return len(beside)


def unwell(done: Sequence[Done]) -> list[str]:
    """Name the faults after which the workers were not well in time, as no other one explains."""
    found = []
    for fault in done:
        explained_s = explained(fault, done, fault.over_s)
        took_s = fault.over_s - fault.ended_s
        is_late = not fault.is_well or took_s > WELL_WITHIN_S + explained_s
        if fault.kind not in OF_THE_FEED and is_late:
            found.append(
                f"workers were not all ready for {took_s:.0f} s after {fault.kind}, of which other "
                f"faults explain {explained_s:.0f} s"
            )
    return found


def explained(fault: Done, done: Iterable[Done], until_s: float) -> float:
    """Return how much of the wait after a fault all others explain, those that last included."""
    others = Explaining(each for each in done if each is not fault)
    return others.of((fault.ended_s, until_s))


async def well_again(trouble: Trouble, fault: Done) -> bool:
    """Wait until every worker is ready after a fault, for as long as they may take by others."""
    while True:
        now_s = time.time()
        limit_s = WELL_WITHIN_S + explained(fault, trouble.done, now_s)
        left_s = fault.ended_s + limit_s - now_s
        if left_s <= 0:
            return False
        if await well(trouble.workers, left_s):  # else others may have explained more meanwhile
            return True


async def well(workers: Supervised, limit_s: float) -> bool:
    """Wait until every worker is ready, or for so long."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        names = list(workers.running)
        ready = await asyncio.gather(*(asyncio.to_thread(_ready, workers, n) for n in names))
        if all(ready):
            return True
        await asyncio.sleep(LOOK_S)
    return False


def _ready(workers: Supervised, name: str) -> bool:
    try:
        return workers.measured(name, "stormwatch_ready") == 1
    except (OSError, ValueError, KeyError):  # another fault has taken it away meanwhile
        return False
