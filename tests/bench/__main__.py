"""Speed, as ratios within one run: these machines are small and noisy.

    PYTHONPATH=tests python -m bench [--events 20000] [--rounds 5]

The engine alone, on one core: how many events a second, and how the time divides between
decoding, grading and encoding. The baseline is the least one can do with the bytes: parse them.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson
from ward import write_ward

from stream.clinical import state
from stream.clinical.engine import Arrival, Engine, Ward
from topics import codec
from topics.codec import Decoded, Rejected
from topics.feeds import replay
from topics.feeds.replay import Line

T = TypeVar("T")

PATIENTS = 50
GROUP = 100  # events between two writes of the states that changed


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


def main() -> None:
    """Measure, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    lines = ward_of(options.events)
    rounds = [one_round(lines) for _ in range(options.rounds)]
    report(len(lines), rounds)


def ward_of(events: int) -> list[Line]:
    """Return the lines of a ward of so many events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ward.ndjson")
        write_ward(path, patients=PATIENTS, events=events)
        lines = [line for line in replay.read(path) if isinstance(line, Line)]
        return list(replay.merge(lines))


def one_round(lines: list[Line]) -> Round:
    """Take all lines with a new engine; every part is timed for itself."""
    parse_s, _ = timed(lambda: [orjson.loads(line.value) for line in lines])
    decode_s, found = timed(lambda: [codec.decode(e.topic, e.key, e.value) for e in lines])
    ward, engine, changed = Ward({}, None, []), Engine(), list[set[str]]()
    grade_s, _ = timed(lambda: grade(engine, ward, lines, found, changed))
    encode_s, _ = timed(lambda: encode(engine, ward, changed))
    return Round(parse_s, decode_s, grade_s, encode_s)


def grade(
    engine: Engine,
    ward: Ward,
    lines: list[Line],
    found: list[Decoded | Rejected],
    changed: list[set[str]],
) -> None:
    """Take the events, and note who changed in each group of them."""
    for number, (line, each) in enumerate(zip(lines, found, strict=True)):
        if number % GROUP == 0:
            changed.append(set())
        key = line.key.decode()
        outcome = engine.take(ward, Arrival(line.timestamp_ms, line.topic, number, each, key))
        for alert in outcome.alerts:
            codec.encode(alert)
        changed[-1].update(outcome.changed)


def encode(engine: Engine, ward: Ward, changed: list[set[str]]) -> None:
    """Write the states and the status lines that the groups would have written."""
    for names in changed:
        for name in names:
            patient = ward.patients[name]
            state.encode(patient)
            codec.encode(engine.status(patient, patient.changed_ms))


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return how long some work took, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def report(events: int, rounds: list[Round]) -> None:
    """Print the medians: rates, shares, and the ratio to the baseline of the same round."""
    engine_s = statistics.median(each.engine_s for each in rounds)
    ratio = statistics.median(each.engine_s / each.parse_s for each in rounds)
    print(f"engine alone: {events / engine_s:,.0f} events/s, {ratio:.0f} x parsing the JSON")
    for name in ("decode", "grade", "encode"):
        share = statistics.median(getattr(each, f"{name}_s") / each.engine_s for each in rounds)
        print(f"  {name:<7}{share:6.0%}")


if __name__ == "__main__":
    main()
