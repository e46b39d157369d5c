"""A race is fair: every contender of the benchmark makes the same of the same records."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from bench import load, races, trivial
from bench.load import Message
from bench.task import Task
from bench.wards import ward_lines
from commands import Read
from oracle import recovered

from deploy.broker.cluster import Cluster
from topics import registry
from topics.alerts import AlertState

PATIENTS = 20
RECORDS = 400
EVENTS = 200
OPEN = (AlertState.RAISED, AlertState.CHANGED)
UNCOUNTED = ("applied",)  # offsets: they say where a state stands, not what it holds


async def test_every_contender_counts_the_same(
    kafka: Cluster, read_all: Read, tmp_path: Path
) -> None:
    """Alerts under the same ids, states with the same contents."""
    inputs = load.inputs_of("smoke")
    messages = list(load.trivial_records("smoke", RECORDS, PATIENTS))
    await load.make(kafka.bootstrap, inputs)
    await load.produce(kafka.bootstrap, messages)
    contenders = [name for name in races.MODULES if races.available(name)]

    await asyncio.gather(
        *(
            _run(
                name,
                Task(kafka.bootstrap, name, inputs, f"{name}.alerts", "trivial", RECORDS),
                tmp_path,
            )
            for name in contenders
        )
    )

    told, states = _counted(messages)
    for name in contenders:
        alerts = [json.loads(r.value)["id"] for r in await read_all(f"{name}.alerts")]
        assert sorted(alerts) == told, name
    assert await _newest(read_all, "aiokafka.states") == states
    assert await _newest(read_all, "faust-patients-changelog") == states
    kept = recovered(await read_all("stormwatch-watch-stormwatch-patients-changelog"))
    assert {key: _contents(value) for key, value in kept.items()} == states


@pytest.mark.usefixtures("fresh_topics")
async def test_contenders_that_keep_the_order_grade_the_same(
    kafka: Cluster, read_all: Read, tmp_path: Path
) -> None:
    """The grades of every patient, and which alerts are open, once all is read."""
    inputs = tuple(spec.name for spec in registry.INPUTS)
    records = await load.produce(kafka.bootstrap, load.ward_records(ward_lines(EVENTS, PATIENTS)))
    contenders = ("stormwatch", "aiokafka", "faust")

    await asyncio.gather(
        *(
            _run(
                name,
                Task(kafka.bootstrap, name, inputs, f"{name}.alerts", "real", records),
                tmp_path,
            )
            for name in contenders
        )
    )

    published = [await read_all(registry.STATUS), await read_all(registry.ALERTS)]
    wanted = _judged(record for records in published for record in records)
    assert len(wanted) == PATIENTS
    assert any(open_alerts for _, open_alerts in wanted.values())
    assert _judged(await read_all("aiokafka.alerts")) == wanted
    # Faust takes topic after topic, so a dose comes after the readings that it explains. Its grades
    # and alerts are others, and how many depends on what was fetched first.
    assert _judged(await read_all("faust.alerts")).keys() == wanted.keys()


async def _run(name: str, task: Task, folder: Path) -> None:
    await load.make_output(task.bootstrap, name, task.name)
    async with races.running(name, task, folder) as contender:
        report = await contender.report()
        await contender.end()
    assert report.records == task.records


def _counted(messages: list[Message]) -> tuple[list[str], dict[str, Any]]:
    """Count without Kafka."""
    told, states = [], dict[str, Any]()
    for number, message in enumerate(messages):
        key = message.key.decode()
        state = states.setdefault(key, trivial.new_state())
        alert = trivial.take(
            state, key, message.topic, number, message.at_ms, json.loads(message.value)
        )
        if alert is not None:
            told.append(alert["id"])
    return sorted(told), {key: _contents(json.dumps(state)) for key, state in states.items()}


def _contents(state: str | bytes) -> dict[str, Any]:
    return {name: each for name, each in json.loads(state).items() if name not in UNCOUNTED}


async def _newest(read_all: Read, topic: str) -> dict[str, Any]:
    """Return the last state of each patient; Faust writes the key as JSON."""
    records = await read_all(topic)
    return {record.key.decode().strip('"'): _contents(record.value) for record in records}


def _judged(records: Iterable[ConsumerRecord]) -> dict[str, tuple[Any, list[str]]]:
    """Return what is said of each patient in the end: the grades, and what is open."""
    grades, alerts = dict[str, Any](), dict[str, Any]()
    for record in records:
        line = json.loads(record.value)
        if line["type"] == "status":
            grades[line["patient_id"]] = line["crs"]
        elif line["type"] == "alert":
            alerts[line["alert_id"]] = line
    return {
        patient_id: (
            crs,
            sorted(
                line["rule"]
                for line in alerts.values()
                if line["patient_id"] == patient_id and line["state"] in OPEN
            ),
        )
        for patient_id, crs in grades.items()
    }
