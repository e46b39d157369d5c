"""The engine alone, on one core, without Kafka.

How many events a second, and how the time divides between decoding, grading and encoding. The
baseline is the least one can do with the bytes: parse them.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Final, TypeVar

import orjson
from bench.results import Table, spread
from bench.wards import monitored_lines, simulated_lines, ward_lines

from stream import garbage
from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from stream.clinical.times import HOUR_MS, moment
from topics import codec, registry
from topics.codec import Decoded
from topics.feeds.replay import Line
from topics.ticks import Tick

T = TypeVar("T")

TICK_MS: Final = 5_000
GROUP: Final = 100  # events between two writes of the states that changed
WARD_SIZES: Final = (10, 100, 1_000, 10_000)
DAY_MS: Final = 24 * 60 * 60_000
READING_EVERY_MS: Final = 54_000  # less than the mean of the ward, so that the last day is whole
STAY_DAYS: Final = 30
STAY_DAYS_COMPARED: Final = (1, 5, 10, 20, 30)
MONITORED: Final = 50  # patients
MONITORED_H: Final = 12
LONG_ROUNDS: Final = 2  # big wards and long stays take a while


@dataclass
class Round:
    """Seconds that one round took, in all and by part."""

    parse_s: float
    decode_s: float
    grade_s: float
    encode_s: float

    @property
    def engine_s(self) -> float:
        """All that the engine costs."""
        return self.decode_s + self.grade_s + self.encode_s


def measure(options: argparse.Namespace) -> list[Table]:
    """Measure the engine over a ward, over wards of many sizes, and over a long stay."""
    garbage.spare_the_old()  # as a worker does
    wards = {
        "a ward on a bad night": ward_lines(options.events),
        "a simulated ward": simulated_lines(options.events),
    }
    rounds: dict[str, list[Round]] = {name: [] for name in wards}
    for _ in range(options.rounds):
        for name, lines in wards.items():
            rounds[name].append(one_round(lines))
    rates = [_rates(name, len(lines), rounds[name]) for name, lines in wards.items()]
    return [*rates, _monitored(options), _by_ward_size(options), *_by_day(options)]


def one_round(lines: list[Line]) -> Round:
    """Take all lines with a new engine; every part is timed for itself."""
    parse_s, _ = timed(lambda: [orjson.loads(line.value) for line in lines])
    decode_s, arrivals = timed(lambda: arrivals_of(lines))
    ward, engine, changed = Ward({}, None, []), Engine(), list[set[str]]()
    grade_s, _ = timed(lambda: grade(engine, ward, arrivals, changed))
    encode_s, _ = timed(lambda: encode(engine, ward, changed))
    return Round(parse_s, decode_s, grade_s, encode_s)


def arrivals_of(lines: Sequence[Line]) -> list[Arrival]:
    """Read the events of lines."""
    return [
        Arrival(
            line.timestamp_ms,
            line.topic,
            number,
            codec.decode(line.topic, line.key, line.value),
            line.key.decode(),
        )
        for number, line in enumerate(lines)
    ]


def grade(engine: Engine, ward: Ward, arrivals: Sequence[Arrival], changed: list[set[str]]) -> None:
    """Take the events, with ticks as a worker has them, and note who changed in each group."""
    for number, arrival in enumerate(arrivals):
        if number % GROUP == 0:
            changed.append(set())
        tick(engine, ward, arrival)
        outcome = engine.take(ward, arrival)
        for alert in outcome.alerts:
            codec.encode(alert)
        changed[-1].update(outcome.changed)


def tick(engine: Engine, ward: Ward, arrival: Arrival) -> None:
    """Move the clock up to an event, where it is time for that: else all that fell due stays so."""
    at_ms = arrival.at_ms - 1
    if ward.clock_ms is None or at_ms - ward.clock_ms >= TICK_MS:
        found = Decoded(Tick(at=moment(at_ms)), (), b"")
        engine.take(ward, Arrival(at_ms, registry.TICKS, 0, found, None))


def encode(engine: Engine, ward: Ward, changed: list[set[str]]) -> None:
    """Write the states and the status lines that the groups would have written."""
    for names in changed:
        for name in names:
            patient = ward.patients[name]
            state.encode(patient)
            codec.encode(engine.status(patient, patient.changed_ms))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds of processor that some work took, and what it gave.

    Nothing here waits, and what else the machine does counts less than on the clock on the wall.
    """
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def _rates(ward: str, events: int, rounds: list[Round]) -> Table:
    rows = [
        ("all", spread([events / each.engine_s for each in rounds], 0), "100 %"),
        ("parse the JSON alone", spread([events / each.parse_s for each in rounds], 0), "-"),
    ]
    for name in ("decode", "grade", "encode"):
        parts = [float(getattr(each, f"{name}_s")) for each in rounds]
        share = statistics.median(
            part / each.engine_s for part, each in zip(parts, rounds, strict=True)
        )
        rows.append((name, spread([events / part for part in parts], 0), f"{share:.0%}"))
    times = spread([each.engine_s / each.parse_s for each in rounds], 0)
    title = f"The engine alone: {events:,} events of 50 patients, {ward}"
    note = f"The engine takes {times} times as long as parsing the JSON does."
    return Table(title, ("part", "events/s", "share"), rows, note)


def _monitored(options: argparse.Namespace) -> Table:
    """Time the sets of vital signs alone: what a device sends every minute has to cost little."""
    arrivals = arrivals_of(monitored_lines(MONITORED_H, MONITORED))
    costs: dict[str, list[float]] = {"graded": [], "changes nothing": []}
    for _ in range(min(options.rounds, LONG_ROUNDS)):
        ward, engine = Ward({}, None, []), Engine()
        spent: dict[str, list[float]] = {"graded": [], "changes nothing": []}
        for arrival in arrivals:
            tick(engine, ward, arrival)
            seconds, outcome = timed(partial(engine.take, ward, arrival))
            if arrival.topic == registry.VITALS:
                spent["graded"].append(seconds)
                spent["changes nothing"] += [] if outcome.alerts else [seconds]
        for name, each in spent.items():
            costs[name].append(1e6 * statistics.mean(each))
    rows = [
        (name, spread([1e6 / each for each in values], 0), spread(values, 0))
        for name, values in costs.items()
    ]
    title = f"Sets of vital signs, one a minute of {MONITORED} patients"
    return Table(title, ("which", "events/s", "us an event"), rows)


def _by_ward_size(options: argparse.Namespace) -> Table:
    """One reading after the other of more and more patients: it should make no difference."""
    costs: dict[int, list[float]] = {size: [] for size in WARD_SIZES}
    wards = {
        size: arrivals_of(ward_lines(max(options.events, 2 * size), size)) for size in WARD_SIZES
    }
    for _ in range(min(options.rounds, LONG_ROUNDS)):
        for size, arrivals in wards.items():
            seconds, _ = timed(partial(grade, Engine(), Ward({}, None, []), arrivals, []))
            costs[size].append(1e6 * seconds / len(arrivals))
    return _compared("patients", "The cost of one event, by the number of patients", costs)


def _by_day(options: argparse.Namespace) -> Iterator[Table]:
    """A reading about every minute, day after day: what is remembered has to stay bounded."""
    bad = arrivals_of(ward_lines(STAY_DAYS * DAY_MS // READING_EVERY_MS, 1))
    yield _of_a_stay(options, bad[1:], "on which every event changes something")
    watched = arrivals_of(monitored_lines((STAY_DAYS + 2) * DAY_MS / HOUR_MS, 1))
    yield _of_a_stay(options, watched, "with a monitor")


def _of_a_stay(options: argparse.Namespace, arrivals: Sequence[Arrival], which: str) -> Table:
    costs: dict[int, list[float]] = {day: [] for day in STAY_DAYS_COMPARED}
    first_ms = arrivals[0].at_ms
    for _ in range(min(options.rounds, LONG_ROUNDS)):
        ward, engine = Ward({}, None, []), Engine()
        for day, some in groupby(arrivals, lambda each: 1 + (each.at_ms - first_ms) // DAY_MS):
            chosen = list(some)
            seconds, _ = timed(partial(grade, engine, ward, chosen, []))
            if day in costs:
                costs[day].append(1e6 * seconds / len(chosen))
    reached = {day: each for day, each in costs.items() if each}
    return _compared("day", f"The cost of one event, by the day of a stay {which}", reached)


def _compared(what: str, title: str, costs: dict[int, list[float]]) -> Table:
    least = costs[min(costs)]
    rows = [
        (
            f"{key:,}",
            spread(values, 0),
            spread([mine / first for mine, first in zip(values, least, strict=True)]),
        )
        for key, values in costs.items()
    ]
    return Table(title, (what, "us an event, graded", "x the first"), rows)
