"""Which ends of workers a round of chaos lets pass, and which not."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos.endings import GONE_AGAIN, Ends, ends
from chaos.faults import Done, Trouble
from commands import Stormwatch
from supervision import Supervised

END_AS_A_WORKER = """
from stream import logs
from stream.ending import end_process
from stream.settings import Settings

logs.configure(Settings(role="watch", kafka="a:1"))
try:
    raise {error}("no matter what")
except Exception:
    end_process({reason!r})
"""


@pytest.fixture
def trouble(tmp_path: Path) -> Iterator[Trouble]:
    workers = Supervised(Stormwatch("nowhere:1", tmp_path))
    yield Trouble(None, workers, {})  # type: ignore[arg-type]  # no fault of brokers is made
    for process, _ in workers.stormwatch.started:
        if process.poll() is None:
            process.kill()
            process.wait()


def worker(trouble: Trouble, name: str, does: str) -> subprocess.Popen[bytes]:
    """Start what ends as a worker may."""
    program = ("/bin/sh", "-c", does)
    process = trouble.workers.stormwatch.start(name, program=program)
    trouble.workers.running[name] = process, {}
    return process


def ended(  # noqa: PLR0913, how it ended, and the fault that may be why
    trouble: Trouble,
    reason: str,
    error: str = "",
    *,
    at_s: float,
    kind: str,
    until_s: float = 1_010,
    hits_it: bool = True,
) -> Ends:
    """Return what is found of one that ends while this fault lasts from 1 000 to 1 010."""
    trouble.workers.stormwatch.started.clear()
    line = json.dumps({"event": "worker_ends", "text": reason, "error": f"{error}\n  a.py:1"})
    other, process = (worker(trouble, name, "exit 70") for name in ("other", "one"))
    other.wait()
    process.wait()
    trouble.workers.stormwatch.started.pop(0)
    _, log = trouble.workers.stormwatch.started[-1]
    log.write_text(f"{line}\n")
    os.utime(log, (at_s, at_s))
    return ends(trouble, [Done(kind, 1_000, until_s, process=process if hits_it else other)])


BUGS = (
    "3 records of partition 4 were handed over and not taken",
    "a part of the worker failed: Pipeline._observe",
    "stormwatch.vitals.v1-3 is shorter than what was read of it",
    "what is assigned is not whole: a patient's topics belong to one worker",
    "reading would start anew before what was taken is durable",
    "partition 3 is of 7.1, and would be written as 6.2",
    "the event loop has not turned for 61 s",
    "a run could not be taken",
    "asked to end, it did not",
    "the watchdog can look no more",
    "it is stuck",
)


@pytest.mark.parametrize("reason", BUGS)
def test_no_fault_explains_that_what_must_hold_did_not(trouble: Trouble, reason: str) -> None:
    found = ended(trouble, reason, "TimeoutError", at_s=1_005, kind="outage")

    assert len(found.unexpected) == 1
    assert sum(found.reasons.values()) == 1


IN_FAULTS = (
    ("stood still for 7.2 s, longer than its session", "", "worker_stop"),
    ("what is in memory can't be made durable", "TimeoutError", "broker_freezes"),
    ("what is in memory can't be made durable", "NotEnoughReplicasError", "all_brokers_kill"),
    ("what is assigned can't be recovered and claimed", "KafkaConnectionError", "network_gone"),
    ("a part of the worker failed: Ticker.run", "KafkaTimeoutError", "outage"),
    ("what was taken is not durable after 6.0 s", "TimeoutError", "disk_full"),
    ("out of its group for 22 s, and it does not join it anew", "", "connections_cut"),
    ("asking for no metadata for 22 s, and it won't find brokers that moved", "", "broker_kill"),
    ("asked to assign partitions, and these are not known: ['a']", "", "network_gone"),
    ("a step of the recovery took longer than 20.0 s", "", "broker_freezes"),
    ("3 records of partition 4 wait, and none is taken", "", "outage"),
    ("stormwatch.labs.v1 of partition 3 can't be read, though brokers answer", "", "outage"),
    ("not ready for 241 s", "", "outage"),
)


@pytest.mark.parametrize(("reason", "error", "kind"), IN_FAULTS)
def test_a_reason_is_explained_while_a_fault_of_its_kind_lasts(
    trouble: Trouble, reason: str, error: str, kind: str
) -> None:
    found = ended(trouble, reason, error, at_s=1_005, kind=kind)

    assert found.unexpected == []
    assert sum(found.reasons.values()) == 1


@pytest.mark.parametrize(("reason", "error", "kind"), IN_FAULTS)
def test_a_reason_is_not_explained_long_after_the_fault_nor_by_a_polite_one(
    trouble: Trouble, reason: str, error: str, kind: str
) -> None:
    assert ended(trouble, reason, error, at_s=1_100, kind=kind).unexpected
    assert ended(trouble, reason, error, at_s=999, kind=kind).unexpected
    assert ended(trouble, reason, error, at_s=1_005, kind="worker_term").unexpected


MISTAKES = (
    "KeyError",
    "AssertionError",
    "FileNotFoundError",
    "PermissionError",
    "MessageSizeTooLargeError",
    "RecordTooLargeError",
    "IllegalStateError",
    "UnsupportedVersionError",
    "TopicAuthorizationFailedError",
    "",
)


@pytest.mark.parametrize("error", MISTAKES)
@pytest.mark.parametrize(
    "reason", [reason for reason, error, _ in IN_FAULTS if error and "after" not in reason]
)
def test_a_mistake_in_the_program_is_not_explained_by_brokers_that_are_away(
    trouble: Trouble, reason: str, error: str
) -> None:
    """The same words are said of whatever goes wrong there."""
    assert ended(trouble, reason, error, at_s=1_005, kind="outage").unexpected


@pytest.mark.parametrize(
    "error",
    [
        "ConnectionResetError",
        "OSError",
        "KafkaError",
        "RequestTimedOutError",
        "NodeNotReadyError",
        "NotLeaderForPartitionError",
        "NotEnoughReplicasAfterAppendError",
        "KafkaStorageError",
        "BrokerNotAvailableError",
    ],
)
def test_an_error_of_brokers_that_are_away_is_explained(trouble: Trouble, error: str) -> None:
    reason = "what is in memory can't be made durable"

    assert ended(trouble, reason, error, at_s=1_005, kind="outage").unexpected == []


@pytest.mark.parametrize(("kind", "explained"), [("broker_away", False), ("outage", True)])
def test_a_worker_that_ends_in_the_midst_of_ten_minutes_without_one_broker_is_not_explained(
    trouble: Trouble, kind: str, explained: bool
) -> None:
    """The others lead within seconds: it is explained when the one goes, and when it comes back."""
    told = "what is in memory can't be made durable", "TimeoutError"

    def is_explained(at_s: float) -> bool:
        return not ended(trouble, *told, at_s=at_s, kind=kind, until_s=1_600).unexpected

    assert is_explained(1_045)
    assert is_explained(1_300) == explained
    assert is_explained(1_645)


@pytest.mark.parametrize(
    "reason",
    ["stood still for 7.2 s, longer than its session", "what was taken is not durable after 6.0 s"],
)
def test_a_worker_that_stands_still_is_explained_by_its_own_stop_alone(
    trouble: Trouble, reason: str
) -> None:
    assert ended(trouble, reason, at_s=1_005, kind="worker_stop").unexpected == []
    assert ended(trouble, reason, at_s=1_005, kind="worker_stop", hits_it=False).unexpected


NO_BROKER_ANSWERS = "Error: STORMWATCH_KAFKA: no Kafka broker answers"


@pytest.mark.parametrize(
    ("said", "kind", "explained"),
    [
        (NO_BROKER_ANSWERS, "network_gone", True),
        (NO_BROKER_ANSWERS, "broker_kill", True),  # it asks one of which it has just heard
        (NO_BROKER_ANSWERS, "leaders_move", False),
        (GONE_AGAIN, "network_gone", True),
        (GONE_AGAIN, "connections_cut", True),
        (GONE_AGAIN, "broker_kill", False),  # two of three addresses answer
        (GONE_AGAIN, "leaders_move", False),
    ],
)
def test_a_worker_that_reaches_no_broker_is_explained_by_what_keeps_it_from_them(
    trouble: Trouble, said: str, kind: str, explained: bool
) -> None:
    began_s = time.time() - 1  # files have a coarser clock
    worker(trouble, "one", f"echo '{said}'; exit 1").wait()

    assert (ends(trouble, [Done(kind, began_s, time.time())]).unexpected == []) == explained


def test_records_that_wait_for_a_minute_are_not_explained_by_a_broker_that_was_killed(
    trouble: Trouble,
) -> None:
    reason = "3 records of partition 4 wait, and none is taken"

    assert ended(trouble, reason, at_s=1_005, kind="broker_kill").unexpected


@pytest.mark.parametrize(
    ("error", "reason", "explained"),
    [
        ("TimeoutError", "what is in memory can't be made durable", True),
        ("KeyError", "what is in memory can't be made durable", False),
        ("TimeoutError", "a run could not be taken", False),
    ],
)
def test_a_reason_is_read_as_a_worker_writes_it(
    trouble: Trouble, error: str, reason: str, explained: bool
) -> None:
    program = (sys.executable, "-c", END_AS_A_WORKER.format(error=error, reason=reason))
    began_s = time.time() - 1  # files have a coarser clock
    trouble.workers.stormwatch.start("one", program=program).wait()
    found = ends(trouble, [Done("outage", began_s, time.time())])

    assert (found.unexpected == []) == explained
    assert found.reasons == {reason: 1}


@pytest.mark.parametrize(
    ("does", "explained"),
    [
        ("echo Error: STORMWATCH_KAFKA: no Kafka broker answers; exit 1", True),
        (f"echo {GONE_AGAIN} its brokers; exit 1", True),
        ("echo Error: KeyError: 7; exit 1", False),
        ("exit 70", False),
        ("echo ends_without_leaving: its brokers did not answer; exit 70", False),
        ("echo Error: the topics are not as they must be; exit 1", False),
        ("exit 0", False),
        ("kill -9 $$", False),
        ("kill -11 $$", False),
    ],
)
def test_a_worker_that_ends_by_itself_has_to_say_why(
    trouble: Trouble, does: str, explained: bool
) -> None:
    began_s = time.time() - 1  # files have a coarser clock
    worker(trouble, "one", does).wait()

    assert (ends(trouble, [Done("outage", began_s, time.time())]).unexpected == []) == explained
    assert ends(trouble, []).unexpected != []


async def test_what_was_killed_or_asked_to_end_may(trouble: Trouble) -> None:
    killed = worker(trouble, "one", "exec sleep 60")
    asked = worker(trouble, "two", "exec sleep 60")
    worker(trouble, "three", "exec sleep 60")
    trouble.kill(killed)
    await trouble.end(asked)

    assert ends(trouble, []) == Ends()


async def test_a_worker_that_does_not_end_as_asked_is_named_and_killed(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chaos.faults.HANGING_S", 0.3)
    process = worker(trouble, "one", "trap '' TERM; echo up; while true; do sleep 0.05; done")
    while "up" not in trouble.workers.log("one"):  # noqa: ASYNC110, what it says is in a file
        await asyncio.sleep(0.05)
    await trouble.end(process)

    assert process.poll() == -signal.SIGKILL
    told = [f"worker {process.pid} was asked to end, and ran 0 s on"]
    assert ends(trouble, []).unexpected == told
