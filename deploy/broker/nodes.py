"""What any cluster does with its nodes: format, start, wait until they know each other."""

import struct
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from socket import create_connection
from typing import Final

from aiokafka.protocol.api import RequestHeader_v1
from aiokafka.protocol.metadata import MetadataRequest_v1, MetadataResponse_v1

from deploy.broker.failure import BrokerError
from deploy.broker.jars import class_path
from deploy.broker.java import TOOL_HEAP_MB, find_java, launch
from deploy.broker.layout import HOST, Layout

FORMAT_TIMEOUT_S: Final = 60
READY_TIMEOUT_S: Final = 60
LOOK_AGAIN_S: Final = 0.05
ANSWER_BYTES: Final = 65_536  # what listens there may be no Kafka


def software() -> str:
    """Find Java and the class path of Kafka, fetching what is missing. Raises `BrokerError`."""
    find_java()
    return class_path()


def prepare(layout: Layout, jars: str) -> None:
    """Write the settings of every node and format those that never were: old records stay."""
    for node in layout.ports:
        (layout.home(node) / "tmp").mkdir(parents=True, exist_ok=True)
        text = "".join(f"{key}={value}\n" for key, value in layout.settings(node).items())
        (layout.home(node) / "server.properties").write_text(text)
    tool = (
        "kafka.tools.StorageTool",
        "format",
        "--config=server.properties",
        f"--cluster-id={layout.cluster_id}",
    )
    tools = {  # side by side: each takes most of a second
        node: launch(layout.home(node), "-Dstormwatch.format", jars, tool, heap_mb=TOOL_HEAP_MB)
        for node in layout.ports
        if not layout.is_formatted(node)
    }
    try:
        for node, process in tools.items():
            if process.wait(FORMAT_TIMEOUT_S):
                raise BrokerError(f"could not format node {node}: {last_words(layout, node)}")
    finally:
        for process in tools.values():
            process.kill()
            process.wait()


def start_node(layout: Layout, node: int, jars: str, *, heap_mb: int) -> subprocess.Popen[bytes]:
    """Start one node; it is not ready yet."""
    kafka = ("kafka.Kafka", "server.properties")
    return launch(layout.home(node), layout.mark(node), jars, kafka, heap_mb=heap_mb)


def wait_until_ready(
    layout: Layout, running: Mapping[int, Callable[[], bool]], seconds: float = READY_TIMEOUT_S
) -> None:
    """Wait until each running node counts all running nodes as alive.

    `running` tells of each node whether its process still is. Raises `BrokerError` with the
    last words of the node that is not ready.
    """
    deadline = time.monotonic() + seconds
    for node, is_alive in running.items():
        seen: set[int] = set()
        while not seen >= running.keys():
            if not is_alive():
                raise BrokerError(f"node {node} has ended: {last_words(layout, node)}")
            if time.monotonic() > deadline:
                raise BrokerError(
                    f"node {node} is not ready after {seconds:.0f} s: {last_words(layout, node)}"
                )
            with suppress(OSError, struct.error, ValueError):  # not yet, or half an answer
                seen = seen_by(layout, node)
            time.sleep(LOOK_AGAIN_S)


def seen_by(layout: Layout, node: int) -> set[int]:
    """Ask a node which nodes it counts as registered and alive.

    By a bare socket: a client would log errors for as long as the node is starting.
    """
    request = MetadataRequest_v1([])  # no topics
    message = RequestHeader_v1(request, client_id="probe").encode() + request.encode()
    with create_connection((HOST, layout.ports[node].internal), timeout=5) as wire:
        wire.sendall(struct.pack(">i", len(message)) + message)
        with wire.makefile("rb") as answer:
            (size,) = struct.unpack(">i", answer.read(4))
            body = answer.read(min(size, ANSWER_BYTES))[4:]  # behind the correlation id
    brokers = MetadataResponse_v1.decode(BytesIO(body)).brokers
    return {number for number, *_ in brokers}


def last_words(layout: Layout, node: int) -> str:
    """Find the line of a node's log that says most about its end."""
    path = layout.log(node)
    with suppress(OSError):
        lines = path.read_text(errors="replace").splitlines()[-200:]
        for sign in ("Caused by:", "ERROR", "Exception", "Error"):
            if told := [line for line in lines if sign in line]:
                return f"{told[-1].strip()} (all of it is in {path})"
    return f"see {path}"
