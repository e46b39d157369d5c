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

    assert (case.waits(40 * DAY), case.known.is_open) == ((), True)


def test_an_acknowledgement_after_a_close_holds_for_its_time_only() -> None:
    """Whoever says later that they have it does not mean that it is over."""
    case = Case()
    case.tells(line(priority="P1"))
    case.answers("close", "a1", by="Joy")

    case.answers("acknowledge", "a2", by="Sam")

    assert shown(case.waits(2 * HOUR)) == ["rapid_response/answer_over"]


def test_what_becomes_worse_after_an_acknowledgement_is_paged_anew() -> None:
    case = Case()
    case.tells(line())
    case.answers()

    pages = case.hears(line(2, "changed", "P1", grade=3))

    assert shown(pages) == ["rapid_response/worse"]
    assert case.known.answer is None


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


# Answers that run out


@pytest.mark.parametrize(
    ("priority", "lasts", "again"),
    [
        ("P1", 2 * HOUR, ["rapid_response/answer_over"]),
        ("P2", 8 * HOUR, ["primary_team/answer_over", "rapid_response/answer_over"]),
    ],
)
def test_an_acknowledgement_runs_out(priority: str, lasts: timedelta, again: list[str]) -> None:
    """Whoever had it may have been called away."""
    case = Case()
    case.tells(line(priority=priority))
    case.answers()

    before = case.waits(lasts - MINUTE)

    assert (before, shown(case.waits(MINUTE))) == ((), again)


def test_whoever_acknowledges_again_has_it_for_as_long_again() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(event_id="a1")
    case.waits(HOUR)
    case.answers(event_id="a2")

    assert case.waits(HOUR + MINUTE) == ()


def test_a_close_does_not_run_out() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers("close")

    assert case.waits(30 * DAY) == ()


def test_whoever_has_seen_to_an_alert_about_stormwatch_itself_need_not_say_so_again() -> None:
    """No data end it."""
    case = Case()
    case.tells(line(rule="OPS-ENGINE", priorities={}))
    case.answers(alert_id=case.known.line.alert_id)

    assert case.waits(30 * DAY) == ()


# Several people


def test_of_two_who_answer_at_once_both_have_it() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    case.answers(by="Joy", event_id="a1")
    case.answers(by="Sam", event_id="a2")

    assert [each.by for each in case.known.answers] == ["Joy", "Sam"]


def test_what_one_of_two_takes_back_the_other_still_has() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Joy", event_id="a1")
    case.answers(by="Sam", event_id="a2")

    pages = case.answers("unacknowledge", "a3", by="Joy")

    assert (pages, [each.by for each in case.known.answers]) == ((), ["Sam"])


def test_whoever_takes_back_what_others_answered_takes_back_all_of_it() -> None:
    """When in doubt it pages."""
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Joy", event_id="a1")

    pages = case.answers("unacknowledge", "a2", by="Sam")

    assert shown(pages) == ["rapid_response/unacknowledged"]


def test_who_answered_grade_3_covers_it_though_who_answered_grade_2_does_not() -> None:
    case = Case()
    case.tells(line(priority="P1", grade=2))
    case.answers(by="Joy", event_id="a1")
    case.tells(line(2, "changed", "P1", grade=3))
    case.answers(by="Sam", event_id="a2")

    pages = case.hears(line(3, "changed", "P1", grade=4))

    assert shown(pages) == ["rapid_response/worse"]


# Declined and handed over


def test_whoever_declines_has_the_next_tier_called_at_once() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.answers("unacknowledge", decline=True)

    assert shown(pages) == ["primary_team/declined", "rapid_response/declined"]


def test_whoever_declines_what_another_has_calls_nobody() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Joy", event_id="a1")

    assert case.answers("unacknowledge", "a2", by="Sam", decline=True) == ()


def test_nobody_is_called_where_nobody_was_asked_to_come() -> None:
    case = Case()
    case.tells(line(priority="P3"))

    assert case.answers("unacknowledge", decline=True) == ()


def test_whom_it_is_handed_to_is_called_and_nobody_else() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.answers(hand_to="primary_team")

    assert shown(pages) == ["primary_team/handed_over"]
    assert shown(case.tries()) == ["primary_team/handed_over"]
    assert case.waits(4 * MINUTE) == ()


def test_whoever_takes_what_was_handed_over_has_it() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Joy", event_id="a1", hand_to="primary_team")
    case.tries()

    case.answers(by="Sam", event_id="a2")

    assert [each.by for each in case.known.answers] == ["Sam"]
    assert case.waits(HOUR) == ()


def test_what_was_handed_over_and_not_taken_is_called_anew() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(hand_to="primary_team")
    case.tries()

    assert shown(case.waits(5 * MINUTE)) == ["rapid_response/answer_over"]


@pytest.mark.parametrize("over", ["its time", "taken back", "declined"])
def test_a_hand_over_that_is_over_pages_nobody_while_another_has_it(over: str) -> None:
    """What waits for a gateway goes with it: whoever acknowledged still comes."""
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Sam", event_id="a1")
    case.answers(by="Joy", event_id="a2", hand_to="operations")
    assert shown(case.known.sends) == ["operations/handed_over"]

    if over == "its time":
        case.waits(6 * MINUTE)
    elif over == "taken back":
        case.answers("unacknowledge", "a3", by="Joy")
    else:
        case.answers("unacknowledge", "a3", by="Lee", decline=True)

    assert case.known.sends == ()
    assert [each.by for each in case.known.answers] == ["Sam"]
    assert case.waits(HOUR) == ()


def test_what_cannot_be_handed_over_is_called_at_once() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(hand_to="primary_team")

    case.tries(Outcome.REFUSED)

    assert shown(case.known.sends) == ["rapid_response/unreached"]


def test_what_is_handed_to_nobody_who_is_known_is_as_if_it_was_declined() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.answers(hand_to="whoever")

    assert shown(pages) == ["primary_team/declined", "rapid_response/declined"]


def test_whom_it_is_handed_to_may_decline() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.answers(by="Joy", event_id="a1", hand_to="primary_team")
    case.tries()

    pages = case.answers("unacknowledge", "a2", by="Sam", decline=True)

    assert shown(pages) == ["primary_team/declined", "rapid_response/declined"]
