"""A worker looks for garbage where it costs little."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from stream import garbage
from stream.garbage import NEVER


class Knot:
    """Something that holds itself, which no count of references finds."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def spared() -> Iterator[None]:
    before = gc.get_threshold()
    garbage.spare_the_old()
    yield
    gc.set_threshold(*before)


def old_knot() -> "weakref.ref[Knot]":
    """A knot that nobody holds, and that was looked at when somebody did."""
    knot = Knot()
    gc.collect()
    return weakref.ref(knot)


def test_what_is_old_is_found_where_everything_is_looked_at() -> None:
    knot = old_knot()

    garbage.look()
    assert knot() is not None
    garbage.look_at_all()

    assert knot() is None


def test_what_outlived_one_look_is_found_by_the_next() -> None:
    knot = Knot()
    gc.collect(0)
    left_over = weakref.ref(knot)
    del knot

    gc.collect(0)
    assert left_over() is not None
    garbage.look()

    assert left_over() is None


def test_python_itself_looks_at_what_is_young_alone() -> None:
    old, before = old_knot(), gc.get_stats()

    held = [[each] for each in range(400_000)]
    young = [weakref.ref(Knot()) for _ in range(len(held) // 2)]

    after = gc.get_stats()
    assert gc.get_threshold()[2] == NEVER
    assert after[2]["collections"] == before[2]["collections"]
    assert after[1]["collections"] == before[1]["collections"]
    assert after[0]["collections"] > before[0]["collections"]
    assert old() is not None
    assert sum(each() is None for each in young) > len(young) / 2
