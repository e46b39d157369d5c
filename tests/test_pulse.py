"""A process that stood still ends before it writes; one that is busy does not."""

import time

import pytest

from stream.pulse import Pulse


class Bench:
    """A pulse with a clock moved by hand, and the reasons for which it would have ended us."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.reasons: list[str] = []
        self.pulse = Pulse(
            stopped_limit_s=6,
            hanging_limit_s=60,
            end=self.reasons.append,
            end_stuck=self.reasons.append,
            now=lambda: self.now_s,
        )

    def live(self, seconds: int, *, turning: bool) -> None:
        for _ in range(seconds):
            self.now_s += 1
            if turning:
                self.pulse.turned()
            self.pulse.beat()


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_process_that_was_stopped_beyond_its_session_ends_before_it_writes(bench: Bench) -> None:
    """Whichever of its threads wakes up first."""
    bench.live(3, turning=True)
    bench.now_s += 6.5

    bench.pulse.check()
    bench.pulse.beat()

    assert bench.reasons == ["stood still for 6.5 s, longer than its session"] * 2


def test_a_loop_that_is_busy_for_longer_than_the_session_is_no_reason_to_end(bench: Bench) -> None:
    """Heartbeats go on in their own thread, and the partitions are still ours."""
    bench.live(3, turning=True)
    bench.live(30, turning=False)

    bench.pulse.check()

    assert bench.reasons == []


def test_a_loop_that_hangs_ends_the_process(bench: Bench) -> None:
    """Its sockets are open, and nobody is watched."""
    bench.live(61, turning=False)

    assert bench.reasons == ["the event loop has not turned for 61 s"]


def test_a_machine_that_was_suspended_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its monotonic clock did too; that of the group went on."""
    clocks = {time.CLOCK_BOOTTIME: 100.0, time.CLOCK_MONOTONIC: 100.0}
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    monkeypatch.setattr(time, "monotonic", lambda: clocks[time.CLOCK_MONOTONIC])
    reasons: list[str] = []
    pulse = Pulse(
        stopped_limit_s=6, hanging_limit_s=60, end=reasons.append, end_stuck=reasons.append
    )
    clocks[time.CLOCK_BOOTTIME] += 3600

    pulse.check()

    assert reasons == ["stood still for 3600.0 s, longer than its session"]
