"""A broker's folder: its nodes, their ports and settings, kept in one small file."""

import base64
import json
import os
import random
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from deploy.broker.failure import BrokerError

HOST: Final = "127.0.0.1"  # the embedded broker asks nobody who they are: this machine only
FILE: Final = "broker.json"
PORTS: Final = range(20_000, 32_000)  # ephemeral ones lie above: a client could take a dead node's
ALWAYS_MS: Final = 2**63 - 1

SMALL_AND_QUICK: Final = MappingProxyType(
    {
        "num.network.threads": 1,
        "num.io.threads": 2,
        "background.threads": 2,
        "group.coordinator.threads": 1,
        "log.cleaner.dedupe.buffer.size": 4 << 20,  # of the heap, at once; 128 MiB otherwise
        "offsets.topic.num.partitions": 3,
        "transaction.state.log.num.partitions": 3,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,
        "broker.heartbeat.interval.ms": 500,  # 2_000 otherwise, and 9_000 for the next
        "broker.session.timeout.ms": 3_000,
        "controller.quorum.fetch.timeout.ms": 1_000,  # 2_000 otherwise: 2 s more silence at a kill
        "controller.quorum.election.timeout.ms": 500,
    }
)
OF_THE_CONTRACT: Final = MappingProxyType(
    {
        "auto.create.topics.enable": "false",  # a topic made by chance has the wrong partitions
        "log.message.timestamp.before.max.ms": ALWAYS_MS,  # refusing a time is our work
        "log.message.timestamp.after.max.ms": ALWAYS_MS,
    }
)


@dataclass(frozen=True)
class Ports:
    """Where one node listens: to clients, to other nodes as broker, to them as controller."""

    client: int
    internal: int
    controller: int


@dataclass(frozen=True)
class Layout:
    """Nodes 1, 2, …, each broker and controller; all that they write lies below one folder."""

    folder: Path
    cluster_id: str
    ports: Mapping[int, Ports]

    @property
    def bootstrap(self) -> str:
        """What clients connect to: the client port of every node."""
        return ",".join(f"{HOST}:{ports.client}" for ports in self.ports.values())

    def home(self, node: int) -> Path:
        """Name the folder of one node."""
        return self.folder / str(node)

    def log(self, node: int) -> Path:
        """Name the file in which a node says how it is."""
        return self.home(node) / "log"

    def mark(self, node: int) -> str:
        """Mark the command line of a node, so that it is known among all processes."""
        return f"-Dstormwatch.node={self.cluster_id}/{node}"

    def is_formatted(self, node: int) -> bool:
        """Whether the node has a place for its records. Kafka writes this file last."""
        return (self.home(node) / "data" / "meta.properties").exists()

    def save(self) -> None:
        """Write the file by which this broker is found again, whole or not at all."""
        kept = {
            "cluster_id": self.cluster_id,
            "bootstrap": self.bootstrap,
            "ports": {node: asdict(ports) for node, ports in self.ports.items()},
        }
        beside = self.folder / f"{FILE}.new"
        beside.write_text(json.dumps(kept, indent=2) + "\n")
        beside.replace(self.folder / FILE)

    def settings(self, node: int) -> dict[str, object]:
        """Say how Kafka is to be run: the node's server.properties."""
        of, copies = self.ports[node], min(3, len(self.ports))
        in_sync = max(1, copies - 1)
        client, internal = f"CLIENT://{HOST}:{of.client}", f"INTERNAL://{HOST}:{of.internal}"
        voters = (f"{number}@{HOST}:{its.controller}" for number, its in self.ports.items())
        return {
            "process.roles": "broker,controller",
            "node.id": node,
            "log.dirs": "data",
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"{client},{internal},CONTROLLER://{HOST}:{of.controller}",
            "advertised.listeners": f"{client},{internal}",
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("CLIENT", "INTERNAL", "CONTROLLER")
            ),
            "inter.broker.listener.name": "INTERNAL",
            "controller.listener.names": "CONTROLLER",
            "offsets.topic.replication.factor": copies,
            "min.insync.replicas": in_sync,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": in_sync,
            **SMALL_AND_QUICK,
            **OF_THE_CONTRACT,
        }


def new(folder: Path, nodes: int, clients: Sequence[int] = ()) -> Layout:
    """Lay out a new broker; `clients` are the nodes' client ports, free ones where none is given.

    Raises `BrokerError` if a port that was asked for is taken.
    """
    cluster_id = base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()
    return Layout(folder, cluster_id, _choose(nodes, clients))


def load(folder: Path) -> Layout | None:
    """Read how the broker in this folder is laid out; None where there is none."""
    try:
        kept = json.loads((folder / FILE).read_text())
        ports = {int(node): Ports(**of) for node, of in kept["ports"].items()}
        return Layout(folder, kept["cluster_id"], ports)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokerError(f"cannot read {folder / FILE}: {error}") from error


def again(layout: Layout, clients: Sequence[int] = ()) -> Layout:
    """Lay out a broker of which no node runs for its next start.

    Clients find it where it was. The ports that only nodes use are chosen anew: any
    program may have taken them meanwhile. Raises `BrokerError` if a client port is taken.
    """
    kept = clients or [ports.client for ports in layout.ports.values()]
    return Layout(layout.folder, layout.cluster_id, _choose(len(layout.ports), kept))


def _choose(nodes: int, clients: Sequence[int]) -> dict[int, Ports]:
    if taken := [port for port in clients if not _is_free(port)]:
        raise BrokerError(f"port {taken[0]} is taken by another program; --port names another")
    free = _free_ports(set(clients))
    wanted = iter([*clients, *(next(free) for _ in range(nodes - len(clients)))])
    return {
        node: Ports(client=next(wanted), internal=next(free), controller=next(free))
        for node in range(1, nodes + 1)
    }


def _free_ports(but: set[int]) -> Iterator[int]:
    return (p for p in random.sample(PORTS, len(PORTS)) if p not in but and _is_free(p))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    with socket.socket() as probe:  # on some systems a bind beside a wildcard listener succeeds
        return probe.connect_ex((HOST, port)) != 0
