"""What a round of chaos is made of and judged by, part by part."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from builders import NOON, PATIENT_ID, TOPIC_OF, decoded, encoded, key_of, tick, vitals
from chaos.delays import spans
from chaos.faults import Done
from chaos.feed import WRONG_CLOCK
from chaos.reading import Arrivals
from chaos.report import merged
from chaos.round import overlapped
from chaos.schedule import BREAK_BESIDE_S, OF_THE_FEED, drawn
from chaos.verdict import Wanted, judge, replayed

from deploy.broker.cluster import Cluster
from deploy.topics_job import make_topics
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec, registry
from topics.alerts import Alert, AlertState
from topics.base import epoch_ms

FROZEN_S = 2.0
WITHIN_S = 60.0


def alerts() -> Sequence[Alert]:
    """What is raised by one set of readings."""
    found = decoded(vitals(temperature_c=39.2, systolic_mmhg=84))
    arrival = Arrival(epoch_ms(NOON), TOPIC_OF["vitals"], 0, found, PATIENT_ID)
    return Engine().take(Ward({}), arrival).alerts


def record(offset: int, value: bytes, timestamp_ms: int = 0) -> ConsumerRecord:
    return ConsumerRecord(
        registry.ALERTS, 0, offset, timestamp_ms, 0, None, value, None, 0, len(value), ()
    )


def made(kind: str, began_s: float, ended_s: float) -> Done:
    return Done(kind, began_s, ended_s, over_s=ended_s)


# The schedule


def test_a_third_of_the_faults_is_made_beside_the_next_one() -> None:
    """What a feed does wrong is sent while the others go on anyway."""
    faults = drawn(1, 3_000)
    beside = [each for each in faults if each.is_beside]

    assert 0.3 < len(beside) / len(faults) < 0.36
    assert not {each.kind for each in beside} & OF_THE_FEED.keys()
    assert max(each.break_s for each in beside) <= BREAK_BESIDE_S[1]


def test_faults_overlap_by_the_clock_and_not_by_what_was_planned() -> None:
    frozen, killed, later = made("a", 0, 9), made("b", 3, 3), made("c", 10, 12)
    fed = made("late", 0, 20)

    assert overlapped([frozen, killed, later, fed]) == 2
    assert overlapped([killed, later]) == 0


# How long it took


def test_a_line_is_there_when_it_can_be_read_and_not_when_its_writer_had_it() -> None:
    """Its timestamp is older where no broker confirmed it, and of two copies the first counts."""
    first, *_ = alerts()
    name, line = (first.alert_id, first.revision), codec.encode(first)
    written = [record(0, line, 1_000), record(1, line, 2_000)]

    assert spans({name: 900}, written, {(0, 0): 31_000, (0, 1): 32_000}) == [(0.9, 31.0)]


@pytest.mark.broker
@pytest.mark.timeout(300)
async def test_arrivals_are_noted_while_a_broker_freezes_and_after_it_was_killed(
    tmp_path: Path,
) -> None:
    """A frozen broker confirms nothing: what was sent to it arrives once it wakes up."""
    kafka = Cluster(tmp_path / "kafka")
    await asyncio.to_thread(kafka.__enter__)
    arrivals = Arrivals(kafka.bootstrap, registry.ALERTS)
    reading = asyncio.ensure_future(arrivals.run())
    try:
        await make_topics(kafka.bootstrap, keep=True)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all")
        await producer.start()
        await producer.send_and_wait(registry.ALERTS, b"one", partition=0)
        os.kill(kafka.pid(1), signal.SIGSTOP)
        confirmed = await producer.send(registry.ALERTS, b"two", partition=0)
        await asyncio.sleep(FROZEN_S)
        os.kill(kafka.pid(1), signal.SIGCONT)
        timestamp_ms = (await confirmed).timestamp
        kafka.kill(1)
        kafka.start(1)
        await asyncio.to_thread(kafka.wait)
        await producer.send_and_wait(registry.ALERTS, b"three", partition=0)
        await asyncio.wait_for(arrivals.until_end(), WITHIN_S)
        await producer.stop()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await asyncio.to_thread(kafka.__exit__, None, None, None)

    assert sorted(arrivals.at_ms) == [(0, 0), (0, 1), (0, 2)]
    assert arrivals.at_ms[0, 1] - timestamp_ms >= 1_000 * FROZEN_S / 2


# What is compared in rounds with the workers' own ticks


def test_what_was_last_said_of_whom_time_alone_moves_has_to_be_the_same() -> None:
    """Of others it is counted: it may hang on the order in which records were read."""
    first, *_ = alerts()
    for name, judged, counted in (("due1", 1, 0), (PATIENT_ID, 0, 1)):
        ended = first.model_copy(update={"patient_id": name, "revision": 2})
        wants, found = (
            codec.encode(ended.model_copy(update={"state": state}))
            for state in (AlertState.RESOLVED, AlertState.RETRACTED)
        )
        wanted = Wanted(alerts={(first.alert_id, 2): wants}, by_line=False)
        wanted.partition[name] = 0
        verdict = judge(wanted, [record(0, found)], [], [])

        assert (verdict.last_differ, verdict.reordered_last) == (judged, counted)
        assert verdict.is_right == (judged == 0)


def test_what_was_refused_of_a_wrong_clock_holds_nothing_back_in_a_replay() -> None:
    """It lies before what comes by time, which would be taken behind all ticks."""
    ahead = vitals(NOON + timedelta(minutes=30), source=WRONG_CLOCK)
    topic = TOPIC_OF["vitals"]
    head = (("topic", topic.encode()), ("partition", b"10"), ("offset", b"0"))
    dead = ConsumerRecord(registry.DEAD_LETTERS, 10, 0, 0, 0, None, b"", None, 0, 0, head)
    came = [
        ConsumerRecord(
            topic,
            10,
            offset,
            epoch_ms(at),
            0,
            key_of(each),
            json.dumps(each).encode(),
            None,
            0,
            0,
            (),
        )
        for offset, (at, each) in enumerate(
            ((NOON + timedelta(minutes=30), ahead), (NOON, vitals()))
        )
    ]
    ticks = [
        ConsumerRecord(
            registry.TICKS,
            10,
            offset,
            epoch_ms(NOON + timedelta(hours=offset)),
            0,
            b"10",
            encoded(tick(NOON + timedelta(hours=offset))),
            None,
            0,
            0,
            (),
        )
        for offset in range(6)
    ]
    rules = {json.loads(line)["rule"] for line in replayed([came, ticks], [dead]).alerts.values()}

    assert "OPS-SILENCE" in rules


# The page


REPORT: dict[str, Any] = {
    "faults": {"worker_kill": 2, "disk_full": 1},
    "events": 100,
    "alert_lines": 10,
    "missing": 0,
    "extra": 0,
    "states_differ": 0,
    "open_differ": 0,
    "dead_letters_missing": 0,
    "reordered": 0,
    "repeated": 0,
    "longest_s": {"worker_kill": 3.0},
    "longest_undisturbed_s": 1.0,
    "seconds": 60,
    "small_disk": True,
    "right": True,
}
NEW: dict[str, Any] = {
    "driver": 2,
    "overlapped": 1,
    "last_differ": 0,
    "reordered_last": 0,
    "untaken": 0,
    "unexpected_ends": 0,
    "late": 0,
    "longest_beyond_s": 4.5,
    "unwell": 0,
    "end_reasons": {"stood still for": 2},
    "longest_alone_s": {"worker_kill": 2.5},
    "faults_without_effect": {},
}


def test_the_page_names_wrong_rounds_and_keeps_drivers_and_ticks_apart(tmp_path: Path) -> None:
    for name, more in (
        ("1", {}),
        ("2", NEW | {"ticks": "topic"}),
        ("2-again", NEW | {"ticks": "topic", "untaken": 3, "right": False}),
        ("3", NEW | {"ticks": "own", "driver": 3, "faults_without_effect": {"disk_full": 1}}),
    ):
        report = REPORT | {"seed": int(name[0])} | more
        (tmp_path / f"seed-{name}.json").write_text(json.dumps(report))
    page = merged(tmp_path)
    sections = [line for line in page.splitlines() if line.startswith("## ")]

    assert sections[1:] == [
        "## So far",
        "## Driver 3, own ticks",
        "## Driver 2, ticks on the topic",
        "## Driver 1, ticks on the topic",
    ]
    assert "4 rounds, 12 faults" in page
    assert "**1 wrong**: seed 2." in page
    assert "2 rounds, 1 wrong; 6 faults, 2 of them overlapping; 200 records" in page
    assert "| 3 | 1 | 0 | 3 | 100 |\n| 2 | 2 | 1 | 6 | 200 |\n| 1 | 1 | 0 | 3 | 100 |" in page
    assert "3 partitions not taken to their end" in page
    assert "Longest that no fault explains, of any line: 4.5 s." in page
    assert "| disk full | 1 | 1 |" in page
    assert "by themselves: 2 times *it stood still for longer than its session*." in page


def test_the_page_keeps_apart_what_only_one_kind_of_fault_has_kept_waiting(tmp_path: Path) -> None:
    """Reports of older drivers do not say it."""
    rows = []
    for driver, more in enumerate(({}, NEW), start=1):
        report = REPORT | more | {"seed": 1, "driver": driver}
        (tmp_path / "seed-1.json").write_text(json.dumps(report))
        page = merged(tmp_path).splitlines()
        rows += [line for line in page if line.startswith("| worker kill |")]

    assert rows == ["| worker kill | 2 | 0 | 3.0 | - |", "| worker kill | 2 | 0 | 3.0 | 2.5 |"]


def test_the_page_says_where_no_line_was_near_no_fault_and_which_lines_contradict(
    tmp_path: Path,
) -> None:
    """Rounds up to driver 3 say 0.0 of lines that are not there."""
    pages = []
    for longest_s in ((0.0, None), (0.0, 1.97)):
        for seed, each in enumerate(longest_s):
            more = {"longest_undisturbed_s": each} | ({"contradicting": 2} if seed else {})
            report = REPORT | NEW | more | {"seed": seed}
            (tmp_path / f"seed-{seed}.json").write_text(json.dumps(report))
        pages.append(merged(tmp_path))

    assert "with no fault near it: no line." in pages[0]
    assert "with no fault near it: 1.97 s." in pages[1]
    told = "2 lines that contradict another of their revision where no line is compared"
    assert f"{told} (judged in 1 of 2 rounds)." in pages[0]
