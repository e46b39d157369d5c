"""The least one can write with aiokafka: read a batch, take it, write, confirm, commit.

It is durable (alerts are confirmed, then states, then offsets are committed) and no more. Nobody
aligns its topics, fences its owner, recovers its states, checks that no record is missing or
notices that it hangs.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from bench import trivial
from bench.task import Meter, Task

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec, registry

FETCH_WAIT_MS = 20  # as the pipeline has it
SESSION_MS = 120_000  # nothing else turns during a batch: thrown out, it would take it again
BATCH_BYTES = 512 * 1024
RANK = {spec.name: spec.rank for spec in registry.INPUTS}

Rows = list[tuple[bytes, bytes]]  # of one partition: key, value


class Counting:
    """The trivial engine over batches."""

    def __init__(self) -> None:
        self._states: dict[bytes, trivial.State] = {}

    def take(self, records: Iterable[ConsumerRecord]) -> tuple[Rows, Rows]:
        """Return the alerts and the states that the records of a partition make."""
        fetched_at = time.time()
        alerts: Rows = []
        changed: dict[bytes, trivial.State] = {}
        for record in records:
            key = record.key
            held = self._states.get(key)
            if held is None:
                held = self._states[key] = trivial.new_state()
            event = orjson.loads(record.value)
            alert = trivial.take(
                held, key.decode(), record.topic, record.offset, record.timestamp, event
            )
            if alert is not None:
                alert["fetched_at"] = fetched_at
                alerts.append((key, orjson.dumps(alert)))
            changed[key] = held
        return alerts, [(key, orjson.dumps(each)) for key, each in changed.items()]


class Grading:
    """The clinical engine over batches; states and statuses are written once a batch."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._wards: dict[int, Ward] = {}

    def take(self, records: list[ConsumerRecord]) -> tuple[Rows, Rows]:
        """Return the alerts with the statuses, and the states, of one partition."""
        ward = self._wards.setdefault(records[0].partition, Ward({}))
        published: Rows = []
        changed: dict[str, None] = {}
        for record in sorted(records, key=lambda r: (r.timestamp, RANK[r.topic], r.offset)):
            found = codec.decode(record.topic, record.key, record.value)
            arrival = Arrival(
                record.timestamp, record.topic, record.offset, found, record.key.decode()
            )
            outcome = self._engine.take(ward, arrival)
            published += [
                (alert.patient_id.encode(), codec.encode(alert)) for alert in outcome.alerts
            ]
            changed.update(dict.fromkeys(outcome.changed))
        patients = [ward.patients[name] for name in changed]
        states = [(each.patient_id.encode(), state.encode(each)) for each in patients]
        published += [
            (each.patient_id.encode(), codec.encode(self._engine.status(each, each.changed_ms)))
            for each in patients
        ]
        return published, states


async def run(task: Task) -> None:
    """Take batches until the process ends."""
    meter = Meter(task.records)
    work = Grading() if task.engine == "real" else Counting()
    consumer = AIOKafkaConsumer(
        *task.inputs,
        bootstrap_servers=task.bootstrap,
        group_id=task.name,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        session_timeout_ms=SESSION_MS,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES,
    )
    await consumer.start()
    await producer.start()
    while True:
        fetched = await consumer.getmany(timeout_ms=1_000, max_records=task.batch)
        if fetched:
            meter.begin()
            await _make_durable(task, work, consumer, producer, fetched)
            meter.done(sum(map(len, fetched.values())), writes=1)


async def _make_durable(
    task: Task,
    work: Counting | Grading,
    consumer: AIOKafkaConsumer,
    producer: AIOKafkaProducer,
    fetched: dict[TopicPartition, list[ConsumerRecord]],
) -> None:
    by_partition: dict[int, list[ConsumerRecord]] = {}
    for tp, records in fetched.items():
        by_partition.setdefault(tp.partition, []).extend(records)
    taken = {partition: work.take(records) for partition, records in by_partition.items()}
    alerts = {partition: rows for partition, (rows, _) in taken.items() if rows}
    states = {partition: rows for partition, (_, rows) in taken.items() if rows}
    await _send(producer, task.alerts, alerts)
    await _send(producer, f"{task.name}.states", states)
    await consumer.commit({tp: records[-1].offset + 1 for tp, records in fetched.items()})


async def _send(producer: AIOKafkaProducer, topic: str, rows: dict[int, Rows]) -> None:
    sent: list[Any] = []
    for partition, each in rows.items():
        batch = producer.create_batch()
        for key, value in each:
            if batch.append(key=key, value=value, timestamp=None) is None:
                sent.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        sent.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*sent)


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(run(Task.of_this_process()))
