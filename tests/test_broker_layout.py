"""The folder of a broker: its nodes and ports, kept; and whose processes are its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.broker import layout as layouts
from deploy.broker import pids
from deploy.broker.failure import BrokerError
from deploy.broker.layout import PORTS, Layout

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def taken() -> Iterator[int]:
    """Listen on a port, as another program might."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Three nodes, laid out and saved; none was ever started."""
    layout = layouts.new(tmp_path, 3)
    layout.save()
    for node in layout.ports:
        layout.home(node).mkdir()
    return layout


def test_ports_are_free_different_and_below_the_ephemeral_ones(layout: Layout) -> None:
    ports = [port for of in layout.ports.values() for port in vars(of).values()]

    assert len(set(ports)) == 9
    assert all(port in PORTS for port in ports)


def test_what_was_saved_is_loaded(layout: Layout) -> None:
    assert layouts.load(layout.folder) == layout


def test_where_nothing_was_saved_there_is_no_broker(tmp_path: Path) -> None:
    assert layouts.load(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cluster_id": "x", "ports": {"1": 3}}'])
def test_a_spoilt_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "broker.json").write_text(text)

    with pytest.raises(BrokerError, match=r"cannot read .*broker\.json"):
        layouts.load(tmp_path)


def test_a_next_start_keeps_what_clients_know(layout: Layout) -> None:
    again = layouts.again(layout)

    assert again.bootstrap == layout.bootstrap
    assert again.cluster_id == layout.cluster_id


def test_ports_that_were_asked_for_are_used(tmp_path: Path) -> None:
    first, second = list(layouts.new(tmp_path, 2).ports.values())  # two that are free

    chosen = layouts.new(tmp_path, 2, [first.client, second.client])

    assert chosen.bootstrap == f"127.0.0.1:{first.client},127.0.0.1:{second.client}"


def test_a_taken_port_is_refused_by_its_number(taken: int, tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=f"port {taken} "):
        layouts.new(tmp_path, 1, [taken])


def test_three_nodes_keep_three_copies_and_want_two_in_sync(layout: Layout) -> None:
    settings = layout.settings(2)

    assert settings["node.id"] == 2
    assert settings["offsets.topic.replication.factor"] == 3
    assert settings["min.insync.replicas"] == 2


def test_no_time_is_refused_and_no_topic_made_by_chance(layout: Layout) -> None:
    settings = layout.settings(1)

    assert settings["auto.create.topics.enable"] == "false"
    assert settings["log.message.timestamp.after.max.ms"] == 2**63 - 1
    assert settings["log.message.timestamp.before.max.ms"] == 2**63 - 1


def test_a_process_counts_if_it_has_the_mark_of_its_node(layout: Layout) -> None:
    program = [sys.executable, "-c", f"print(flush=True); {SLEEP}", layout.mark(2)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as node:
        assert node.stdout is not None
        node.stdout.readline()  # only now it is sure to bear the mark
        pids.remember(layout, 2, node.pid)

        running = pids.running(layout)

        node.kill()
    assert running.keys() == {2}
    assert running[2].pid == node.pid


def test_a_process_that_has_ended_does_not_count_even_before_it_is_reaped(layout: Layout) -> None:
    with subprocess.Popen([sys.executable, "-c", "", layout.mark(1)], stdout=subprocess.PIPE) as it:
        assert it.stdout is not None
        it.stdout.read()  # ends when the process does
        os.waitid(os.P_PID, it.pid, os.WEXITED | os.WNOWAIT)
        pids.remember(layout, 1, it.pid)

        assert pids.running(layout) == {}


def test_another_program_with_the_same_pid_does_not_count(layout: Layout) -> None:
    pids.remember(layout, 1, os.getpid())

    assert pids.running(layout) == {}


def test_a_node_of_another_broker_does_not_count(layout: Layout, tmp_path: Path) -> None:
    other = layouts.new(tmp_path / "other", 3)
    with subprocess.Popen([sys.executable, "-c", SLEEP, other.mark(1)]) as node:
        pids.remember(layout, 1, node.pid)

        running = pids.running(layout)

        node.kill()
    assert running == {}


@pytest.mark.parametrize("text", ["", "{", "3", '{"pid": "x"}', '{"pid": 1}'])
def test_a_spoilt_pid_file_counts_for_nothing(text: str, layout: Layout) -> None:
    (layout.home(1) / "pid.json").write_text(text)

    assert pids.running(layout) == {}


def test_one_program_at_a_time_is_at_work_on_a_folder(tmp_path: Path) -> None:
    with (
        pids.claimed(tmp_path),
        pytest.raises(BrokerError, match="another program is at work"),
        pids.claimed(tmp_path),
    ):
        pass


def test_a_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with pids.claimed(tmp_path):
        pass
    with pids.claimed(tmp_path):
        pass
