"""An agent with a table, as Faust's guide teaches it: one event, one write, acknowledged by Faust.

With the clinical engine it keeps the patients of a partition beside the table, as anyone would who
does not want to decode a state for every reading.
"""

import sys
import tempfile
from typing import Any

import faust
from bench import trivial
from bench.task import Meter, Task

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec, registry


def build(task: Task) -> faust.App:
    """Build the app that the task describes."""
    app = faust.App(
        task.name,
        broker=f"kafka://{task.bootstrap}",
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="bench-faust-"),
        topic_partitions=registry.PARTITIONS,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    meter = Meter(task.records)
    if task.engine == "real":
        _add_grading(app, task, meter)
    else:
        _add_counting(app, task, meter)
    return app


def _add_counting(app: faust.App, task: Task, meter: Meter) -> None:
    source = app.topic(*task.inputs, key_serializer="raw", value_serializer="json")
    alerts = app.topic(task.alerts, value_serializer="json")
    patients = app.Table("patients", default=trivial.new_state)

    async def count(stream: Any) -> None:
        async for event in stream.events():
            meter.begin()
            message = event.message
            patient_id = event.key.decode()
            held = patients[patient_id]
            alert = trivial.take(
                held,
                patient_id,
                message.topic,
                message.offset,
                round(message.timestamp * 1000),
                event.value,
            )
            patients[patient_id] = held
            if alert is not None:
                await alerts.send(key=patient_id, value=alert)
            meter.done(1)

    app.agent(source)(count)


def _add_grading(app: faust.App, task: Task, meter: Meter) -> None:
    source = app.topic(*task.inputs, key_serializer="raw", value_serializer="raw")
    published = app.topic(task.alerts, key_serializer="raw", value_serializer="raw")
    schema: Any = faust.Schema(value_type=bytes, value_serializer="raw")
    patients = app.Table("patients", schema=schema, value_type=bytes)
    engine, wards = Engine(), dict[int, Ward]()

    async def grade(stream: Any) -> None:
        async for event in stream.events():
            meter.begin()
            message = event.message
            key, at_ms = event.key.decode(), round(message.timestamp * 1000)
            found = codec.decode(message.topic, event.key, event.value)
            ward = wards.setdefault(message.partition, Ward({}))
            arrival = Arrival(at_ms, message.topic, message.offset, found, key)
            outcome = engine.take(ward, arrival)
            for alert in outcome.alerts:
                await published.send(key=event.key, value=codec.encode(alert))
            for name in outcome.changed:
                patient = ward.patients[name]
                patients[name] = state.encode(patient)
                status = engine.status(patient, patient.changed_ms)
                await published.send(key=name.encode(), value=codec.encode(status))
            meter.done(1)

    app.agent(source)(grade)


if __name__ == "__main__":
    sys.argv[1:] = ["worker", "-l", "info", "--without-web"]
    build(Task.of_this_process()).main()
