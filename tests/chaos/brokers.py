"""Three brokers behind proxies; the records of the last lie on a small disk of its own."""

import asyncio
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from chaos.proxy import Proxy

from deploy.broker import layout as layouts
from deploy.broker.cluster import Cluster
from deploy.broker.layout import HOST, Layout

NODES: Final = (1, 2, 3)
SMALL: Final = 3  # the node on the small disk
SMALL_MB: Final = 512
SPARE_KB: Final = 64  # what the ballast leaves
ENDED_WITHIN_S: Final = 30.0


@dataclass(frozen=True)
class Behind(Layout):
    """A layout whose nodes tell their clients to come by a proxy."""

    proxies: dict[int, int] = field(default_factory=dict)

    def settings(self, node: int) -> dict[str, object]:
        """Say how Kafka is to be run."""
        of, kept = self.ports[node], super().settings(node)
        told = f"CLIENT://{HOST}:{self.proxies[node]},INTERNAL://{HOST}:{of.internal}"
        return kept | {"advertised.listeners": told}


class Brokers(Cluster):
    """A throw-away cluster that can be hurt. Raises nothing where there is no small disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, nodes=len(NODES), heap_mb=256)
        self.proxies: dict[int, Proxy] = {}
        self.has_small_disk = False

    def __enter__(self) -> Self:
        self._mount()
        try:
            return super().__enter__()
        except BaseException:
            self._unmount()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._unmount()

    @property
    def by_proxy(self) -> str:
        """Where workers connect."""
        return ",".join(f"{HOST}:{proxy.port}" for proxy in self.proxies.values())

    @property
    def straight(self) -> str:
        """Where those connect who look on: the listener between nodes, past every proxy."""
        return ",".join(f"{HOST}:{ports.internal}" for ports in self.layout.ports.values())

    @property
    def running(self) -> list[int]:
        """Name the nodes that were not ended by us."""
        return list(self._running)

    def has_ended(self, node: int) -> bool:
        """Tell whether a node has ended by itself."""
        return node in self._running and self._running[node].poll() is not None

    def revive(self) -> None:
        """Start again what has ended by itself, as a supervisor does; a full disk comes first."""
        for node in self.running:
            if self.has_ended(node) and not (node == SMALL and self._ballast.exists()):
                self.kill(node)
                self.start(node)

    def _laid_out(self) -> Layout:
        plain = super()._laid_out()
        taken = {port for of in plain.ports.values() for port in vars(of).values()}
        free = layouts._free_ports(taken)
        ports = {node: next(free) for node in plain.ports}
        self.proxies = {node: Proxy(ports[node], of.client) for node, of in plain.ports.items()}
        return Behind(plain.folder, plain.cluster_id, plain.ports, ports)

    # The small disk

    @property
    def _small(self) -> Path:
        return self.folder / str(SMALL) / "data"

    @property
    def _ballast(self) -> Path:
        return self._small / "ballast"

    def _mount(self) -> None:
        self._small.mkdir(parents=True, exist_ok=True)
        command = [
            "/bin/mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={SMALL_MB}m",
            "tmpfs",
            str(self._small),
        ]
        if os.geteuid() == 0:
            done = subprocess.run(command, check=False, capture_output=True)
            self.has_small_disk = done.returncode == 0

    def _unmount(self) -> None:
        if self.has_small_disk:
            subprocess.run(["/bin/umount", "-l", str(self._small)], check=True)
            self.has_small_disk = False

    def fill(self) -> None:
        """Leave no room on the small disk."""
        with self._ballast.open("wb") as ballast:
            free = os.statvfs(self._small)
            room = free.f_bavail * free.f_frsize - SPARE_KB * 1024
            os.posix_fallocate(ballast.fileno(), 0, max(room, 1))

    def empty(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)


async def start_proxies(brokers: Brokers) -> None:
    """Listen on behalf of every node."""
    await asyncio.gather(*(proxy.start() for proxy in brokers.proxies.values()))


async def stop_proxies(brokers: Brokers) -> None:
    """Listen no more."""
    await asyncio.gather(*(proxy.stop() for proxy in brokers.proxies.values()))
