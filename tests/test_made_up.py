"""Patients who are made up: what they raise, who is told of it, and where it is hidden."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from bedside import Bedside, minutes
from builders import NOON, Fields, encoded, reading
from pager import CONSOLE, MINUTE, line
from pagerbench import Bench, Gateway

from alerts.life import Life
from alerts.routing import LOOP_BACK, Maintenance, Part, Route, Tier
from alerts.sentences import sentence_of
from deploy.status.known import Board
from deploy.timetable import partition_of
from stream import metrics
from stream.clinical import state
from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.journal_replay import Taken
from stream.partition import Partition
from stream.runs import Group, Run, TopicPartition
from topics import registry, reserved
from topics.alerts import Alert, Priority, alert_id
from topics.base import epoch_ms

PROBE = reserved.PROBES[5]
LOOP, OTHER_LOOP = reserved.LOOPS
FEED = reserved.feed_id("vitals")
RULE = "OPS-SILENCE"
SECOND = timedelta(seconds=1)


def probed(at: Any, *, low: bool) -> Fields:
    pressure = {"systolic_mmhg": 60 if low else 120, "mean_arterial_mmhg": 40 if low else 85}
    return reading(at=at, patient_id=PROBE, event_id=f"round-{epoch_ms(at)}", **pressure)


def beat(patient_id: str, at: Any, pulse: float) -> Fields:
    return reading(at=at, patient_id=patient_id, heart_rate_per_min=pulse)


def test_a_probe_lies_in_its_partition() -> None:
    for partition, probe in enumerate(reserved.PROBES):
        assert partition_of(probe.encode(), registry.PARTITIONS) == partition
    for partition, loop in zip(reserved.LOOP_PARTITIONS, reserved.LOOPS, strict=True):
        assert partition_of(loop.encode(), registry.PARTITIONS) == partition


def test_every_round_of_a_probe_is_one_line_of_one_alert_that_names_its_time() -> None:
    seen = Bedside()
    for each in range(6):
        told = seen.take(probed(NOON + each * MINUTE, low=each % 2 == 0))
        assert [(found.at, found.revision) for found in told] == [(NOON + each * MINUTE, each + 1)]

    assert {found.rule for found in seen.lines} == {"UNATTRIBUTED-DETERIORATION"}
    assert len({found.alert_id for found in seen.lines}) == 1


def test_months_of_rounds_leave_a_probe_as_small_as_days() -> None:
    """Its state has a limit that is reached within days, and one alert."""
    seen, sizes = Bedside(), list[int]()
    for each in range(12 * 1440):
        seen.take_out_of_time(probed(NOON + each * MINUTE, low=each % 2 == 0))
        seen.lines.clear()
        if each % 1440 == 1439:
            sizes.append(len(state.encode(seen.ward.patients[PROBE])))

    assert max(sizes[6:]) <= 1.05 * max(sizes[:6])
    assert len(orjson.loads(state.encode(seen.ward.patients[PROBE]))["alerts"]) == 1


def test_a_probe_that_says_nothing_is_not_missed() -> None:
    seen = Bedside(probed(NOON, low=False))
    seen.tick(NOON + timedelta(days=30))

    assert seen.lines == []


def test_a_loop_is_silent_once_its_pulse_no_longer_holds_and_ends_with_the_next() -> None:
    seen = Bedside(beat(LOOP, NOON, 180))
    seen.tick(NOON + 180 * SECOND)
    assert seen.lines == []

    (raised,) = seen.tick(NOON + 240 * SECOND)
    (ended,) = seen.take(beat(LOOP, NOON + 5 * MINUTE, 180))

    assert (raised.rule, raised.priority, raised.state) == (RULE, "P1", "raised")
    assert raised.at == NOON + 180 * SECOND + minutes(1 / 60_000)
    assert (ended.rule, ended.state) == (RULE, "resolved")


def test_a_loop_that_goes_on_tells_nothing() -> None:
    seen = Bedside(*(beat(LOOP, NOON + each * MINUTE, 180) for each in range(600)))

    assert seen.lines == []


def test_a_feed_without_a_pulse_is_told_once_and_ends_with_it() -> None:
    seen = Bedside(beat(FEED, NOON, 60))
    seen.tick(NOON + timedelta(days=3))  # the probe has ended: the loops tell that
    assert seen.lines == []

    lines = seen.take(
        beat(FEED, NOON + timedelta(days=3), 0),
        beat(FEED, NOON + timedelta(days=3, hours=1), 0),
        beat(FEED, NOON + timedelta(days=3, hours=2), 60),
    )

    assert [(each.state, each.priority) for each in lines] == [("raised", "P2"), ("resolved", "P2")]
    assert [each.value for each in lines[0].because] == ["vitals"]


# Who is told


def silent(patient_id: str, priority: str, **fields: Any) -> Alert:
    of = {"rule": RULE, "patient_id": patient_id, "alert_id": alert_id(patient_id, 0, RULE, 0)}
    return line(priority=priority, unit=None, bed=None, **of | fields)


async def test_what_a_probe_raises_comes_back_and_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the site routes, and whatever maintenance there is."""
    everyone = Route("all", (Tier({"rapid_response": Part.ACT}, 5 * MINUTE),))
    held = Maintenance(reserved.UNIT, 0, epoch_ms(NOON) * 2, frozenset({Priority.P2}))
    routing = replace(
        CONSOLE.routing, routes=(everyone, *CONSOLE.routing.routes), maintenance=(held,)
    )
    monkeypatch.setattr("pagerbench.PATIENT_ID", PROBE)
    bench = Bench(replace(CONSOLE, routing=routing))
    bench.gateways[LOOP_BACK] = Gateway(LOOP_BACK)
    before = metrics.PAGE_SECONDS._sum.get()

    await bench.hears(silent(PROBE, "P2", rule="UNATTRIBUTED-DETERIORATION"))
    tried = [(each.sink, each.target, each.outcome) for each in bench.written]
    await bench.reads_back()

    assert bench.got() == []
    assert tried == [(LOOP_BACK, LOOP_BACK, "sent")]
    assert metrics.PAGE_SECONDS._sum.get() == before
    assert [topic for topic, _ in bench.published if topic == registry.AUDIT] == []


@pytest.mark.parametrize(
    ("patient_id", "priority", "first", "then"),
    [
        (FEED, "P2", ["operations"], ["operations", "primary_team"]),
        (LOOP, "P1", ["operations"], ["operations", "primary_team", "rapid_response"]),
    ],
)
def test_a_silence_of_ours_is_for_operations_and_for_the_team_where_nobody_answers(
    patient_id: str, priority: str, first: list[str], then: list[str]
) -> None:
    said = silent(patient_id, priority)
    life = Life(said, "", CONSOLE.level_of(said), 0, 0)
    tiers = CONSOLE.routing.route_of(life.about, epoch_ms(NOON)).tiers

    assert [sorted(tier.parts) for tier in tiers] == [first, then]


def test_its_words_name_no_patient() -> None:
    said = [sentence_of(silent(each, "P2"), Priority.P2) for each in (FEED, LOOP)]

    assert said == [
        "P2 Feed vitals is silent: patients may be unseen or nobody be told, see the runbook.",
        "P2 The way of pages is silent: patients may be unseen or nobody be told, see the runbook.",
    ]


# What is hidden


def test_the_watcher_writes_no_status_of_one_and_counts_no_alert_of_a_probe() -> None:
    grading, group = Grading(Engine()), Group()
    grading.recovered(5, {}, None)
    low, at_ms = probed(NOON, low=True), epoch_ms(NOON)
    record = Taken(registry.VITALS, 5, 0, at_ms, PROBE.encode(), encoded(low))
    before = metrics.REGISTRY.get_sample_value(*ALERTS_OF_PROBES)
    grading.take(Run(5, [record], {}, 0, at_end=False), group)
    grading.finish(group)

    (row,) = group.published[TopicPartition(registry.ALERTS, 5)]
    assert json.loads(row.value or b"")["rule"] == "UNATTRIBUTED-DETERIORATION"
    assert TopicPartition(registry.STATUS, 5) not in group.published
    assert metrics.REGISTRY.get_sample_value(*ALERTS_OF_PROBES) == before


ALERTS_OF_PROBES = (
    "stormwatch_alerts_total",
    {"rule": "UNATTRIBUTED-DETERIORATION", "priority": "P2", "state": "raised"},
)


def test_a_made_up_patient_is_no_patient_in_a_count_nor_in_the_status() -> None:
    held, board = Partition(), Board()
    for key in (PROBE, LOOP, FEED, "P01"):
        held.states[key.encode()] = (b"{}", None)
        board.take(silent(key, "P2"), 0)

    assert held.patients == 1
    assert list(board.patients) == ["P01"]
