"""What must come out of Kafka: the same engine over what lies on the topics, in the same order."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from stream.partition import MARKER_KEY, Partition
from topics import codec, registry
from topics.alerts import Alert

RANK = {spec.name: spec.rank for spec in registry.INPUTS}


@dataclass
class Outcome:
    """States by patient, alert lines by (alert, revision), refusals by place in the topics."""

    states: dict[str, bytes] = field(default_factory=dict)
    alerts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    refused: set[tuple[str, int, int]] = field(default_factory=set)


Last = dict[str, tuple[str, str, str, str]]  # of an alert: patient, rule, state and priority


def expected(records: Iterable[ConsumerRecord]) -> Outcome:
    """Run the engine over records of the input topics, partition by partition."""
    partitions = defaultdict(list)
    for record in records:
        partitions[record.partition].append(record)
    outcome = Outcome()
    engine = Engine()
    for each in partitions.values():
        ward = Ward({}, None, [])
        each.sort(key=lambda r: (r.timestamp, RANK[r.topic], r.offset))
        for record in each:
            _take(engine, ward, record, outcome)
        outcome.states |= {name: state.encode(patient) for name, patient in ward.patients.items()}
    return outcome


def _take(engine: Engine, ward: Ward, record: ConsumerRecord, outcome: Outcome) -> None:
    found = codec.decode(record.topic, record.key, record.value)
    key = record.key.decode() if record.key else None
    arrival = Arrival(record.timestamp, record.topic, record.offset, found, key)
    taken = engine.take(ward, arrival)
    for alert in taken.alerts:
        outcome.alerts[alert.alert_id, alert.revision] = codec.encode(alert)
    if taken.refused:
        outcome.refused.add((record.topic, record.partition, record.offset))


def recovered(changelog: Iterable[ConsumerRecord]) -> dict[str, bytes]:
    """Return the states that a recovery would find, by patient."""
    return {
        key.decode(): value
        for partition in _partitions(changelog).values()
        for key, (value, _) in partition.states.items()
        if key != MARKER_KEY
    }


def clocks(changelog: Iterable[ConsumerRecord]) -> dict[int, int | None]:
    """Return the clock of each partition that is durable: all before it was taken."""
    return {number: each.clock_ms for number, each in _partitions(changelog).items()}


def _partitions(changelog: Iterable[ConsumerRecord]) -> dict[int, Partition]:
    partitions: dict[int, Partition] = defaultdict(Partition)
    for record in changelog:
        partitions[record.partition].apply(record.key, record.value)
    return partitions


def alert_lines(records: Iterable[ConsumerRecord]) -> dict[tuple[str, int], set[bytes]]:
    """Return what was said of each (alert, revision): one line, however often."""
    lines = defaultdict(set)
    for record in records:
        if b'"type":"alert"' in record.value:
            alert = Alert.model_validate_json(record.value)
            lines[alert.alert_id, alert.revision].add(record.value)
    return lines


def last_said(lines: Iterable[bytes]) -> Last:
    """Return what was last said of each alert."""
    said = sorted(map(json.loads, lines), key=lambda line: line["revision"])
    return {
        line["alert_id"]: (line["patient_id"], line["rule"], line["state"], line["priority"])
        for line in said
    }
