"""What follows from the lines of an alert: worse, milder, the same again, ended, in dispute."""

from datetime import timedelta

import pytest
from builders import NOON
from pager import CONSENSUS, DAY, HOUR, MINUTE, REVIEW, Case, graded, line, shown

from alerts.routing import Target
from topics.alerts import Alert, Priority
from topics.pages import Outcome


def test_a_policy_that_holds_as_well_is_told() -> None:
    case = Case()
    case.tells(line(priorities={REVIEW: Priority.P2}))

    pages = case.hears(line(2, "changed"))

    assert shown(pages) == ["primary_team/worse", "rapid_response/worse"]


def test_a_grade_that_does_not_decide_an_alert_is_not_told_again() -> None:
    """Ferritin crossed nothing new; that CRS became worse is told by CRS-UP."""
    case = Case()
    case.tells(line(rule="HLH-FERRITIN", grade=1))

    pages = case.hears(line(2, "changed", rule="HLH-FERRITIN", grade=3, signals=("other",)))

    assert pages == ()


def test_a_grade_of_a_policy_that_does_not_hold_hides_no_repeat() -> None:
    case = Case()
    held = {REVIEW: Priority.P2}
    case.tells(line(priorities=held, crs={REVIEW: graded(2), CONSENSUS: graded(1)}))

    crs = {REVIEW: graded(2), CONSENSUS: graded(0)}
    pages = case.hears(line(2, "changed", priorities=held, crs=crs))

    assert shown(pages) == ["primary_team/repeated", "rapid_response/repeated"]


def test_a_line_without_grades_is_compared_by_its_priority() -> None:
    case = Case()
    case.tells(line(crs=None))

    assert shown(case.hears(line(2, "changed", "P1", crs=None))) == ["rapid_response/worse"]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (8 * HOUR - MINUTE, []),
        (8 * HOUR, ["primary_team/repeated", "rapid_response/repeated"]),
    ],
)
def test_any_change_counts_as_a_repeat_8_hours_after_the_last_page(
    after: timedelta, told: list[str]
) -> None:
    """A repeat may fall together with a change of the signals, and must not be lost in it."""
    case = Case()
    case.tells(line())

    pages = case.hears(line(2, "changed", at=NOON + after, signals=("spo2_percent",)))

    assert shown(pages) == told


def test_a_change_of_what_was_never_paged_is_no_repeat() -> None:
    case = Case()
    case.hears(line(priority="INFO"))

    assert case.hears(line(2, "changed", "INFO", at=NOON + DAY, signals=("il6",))) == ()


def test_nobody_is_told_that_it_became_milder_but_whom_it_concerns_now() -> None:
    """A message that it is less bad might call off a team that is on its way."""
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.tells(line(2, "changed", "P2"))
    again = case.hears(line(3, "changed", "P3"))

    assert shown(pages) == ["primary_team/concerned"]
    assert shown(again) == ["work_list/concerned"]


def test_a_page_on_its_way_to_whom_it_no_longer_concerns_is_dropped() -> None:
    case = Case()
    case.hears(line())
    case.tries(Outcome.RETRY)

    case.hears(line(2, "changed", "INFO"))

    assert case.known.sends == ()


@pytest.mark.parametrize(
    ("priority", "newer", "pages"),
    [
        ("P3", "P1", ["rapid_response/raised"]),
        ("P3", "P2", ["primary_team/raised", "rapid_response/raised"]),
        ("P2", "P1", ["rapid_response/raised"]),
        ("P2", "P3", ["work_list/raised"]),
        ("P1", "P2", ["primary_team/raised", "rapid_response/raised"]),
    ],
)
def test_a_newer_line_before_the_first_page_left_is_told_as_new(
    priority: str, newer: str, pages: list[str]
) -> None:
    """The page of the line before would go to other people with the words of this one."""
    case = Case()

    now = case.hears(line(priority=priority), line(2, "changed", newer, grade=3))

    assert shown(now) == shown(case.known.sends) == pages


def test_a_page_of_which_a_try_may_have_arrived_is_not_superseded() -> None:
    case = Case()
    case.hears(line())
    case.departs()

    pages = case.hears(line(2, "changed", "P1", grade=3))

    assert shown(pages) == ["rapid_response/worse"]
    assert shown(case.known.sends) == ["primary_team/raised", "rapid_response/worse"]


def test_a_page_that_is_due_again_is_not_superseded() -> None:
    case = Case()
    case.hears(line())
    case.tries(Outcome.RETRY)
    case.waits(MINUTE)

    case.hears(line(2, "changed", "P1", grade=3))

    assert shown(case.known.sends) == ["primary_team/raised", "rapid_response/worse"]


def test_who_was_told_before_is_told_that_it_is_worse_though_others_were_not() -> None:
    case = Case()
    case.tells(line(priority="P3"))
    case.hears(line(2, "changed", "P2"))

    pages = case.hears(line(3, "changed", "P1"))

    assert shown(pages) == shown(case.known.sends) == ["rapid_response/worse"]


def test_whoever_answered_what_was_never_told_is_told_that_it_is_worse() -> None:
    case = Case()
    case.hears(line())
    case.answers()

    assert shown(case.hears(line(2, "changed", "P1", grade=3))) == ["rapid_response/worse"]


def test_a_page_on_its_way_to_whom_it_still_concerns_goes_on() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    (first,) = case.tries(Outcome.RETRY)

    case.hears(line(2, "changed", "P2"))

    ids = {send.address.target: send.page_id for send in case.known.sends}
    assert ids[Target.RAPID_RESPONSE] == first.page_id


def test_who_was_told_at_first_is_told_the_end_though_it_became_milder() -> None:
    case = Case()
    case.tells(line(priority="P1"), line(2, "changed", "P3"))

    pages = case.hears(line(3, "resolved", "P3"))

    assert shown(pages) == ["rapid_response/ended", "work_list/ended"]


def test_an_alert_that_ends_before_its_page_left_is_told_to_nobody() -> None:
    case = Case()

    pages = case.hears(line(), line(2, "retracted"))

    assert (pages, case.known.sends) == ((), ())


def test_the_end_is_told_where_a_try_may_have_arrived() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    case.departs()

    assert shown(case.hears(line(2, "resolved"))) == ["rapid_response/ended"]


def test_the_end_is_tried_again_like_any_page() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "resolved"))
    case.tries(Outcome.RETRY)

    assert shown(case.waits(MINUTE)) == ["rapid_response/ended"]


def test_the_end_is_told_once() -> None:
    case = Case()
    case.tells(line(), line(2, "resolved"))

    assert case.hears(line(3, "retracted")) == ()
    assert case.waits(DAY) == ()


def test_an_end_whose_page_did_not_arrive_is_told_in_the_newest_words() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "resolved"))
    case.tries(Outcome.RETRY)

    case.hears(line(3, "retracted"))

    assert case.known.line.state == "retracted"
    assert shown(case.waits(MINUTE)) == ["rapid_response/ended"]


def test_what_is_raised_again_before_its_end_was_told_ends_for_all_who_heard_of_it() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "resolved"))

    raised = case.tells(line(3, "raised", "P3"))
    ended = case.hears(line(4, "resolved", "P3"))

    assert shown(raised) == ["work_list/raised"]
    assert shown(ended) == ["rapid_response/ended", "work_list/ended"]


def test_what_has_ended_and_been_told_keeps_no_words() -> None:
    case = Case()
    case.tells(line(), line(2, "resolved"))

    assert (case.known.line.because, case.known.line.advice) == ((), "")


def test_what_was_forgotten_of_an_ended_alert_does_not_make_a_repeat_of_its_line_news() -> None:
    case = Case()
    case.tells(line(), line(2, "resolved"))
    before = case.known

    case.hears(line(2, "resolved"))

    assert case.life is before


def test_of_two_lines_of_one_revision_the_more_urgent_counts() -> None:
    case = Case()
    case.tells(line())

    pages = case.hears(line(priority="P1", grade=3))

    assert shown(pages) == ["rapid_response/worse"]
    assert case.known.disputes == 1


@pytest.mark.parametrize(
    "milder", [line(priority="P3"), line(grade=1), line(state="resolved"), line(advice="Other.")]
)
def test_of_two_lines_of_one_revision_the_milder_is_noted_and_not_told(milder: Alert) -> None:
    case = Case()
    case.tells(line())

    pages = case.hears(milder)

    assert (pages, case.known.disputes, case.known.line) == ((), 1, line())


def test_lines_that_disagree_again_and_again_page_no_more() -> None:
    case = Case()
    one = line(priorities={REVIEW: Priority.P1, CONSENSUS: Priority.P3}, grade=2)
    other = line(priorities={REVIEW: Priority.P2, CONSENSUS: Priority.P2}, grade=4)
    case.tells(one, other)

    assert [case.hears(each) for each in (one, other, one, other)] == [()] * 4


def test_open_is_more_urgent_than_ended() -> None:
    case = Case()
    case.tells(line(), line(2, "resolved"))

    pages = case.hears(line(2, "changed"))

    assert shown(pages) == ["primary_team/raised", "rapid_response/raised"]


def test_no_two_pages_about_one_revision_have_one_id() -> None:
    case = Case()
    ids = [send.page_id for send in case.tells(line(priority="P1"))]
    case.answers("acknowledge", "a1")
    ids += [send.page_id for send in case.answers("unacknowledge", "a2")]
    case.answers("snooze", "a3")
    ids += [send.page_id for send in case.waits(HOUR)]

    assert len(ids) == len(set(ids)) == 3
