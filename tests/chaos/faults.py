"""Makes things go wrong on purpose, several at a time, and puts them right again."""

import asyncio
import contextlib
import math
import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from chaos.brokers import ENDED_WITHIN_S, SMALL, Brokers
from chaos.leaders import move_leaders
from chaos.schedule import OF_THE_FEED, Fault
from commands import HANGING_S
from supervision import Supervised

from deploy.broker.failure import BrokerError

WORKERS: Final = ("one", "two", "three")
JOINER: Final = "four"
STOPPED_S: Final = (3.0, 14.0)  # some wake up within their session of 6 s, some beyond it
LONG_STOP_S: Final = 30.0
DOWN_S: Final = (2.0, 8.0)
FROZEN_S: Final = (5.0, 40.0)
AWAY_S: Final = 600.0
READY_WITHIN_S: Final = 180.0
MOVED_WITHIN_S: Final = 20.0
ANSWERED_WITHIN_MS: Final = 3_000  # else another broker is asked: one may be frozen
LOOK_S: Final = 0.1
# Two of the three brokers are there or come back by themselves, and what is gone stays away.
ONE_AT_A_TIME: Final = MappingProxyType(
    {
        "broker_kill": "brokers",
        "all_brokers_kill": "brokers",
        "broker_away": "brokers",
        "outage": "brokers",
        "broker_freezes": "brokers",
        "disk_full": "brokers",
        "network_gone": "network",
    }
)

Process = subprocess.Popen[bytes]


@dataclass
class Done:
    """A fault that was made, by the wall clock."""

    kind: str
    began_s: float
    ended_s: float  # when it was undone; infinite while it lasts
    is_made: bool = True  # else it was tried: no node ended of a full disk, no leader moved
    over_s: float = 0.0  # when the workers were well again too, where that was waited for
    is_well: bool = True  # else that was given up
    process: Process | None = None  # the worker that it hit, if it hits one


@dataclass
class Burst:
    """What spoils one step of the ward; the feed says when it has sent that."""

    kind: str
    is_sent: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class Trouble:
    """What the faults act on."""

    brokers: Brokers
    workers: Supervised
    settings: dict[str, str]
    bursts: list[Burst] = field(default_factory=list)  # for the feed to spoil its next steps by
    killed: set[Process] = field(default_factory=set)
    asked: set[Process] = field(default_factory=set)  # to end
    hung: list[str] = field(default_factory=list)  # of those that were asked
    done: list[Done] = field(default_factory=list)  # and what lasts
    _held: set[Process] = field(default_factory=set)  # that one fault has, and no other may hit
    _hit: dict[int, Process] = field(default_factory=dict)  # by the number of the fault
    _turns: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    async def make(self, fault: Fault) -> Done:
        """Make one fault and undo it."""
        async with self._turns[ONE_AT_A_TIME.get(fault.kind, f"fault {fault.number}")]:
            self.done.append(done := Done(fault.kind, time.time(), math.inf))
            done.is_made = await self._make(fault)
            done.ended_s, done.process = time.time(), self._hit.pop(fault.number, None)
            return done

    def kill(self, process: Process) -> None:
        """End a worker as a power cut would."""
        self.killed.add(process)
        process.kill()
        process.wait()

    async def end(self, process: Process) -> None:
        """Ask a worker to end; one that does not is noted, and killed."""
        self.asked.add(process)
        process.send_signal(signal.SIGTERM)
        if not await self._until(lambda: process.poll() is not None, HANGING_S):
            self.hung.append(f"worker {process.pid} was asked to end, and ran {HANGING_S:.0f} s on")
            self.kill(process)

    async def _make(self, fault: Fault) -> bool:
        if fault.kind in OF_THE_FEED:
            self.bursts.append(burst := Burst(fault.kind))
            return await burst.is_sent.wait()
        make: Callable[[Fault], Awaitable[bool]] = getattr(self, f"_{fault.kind}")
        return await make(fault)

    # Workers

    def _worker(self, fault: Fault) -> Process | None:
        """Return the one that is hit, if any runs that no other fault has."""
        processes = [self.workers.process(name) for name in sorted(self.workers.running)]
        free = [each for each in processes if each.poll() is None and each not in self._held]
        if not free:
            return None
        self._hit[fault.number] = free[int(fault.pick * len(free))]
        return self._hit[fault.number]

    @contextlib.contextmanager
    def _holding(self, process: Process) -> Iterator[None]:
        self._held.add(process)
        try:
            yield
        finally:
            self._held.discard(process)

    async def _worker_kill(self, fault: Fault) -> bool:
        if (process := self._worker(fault)) is not None:
            self.kill(process)
        return process is not None

    async def _worker_term(self, fault: Fault) -> bool:
        if (process := self._worker(fault)) is not None:
            with self._holding(process):
                await self.end(process)
        return process is not None

    async def _worker_stop(self, fault: Fault) -> bool:
        return await self._stop(fault, _between(STOPPED_S, fault))

    async def _worker_long_stop(self, fault: Fault) -> bool:
        return await self._stop(fault, LONG_STOP_S)

    async def _stop(self, fault: Fault, seconds: float) -> bool:
        if (process := self._worker(fault)) is not None:
            with self._holding(process):
                process.send_signal(signal.SIGSTOP)
                await asyncio.sleep(seconds)
                process.send_signal(signal.SIGCONT)
        return process is not None

    async def _worker_joins(self, _: Fault) -> bool:
        """One more comes, or the one that came leaves: all partitions are dealt anew."""
        if JOINER not in self.workers.running:
            self.workers.start(JOINER, **self.settings)
            return True
        if self.workers.process(JOINER) in self._held:
            return False
        await self.end(self.workers.running.pop(JOINER)[0])
        return True

    # Brokers

    def _node(self, fault: Fault) -> int:
        nodes = [node for node in self.brokers.running if not self.brokers.has_ended(node)]
        return nodes[int(fault.pick * len(nodes))]

    async def _broker_kill(self, fault: Fault) -> bool:
        return await self._down([self._node(fault)], _between(DOWN_S, fault))

    async def _all_brokers_kill(self, fault: Fault) -> bool:
        return await self._down(self.brokers.running, _between(DOWN_S, fault))

    async def _broker_away(self, fault: Fault) -> bool:
        """One of them is gone for ten minutes."""
        return await self._down([self._node(fault)], AWAY_S)

    async def _outage(self, _: Fault) -> bool:
        """No broker is there for ten minutes."""
        return await self._down(self.brokers.running, AWAY_S)

    async def _down(self, nodes: list[int], seconds: float) -> bool:
        for node in nodes:
            self.brokers.kill(node)
        await asyncio.sleep(seconds)
        for node in nodes:
            self.brokers.start(node)
        await self._until_ready()
        return True

    async def _broker_freezes(self, fault: Fault) -> bool:
        """It answers nobody and closes no connection; others lead before it wakes up, or not."""
        pid = self.brokers.pid(self._node(fault))
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(_between(FROZEN_S, fault))
        os.kill(pid, signal.SIGCONT)
        return True

    async def _disk_full(self, fault: Fault) -> bool:
        """The node on the small disk ends once it cannot write; with room again it starts."""
        self.brokers.fill()
        try:
            has_ended = await self._until(lambda: self.brokers.has_ended(SMALL), ENDED_WITHIN_S)
            await asyncio.sleep(_between(DOWN_S, fault))
        finally:
            self.brokers.empty()
        self.brokers.revive()
        await self._until_ready()
        return has_ended

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                await asyncio.to_thread(self.brokers.wait, READY_WITHIN_S)
            except BrokerError:  # one that ended meanwhile is started again
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(LOOK_S)
            else:
                return

    async def _leaders_move(self, _: Fault) -> bool:
        """Let another node lead each partition, as soon as the brokers let us."""
        deadline = time.monotonic() + MOVED_WITHIN_S
        while time.monotonic() < deadline:
            with contextlib.suppress(KafkaError, TimeoutError):
                return await self._moved() > 0
            await asyncio.sleep(LOOK_S)
        return False

    async def _moved(self) -> int:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self.brokers.straight, request_timeout_ms=ANSWERED_WITHIN_MS
        )
        try:
            await admin.start()
            return await move_leaders(admin)
        finally:
            await admin.close()

    # The network between workers and brokers

    async def _connections_cut(self, _: Fault) -> bool:
        return sum(proxy.cut() for proxy in self.brokers.proxies.values()) > 0

    async def _network_gone(self, fault: Fault) -> bool:
        proxies = list(self.brokers.proxies.values())
        hit = proxies if fault.pick > 0.5 else [proxies[int(fault.pick * 2 * len(proxies))]]
        for proxy in hit:
            proxy.is_open = False
            proxy.cut()
        await asyncio.sleep(_between(DOWN_S, fault))
        for proxy in hit:
            proxy.is_open = True
        return True

    async def _until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_S)
        return True


def _between(span_s: tuple[float, float], fault: Fault) -> float:
    shortest, longest = span_s
    return shortest + fault.length * (longest - shortest)
