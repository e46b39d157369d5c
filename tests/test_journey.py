"""One reading from the monitor to the pager, and the answer back: start reading here.

Each step hands on a value. Between the steps lies Kafka, and nothing else: what one hands over is a
record on a topic. `tests/integration/test_watch.py` and `test_page.py` walk the same path through a
real broker.
"""

import asyncio
import io
from types import SimpleNamespace
from typing import Any

import pytest
from builders import ack, encoded, on_day, patient, vitals
from faust.types import TP

from alerts.built_in import through
from alerts.policy import Policy
from alerts.sinks import Delivery
from alerts.sinks.console import ConsoleSink
from stream.clinical import state
from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.paging import Paging
from stream.runs import Group, Run, TopicPartition
from stream.scheduler import Scheduler
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.codec import Decoded
from topics.pages import PageLine
from topics.vitals import Vitals

PATIENT = b"P01"
PARTITION = 4
AT = on_day(3, "09:30")
# A cannula at 2 L/min and a temperature of 39.1: CRS grade 2, and nobody has given tocilizumab.
READING = vitals(
    at=AT, temperature_c=39.1, oxygen={"device": "nasal_cannula", "flow_l_min": 2}, spo2_percent=93
)


def test_the_monitors_bytes_become_an_event() -> None:
    """topics/codec.py: bytes to event, or Rejected; here is nothing to refuse."""
    found = codec.decode(registry.VITALS, PATIENT, encoded(READING))

    assert isinstance(found, Decoded)
    assert isinstance(found.event, Vitals)
    assert found.event.temperature_c == 39.1


def test_it_waits_its_turn() -> None:
    """stream/scheduler.py: what is known of the patient comes first, though it was fetched last."""
    run = handed_over()

    assert [record.topic for record in run.records] == [registry.PATIENTS, registry.VITALS]


def test_it_is_graded_and_raises_the_alert() -> None:
    """stream/grading.py: the engine's answer becomes records, and the state of the patient."""
    group = graded()

    alerts = {alert.rule: alert for alert in published(group, registry.ALERTS, Alert)}
    assert alerts.keys() == {"CRS-UP", "TOCI-IND", "ABX-EMPIRIC", "CULTURES", "ICE-DUE"}
    assert alerts["TOCI-IND"].priorities == {"manikath-2025": "P2", "astct-2019": "P2"}
    assert {each.signal for each in alerts["TOCI-IND"].because} >= {"temperature_c"}
    assert "8 mg/kg" in alerts["TOCI-IND"].advice
    known = state.decode(group.states[PARTITION][PATIENT][0])
    assert len(known.alerts) == 5


def test_the_status_says_what_is_known() -> None:
    """topics/status.py: once a group of records, for each patient that changed."""
    (row,) = graded().published[TopicPartition(registry.STATUS, PARTITION)]

    # No assessment was ever sent, so nobody would have said that a dialysis runs.
    assert b'"crs":{"manikath-2025":{"lowest":2,"highest":4}' in (row.value or b"")


async def test_it_is_paged_once_it_is_durable_and_the_answer_ends_the_paging() -> None:
    """stream/paging.py, alerts/decide.py, alerts/wording.py, alerts/sinks/console.py."""
    pager = Pager()
    alerts = [row.value for row in graded().published[TopicPartition(registry.ALERTS, PARTITION)]]

    group = pager.take(*((registry.ALERTS, value) for value in alerts))
    assert pager.console.getvalue() == ""  # not before the decision is durable
    await pager.durable(group, pages=4)  # each alert to the primary team and to rapid response
    text = pager.console.getvalue()
    assert "Tocilizumab due, not given" in text
    assert "39.1" in text
    assert "P01" in text

    told = [codec.decode_line(registry.PAGES, value) for value in pager.pages]
    toci = next(each for each in told if isinstance(each, PageLine) and each.outcome == "sent")
    answered = encoded(ack(alert_id=toci.alert_id, action="acknowledge", by="Nurse Joy", at=AT))
    group = pager.take(
        *((registry.PAGES, value) for value in pager.pages), (registry.ACKS, answered)
    )
    lines = published(group, registry.PAGES, PageLine)
    assert [(line.outcome, line.by) for line in lines] == [("acknowledged", "Nurse Joy")]
    again = pager.take(*((registry.ALERTS, value) for value in alerts))
    assert not again.touched  # lines that were had before change nothing, and page nobody
    await pager.work.close()


def test_a_sink_says_how_a_try_went_and_never_raises() -> None:
    """alerts/sinks: what follows is decided elsewhere."""
    assert set(Delivery) == {"sent", "retry", "refused"}


# The steps, each handing on what the one before gave


def handed_over() -> Run:
    """Fetch the patient after the reading, and return the run that the agent gets."""
    inputs = [topic.name for topic in registry.INPUTS]
    scheduler = Scheduler(
        inputs, run_records=100, align_wait_s=2.0, end_told_ms=lambda _: 0, now=lambda: 0.0
    )
    scheduler.begin({TopicPartition(topic, PARTITION): 0 for topic in inputs}, {})
    known = record(registry.PATIENTS, encoded(patient()), epoch_ms(on_day(0)))
    reading = record(registry.VITALS, encoded(READING), epoch_ms(AT))
    fetched = {
        TP(registry.VITALS, PARTITION): [reading],
        TP(registry.PATIENTS, PARTITION): [known],
    }
    ((_, handed),) = scheduler.iterate(fetched)
    run: Run = handed.value
    return run


def graded() -> Group:
    """Take the run with an empty ward, and close the group."""
    grading, group = Grading(Engine()), Group()
    grading.recovered(PARTITION, {}, None)
    grading.take(handed_over(), group)
    grading.finish(group)
    return group


class Pager:
    """A pager whose console is a string, and whose page lines are kept instead of sent."""

    def __init__(self) -> None:
        self.console = io.StringIO()
        self.pages: list[bytes] = []
        self._tried = asyncio.Event()
        sinks = {"console": ConsoleSink(self.console)}
        self.work = Paging(
            Policy(through("console")), sinks, produce=self._produce, end_process=pytest.fail
        )
        self.work.recovered(PARTITION, {}, None)
        self.offset = 0

    def take(self, *records: tuple[str, bytes | None]) -> Group:
        group = Group()
        taken = [record(topic, value, epoch_ms(AT), self._next()) for topic, value in records]
        self.work.take(Run(PARTITION, taken, {}, start=1, at_end=True), group)
        self.work.finish(group)
        return group

    async def durable(self, group: Group, pages: int) -> None:
        """Let the group be confirmed, and so many pages be tried."""
        self.work.durable(group)
        async with asyncio.timeout(10):
            while len(self.pages) < pages:
                self._tried.clear()
                await self._tried.wait()

    def _next(self) -> int:
        self.offset += 1
        return self.offset

    async def _produce(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        assert (topic, partition, key) == (registry.PAGES, PARTITION, PATIENT)
        self.pages.append(value)
        self._tried.set()


def record(topic: str, value: bytes | None, timestamp_ms: int, offset: int = 0) -> Any:
    """Return a record as it comes from Kafka."""
    return SimpleNamespace(
        topic=topic,
        partition=PARTITION,
        offset=offset,
        timestamp=timestamp_ms,
        key=PATIENT,
        value=value,
    )


def published(group: Group, topic: str, model: Any) -> list[Any]:
    """Return what a group publishes on a topic, read back."""
    rows = group.published.get(TopicPartition(topic, PARTITION), [])
    lines = [codec.decode_line(topic, row.value) for row in rows]
    return [line for line in lines if isinstance(line, model)]
