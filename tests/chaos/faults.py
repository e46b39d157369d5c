"""Makes things go wrong on purpose, one after the other, and puts them right again."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from chaos.brokers import ENDED_WITHIN_S, SMALL, Brokers
from chaos.leaders import move_leaders
from chaos.schedule import OF_THE_FEED, Fault
from supervision import Supervised

from deploy.broker.failure import BrokerError

WORKERS: Final = ("one", "two", "three")
JOINER: Final = "four"
SESSION_S: Final = 6.0  # the workers' default
STOPPED_S: Final = (3.0, 14.0)  # some wake up within their session, some beyond it
LONG_STOP_S: Final = 30.0
DOWN_S: Final = 8.0
FROZEN_S: Final = (5.0, 40.0)
OUTAGE_S: Final = 600.0
READY_WITHIN_S: Final = 180.0
MOVED_WITHIN_S: Final = 20.0
LOOK_S: Final = 0.1

log = logging.getLogger("chaos")


@dataclass
class Done:
    """A fault that was made, by the wall clock."""

    kind: str
    began_s: float
    ended_s: float


@dataclass
class Trouble:
    """What the faults act on."""

    brokers: Brokers
    workers: Supervised
    settings: dict[str, str]
    bursts: list[str] = field(default_factory=list)  # for the feed to spoil its next steps by

    async def make(self, fault: Fault) -> Done:
        """Make one fault and undo it."""
        began_s = time.time()
        if fault.kind in OF_THE_FEED:
            self.bursts.append(fault.kind)
        else:
            await getattr(self, f"_{fault.kind}")(fault)
        return Done(fault.kind, began_s, time.time())

    # Workers

    def _worker(self, fault: Fault) -> str:
        names = sorted(self.workers.running)
        return names[int(fault.pick * len(names))]

    async def _worker_kill(self, fault: Fault) -> None:
        process = self.workers.process(self._worker(fault))
        process.kill()
        process.wait()

    async def _worker_term(self, fault: Fault) -> None:
        process = self.workers.process(self._worker(fault))
        process.send_signal(signal.SIGTERM)
        await self._until(lambda: process.poll() is not None, 30.0)

    async def _worker_stop(self, fault: Fault) -> None:
        process = self.workers.process(self._worker(fault))
        process.send_signal(signal.SIGSTOP)
        shortest, longest = STOPPED_S
        await asyncio.sleep(shortest + fault.length * (longest - shortest))
        process.send_signal(signal.SIGCONT)

    async def _worker_long_stop(self, fault: Fault) -> None:
        process = self.workers.process(self._worker(fault))
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(LONG_STOP_S)
        process.send_signal(signal.SIGCONT)

    async def _worker_joins(self, _: Fault) -> None:
        """One more comes, or the one that came leaves: all partitions are dealt anew."""
        if JOINER not in self.workers.running:
            self.workers.start(JOINER, **self.settings)
            return
        process = self.workers.running.pop(JOINER)[0]
        process.send_signal(signal.SIGTERM)
        await self._until(lambda: process.poll() is not None, 30.0)
        self.workers.ended.append(process.wait())

    # Brokers

    def _node(self, fault: Fault) -> int:
        nodes = [node for node in self.brokers.running if not self.brokers.has_ended(node)]
        return nodes[int(fault.pick * len(nodes))]

    async def _broker_kill(self, fault: Fault) -> None:
        node = self._node(fault)
        self.brokers.kill(node)
        await asyncio.sleep(fault.length * DOWN_S)
        await self._start([node])

    async def _broker_freezes(self, fault: Fault) -> None:
        """It answers nobody and closes no connection; others lead before it wakes up, or not."""
        pid = self.brokers.pid(self._node(fault))
        os.kill(pid, signal.SIGSTOP)
        shortest, longest = FROZEN_S
        await asyncio.sleep(shortest + fault.length * (longest - shortest))
        os.kill(pid, signal.SIGCONT)

    async def _all_brokers_kill(self, fault: Fault) -> None:
        nodes = self.brokers.running
        for node in nodes:
            self.brokers.kill(node)
        await asyncio.sleep(fault.length * DOWN_S)
        await self._start(nodes)

    async def _outage(self, _: Fault) -> None:
        """No broker is there for ten minutes."""
        nodes = self.brokers.running
        for node in nodes:
            self.brokers.kill(node)
        await asyncio.sleep(OUTAGE_S)
        await self._start(nodes)

    async def _start(self, nodes: list[int]) -> None:
        for node in nodes:
            self.brokers.start(node)
        await self._until_ready()

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

    async def _leaders_move(self, _: Fault) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.brokers.straight)
        try:
            async with asyncio.timeout(MOVED_WITHIN_S):
                await admin.start()
                await move_leaders(admin)
        finally:
            await admin.close()

    async def _disk_full(self, fault: Fault) -> None:
        """The node on the small disk ends once it cannot write; with room again it starts."""
        self.brokers.fill()
        try:
            await self._until(lambda: self.brokers.has_ended(SMALL), ENDED_WITHIN_S)
            await asyncio.sleep(fault.length * DOWN_S)
        finally:
            self.brokers.empty()
        self.brokers.revive()
        await self._until_ready()

    # The network between workers and brokers

    async def _connections_cut(self, _: Fault) -> None:
        for proxy in self.brokers.proxies.values():
            proxy.cut()

    async def _network_gone(self, fault: Fault) -> None:
        proxies = list(self.brokers.proxies.values())
        hit = proxies if fault.pick > 0.5 else [proxies[int(fault.pick * 2 * len(proxies))]]
        for proxy in hit:
            proxy.is_open = False
            proxy.cut()
        await asyncio.sleep(fault.length * DOWN_S)
        for proxy in hit:
            proxy.is_open = True

    async def _until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        deadline = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK_S)
        return True
