"""What comes out of Kafka is what the replay says: one engine, whichever way it is run.

Everything lies on the topics before a worker starts, so the order handed over is that of the
replay, and every line of every alert is compared.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from commands import Read, Stormwatch
from oracle import clocks
from supervision import Supervised

from topics import registry
from topics.feeds import replay
from topics.feeds.replay import Line

VECTORS = sorted((Path(__file__).parent.parent / "vectors").glob("*.events.ndjson"))
LIMIT_S = 120
BY_THE_FILE = {
    "STORMWATCH_TICKS": "topic",
    "STORMWATCH_METRICS_PORT": "0",
    "STORMWATCH_ALIGN_WAIT_S": "60",  # the order is that of the replay on a slow machine too
    "STORMWATCH_SESSION_TIMEOUT_S": "30",
}

Lines = dict[str, list[dict[str, Any]]]


@pytest.fixture
def cases() -> Sequence[Path]:
    """Every published case; each is about a patient of its own."""
    assert len(VECTORS) == 39
    return VECTORS


@pytest.fixture
def ward(stormwatch: Stormwatch, tmp_path: Path) -> Sequence[Path]:
    """A simulated ward of 50 patients and 24 hours, with its late, doubled and wrong lines."""
    path = tmp_path / "ward.ndjson"
    made = stormwatch.run(
        "simulate", "--patients", "50", "--hours", "24", "--seed", "7", "--out", str(path)
    )
    assert made.returncode == 0, made.stderr
    return [path]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("source", ["cases", "ward"])
@pytest.mark.usefixtures("fresh_topics")
async def test_what_comes_out_of_kafka_is_what_the_replay_says(
    source: str,
    workers: int,
    request: pytest.FixtureRequest,
    stormwatch: Stormwatch,
    read_all: Read,
) -> None:
    """Line by line, and the newest status of each patient."""
    files = request.getfixturevalue(source)
    supervised, names = Supervised(stormwatch), ["one", "two"][:workers]
    if workers > 1:
        await _have_shared(supervised, names)
    loaded = stormwatch.run("load", *map(str, files))
    assert loaded.returncode == 0, loaded.stderr
    _start(supervised, names)
    await _until_clocks_stand_at(_last_ms(files), read_all)
    alerts = await _lines(read_all, registry.ALERTS, "alert")
    statuses = await _lines(read_all, registry.STATUS, "status")
    taken = [supervised.measured(name, "stormwatch_records_total") for name in names]
    assert supervised.release() == [0] * workers

    assert all(taken)
    newest = {patient: lines[-1] for patient, lines in statuses.items()}
    asked = sorted({line["at"] for line in newest.values()})
    wanted, known = _replayed(stormwatch, files, asked)
    assert alerts == wanted
    assert all(line in known[patient] for patient, line in newest.items())
    assert newest.keys() == known.keys()


@pytest.mark.usefixtures("fresh_topics")
async def test_at_the_live_edge_what_comes_out_is_what_the_journals_say(
    cases: Sequence[Path], stormwatch: Stormwatch, read_all: Read, tmp_path: Path
) -> None:
    """Byte for byte, however records came, and as partitions go from one worker to another.

    What is open in the end is what the replay says, and nothing is refused that it takes.
    """
    supervised, names = Supervised(stormwatch), ["one", "two"]
    _start(supervised, names, STORMWATCH_JOURNAL=str(tmp_path / "journals"))
    await _until_shared(supervised, names)
    loading = stormwatch.start("load", *map(str, cases))
    await _until(lambda: _measured(supervised, "one", "stormwatch_records_total") > 0)
    one, _ = supervised.running.pop("one")
    assert stormwatch.end(one) == 0
    assert await asyncio.to_thread(loading.wait, LIMIT_S) == 0
    await _until_clocks_stand_at(_last_ms(cases), read_all)
    assert supervised.release() == [0]
    told = [each.value for each in await read_all(registry.ALERTS) if _is_alert(each.value)]

    journals = sorted((tmp_path / "journals").iterdir(), key=_begun)
    done = stormwatch.run("replay", "--journal", "--json", *map(str, journals), timeout_s=LIMIT_S)
    assert done.returncode == 0, done.stderr
    assert _by_patient(done.stdout.encode().splitlines()) == _by_patient(told)
    wanted, _ = _replayed(stormwatch, cases, [])
    refused = [dict(each.headers)["reason"] for each in await read_all(registry.DEAD_LETTERS)]
    assert b"ahead" not in refused  # each was handed over after the tick that lay before it
    assert _open(await _lines(read_all, registry.ALERTS, "alert")) == _open(wanted)


def _is_alert(value: bytes) -> bool:
    return b'"type":"alert"' in value


def _by_patient(lines: Sequence[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for line in lines:
        found.setdefault(json.loads(line)["patient_id"], []).append(line)
    return found


def _begun(path: Path) -> str:
    return path.name.split("-")[1]


def _open(alerts: Lines) -> set[tuple[str, str, str]]:
    """Say what is open in the end, and how urgent it is."""
    newest = {line["alert_id"]: line for lines in alerts.values() for line in lines}
    return {
        (line["patient_id"], line["rule"], line["priority"])
        for line in newest.values()
        if line["state"] in {"raised", "changed"}
    }


async def _have_shared(supervised: Supervised, names: Sequence[str]) -> None:
    """Have workers share the partitions; killed and started again each has its own at once."""
    _start(supervised, names)
    await _until_shared(supervised, names)
    for name in names:
        supervised.process(name).kill()
    supervised.running.clear()


def _start(supervised: Supervised, names: Sequence[str], **more: str) -> None:
    for name in names:
        supervised.start(name, **BY_THE_FILE, STORMWATCH_INSTANCE=name, **more)


async def _until_shared(supervised: Supervised, names: Sequence[str]) -> None:
    fair, metric = {registry.PARTITIONS / len(names)}, "stormwatch_assigned_partitions"
    await _until(lambda: {_measured(supervised, name, metric) for name in names} == fair)


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


def _measured(supervised: Supervised, name: str, metric: str) -> float:
    try:
        return supervised.measured(name, metric)
    except (OSError, ValueError):  # it has only begun
        return 0.0


def _last_ms(files: Sequence[Path]) -> int:
    lines = [line for path in files for line in replay.read(path) if isinstance(line, Line)]
    return max(line.timestamp_ms for line in lines)


async def _until_clocks_stand_at(at_ms: int, read_all: Read) -> None:
    """Wait until everything up to a time is durable in every partition."""
    deadline = time.monotonic() + LIMIT_S
    while (found := clocks(await read_all(registry.WATCH_CHANGELOG))) != dict.fromkeys(
        range(registry.PARTITIONS), at_ms
    ):
        assert time.monotonic() < deadline, f"not everything was taken: {found}"
        await asyncio.sleep(0.5)


async def _lines(read_all: Read, topic: str, kind: str) -> Lines:
    found: Lines = {}
    for record in await read_all(topic):
        line = json.loads(record.value)
        if line["type"] == kind:
            found.setdefault(line["patient_id"], []).append(line)
    return found


def _replayed(
    stormwatch: Stormwatch, files: Sequence[Path], asked: Sequence[str]
) -> tuple[Lines, Lines]:
    """Return what the replay of files says: alerts, and the statuses asked for, by patient."""
    at = [part for each in asked for part in ("--at", each)]
    done = stormwatch.run("replay", "--json", *at, *map(str, files), timeout_s=LIMIT_S)
    assert done.returncode == 0, done.stderr
    said: dict[str, Lines] = {"alert": {}, "status": {}}
    for line in map(json.loads, done.stdout.splitlines()):
        said[line["type"]].setdefault(line["patient_id"], []).append(line)
    return said["alert"], said["status"]
