"""`stormwatch status` against a real broker: what it shows, what it follows, how it ends."""

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from builders import NOON
from commands import STORMWATCH, Produce, Produced, Stormwatch
from statuslines import alert, status

from deploy.broker.cluster import Cluster
from stream.ticks import encode
from topics import codec, registry
from topics.alerts import Alert, AlertState
from topics.base import epoch_ms
from topics.status import Status

LIMIT_S = 40
SCREEN_LEFT = b"\x1b[?1049l"
CURSOR_SHOWN = b"\x1b[?25h"


def record(line: Status | Alert) -> Produced:
    topic = registry.STATUS if isinstance(line, Status) else registry.ALERTS
    return Produced(topic, codec.encode(line), line.patient_id.encode())


def ticks() -> list[Produced]:
    return [
        Produced(registry.TICKS, encode(epoch_ms(NOON)), str(each).encode(), partition=each)
        for each in range(registry.PARTITIONS)
    ]


@pytest.fixture
async def known(fresh_topics: Cluster, produce: Produce) -> Cluster:
    """Three patients on the topics: one with an open alert, one well, one at home."""
    lines: tuple[Status | Alert, ...] = (
        status("well"),
        status("sick", "1"),
        status("home", crs=None),
        status("sick", "2", "3"),
        alert("sick", "TOCI-IND", "P1"),
        alert("well", "CRS-UP", "P3"),
        alert("well", "CRS-UP", "P3", revision=2, state=AlertState.RESOLVED),
    )
    await produce([*map(record, lines), *ticks()])
    return fresh_topics


@pytest.mark.usefixtures("known")
def test_what_is_known_now_is_read_from_the_topics(stormwatch: Stormwatch) -> None:
    """For programs a line a patient, sickest first; for people a table, or one patient."""
    lines = stormwatch.run("status", "--json", "--all")
    table = stormwatch.run("status")
    one = stormwatch.run("status", "sick")

    told = [json.loads(line) for line in lines.stdout.splitlines()]
    assert [each["patient_id"] for each in told] == ["sick", "well", "home"]
    assert told[0]["status"] == json.loads(codec.encode(status("sick", "2", "3")))
    assert told[0]["alerts"] == [json.loads(codec.encode(alert("sick", "TOCI-IND", "P1")))]
    assert [each["watched"] for each in told] == [True, True, False]
    assert (told[1]["alerts"], told[2]["alerts"]) == ([], [])
    assert "2 patients, the sickest first; 1 no longer watched." in table.stdout
    assert "P1 Tocilizumab due, not given (TOCI-IND)" in one.stdout
    assert {each.returncode for each in (lines, table, one)} == {0}


@pytest.mark.usefixtures("known")
def test_a_patient_of_whom_nothing_is_known_is_named(stormwatch: Stormwatch) -> None:
    done = stormwatch.run("status", "nobody")

    assert (done.returncode, done.stderr) == (1, "Error: nothing is known of a patient nobody\n")


@pytest.mark.usefixtures("no_topics")
def test_missing_topics_are_named_in_a_line(stormwatch: Stormwatch) -> None:
    done = stormwatch.run("status")

    assert done.returncode == 1
    assert done.stderr == (
        "Error: missing: stormwatch.status.v1, stormwatch.alerts.v1, stormwatch.ticks.v1; "
        "`stormwatch topics create` makes them\n"
    )


def test_a_broker_that_is_not_there_is_one_line(stormwatch: Stormwatch) -> None:
    done = stormwatch.run("status", STORMWATCH_KAFKA="127.0.0.1:1")

    assert done.returncode == 1
    assert done.stderr == "Error: no Kafka broker answers at 127.0.0.1:1\n"


@dataclass
class Terminal:
    """A terminal with a command in it, and all that was written to it."""

    process: subprocess.Popen[bytes]
    descriptor: int
    written: bytes = b""

    async def shows(self, text: str) -> None:
        """Wait until something is on it."""
        deadline = time.monotonic() + LIMIT_S
        while text.encode() not in self.written:
            assert time.monotonic() < deadline, self.written.decode(errors="replace")
            await asyncio.to_thread(self.read)

    def read(self) -> bool:
        """Read what has been written since; false once the command has ended, or hangs."""
        if not select.select([self.descriptor], [], [], LIMIT_S)[0]:
            return False
        try:
            self.written += (some := os.read(self.descriptor, 65_536))
        except OSError:  # of a terminal that nobody writes to any more
            return False
        return bool(some)


@pytest.fixture
def terminal(known: Cluster) -> Iterator[Terminal]:
    """`stormwatch status` in a terminal."""
    ours, theirs = pty.openpty()
    environment = {name: text for name, text in os.environ.items() if name != "NO_COLOR"}
    environment |= {"STORMWATCH_KAFKA": known.bootstrap, "TERM": "xterm-256color"}
    environment |= {"COLUMNS": "150", "LINES": "40"}
    # Whoever starts tests in the background has them ignore it, and what they start as well.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [STORMWATCH, "status"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    signal.signal(signal.SIGINT, before)
    os.close(theirs)
    yield Terminal(process, ours)
    process.kill()
    process.wait()
    os.close(ours)


@pytest.mark.parametrize(
    ("how", "exit_status"), [(signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
async def test_it_follows_and_leaves_the_terminal_as_it_was(
    terminal: Terminal, produce: Produce, how: signal.Signals, exit_status: int
) -> None:
    """Ended by Ctrl-C or by whoever ends it, it gives back the screen and the cursor."""
    await terminal.shows("TOCI-IND")
    await produce([record(status("new", "4")), record(alert("new", "CRS-UP", "P1"))])
    await terminal.shows("CRS-UP")
    terminal.process.send_signal(how)
    while await asyncio.to_thread(terminal.read):
        pass

    assert terminal.process.wait(LIMIT_S) == exit_status
    assert SCREEN_LEFT in terminal.written
    after = terminal.written.rpartition(SCREEN_LEFT)
    assert CURSOR_SHOWN in after[0][-200:] + after[2]
    assert b"new" in after[2]
    assert b"Traceback" not in terminal.written
