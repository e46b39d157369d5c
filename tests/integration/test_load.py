"""Loading replay files onto real topics: every line once, its time kept or shifted, and ticks."""

import asyncio
import json
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka.admin import NewTopic
from commands import Read, Stormwatch

from deploy.broker.cluster import Cluster
from deploy.timetable import partition_of
from deploy.topics_job import make_topics
from stream.topic_check import connected
from topics import registry
from topics.base import rfc_3339

LOADED_TIMEOUT_S = 30
INFUSION = datetime(2026, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("fresh_topics")

PATIENTS = ("A", "B", "C", "D")


def line(topic: str, patient: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """Make a line of a replay file; its id is its time."""
    event = {"event_id": f"{patient}-{topic}-{at:%H%M%S%f}", "patient_id": patient}
    return {"topic": topic, **event, "effective_at": rfc_3339(at), **fields}


def story() -> list[dict[str, Any]]:
    """Tell of four patients: an infusion, and a reading or a lab every ten minutes for an hour."""
    infused = rfc_3339(INFUSION)
    lines = [
        line(registry.PATIENTS, each, INFUSION, kind="patient", infused_at=infused)
        for each in PATIENTS
    ]
    for step in range(1, 7):
        at = INFUSION + timedelta(minutes=10 * step)
        lines += [
            line(registry.VITALS, each, at, kind="vitals", temperature_c=38.0) for each in PATIENTS
        ]
        lab = {"kind": "lab", "analyte": "ferritin", "value": 500.0, "unit": "ng/mL"}
        lines.append(line(registry.LABS, "A", at + timedelta(seconds=1), **lab))
    return lines


LAST = INFUSION + timedelta(hours=1, seconds=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the story down."""
    path = tmp_path / "story.ndjson"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in story()))
    return path


def ms(at: datetime) -> int:
    """Return a moment in epoch milliseconds."""
    return round(at.timestamp() * 1000)


def by_partition(records: list[ConsumerRecord]) -> dict[int, list[int]]:
    """List the timestamps of each partition in order of offset."""
    found = defaultdict(list)
    for record in records:
        found[record.partition].append(record.timestamp)
    return found


async def test_every_line_is_written_once_with_its_key_its_time_and_its_words(
    stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    loaded = stormwatch.run("load", str(file))

    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.splitlines()[0].startswith("34 lines loaded, ")
    assert f"  {registry.VITALS} 24" in loaded.stdout
    for topic in (registry.PATIENTS, registry.VITALS, registry.LABS):
        sent = [each for each in story() if each.pop("topic") == topic]
        records = await read_all(topic)
        assert sorted(json.loads(r.value)["event_id"] for r in records) == sorted(
            each["event_id"] for each in sent
        )
        for record in records:
            words = json.loads(record.value)
            assert words in sent
            assert record.key == words["patient_id"].encode()
            assert record.timestamp == ms(datetime.fromisoformat(words["effective_at"]))
            assert record.partition == partition_of(record.key, registry.PARTITIONS)


async def test_ticks_stand_before_the_lines_and_end_at_the_last_line(
    stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    stormwatch.run("load", str(file))

    ticks = by_partition(await read_all(registry.TICKS))
    assert ticks.keys() == set(range(registry.PARTITIONS))
    for partition, times in ticks.items():
        assert times == sorted(set(times)), partition
        assert times[-2:] == [ms(LAST) - 1, ms(LAST)]
    for record in await read_all(registry.VITALS):
        assert record.timestamp - 1 in ticks[record.partition]


async def test_a_tick_says_the_time_of_its_record(
    stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    stormwatch.run("load", str(file))

    for record in await read_all(registry.TICKS):
        assert record.key == str(record.partition).encode()
        said = datetime.fromisoformat(json.loads(record.value)["at"])
        assert ms(said) == record.timestamp


async def test_played_in_time_it_takes_its_time_and_time_goes_on_everywhere(
    stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    began_s = time.monotonic()

    loaded = stormwatch.run("load", str(file), "--speed", "1800")

    assert loaded.returncode == 0, loaded.stderr
    assert time.monotonic() - began_s >= 2.0  # an hour, 1800 times faster
    for times in by_partition(await read_all(registry.TICKS)).values():
        steps = [later - sooner for sooner, later in pairwise(times)]
        assert max(steps) <= 360_001  # a tick every 0.2 s of real time


async def test_a_broker_that_is_killed_and_comes_back_gets_every_line(
    kafka: Cluster, stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    """What was in flight may be there twice, as the same event.

    A broker forgets producers by the timestamps of their records: of a file that is older than a
    day it knows after its restart no longer what it has.
    """
    load = stormwatch.start("load", str(file), "--speed", "1200")  # an hour in three seconds
    while not await read_all(registry.VITALS):
        assert load.poll() is None

    kafka.kill(1)
    kafka.start(1)
    kafka.wait()

    assert load.wait(LOADED_TIMEOUT_S) == 0, stormwatch.log_of(load)
    for topic in (registry.PATIENTS, registry.VITALS, registry.LABS):
        ids = [json.loads(record.value)["event_id"] for record in await read_all(topic)]
        assert set(ids) == {e["event_id"] for e in story() if e["topic"] == topic}


async def test_shifted_to_now_the_last_line_is_now_and_there_are_no_ticks(
    stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    before = ms(datetime.now(UTC))

    loaded = stormwatch.run("load", str(file), "--now")

    assert loaded.returncode == 0, loaded.stderr
    labs = [r for r in await read_all(registry.LABS) if r.key == b"A"]
    assert before <= labs[-1].timestamp <= ms(datetime.now(UTC))
    patients = await read_all(registry.PATIENTS)
    for record in patients:
        said = datetime.fromisoformat(json.loads(record.value)["infused_at"])
        assert ms(said) == record.timestamp == labs[-1].timestamp - ms(LAST) + ms(INFUSION)
    assert await read_all(registry.TICKS) == []


async def test_shifted_to_now_in_real_time_the_first_line_is_now(
    stormwatch: Stormwatch, read_all: Read, tmp_path: Path
) -> None:
    file = tmp_path / "short.ndjson"
    later = INFUSION + timedelta(seconds=1)
    file.write_text(
        "".join(
            json.dumps(line(registry.VITALS, "A", at, kind="vitals", temperature_c=38.0)) + "\n"
            for at in (INFUSION, later)
        )
    )
    before = ms(datetime.now(UTC))

    loaded = stormwatch.run("load", str(file), "--now", "--speed", "1")

    assert loaded.returncode == 0, loaded.stderr
    first, second = await read_all(registry.VITALS)
    assert before <= first.timestamp
    assert second.timestamp == first.timestamp + 1000 <= ms(datetime.now(UTC))


def test_shifted_to_now_at_another_speed_makes_no_sense(stormwatch: Stormwatch, file: Path) -> None:
    refused = stormwatch.run("load", str(file), "--now", "--speed", "10")

    assert refused.returncode == 2
    assert "with --now only --speed 1 or max" in refused.stderr


@pytest.mark.parametrize("speed", ["fast", "-1", "nan", "inf"])
def test_a_speed_that_is_none_is_refused(speed: str, stormwatch: Stormwatch, file: Path) -> None:
    refused = stormwatch.run("load", str(file), "--speed", speed)

    assert refused.returncode == 2
    assert f"'{speed}' is neither a number nor max" in refused.stderr


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Write the story down with two lines that cannot travel, the third and the last."""
    lines = [json.dumps(each) for each in story()]
    path = tmp_path / "broken.ndjson"
    path.write_text("\n".join([*lines[:2], "{not JSON", *lines[2:], '{"topic":"elsewhere"}']))
    return path


async def test_a_broken_line_is_named_and_nothing_is_written(
    stormwatch: Stormwatch, read_all: Read, broken: Path
) -> None:
    stopped = stormwatch.run("load", str(broken))

    assert stopped.returncode == 1
    assert f"{broken}:3: not JSON" in stopped.stderr
    assert "nothing was written" in stopped.stderr
    assert await read_all(registry.PATIENTS) == []


async def test_with_keep_going_the_other_lines_are_written_and_the_broken_counted(
    stormwatch: Stormwatch, read_all: Read, broken: Path
) -> None:
    loaded = stormwatch.run("load", str(broken), "--keep-going")

    assert loaded.returncode == 0
    assert f"{broken}:3: not JSON" in loaded.stderr
    assert "2 broken lines are left out" in loaded.stderr
    assert loaded.stdout.startswith("34 lines loaded")
    assert len(await read_all(registry.VITALS)) == 24


@pytest.fixture
def halves(tmp_path: Path) -> list[Path]:
    """Write the story down in two files: one patient, and the others."""
    files = [tmp_path / "one.ndjson", tmp_path / "others.ndjson"]
    for file, of_one in zip(files, (True, False), strict=True):
        lines = [each for each in story() if (each["patient_id"] == "A") is of_one]
        file.write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    return files


async def test_several_files_are_one_story(
    stormwatch: Stormwatch, read_all: Read, halves: list[Path]
) -> None:
    loaded = stormwatch.run("load", *(str(half) for half in halves))

    assert loaded.stdout.startswith("34 lines loaded")
    for times in by_partition(await read_all(registry.TICKS)).values():
        assert times == sorted(times)
        assert times[-1] == ms(LAST)


async def test_missing_or_unequal_topics_are_named_before_anything_is_written(
    no_topics: Cluster, stormwatch: Stormwatch, read_all: Read, file: Path
) -> None:
    async with connected(no_topics.bootstrap) as admin:
        await admin.create_topics([NewTopic(registry.VITALS, 3, 1)])
    missing = stormwatch.run("load", str(file))
    await make_topics(no_topics.bootstrap)
    unequal = stormwatch.run("load", str(file))

    assert missing.returncode == unequal.returncode == 1
    assert f"missing: {registry.PATIENTS}, " in missing.stderr
    assert f"{registry.VITALS} has 3" in unequal.stderr
    assert await read_all(registry.PATIENTS) == []


def test_lines_too_old_to_stay_are_warned_of(
    no_topics: Cluster, stormwatch: Stormwatch, file: Path
) -> None:
    asyncio.run(make_topics(no_topics.bootstrap))

    loaded = stormwatch.run("load", str(file))

    assert loaded.returncode == 0
    assert "may delete lines at once" in loaded.stderr


def test_a_broker_that_is_not_there_is_one_line(stormwatch: Stormwatch, file: Path) -> None:
    refused = stormwatch.run("load", str(file), STORMWATCH_KAFKA="127.0.0.1:1")

    assert refused.returncode == 1
    assert refused.stderr == "Error: no Kafka broker answers at 127.0.0.1:1\n"
