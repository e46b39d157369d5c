"""What became of the patients: read from the topics, and drawn as a table."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.table import Table

from topics import registry


@dataclass
class Summary:
    """What became of one patient."""

    patient_id: str
    status: dict[str, Any] = field(default_factory=dict)
    open_alerts: dict[str, str] = field(default_factory=dict)
    alerts: int = 0
    pages: int = 0
    newest_alert: str | None = None
    worst: dict[str, int] = field(default_factory=dict)


async def summarise(bootstrap: str) -> list[Summary]:
    """Read the topics that the demo wrote, and sum up each patient."""
    patients: dict[str, Summary] = {}
    for topic in (registry.STATUS, registry.ALERTS, registry.PAGES):
        async for line in _lines_of(bootstrap, topic):
            if (patient_id := line.get("patient_id")) is not None:
                _add(patients.setdefault(patient_id, Summary(patient_id)), topic, line)
    return sorted(patients.values(), key=lambda each: each.patient_id)


async def _lines_of(bootstrap: str, topic: str) -> AsyncIterator[dict[str, Any]]:
    """Read a topic from its beginning to where it ends now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, each) for each in range(registry.PARTITIONS)]
        consumer.assign(places)
        for place, end in (await consumer.end_offsets(places)).items():
            while await consumer.position(place) < end:
                fetched = await consumer.getmany(place, timeout_ms=200)
                for record in fetched.get(place, ()):
                    yield orjson.loads(record.value)
    finally:
        await consumer.stop()


def _add(patient: Summary, topic: str, line: dict[str, Any]) -> None:
    """Add one line of a topic to what is known of its patient."""
    if topic == registry.STATUS:
        patient.status = line
        return
    if topic == registry.PAGES:
        patient.pages += line["outcome"] == "sent"
        return
    patient.alerts += 1
    ends = line["state"] in {"resolved", "retracted"}
    if ends:
        patient.open_alerts.pop(line["rule"], None)
    else:
        patient.open_alerts[line["rule"]] = line["priority"]
        patient.newest_alert = line["alert_id"]
    for policy, grade in (line.get("crs") or {}).items():
        patient.worst[policy] = max(patient.worst.get(policy, 0), grade["lowest"])


def table_of(patients: Sequence[Summary]) -> Table:
    """Draw the patients: grades now and at their worst, alerts open at the end, pages sent."""
    table = Table(title="What became of the patients", title_justify="left")
    for name in ("patient", "CRS manikath-2025", "CRS astct-2019", "open at the end"):
        table.add_column(name)
    for name in ("alert lines", "pages"):
        table.add_column(name, justify="right")
    for each in patients:
        crs = each.status.get("crs", {})
        table.add_row(
            each.patient_id,
            *(_grade(each, crs, policy) for policy in ("manikath-2025", "astct-2019")),
            ", ".join(f"{rule} {level}" for rule, level in sorted(each.open_alerts.items())) or "-",
            str(each.alerts),
            str(each.pages),
        )
    return table


def _grade(patient: Summary, crs: dict[str, Any], policy: str) -> str:
    """Say the grade as a range where it is one, and the worst that alerts told of."""
    now = crs.get(policy)
    if now is None:
        return "unknown"
    lowest, highest = now["lowest"], now["highest"]
    text = str(lowest) if lowest == highest else f"{lowest} to {highest}"
    worst = patient.worst.get(policy, lowest)
    return text if worst <= lowest else f"{text}, was {worst}"
