"""What follows from the answers of people. Snoozes end by the clock of the ticks."""

from datetime import timedelta

import pytest
from builders import NOON
from pager import DAY, HOUR, MINUTE, Case, line, shown, through_two_sinks

from topics.base import EventStatus
from topics.pages import Outcome


@pytest.mark.parametrize("action", ["acknowledge", "snooze", "close"])
def test_an_answer_stops_what_is_on_its_way(action: str) -> None:
    case = Case(through_two_sinks())
    case.hears(line())
    case.tries(Outcome.RETRY)

    case.answers(action)

    assert case.known.sends == ()
    assert case.waits(5 * MINUTE) == ()


def test_an_answer_never_ends_the_condition() -> None:
    case = Case()
    case.tells(line())

    case.answers("close")

    assert case.known.is_open


@pytest.mark.parametrize("action", ["acknowledge", "snooze", "close"])
def test_the_end_is_told_though_it_was_answered(action: str) -> None:
    case = Case()
    case.tells(line())
    case.answers(action)

    pages = case.hears(line(2, "resolved"))

    assert shown(pages) == ["primary_team/ended", "rapid_response/ended"]


def test_an_answer_does_not_outlive_the_condition() -> None:
    case = Case()
    case.tells(line())
    case.answers("close")

    case.tells(line(2, "resolved"))
    pages = case.hears(line(3, "raised"))

    assert shown(pages) == ["primary_team/raised", "rapid_response/raised"]


def test_an_answer_to_a_page_is_no_answer_to_a_worse_one_on_its_way() -> None:
    """Somebody acknowledges grade 2 while the page of grade 3 is still being tried."""
    case = Case()
    case.tells(line())
    case.hears(line(2, "changed", "P1", grade=3))

    case.answers()

    assert case.known.answer is None
    assert shown(case.tries()) == ["rapid_response/worse"]


def test_an_answer_to_a_page_that_may_have_arrived_is_none_to_a_worse_one() -> None:
    """The gateway's reply was lost, so nobody knows which of the two pages was read."""
    case = Case()
    case.hears(line(priority="P1", grade=3))
    case.tries(Outcome.RETRY)
    case.hears(line(2, "changed", "P1", grade=4))

    case.answers()

    assert case.known.answer is None
    assert shown(case.tries()) == ["rapid_response/worse"]


def test_an_answer_before_any_page_left_counts() -> None:
    """Somebody saw it elsewhere."""
    case = Case()
    case.hears(line(), line(2, "changed", "P1", grade=3))

    case.answers()

    assert case.known.answer is not None
    assert case.known.sends == ()


def test_an_answer_counts_where_a_worse_page_can_reach_nobody() -> None:
    case = Case()
    case.tells(line())
    case.hears(line(2, "changed", "P1", grade=3))
    case.tries(Outcome.REFUSED)
    case.tries(Outcome.REFUSED)  # the second tier, called at once

    case.answers()

    assert case.known.answer is not None


def test_becoming_as_bad_again_as_it_was_when_acknowledged_is_not_told() -> None:
    case = Case()
    case.tells(line(priority="P1", grade=3))
    case.answers()

    case.hears(line(2, "changed", at=NOON + 10 * MINUTE))
    pages = case.hears(line(3, "changed", "P1", grade=3, at=NOON + HOUR))

    assert pages == ()


def test_becoming_as_bad_again_after_an_hour_of_calm_is_told() -> None:
    """Who answered a grade 3 that settled has not answered the next grade 3."""
    case = Case()
    case.tells(line(priority="P1", grade=3))
    case.answers()

    case.hears(line(2, "changed", at=NOON + 10 * MINUTE))
    pages = case.hears(line(3, "changed", "P1", grade=3, at=NOON + HOUR + 10 * MINUTE))

    assert shown(pages) == ["rapid_response/worse"]


def test_taking_back_an_answer_pages_again_under_another_id() -> None:
    case = Case()
    first = case.tells(line(priority="P1"))
    case.answers()

    (again,) = case.answers("unacknowledge", "a2")

    assert (shown(first), again.reason) == (["rapid_response/raised"], "unacknowledged")
    assert again.page_id != first[0].page_id


def test_an_answer_that_was_entered_in_error_is_taken_back() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers()

    pages = case.answers(status=EventStatus.ENTERED_IN_ERROR)

    assert shown(pages) == ["rapid_response/unacknowledged"]


def test_an_error_about_another_answer_changes_nothing() -> None:
    case = Case()
    case.tells(line())
    case.answers(event_id="a1")

    pages = case.answers(event_id="a9", status=EventStatus.ENTERED_IN_ERROR)

    assert (pages, case.known.answer is not None) == ((), True)


def test_an_error_about_an_answer_that_no_longer_stands_changes_nothing() -> None:
    case = Case()
    case.tells(line())

    assert case.answers(status=EventStatus.ENTERED_IN_ERROR) == ()


def test_a_demo_of_an_answer_silences_nothing() -> None:
    case = Case()
    case.tells(line())

    case.answers(demo=True)

    assert case.known.answer is None


def test_an_answer_that_comes_twice_counts_once() -> None:
    case = Case()
    case.tells(line())
    case.answers("unacknowledge", "a1")
    case.answers("acknowledge", "a2")

    assert case.answers("unacknowledge", "a1") == ()
    assert case.known.answer is not None


def test_only_the_newest_answers_are_remembered() -> None:
    case = Case()
    case.tells(line())

    for number in range(100):
        case.answers(event_id=f"a{number}")

    assert len(case.known.acks) == 16


@pytest.mark.parametrize(("waited", "told"), [(HOUR - MINUTE, 0), (HOUR, 2)])
def test_a_snooze_ends_when_the_clock_reaches_its_end(waited: timedelta, told: int) -> None:
    """The answer itself was given months later by the wall clock, in a replay."""
    case = Case()
    case.tells(line())
    case.answers("snooze", snooze_until=NOON + HOUR)

    assert len(case.waits(waited)) == told


@pytest.mark.parametrize(("waited", "told"), [(14 * MINUTE, 0), (15 * MINUTE, 2)])
def test_a_snooze_without_an_end_lasts_a_quarter_of_an_hour(waited: timedelta, told: int) -> None:
    case = Case()
    case.tells(line())
    case.answers("snooze")

    assert len(case.waits(waited)) == told


@pytest.mark.parametrize(("waited", "told"), [(DAY - MINUTE, 0), (DAY, 2)])
def test_a_snooze_lasts_a_day_at_most(waited: timedelta, told: int) -> None:
    case = Case()
    case.tells(line())
    case.answers("snooze", snooze_until=NOON + 200 * DAY)

    assert len(case.waits(waited)) == told


def test_a_snooze_that_outlives_the_condition_wakes_nobody() -> None:
    case = Case()
    case.tells(line())
    case.answers("snooze", snooze_until=NOON + HOUR)
    case.tells(line(2, "resolved"))

    assert case.waits(2 * HOUR) == ()
