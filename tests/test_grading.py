"""What the watcher says beside the alerts: that a partition has caught up."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from builders import NOON, PATIENT_ID, Fields, encoded, key_of, tick, topic_of, vitals

from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.runs import Group, Run, TopicPartition
from stream.ticks import encode
from topics import registry
from topics.base import epoch_ms

PARTITION = 3


@pytest.fixture
def grading() -> Grading:
    watcher = Grading(Engine())
    watcher.recovered(PARTITION, {}, None)
    return watcher


def arrive(
    grading: Grading,
    fields: Fields,
    at: datetime,
    *,
    at_end: bool = False,
    group: Group | None = None,
) -> Group:
    """Take one record."""
    group = Group() if group is None else group
    record: Any = SimpleNamespace(
        topic=topic_of(fields),
        partition=PARTITION,
        offset=epoch_ms(at),
        timestamp=epoch_ms(at),
        key=key_of(fields),
        value=encoded(fields),
    )
    grading.take(Run(PARTITION, [record], {}, 0, at_end), group)
    return group


def present(grading: Grading, at: datetime, *, at_end: bool) -> list[str]:
    """Take a tick; return the moments at which the partition is said to be present."""
    group, at_ms = Group(), epoch_ms(at)
    tick: Any = SimpleNamespace(
        topic=registry.TICKS,
        partition=PARTITION,
        offset=at_ms,
        timestamp=at_ms,
        key=b"3",
        value=encode(at_ms),
    )
    grading.take(Run(PARTITION, [tick], {}, 0, at_end), group)
    rows = group.published.get(TopicPartition(registry.ALERTS, PARTITION), [])
    return [json.loads(row.value or b"")["at"] for row in rows]


def test_a_partition_is_present_once_it_is_read_to_its_end(grading: Grading) -> None:
    assert present(grading, NOON, at_end=False) == []
    assert present(grading, NOON, at_end=True) == ["2026-03-04T12:00:00Z"]


def test_it_is_said_again_for_every_minute(grading: Grading) -> None:
    """So the pager knows that watchers are well, and that what is late is so by its feed."""
    present(grading, NOON, at_end=True)

    said = [
        len(present(grading, NOON + timedelta(seconds=at_s), at_end=True))
        for at_s in range(5, 125, 5)
    ]

    assert [5 * (i + 1) for i, count in enumerate(said) if count] == [60, 120]


def test_a_new_owner_says_it_anew(grading: Grading) -> None:
    present(grading, NOON, at_end=True)

    grading.revoked()
    grading.recovered(PARTITION, {}, epoch_ms(NOON))

    assert present(grading, NOON, at_end=True) == ["2026-03-04T12:00:00Z"]


def test_that_the_timers_of_a_patient_failed_is_told_once(
    grading: Grading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of this patient falls due from then on: somebody has to look."""
    arrive(grading, vitals(temperature_c=39.0, systolic_mmhg=80), NOON)

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.clinical.engine.ask", fail)
    moments = [NOON + timedelta(hours=9, seconds=5 * i) for i in range(3)]
    groups = [arrive(grading, tick(at), at) for at in moments]

    of_alerts, of_dead_letters = (
        [len(group.published.get(TopicPartition(topic, PARTITION), [])) for group in groups]
        for topic in (registry.ALERTS, registry.DEAD_LETTERS)
    )
    (told,) = groups[0].published[TopicPartition(registry.ALERTS, PARTITION)]
    said = json.loads(told.value or b"")
    assert (said["rule"], said["patient_id"], told.key) == (
        "OPS-ENGINE",
        PATIENT_ID,
        PATIENT_ID.encode(),
    )
    assert [group.clocks for group in groups] == [{PARTITION: epoch_ms(at)} for at in moments]
    assert (of_alerts, of_dead_letters) == ([1, 0, 0], [0, 0, 0])


def test_nothing_is_said_of_a_patient_whose_timers_fail_halfway(
    grading: Grading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be said again, and nobody would know of it meanwhile."""
    arrive(grading, vitals(temperature_c=39.0, systolic_mmhg=80), NOON)

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.clinical.engine.trimmed", fail)
    at = NOON + timedelta(hours=9)
    group = arrive(grading, tick(at), at)

    rows = group.published[TopicPartition(registry.ALERTS, PARTITION)]
    assert [json.loads(row.value or b"")["rule"] for row in rows] == ["OPS-ENGINE"]


def test_a_partition_is_as_late_as_its_ticks_while_more_records_wait_in_it() -> None:
    """A feed may be late by itself, and records of the past that nothing follows are no backlog."""
    grading, group = Grading(Engine(), now=lambda: NOON.timestamp() + 90), Group()
    grading.recovered(PARTITION, {}, None)
    hour_ago = vitals(at=NOON - timedelta(hours=1))

    arrive(grading, hour_ago, NOON - timedelta(hours=1), group=group)
    unknown = dict(group.late_s)
    present(grading, NOON, at_end=False)
    arrive(grading, hour_ago, NOON, group=group)
    late = dict(group.late_s)
    arrive(grading, hour_ago, NOON, at_end=True, group=group)

    assert (unknown, late, group.late_s) == ({PARTITION: 0.0}, {PARTITION: 90.0}, {})
