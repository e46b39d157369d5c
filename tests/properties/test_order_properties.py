"""In whatever order records come, what is open in the end is what the replay says.

Records that come late, in any order within the limits of lateness, and with the clock going on in
between: of the published cases, and of all kinds. What the clock decides is none of it: a record
that is ahead of it is refused, and so no record here comes before its own time. How late a record
is does not depend on when it comes but on what it says, `recorded_at` (CLINICAL.md DEC-67).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from anything import START, anything, built, facts, histories_of
from bedside import Bedside, hours, minutes, recorded_at
from builders import Fields, dose, patient, reading
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.clinical import asking
from stream.clinical.engine import Arrival, Engine, Ward
from stream.clinical.rules.register import RULES
from stream.clinical.times import moment
from topics import codec, registry
from topics.alerts import Alert, AlertState
from topics.base import MILLISECOND
from topics.codec import Decoded
from topics.feeds import replay
from topics.feeds.replay import Line
from topics.ticks import Tick

CASES: Final = sorted((Path(__file__).parent.parent / "vectors").glob("*.events.ndjson"))
SPANS_MS: Final = tuple(hours(each) // MILLISECOND for each in (0.1, 20))
# Tasks, marks and repeats end within days of the last record.
LOOKS: Final = tuple(map(hours, (0, 1, 9, 25, 49, 100)))

CHECKS: Final = frozenset({"TOCI-DOSE", "TOCI-INTERVAL", "TOCI-MAX"})
ABOUT_RECORDS: Final = frozenset({"DATA-UNIT", "DATA-RANGE"})

Open = frozenset[tuple[str, str, str]]
Arriving = list[tuple[int, Line]]

refusals = built(
    reading,
    systolic_mmhg=st.sampled_from([5, 900]),
    spo2_percent=st.sampled_from([10, 97, 101]),
    temperature_c=st.sampled_from([36.6, 101.3]),
)
of_tocilizumab = built(
    lambda at, action, mg: dose("tocilizumab", at=at, action=action, dose_value=mg),
    action=st.sampled_from(["given", "given", "given", "ordered", "not_given"]),
    mg=st.sampled_from([100, 640, 640]),
)
delays = st.lists(
    st.sampled_from([0, 0, 1, 5, 60, 600, 1200]).map(minutes), min_size=28, max_size=28
)
of_all_kinds = histories_of(st.one_of(anything, facts))
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lines_of(case: Path) -> list[Line]:
    """The lines of a case as a replay takes them."""
    return list(replay.merge([line for line in replay.read(case) if isinstance(line, Line)]))


def looks_after(lines: list[Line], span_ms: int) -> list[int]:
    """When to look: once all lines have come, and for days."""
    last_ms = max(line.timestamp_ms for line in lines) + span_ms
    return [last_ms + each // MILLISECOND for each in LOOKS]


def taken(arriving: Arriving, looks_ms: list[int]) -> Iterator[list[Alert]]:
    """Take lines as they arrive, and give all that was told at each look."""
    engine, ward, told = Engine(), Ward({}), list[Alert]()

    def tick(at_ms: int) -> None:
        found = Decoded(Tick(at=moment(at_ms)), (), b"")
        told.extend(engine.take(ward, Arrival(at_ms, registry.TICKS, 0, found, None)).alerts)

    for offset, (at_ms, line) in enumerate(arriving):
        tick(at_ms)
        found = codec.decode(line.topic, line.key, line.value)
        arrival = Arrival(line.timestamp_ms, line.topic, offset, found, line.key.decode())
        told += engine.take(ward, arrival).alerts
    for at_ms in looks_ms:
        tick(at_ms)
        yield list(told)


def _open(told: list[Alert]) -> Open:
    newest = {line.alert_id: line for line in told}
    return frozenset(
        (line.rule, line.priority, str(sorted(line.priorities.items())))
        for line in newest.values()
        if line.state in {AlertState.RAISED, AlertState.CHANGED}
    )


def test_there_are_cases() -> None:
    assert len(CASES) == 39


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.partition(".")[0])
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32), span_ms=st.sampled_from(SPANS_MS))
def test_whatever_comes_late_the_same_is_open_in_the_end(
    case: Path, seed: int, span_ms: int
) -> None:
    """Every rule, at the same priorities under each policy, and for days afterwards."""
    lines, chance = lines_of(case), Random(seed)
    on_time = [(line.timestamp_ms - 1, line) for line in lines]
    late = [
        (at_ms + chance.choice([0, chance.randrange(span_ms)]), line) for at_ms, line in on_time
    ]
    late.sort(key=lambda each: (each[0], chance.random()))
    looks_ms = looks_after(lines, span_ms)

    looks = zip(taken(late, looks_ms), taken(on_time, looks_ms), strict=True)

    assert all(_open(told) == _open(wanted) for told, wanted in looks)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.partition(".")[0])
def test_asking_the_rules_that_are_reached_says_of_a_case_what_asking_all_does(
    case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line by line, for days after the last record."""
    lines = lines_of(case)
    on_time = [(line.timestamp_ms - 1, line) for line in lines]
    some = list(taken(on_time, looks_after(lines, 0)))
    monkeypatch.setattr(asking, "reached_by", lambda *_: RULES)

    assert some == list(taken(on_time, looks_after(lines, 0)))


def arriving(events: list[Fields], late: list[timedelta]) -> list[tuple[datetime, Fields]]:
    """Say when each event arrives, in that order."""
    found = [(recorded_at(fields) + by, fields) for fields, by in zip(events, late, strict=False)]
    return sorted(found, key=lambda each: each[0])


def both(
    events: list[Fields], late: list[timedelta]
) -> Iterator[tuple[Bedside, Bedside, datetime]]:
    """Look at a patient whose events are on time and at one whose are late, once all are there."""
    orders = arriving(events, [timedelta(0)] * len(events)), arriving(events, late)
    one, other = Bedside(patient()), Bedside(patient())
    for seen, order in zip((one, other), orders, strict=True):
        for at, fields in order:
            seen.tick(at)
            seen.take_out_of_time(fields)
    last = max((at for at, _ in orders[1]), default=START)
    for each in LOOKS:
        one.tick(last + each)
        other.tick(last + each)
        yield one, other, last + each


@few
@given(history=of_all_kinds, late=delays)
def test_whatever_kinds_come_late_the_same_is_open_in_the_end(history: Any, late: Any) -> None:
    """Every rule, but for those about refused records, and the same status.

    A refused value is settled for good by a valid one, even where that is taken back later.
    """
    for one, other, at in both(history, late):
        assert _of_patients(one) == _of_patients(other)
        assert one.status(at) == other.status(at)


@few
@given(
    history=st.lists(
        st.one_of(refusals, anything), max_size=12, unique_by=lambda each: each["event_id"]
    ),
    late=delays,
)
def test_refused_values_that_come_late_leave_the_same_open(history: Any, late: Any) -> None:
    """For 24 hours from when they were recorded, or until a valid one is known that is newer."""
    for one, other, _ in both(history, late):
        assert _open(one.lines) == _open(other.lines)


@few
@given(history=histories_of(of_tocilizumab), late=delays)
def test_doses_of_tocilizumab_that_come_late_are_told_the_same_and_by_no_clock(
    history: Any, late: Any
) -> None:
    """Once all are known, time alone ends what is told of them."""
    told: int | None = None
    for one, other, _ in both(history, late):
        lines = [line for line in other.lines if line.rule in CHECKS]
        assert _of_patients(one) == _of_patients(other)
        assert all(line.state is AlertState.RESOLVED for line in lines[told or len(lines) :])
        told = len(lines)


def _of_patients(seen: Bedside) -> Open:
    return frozenset(each for each in _open(seen.lines) if each[0] not in ABOUT_RECORDS)
