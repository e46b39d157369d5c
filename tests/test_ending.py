"""Whatever a process is stuck in, it ends: its log, a lock and even Python itself may be held."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stream import ending
from stream.ending import EX_SOFTWARE, Parts

STUCK = Path(__file__).with_name("stuck.py")
ENDED_WITHIN_S = 120  # many of them, on a machine that has other things to do
OF_FAULTHANDLER = 1  # Python's own last resort knows no other status
SAID_BEFORE = b"said before\n"

# What it is stuck in, where its log goes, and its exit status.
UNHEARD = [
    ("in_a_line_of_the_log", "pipe", EX_SOFTWARE),
    ("in_its_last_line", "pipe", EX_SOFTWARE),
    ("after_it_was_asked_to_end", "pipe", EX_SOFTWARE),
    ("without_its_brokers", "pipe", 0),
    ("in_c_code", "pipe", OF_FAULTHANDLER),
    ("in_c_code", "socket", OF_FAULTHANDLER),
]
HEARD = [  # and the words that it leaves in its log
    ("in_c_code", OF_FAULTHANDLER, ["said before", "Timeout", "stuck.py", "in_c_code"]),
    ("after_it_was_asked_to_end", EX_SOFTWARE, ["asked to end, it did not", "stack_of"]),
    ("while_its_watchdog_fails", EX_SOFTWARE, ["worker_ends", "watchdog", "WrongError"]),
    ("while_its_pulse_fails", EX_SOFTWARE, ["worker_ends", "pulse", "WrongError"]),
    ("where_nobody_knows", EX_SOFTWARE, ["stack_of", "it is to end", "WrongError"]),
    ("before_it_is_ready", EX_SOFTWARE, ["not ready for", "stack_of", "task Task-1", "bootstrap"]),
    ("without_a_part", EX_SOFTWARE, ["worker_ends", "a_part", "returned"]),
]


Part = Callable[[], Coroutine[object, object, None]]


@dataclass
class Stuck:
    """A process that is stuck, and what keeps its log from being read."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def status(self) -> int:
        """How it ended; a test fails if it does not."""
        return self.process.wait(ENDED_WITHIN_S)


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Stuck]]:
    """Start all at once: each needs some seconds to notice."""
    folder = tmp_path_factory.mktemp("stuck")
    cases = [(kind, to) for kind, to, _ in UNHEARD] + [(kind, "file") for kind, *_ in HEARD]
    with contextlib.ExitStack() as at_the_end:
        started = {}
        for kind, to in cases:
            log = folder / f"{kind}-{to}.log"
            descriptor, unread = OPENED[to](log)
            process = subprocess.Popen(
                [sys.executable, STUCK, kind],
                stdin=subprocess.DEVNULL,
                stderr=descriptor,
                cwd=STUCK.parent.parent,
            )
            os.close(descriptor)
            at_the_end.callback(os.close, unread)
            at_the_end.callback(process.wait)
            at_the_end.callback(process.kill)
            started[kind, to] = Stuck(process, log)
        yield started


def full_pipe(_: Path) -> tuple[int, int]:
    """Open a pipe that takes no more."""
    read, write = os.pipe()
    return filled(write), read


def full_socket(_: Path) -> tuple[int, int]:
    """Open what a journal reads from, where the journal hangs."""
    read, write = socket.socketpair()
    return filled(write.detach()), read.detach()


def file(log: Path) -> tuple[int, int]:
    """Open a file as `2>` of a shell does: who opens it again would begin at its start."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, SAID_BEFORE)
    return descriptor, os.open(log, os.O_RDONLY)


def filled(descriptor: int) -> int:
    os.set_blocking(descriptor, False)
    for size in (4096, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(descriptor, b"x" * size)
    os.set_blocking(descriptor, True)
    return descriptor


OPENED = {"pipe": full_pipe, "socket": full_socket, "file": file}


@pytest.mark.parametrize(("kind", "to", "status"), UNHEARD)
def test_a_process_whose_log_takes_no_more_ends_all_the_same(
    stuck: dict[tuple[str, str], Stuck], kind: str, to: str, status: int
) -> None:
    assert stuck[kind, to].status == status


@pytest.mark.parametrize(("kind", "status", "words"), HEARD)
def test_a_process_that_is_stuck_ends_and_says_why(
    stuck: dict[tuple[str, str], Stuck], kind: str, status: int, words: list[str]
) -> None:
    found = stuck[kind, "file"]

    assert found.status == status
    said = found.log.read_text(errors="replace")
    assert [word for word in words if word not in said] == []


@pytest.fixture
def reasons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Why the process would have ended."""
    found: list[str] = []
    monkeypatch.setattr(ending, "end_process", lambda reason, _=None: found.append(reason))
    return found


async def waits() -> None:
    await asyncio.Event().wait()


async def returns() -> None:
    pass


async def fails() -> None:
    raise ValueError


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (waits, "a part of the worker was cancelled: waits"),
        (returns, "a part of the worker has returned: returns"),
        (fails, "a part of the worker failed: fails"),
    ],
)
async def test_a_part_that_is_no_more_ends_the_process(
    reasons: list[str], part: Part, reason: str
) -> None:
    await end_of(part, on_purpose=False)

    assert reasons == [reason]


async def test_parts_are_over_in_a_worker_that_ends_on_purpose(reasons: list[str]) -> None:
    """What fails even then still does."""
    for part in (waits, returns):
        await end_of(part, on_purpose=True)
    silent = list(reasons)
    await end_of(fails, on_purpose=True)

    assert silent == []
    assert reasons == ["a part of the worker failed: fails"]


async def end_of(part: Part, *, on_purpose: bool) -> None:
    before = asyncio.all_tasks()
    Parts(on_purpose=lambda: on_purpose).run(part())
    (task,) = asyncio.all_tasks() - before
    await asyncio.sleep(0)
    if part is waits:
        task.cancel()
    await asyncio.wait([task])
    await asyncio.sleep(0)
