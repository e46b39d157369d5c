"""How long the broker may let records gather: no longer than nobody minds."""

from types import SimpleNamespace
from typing import Any

import pytest

from stream.gathering import GATHERED_BYTES, LIMIT_MS, Gathering
from stream.told import TOLD_FOR_S

AT_ONCE = (1, 20)  # bytes, ms


class Bench:
    """A fetcher of aiokafka whose answers come when a test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.fetcher: Any = SimpleNamespace(_fetch_min_bytes=1, _fetch_max_wait_ms=500)
        self.left_s = 60.0
        self.gathering = Gathering(
            fetch_wait_ms=20, gather_ms=10, left_s=lambda: self.left_s, now=lambda: self.now_s
        )
        self.gathering.begin(self.fetcher)

    @property
    def asks_for(self) -> tuple[int, int]:
        return self.fetcher._fetch_min_bytes, self.fetcher._fetch_max_wait_ms

    def work(self, seconds: float) -> None:
        self.now_s += seconds
        self.left_s -= seconds
        self.gathering.fetched()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_records_gather_only_while_some_come(bench: Bench) -> None:
    """One that comes after a silence is fetched at once."""
    asked = []
    for some in (True, False):
        bench.gathering.handed_over(some=some)
        bench.gathering.waited_for()
        asked.append(bench.asks_for)

    assert asked == [(GATHERED_BYTES, 10), AT_ONCE]


def test_the_first_fetch_of_all_answers_at_once(bench: Bench) -> None:
    assert bench.asks_for == AT_ONCE


def test_they_gather_for_half_of_what_the_work_still_takes(bench: Bench) -> None:
    """So that they are there when it ends, and have taken the interpreter seldom until then."""
    bench.gathering.handed_over(some=True)
    waits_ms = []
    for seconds in (30.0, 29.75, 0.15, 0.05, 0.04, 0.01):
        bench.work(seconds)
        waits_ms.append(bench.asks_for[1])

    assert waits_ms == [LIMIT_MS, 125, 50, 25, 10, 10]
    assert LIMIT_MS / 1000 < TOLD_FOR_S / 2  # what is told of an end is told again in time


def test_they_gather_for_no_longer_than_the_work_has_lasted(bench: Bench) -> None:
    """What is held for another topic looks like work, and that topic is to be heard of soon."""
    bench.gathering.handed_over(some=True)
    bench.work(0.015)

    assert bench.asks_for == (GATHERED_BYTES, 15)


def test_what_is_waited_for_comes_as_soon_as_ever(bench: Bench) -> None:
    bench.gathering.handed_over(some=True)
    bench.work(60.0)

    bench.gathering.waited_for()
    at_first = bench.asks_for
    bench.work(60.0)

    assert at_first == bench.asks_for == (GATHERED_BYTES, 10)
