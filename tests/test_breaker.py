"""When a gateway is let alone, for how long, and how it is found to be back."""

import pytest
from clocks import Clock

from alerts.sinks import Delivery, Tried
from stream.breaker import Breaker, State

SENT, REFUSED = Tried(Delivery.SENT), Tried(Delivery.REFUSED)
FAILED = Tried(Delivery.RETRY)


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(clock, lambda: 0.0)


def tries(breaker: Breaker, tried: Tried) -> None:
    assert breaker.may_try()
    breaker.begin()
    breaker.end(tried)


def fails_for(breaker: Breaker, clock: Clock, seconds: float, times: int) -> None:
    """Fail so often, evenly over so long."""
    for _ in range(times):
        tries(breaker, FAILED)
        clock.now_s += seconds / (times - 1)
    clock.now_s -= seconds / (times - 1)


@pytest.mark.parametrize(
    ("seconds", "times", "state"),
    [
        (10.0, 5, State.OPEN),
        (9.9, 5, State.CLOSED),  # not for long enough
        (0.0, 50, State.CLOSED),  # a storm of pages in one moment
        (60.0, 4, State.CLOSED),  # not often enough
    ],
)
def test_a_gateway_that_answers_nothing_for_long_is_let_alone(
    breaker: Breaker, clock: Clock, seconds: float, times: int, state: State
) -> None:
    fails_for(breaker, clock, seconds, times)

    assert breaker.state is state
    assert breaker.may_try() is (state is State.CLOSED)


@pytest.mark.parametrize("answered", [SENT, REFUSED])
def test_one_answer_shows_that_it_is_there(breaker: Breaker, clock: Clock, answered: Tried) -> None:
    fails_for(breaker, clock, 8.0, 4)
    tries(breaker, answered)

    fails_for(breaker, clock, 9.0, 5)

    assert breaker.state is State.CLOSED


def test_one_page_finds_out_whether_it_is_back(breaker: Breaker, clock: Clock) -> None:
    fails_for(breaker, clock, 10.0, 5)
    clock.now_s += breaker.wait_s
    breaker.begin()
    while_it_tries = (breaker.state, breaker.may_try())

    breaker.end(SENT)

    assert while_it_tries == (State.HALF_OPEN, False)
    assert (breaker.state, breaker.may_try(), breaker.wait_s) == (State.CLOSED, True, 0.0)


def test_it_is_let_alone_longer_each_time_but_never_longer_than_a_minute(
    breaker: Breaker, clock: Clock
) -> None:
    fails_for(breaker, clock, 10.0, 5)
    waits = []
    for _ in range(6):
        waits.append(breaker.wait_s)
        clock.now_s += breaker.wait_s
        tries(breaker, FAILED)

    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_pagers_do_not_come_back_together(clock: Clock) -> None:
    late = Breaker(clock, lambda: 1.0)
    fails_for(late, clock, 10.0, 5)

    assert late.wait_s == 3.75


@pytest.mark.parametrize(("asked_s", "wait_s"), [(0.5, 0.5), (30.0, 30.0), (86_400.0, 60.0)])
def test_who_asks_to_wait_is_let_alone_at_once_but_for_a_minute_at_most(
    breaker: Breaker, asked_s: float, wait_s: float
) -> None:
    tries(breaker, Tried(Delivery.RETRY, wait_s=asked_s))

    assert (breaker.state, breaker.wait_s) == (State.OPEN, wait_s)


def test_a_try_that_was_not_needed_lets_another_one_find_out(
    breaker: Breaker, clock: Clock
) -> None:
    fails_for(breaker, clock, 10.0, 5)
    clock.now_s += breaker.wait_s
    breaker.begin()

    breaker.abandon()

    assert breaker.may_try()
