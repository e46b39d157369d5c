"""The published cases in other orders of arrival: what is open in the end is what the replay says.

Records that come late, in any order within the limits of lateness, and with the clock going on in
between. What depends on the clock itself is none of it: a record that is ahead of it is refused,
and so no record here comes before its own time.
"""

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest
from bedside import hours
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.clinical.engine import Arrival, Engine, Ward
from stream.clinical.times import moment
from topics import codec, registry
from topics.alerts import Alert, AlertState
from topics.codec import Decoded
from topics.feeds import replay
from topics.feeds.replay import Line
from topics.ticks import Tick

CASES: Final = sorted((Path(__file__).parent.parent / "vectors").glob("*.events.ndjson"))
SPANS_MS: Final = tuple(span // timedelta(milliseconds=1) for span in (hours(0.1), hours(20)))
# Tasks, marks and repeats end within days of the last record.
LOOKS_MS: Final = tuple(hours(each) // timedelta(milliseconds=1) for each in (0, 1, 9, 25, 49, 100))

Open = frozenset[tuple[str, str, str]]
Arriving = list[tuple[int, Line]]


def lines_of(case: Path) -> list[Line]:
    """The lines of a case as a replay takes them."""
    return list(replay.merge([line for line in replay.read(case) if isinstance(line, Line)]))


def taken(arriving: Arriving, looks_ms: list[int]) -> list[Open]:
    """Take lines as they arrive, and tell what is open at each look."""
    engine, ward, told = Engine(), Ward({}), list[Alert]()

    def tick(at_ms: int) -> None:
        found = Decoded(Tick(at=moment(at_ms)), (), b"")
        told.extend(engine.take(ward, Arrival(at_ms, registry.TICKS, 0, found, None)).alerts)

    for offset, (at_ms, line) in enumerate(arriving):
        tick(at_ms)
        found = codec.decode(line.topic, line.key, line.value)
        arrival = Arrival(line.timestamp_ms, line.topic, offset, found, line.key.decode())
        told += engine.take(ward, arrival).alerts
    seen = []
    for at_ms in looks_ms:
        tick(at_ms)
        seen.append(_open(told))
    return seen


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
    last_ms = max(line.timestamp_ms for line in lines) + span_ms
    looks_ms = [last_ms + each for each in LOOKS_MS]
    on_time = [(line.timestamp_ms - 1, line) for line in lines]
    late = [
        (at_ms + chance.choice([0, chance.randrange(span_ms)]), line) for at_ms, line in on_time
    ]
    late.sort(key=lambda each: (each[0], chance.random()))

    assert taken(late, looks_ms) == taken(on_time, looks_ms)
