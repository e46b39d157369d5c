"""How pages are tried, what the clock brings, and what a restart finds."""

from datetime import timedelta

import pytest
from builders import NOON
from pager import CONSOLE, DAY, HOUR, MINUTE, Case, answer, line, shown, through_two_sinks, tried

from alerts.decide import decide, due_ms, outcome_of, recover
from alerts.life import BEFORE_ANY_TICK, Happening, Life, Stage
from alerts.outcomes import hold
from alerts.policy import TRIES_MAX
from alerts.routing import Address, Target
from alerts.sinks import Delivery
from topics.base import epoch_ms
from topics.pages import Outcome
from topics.ticks import Tick


def test_a_page_is_tried_again_later_and_later() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    waits: list[int] = []

    for _ in range(6):
        case.tries(Outcome.RETRY)
        (send,) = case.known.sends
        assert send.due_ms is not None
        waits.append((send.due_ms - epoch_ms(case.clock)) // 1000)
        case.waits(timedelta(milliseconds=send.due_ms - epoch_ms(case.clock)))

    assert waits == [5, 15, 45, 60, 60, 60]
    assert case.known.sends[0].attempt == 7


def test_a_page_is_not_tried_again_before_its_time() -> None:
    case = Case()
    case.hears(line())
    case.tries(Outcome.RETRY)

    assert case.waits(timedelta(seconds=4.999)) == ()
    assert len(case.waits(timedelta(seconds=0.001))) == 2


def test_the_id_of_a_page_is_the_same_over_its_tries() -> None:
    case = Case()
    (first,) = case.hears(line(priority="P1"))
    case.tries(Outcome.RETRY)

    (second,) = case.waits(MINUTE)

    assert (second.page_id, second.attempt) == (first.page_id, 2)


@pytest.mark.parametrize(
    ("delivery", "attempt", "outcome"),
    [
        (Delivery.SENT, 1, Outcome.SENT),
        (Delivery.SENT, TRIES_MAX, Outcome.SENT),
        (Delivery.REFUSED, 1, Outcome.REFUSED),
        (Delivery.RETRY, TRIES_MAX - 1, Outcome.RETRY),
        (Delivery.RETRY, TRIES_MAX, Outcome.GIVEN_UP),
    ],
)
def test_the_last_try_is_given_up(delivery: Delivery, attempt: int, outcome: Outcome) -> None:
    assert outcome_of(delivery, attempt, CONSOLE) is outcome


def test_one_sink_that_is_down_does_not_hold_up_the_other() -> None:
    case = Case(through_two_sinks())
    case.hears(line(priority="P1"))
    by_sink = {send.address.sink: send for send in case.departs()}

    case.take(tried(by_sink["console"], Outcome.SENT, case.known))
    case.take(tried(by_sink["webhook"], Outcome.RETRY, case.known))

    assert [send.address.sink for send in case.known.sends] == ["webhook"]
    assert [send.address.sink for send in case.waits(MINUTE)] == ["webhook"]


def test_a_line_about_an_earlier_try_changes_nothing() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    case.tries(Outcome.RETRY)
    case.waits(MINUTE)
    before = case.known
    (send,) = before.sends

    case.take(tried(send, Outcome.RETRY, before, attempt=1))

    assert case.life is before


def test_a_page_that_was_sent_after_all_is_done_with() -> None:
    """The worker died between a try and its outcome, and tried again."""
    case = Case()
    case.hears(line(priority="P1"))
    case.tries(Outcome.RETRY)
    (send,) = case.known.sends

    case.take(tried(send, Outcome.SENT, case.known, attempt=1))

    assert case.known.sends == ()


def test_the_outcome_of_a_page_that_is_done_with_changes_nothing() -> None:
    """It is read twice after a crash, or the page was replaced while the try was under way."""
    case = Case()
    (send,) = case.hears(line(priority="P1"))
    case.tries()
    before = case.known

    case.take(tried(send, Outcome.RETRY, before))

    assert case.life is before


def test_a_snooze_is_looked_at_again_when_it_ends() -> None:
    case = Case()
    case.tells(line())
    case.answers("snooze", snooze_until=NOON + HOUR)

    assert due_ms(case.known, CONSOLE) == epoch_ms(NOON + HOUR)


def test_what_is_told_and_asks_for_no_answer_waits_for_nothing() -> None:
    case = Case()
    case.tells(line(priority="P3"))

    assert due_ms(case.known, CONSOLE) is None


def test_what_a_person_answered_is_no_outcome_of_a_try() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    before = case.known

    case.take(tried(before.sends[0], Outcome.ACKNOWLEDGED, before))

    assert case.life is before


def test_before_any_tick_pages_leave_and_what_is_due_waits_for_the_first() -> None:
    early = Happening(line(priority="P1"), BEFORE_ANY_TICK, epoch_ms(NOON))
    life, (send,) = decide(None, early, CONSOLE)
    assert life is not None

    retry = Happening(tried(send, Outcome.RETRY, life), BEFORE_ANY_TICK, epoch_ms(NOON))
    life, none = decide(life, retry, CONSOLE)
    first = Happening(Tick(at=NOON), epoch_ms(NOON), epoch_ms(NOON))
    _, pages = decide(life, first, CONSOLE)

    assert (none, [each.attempt for each in pages]) == ((), [2])


def test_what_ended_before_any_tick_is_kept_from_the_first_tick_on() -> None:
    life: Life | None = None
    for each in (line(), line(2, "resolved")):
        life, _ = decide(life, Happening(each, BEFORE_ANY_TICK, 0), CONSOLE)
    assert life is not None
    assert due_ms(life, CONSOLE) == BEFORE_ANY_TICK

    life, _ = decide(life, Happening(Tick(at=NOON), epoch_ms(NOON), 0), CONSOLE)

    assert life is not None
    assert due_ms(life, CONSOLE) == epoch_ms(NOON + 46 * DAY)


@pytest.mark.parametrize(("waited", "kept"), [(46 * DAY - MINUTE, True), (46 * DAY, False)])
def test_an_ended_alert_is_forgotten_after_46_days(waited: timedelta, kept: bool) -> None:
    """Longer than the inputs are kept: a replay of them repeats its lines."""
    case = Case()
    case.tells(line(), line(2, "resolved"))

    case.waits(waited)

    assert (case.life is not None) is kept


def test_what_is_due_next_is_known() -> None:
    case = Case(through_two_sinks())
    case.hears(line(priority="P1"))
    by_sink = {send.address.sink: send for send in case.departs()}
    case.take(tried(by_sink["webhook"], Outcome.RETRY, case.known))

    assert due_ms(case.known, CONSOLE) == epoch_ms(NOON) + 5_000


def test_after_a_restart_what_was_on_its_way_goes_again_under_its_id() -> None:
    case = Case()
    (first,) = case.hears(line(priority="P1"))
    case.departs()

    life, (again,) = recover(case.known, (0, 0))

    assert (again.page_id, again.attempt, again.stage) == (first.page_id, 1, Stage.QUEUED)
    assert life is not None
    assert life.told == {Address(Target.RAPID_RESPONSE, "console")}


def test_after_a_restart_what_waits_goes_on_waiting() -> None:
    case = Case()
    case.hears(line())
    case.tries(Outcome.RETRY)

    assert recover(case.known, (0, 0)) == (case.known, ())


def test_after_a_restart_an_end_is_told_to_whom_a_page_may_have_reached() -> None:
    """The page was only decided when the worker died, or it had left: nobody knows."""
    case = Case()
    case.hears(line(priority="P1"))
    case.life, _ = recover(case.known, (0, 0))

    assert shown(case.hears(line(2, "resolved"))) == ["rapid_response/ended"]


def test_after_a_restart_what_was_held_too_long_ago_is_held_no_more() -> None:
    """It may have left at its limit: its next try is one like any other."""
    case = Case()
    (send,) = case.hears(line(priority="P1"))
    case.life, held = hold(case.known, send, 1_000)

    assert recover(case.known, (999, 1_000)) == (case.known, (held,))
    life, (again,) = recover(case.known, (1_000, 2_000))
    assert again.held_ms is None
    assert life is not None
    assert [each.held_ms for each in life.sends] == [None]
    assert life.told == {send.address}


def test_an_end_that_was_on_its_way_goes_again_after_a_restart() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.hears(line(2, "resolved"))

    _, again = recover(case.known, (0, 0))

    assert shown(again) == ["rapid_response/ended"]


def test_an_answer_to_an_alert_that_is_not_known_changes_nothing() -> None:
    happening = Happening(answer(), epoch_ms(NOON), epoch_ms(NOON))

    assert decide(None, happening, CONSOLE) == (None, ())
