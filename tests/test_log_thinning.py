"""A broker that is down does not fill the disk with what is said of it."""

import logging
from typing import Any

from stream.logs import LINES_OF_LIBRARIES, LINES_OF_OURS, WINDOW_S, Thinning


def place(line: int, name: str = "aiokafka", level: int = logging.ERROR) -> Any:
    return logging.makeLogRecord(
        {"name": name, "pathname": "x.py", "lineno": line, "levelno": level}
    )


def test_the_first_lines_pass_and_the_next_window_counts_the_others() -> None:
    now = [100.0]
    thinning = Thinning(now=lambda: now[0])
    passed = sum(thinning.filter(place(1)) for _ in range(200))
    now[0] += WINDOW_S
    later = place(1)

    assert passed == LINES_OF_LIBRARIES
    assert thinning.filter(later)
    assert later.repeated == 200 - LINES_OF_LIBRARIES


def test_another_place_in_the_code_still_speaks() -> None:
    thinning = Thinning(now=lambda: 0.0)
    for _ in range(200):
        thinning.filter(place(1))

    assert thinning.filter(place(2))


def test_our_own_lines_have_a_limit_as_well() -> None:
    thinning = Thinning(now=lambda: 0.0)

    passed = sum(thinning.filter(place(1, "stormwatch.guard")) for _ in range(200))

    assert passed == LINES_OF_OURS


def test_what_is_critical_always_passes() -> None:
    thinning = Thinning(now=lambda: 0.0)

    assert all(thinning.filter(place(1, level=logging.CRITICAL)) for _ in range(200))
