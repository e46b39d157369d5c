"""Waiting for nodes, and what is said of one that does not come."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import layout as layouts
from deploy.broker.failure import BrokerError
from deploy.broker.layout import Layout
from deploy.broker.nodes import last_words, seen_by, wait_until_ready

LOG = """\
2026-03-01T00:00:00.000Z WARN all is well
2026-03-01T00:00:01.000Z ERROR Exiting Kafka due to fatal exception
java.lang.RuntimeException: cannot start
\tat kafka.Kafka.main(Kafka.scala)
Caused by: java.nio.file.FileSystemException: data: No space left on device
\t... 3 more
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Lay out one node that was never started."""
    layout = layouts.new(tmp_path, 1)
    layout.home(1).mkdir()
    return layout


@pytest.fixture
def stranger(layout: Layout) -> Iterator[None]:
    """Answer at the node's port as a program would that is no Kafka."""
    port = layout.ports[1].internal

    def answer(server: socket.socket) -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            with wire:
                wire.sendall(b"220 smtp.example\r\n")

    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=answer, args=[server])
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_the_cause_is_what_is_told_of_a_node_that_ended(layout: Layout) -> None:
    layout.log(1).write_text(LOG)

    told = last_words(layout, 1)

    assert told.startswith("Caused by: java.nio.file.FileSystemException: data: No space left on ")
    assert "\n" not in told
    assert str(layout.log(1)) in told


@pytest.mark.parametrize("log", [None, "", "all is well\n"])
def test_where_a_log_says_nothing_it_is_named(log: str | None, layout: Layout) -> None:
    if log is not None:
        layout.log(1).write_text(log)

    assert last_words(layout, 1) == f"see {layout.log(1)}"


def test_a_node_that_ends_is_not_waited_for(layout: Layout) -> None:
    layout.log(1).write_text(LOG)

    with pytest.raises(BrokerError, match="node 1 has ended: Caused by: "):
        wait_until_ready(layout, {1: lambda: False})


def test_a_node_that_does_not_answer_is_waited_for_so_long_and_no_longer(layout: Layout) -> None:
    with pytest.raises(BrokerError, match="node 1 is not ready after 0 s"):
        wait_until_ready(layout, {1: lambda: True}, seconds=0.1)


@pytest.mark.usefixtures("stranger")
def test_a_program_that_is_no_kafka_is_not_taken_for_one(layout: Layout) -> None:
    with pytest.raises(BrokerError, match="node 1 is not ready"):
        wait_until_ready(layout, {1: lambda: True}, seconds=0.3)


def test_nobody_is_seen_where_nobody_listens(layout: Layout) -> None:
    with pytest.raises(ConnectionRefusedError):
        seen_by(layout, 1)
