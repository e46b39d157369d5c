"""What comes out of Kafka is what the replay says; what can't be read is kept."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import dose, encoded, lab, patient, vitals
from commands import Produce, Produced, Read, Stormwatch

from topics import registry

VECTORS = Path(__file__).parent.parent / "vectors"
CASES = ("B01", "B02", "B12", "B38", "B39")
LIMIT_S = 60


async def values(read_all: Read, topic: str) -> list[dict[str, Any]]:
    return [json.loads(record.value) for record in await read_all(topic)]


async def until(condition: Callable[[], Any]) -> Any:
    """Wait for something that is true in the end; it is awaited if it has to be."""
    deadline = time.monotonic() + LIMIT_S
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.2)
    return found


@pytest.mark.usefixtures("fresh_topics")
async def test_what_comes_out_of_kafka_is_what_the_replay_says(
    stormwatch: Stormwatch, read_all: Read
) -> None:
    """Line by line, for published cases."""
    files = [str(VECTORS / f"{case}.events.ndjson") for case in CASES]
    assert stormwatch.run("load", *files).returncode == 0
    wanted = _replayed(stormwatch, files)["alert"]

    worker = stormwatch.start("watch", STORMWATCH_TICKS="topic", STORMWATCH_METRICS_PORT="0")
    await until(lambda: _has(read_all, registry.ALERTS, len(wanted)))
    assert stormwatch.end(worker) == 0
    alerts = [each for each in await values(read_all, registry.ALERTS) if each["type"] == "alert"]
    newest = {each["patient_id"]: each for each in await values(read_all, registry.STATUS)}

    assert _by_patient(alerts) == _by_patient(wanted)
    assert newest.keys() == set(CASES)
    asked = [part for each in newest.values() for part in ("--at", each["at"])]
    statuses = _replayed(stormwatch, files, *asked)["status"]
    assert all(line in statuses for line in newest.values())


@pytest.mark.usefixtures("fresh_topics")
async def test_bytes_that_are_no_event_are_kept_and_the_next_event_counts(
    stormwatch: Stormwatch, read_all: Read, produce: Produce
) -> None:
    """As they came, with the reason and the place they came from."""
    now = datetime.now(UTC)
    bad = {
        "not_json": b"\xff\x00 no JSON",
        "unit": encoded(lab("ferritin", 5000, unit="mmol/L", at=now)),
        "range": encoded(dose(at=now, dose_value=-1)),
    }
    good = encoded(lab("ferritin", 60_000, at=now))
    sent = [Produced(registry.LABS, value, b"P01") for value in (bad["not_json"], bad["unit"])]
    sent.append(Produced(registry.MEDICATIONS, bad["range"], b"P01"))
    worker = stormwatch.start("watch", STORMWATCH_METRICS_PORT="0")
    await produce([*sent, Produced(registry.LABS, good, b"P01")])

    await until(lambda: _has(read_all, registry.DEAD_LETTERS, len(sent)))
    letters = await read_all(registry.DEAD_LETTERS)
    alerts = await until(lambda: _raised(read_all, "HLH-FERRITIN"))
    assert stormwatch.end(worker) == 0

    said = {dict(letter.headers)["reason"].decode(): letter for letter in letters}
    assert {reason: letter.value for reason, letter in said.items()} == bad
    assert all(letter.key == b"P01" for letter in letters)
    headers = {name: value.decode() for name, value in said["unit"].headers}
    assert (headers["topic"], headers["path"], headers["offset"]) == (registry.LABS, "$.unit", "1")
    assert alerts[0]["priority"] == "P1"


@pytest.mark.usefixtures("fresh_topics")
async def test_a_worker_is_ready_when_it_watches_and_alerts_within_seconds(
    stormwatch: Stormwatch, read_all: Read, produce: Produce
) -> None:
    """By its own clock: it writes the ticks, and says over HTTP how it is."""
    worker = stormwatch.start("watch", STORMWATCH_METRICS_PORT="0")
    port = await until(lambda: _port_of(stormwatch, worker))
    await until(lambda: _answers(port, "/readyz"))
    assert await _answers(port, "/healthz")
    now = datetime.now(UTC)
    febrile = vitals(at=now, temperature_c=39.1, systolic_mmhg=84, diastolic_mmhg=50)
    await produce(
        [
            Produced(registry.PATIENTS, encoded(patient(at=now)), b"P01"),
            Produced(registry.VITALS, encoded(febrile), b"P01"),
        ]
    )

    alerts = await until(lambda: _raised(read_all, "TOCI-IND"))
    ticks = await until(lambda: values(read_all, registry.TICKS))
    assert stormwatch.end(worker) == 0

    assert alerts[0]["crs"]["manikath-2025"]["lowest"] == 2
    assert len(ticks) >= registry.PARTITIONS
    (state,) = [r for r in await read_all(registry.WATCH_CHANGELOG) if r.key == b"P01"][-1:]
    assert json.loads(state.value)["group"] > 0


def test_a_worker_without_a_broker_says_so_and_ends(stormwatch: Stormwatch) -> None:
    """The variable to mend is named."""
    done = stormwatch.run("watch", STORMWATCH_KAFKA="127.0.0.1:9", STORMWATCH_METRICS_PORT="0")

    assert done.returncode == 1
    assert "STORMWATCH_KAFKA" in done.stderr
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named(stormwatch: Stormwatch) -> None:
    """Before anything is started."""
    done = stormwatch.run("watch", STORMWATCH_KAFKA="nowhere")

    assert done.returncode == 1
    assert "STORMWATCH_KAFKA" in done.stderr


async def _has(read_all: Read, topic: str, count: int) -> bool:
    records = await read_all(topic)
    return sum(b'"type":"present"' not in (record.value or b"") for record in records) >= count


async def _raised(read_all: Read, rule: str) -> list[dict[str, Any]]:
    return [each for each in await values(read_all, registry.ALERTS) if each.get("rule") == rule]


async def _answers(port: str, path: str) -> bool:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    return await asyncio.to_thread(ask)


async def _port_of(stormwatch: Stormwatch, worker: Any) -> str:
    for line in stormwatch.log_of(worker).splitlines():
        if "metrics_and_health_served" in line:
            return str(json.loads(line)["text"].removeprefix("port="))
    return ""


def _replayed(
    stormwatch: Stormwatch, files: list[str], *more: str
) -> dict[str, list[dict[str, Any]]]:
    """Return what the replay of files says, by type of line."""
    done = stormwatch.run("replay", "--json", *more, *files)
    assert done.returncode == 0, done.stderr
    said: dict[str, list[dict[str, Any]]] = {"alert": [], "status": []}
    for line in map(json.loads, done.stdout.splitlines()):
        said[line["type"]].append(line)
    return said


def _by_patient(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["patient_id"], []).append(line)
    return found
