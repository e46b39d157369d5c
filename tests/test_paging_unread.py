"""A pager's state that can't be read: somebody is sent to the patient, and all others are paged."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import NOON, PATIENT_ID
from pager import HOUR, MINUTE, line
from pagerbench import P1, PARTITION, Bench

from alerts.decide import Decision
from alerts.life import Life
from stream import lives
from stream.lives import AT_ONCE_MS
from stream.runs import Group, TopicPartition
from stream.versions import version_of
from topics import registry
from topics.base import epoch_ms
from topics.reserved import PROBES
from topics.ticks import Tick

KEY = PATIENT_ID.encode()
DAMAGED = b'{"version":%d,"lives":[{"line":null}]}' % lives.VERSION
CALLED = "P1 | Operations: answer now"


def damage(bench: Bench, due_ms: int | None = AT_ONCE_MS, saved: bytes = DAMAGED) -> None:
    """Leave a state that can't be read, and begin with it."""
    bench.states[KEY] = (saved, due_ms)
    bench.start()


def raised(bench: Bench) -> list[dict[str, Any]]:
    return [each for each in bench.of(registry.ALERTS) if each["rule"] == "OPS-ENGINE"]


def datetime_of(told: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(told["at"])


async def read_back(bench: Bench) -> None:
    """Read what the pager wrote of itself, as it does."""
    told = [json.dumps(each).encode() for each in raised(bench)]
    await bench.hears(*((registry.ALERTS, each) for each in told))


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_the_version_is_the_first_that_a_state_says(bench: Bench) -> None:
    """By it a worker knows at once whether it can read what another wrote."""
    await bench.hears(line())

    assert version_of(bench.states[KEY][0]) == lives.VERSION == bench.paging.version


@pytest.mark.parametrize("saved", [DAMAGED, b"", b"\xff", b"[]", b'{"version":1'])
async def test_a_worker_that_begins_with_one_sends_somebody_to_the_patient(
    bench: Bench, saved: bytes
) -> None:
    """Nobody knows what was open: it may have been a P1 that nobody had answered."""
    damage(bench, saved=saved)

    await bench.ticks(timedelta(seconds=5))
    await read_back(bench)
    await bench.settle()

    (told,) = raised(bench)
    assert (told["priority"], told["patient_id"]) == ("P1", PATIENT_ID)
    assert datetime_of(told) == NOON + timedelta(seconds=5)
    assert CALLED in bench.got()
    assert lives.decode(bench.states[KEY][0]).keys() == {told["alert_id"]}


async def test_the_bytes_are_kept_before_another_state_takes_their_place(bench: Bench) -> None:
    damage(bench)
    group = bench.take(line(priority="P1"))
    bench.paging.finish(group)

    letters = group.published[TopicPartition(registry.DEAD_LETTERS, PARTITION)]
    said = dict(letters[0].headers)
    assert [(each.key, each.value) for each in letters] == [(KEY, DAMAGED)]
    assert (said["reason"], said["topic"]) == (b"engine", registry.PAGE_CHANGELOG.encode())
    assert group.states[PARTITION].keys() == {KEY}


async def test_what_is_told_of_that_patient_from_then_on_is_paged(bench: Bench) -> None:
    damage(bench, due_ms=None)

    await bench.hears(line(3, "changed", priority="P1"))

    assert bench.got() == [P1]
    assert [each["priority"] for each in raised(bench)] == ["P1"]


async def test_it_is_told_once_and_not_again_after_a_restart(bench: Bench) -> None:
    damage(bench)
    await bench.ticks(timedelta(seconds=5))
    await read_back(bench)
    await bench.reads_back()
    bench.published.clear()

    for _ in range(3):
        await bench.ticks(timedelta(seconds=5))
    bench.start()
    await bench.ticks(timedelta(seconds=5))

    assert raised(bench) == []


async def test_one_that_falls_due_later_is_told_then(bench: Bench) -> None:
    """Nobody is called by it, though somebody was to be."""
    damage(bench, epoch_ms(NOON + 5 * MINUTE))
    await bench.ticks(4 * MINUTE)
    before = len(raised(bench))

    await bench.ticks(MINUTE)

    assert (before, len(raised(bench))) == (0, 1)


async def test_the_pages_of_others_go_again_all_the_same(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    bench.written.clear()
    bench.states[b"p-bad"] = (DAMAGED, AT_ONCE_MS)

    bench.start()
    await bench.ticks(timedelta(seconds=5))

    assert bench.got() == [P1, P1]
    assert [each["patient_id"] for each in raised(bench)] == ["p-bad"]


async def test_before_any_tick_it_is_told_as_of_now(bench: Bench) -> None:
    """And not of 1970."""
    bench.states[KEY] = (DAMAGED, AT_ONCE_MS)
    bench.start(None)
    group = Group()

    bench.paging.finish(group)

    (row,) = group.published[TopicPartition(registry.ALERTS, PARTITION)]
    assert datetime_of(json.loads(row.value or b"")) > NOON - 365 * 24 * HOUR


async def test_of_a_probe_nobody_is_told(bench: Bench) -> None:
    """It is about nobody, and its next alarm is a page like any other."""
    bench.states[PROBES[PARTITION].encode()] = (DAMAGED, AT_ONCE_MS)
    bench.start()

    await bench.commit(bench.take(Tick(at=NOON)))

    assert raised(bench) == []


async def test_a_patient_with_whom_it_cannot_begin_again_is_told_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was on its way does not go again by itself; those of others do."""
    await bench.hears(line(priority="P1"))
    bench.written.clear()

    def fail(_: Life) -> Decision:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.lives.recover", fail)
    bench.start()
    monkeypatch.undo()
    await bench.ticks(timedelta(seconds=5))

    assert [each["priority"] for each in raised(bench)] == ["P1"]
