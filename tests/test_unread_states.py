"""A state that can't be read is told, left as it is, and keeps nobody else from being watched."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from builders import NOON, Fields, encoded, key_of, lab, reading, tick, topic_of, vitals

from stream.clinical import state
from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.runs import Group, Kept, Run, TopicPartition
from stream.versions import version_of
from topics import registry
from topics.base import epoch_ms

PARTITION = 3
BAD, GOOD = "p-bad", "p-good"
DAMAGED = b'{"version":%d,"patient_id":"p-bad"}' % state.VERSION
FERRITIN = lab("ferritin", 60_000, at=NOON, patient_id=BAD)
SHOCK = vitals(at=NOON, temperature_c=39.0, systolic_mmhg=80, patient_id=GOOD)


class Bench:
    """A watcher that begins with states, and what it wrote."""

    def __init__(self, states: Mapping[bytes, Kept], made_anew: tuple[str, ...] = ()) -> None:
        self.grading, self.offset = Grading(Engine()), 0
        self.states = dict(states)
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.clocks: dict[int, int] = {}
        self.begin(made_anew)

    def begin(self, made_anew: tuple[str, ...] = ()) -> None:
        """Begin anew, as after a restart, with what was kept."""
        self.grading.revoked()
        self.grading.recovered(PARTITION, self.states, self.clocks.get(PARTITION), made_anew)

    def take(self, fields: Fields, at: datetime) -> None:
        """Take one record, and write what comes of it."""
        self.offset += 1
        record: Any = SimpleNamespace(
            topic=topic_of(fields),
            partition=PARTITION,
            offset=self.offset,
            timestamp=epoch_ms(at),
            key=key_of(fields),
            value=encoded(fields),
        )
        group = Group()
        self.grading.take(Run(PARTITION, [record], {}, 0, at_end=False), group)
        self.write(group)

    def write(self, group: Group) -> None:
        """Write a group."""
        self.grading.finish(group)
        for (topic, _), rows in group.published.items():
            for row in rows:
                said = dict(row.headers) if topic == registry.DEAD_LETTERS else None
                self.published.append((topic, said or json.loads(row.value or b"")))
        self.states |= group.states.get(PARTITION, {})
        self.clocks |= group.clocks

    def told(self) -> list[tuple[str, str]]:
        """Return the rule and patient of each alert line."""
        return [
            (said["rule"], said["patient_id"])
            for topic, said in self.published
            if topic == registry.ALERTS
        ]

    def letters(self) -> Counter[tuple[bytes, bytes]]:
        """Count the dead letters by topic and reason."""
        return Counter(
            (said["topic"], said["reason"])
            for topic, said in self.published
            if topic == registry.DEAD_LETTERS
        )


def damaged(due: datetime | None = NOON) -> dict[bytes, Kept]:
    return {BAD.encode(): (DAMAGED, None if due is None else epoch_ms(due))}


def test_time_goes_on_beside_a_state_that_cannot_be_read() -> None:
    """A quarter of an hour of ticks: the clock moves, and the other patient is graded."""
    bench = Bench(damaged())

    for number in range(1, 181):
        at = NOON + timedelta(seconds=5 * number)
        bench.take(tick(at), at)
        bench.take(reading(at, heart_rate_per_min=90, patient_id=GOOD), at)

    assert bench.clocks == {PARTITION: epoch_ms(NOON + timedelta(minutes=15))}
    assert bench.letters() == {}
    assert bench.told() == [("OPS-ENGINE", BAD)]
    good = state.decode(bench.states[GOOD.encode()][0])
    assert good.applied == {registry.VITALS: bench.offset}


def test_what_falls_due_of_the_others_does_so_in_the_same_tick() -> None:
    first = Bench({})
    first.take(SHOCK, NOON)
    bench = Bench(first.states | damaged())
    at = NOON + timedelta(hours=9)

    bench.take(tick(at), at)

    assert bench.told()[-1] == ("OPS-ENGINE", BAD)
    assert ("OPS-SILENCE", GOOD) in bench.told()
    assert bench.letters() == {}


def test_after_a_restart_it_is_the_same() -> None:
    bench = Bench(damaged())
    bench.take(tick(NOON), NOON)
    bench.published.clear()

    bench.begin()
    for number in range(1, 4):
        at = NOON + timedelta(seconds=5 * number)
        bench.take(tick(at), at)
    bench.take(SHOCK, NOON)

    assert bench.clocks == {PARTITION: epoch_ms(NOON + timedelta(seconds=15))}
    assert bench.told()[0] == ("OPS-ENGINE", BAD)
    assert Counter(patient_id for _, patient_id in bench.told())[BAD] == 1
    assert bench.letters() == {}
    assert set(bench.states) == {BAD.encode(), GOOD.encode()}


def test_records_of_that_patient_are_kept_and_told_and_the_state_is_left_as_it_is() -> None:
    bench = Bench(damaged())
    bench.take(FERRITIN, NOON)
    bench.take(tick(NOON), NOON)
    bench.take(SHOCK, NOON)

    assert bench.letters() == {(registry.LABS.encode(), b"engine"): 1}
    assert set(bench.told()[:2]) == {("OPS-ENGINE", BAD)}
    assert bench.states[BAD.encode()] == damaged()[BAD.encode()]
    assert GOOD.encode() in bench.states


@pytest.mark.parametrize("clock", [None, NOON])
def test_states_are_written_anew_without_the_one_that_cannot_be_read(
    clock: datetime | None,
) -> None:
    """As where an input topic was made anew: all of a partition are touched."""
    first = Bench({})
    first.take(SHOCK, NOON)
    bench = Bench(first.states | damaged(due=None))
    if clock is not None:
        bench.clocks[PARTITION] = epoch_ms(clock)
    bench.begin((registry.VITALS,))
    group = Group()
    for patient_id in (BAD, GOOD):
        group.touch(PARTITION, patient_id)

    bench.write(group)

    assert bench.states[BAD.encode()] == damaged(due=None)[BAD.encode()]
    assert state.decode(bench.states[GOOD.encode()][0]).applied == {}
    (told,) = (said for topic, said in bench.published if topic == registry.ALERTS)
    assert (told["rule"], told["patient_id"]) == ("OPS-ENGINE", BAD)
    assert clock is None or datetime.fromisoformat(told["at"]) == clock
    assert datetime.fromisoformat(told["at"]) >= NOON
    assert TopicPartition(registry.STATUS, PARTITION) in group.published


def test_the_version_is_the_first_that_a_state_says() -> None:
    """By it a worker knows at once whether it can read what another wrote."""
    bench = Bench({})
    bench.take(SHOCK, NOON)

    saved, _ = bench.states[GOOD.encode()]
    assert version_of(saved) == state.VERSION == bench.grading.version
