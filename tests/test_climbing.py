"""Who is called when nobody answers: tiers, reminders, gaps, refusals, maintenance, duty."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, time, timedelta

import pytest
from builders import NOON
from hospital import shift
from pager import CONSOLE, DAY, HOUR, MINUTE, Case, line, shown, through_two_sinks, tried

from alerts.decide import decide, due_ms
from alerts.life import BEFORE_ANY_TICK, Happening, Stage
from alerts.policy import Policy
from alerts.routing import (
    Hours,
    Maintenance,
    Part,
    Person,
    Role,
    Route,
    Shift,
    Target,
    Tier,
)
from topics.alerts import Priority
from topics.base import epoch_ms
from topics.pages import Outcome
from topics.ticks import Tick

FIVE = timedelta(minutes=5)


def tiers(*parts: Mapping[str, Part], times: int = 1, responders: int = 1) -> Policy:
    """Route every alert to these tiers, each with five minutes to answer."""
    every = tuple(Tier(each, FIVE, times) for each in parts)
    route = Route("test", every, responders=responders)
    return replace(CONSOLE, routing=replace(CONSOLE.routing, routes=(route,)))


ACT = Part.ACT
ONE: Mapping[str, Part] = {Target.RAPID_RESPONSE: ACT}
TWO: Mapping[str, Part] = {Target.PRIMARY_TEAM: ACT}
THREE: Mapping[str, Part] = {Target.OPERATIONS: ACT}


def calls(case: Case, times: int, every: timedelta = FIVE) -> list[str]:
    """Let time pass, with every page sent; return who is called each time."""
    seen = []
    for _ in range(times):
        case.waits(every)
        seen.append(" ".join(shown(case.tries())))
    return seen


# Climbing


def test_whoever_does_not_answer_in_time_is_followed_by_the_next_tier() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    early = case.waits(5 * MINUTE - timedelta(seconds=1))
    pages = case.waits(timedelta(seconds=1))

    assert early == ()
    assert shown(pages) == ["primary_team/climbed", "rapid_response/climbed"]
    assert {send.tier for send in pages} == {2}


def test_the_last_tier_is_called_again_and_again() -> None:
    case = Case(tiers(ONE, TWO))
    case.tells(line())

    assert calls(case, 4) == [
        "primary_team/climbed",
        "primary_team/reminded",
        "primary_team/reminded",
        "primary_team/reminded",
    ]


def test_a_tier_that_is_to_be_reminded_is_before_the_next_is_called() -> None:
    case = Case(tiers(ONE, TWO, times=2))
    case.tells(line())

    assert calls(case, 3) == [
        "rapid_response/reminded",
        "primary_team/climbed",
        "primary_team/reminded",
    ]


def test_a_reminder_goes_only_to_those_who_have_to_do_something() -> None:
    case = Case(tiers({**TWO, Target.RAPID_RESPONSE: Part.HEADS_UP}))
    case.tells(line())

    assert calls(case, 1) == ["primary_team/reminded"]


def test_a_tier_that_has_nobody_is_passed_over_at_once() -> None:
    case = Case(tiers({"nobody": ACT}, ONE, {"nobody": ACT}, THREE))

    first = case.tells(line())

    assert shown(first) == ["rapid_response/raised"]
    assert calls(case, 1) == ["operations/climbed"]


def test_where_the_last_tier_has_nobody_the_one_before_is_called_again() -> None:
    case = Case(tiers(ONE, {"nobody": ACT}))
    case.tells(line())

    assert calls(case, 3) == ["rapid_response/reminded"] * 3
    assert case.known.unreached == 0


def test_where_nobody_of_any_tier_is_there_any_more_that_is_counted_and_tried_again() -> None:
    """The shift has ended, and the role has no way of its own to be told."""
    policy = tiers({"fellow": ACT})
    routing = replace(
        policy.routing,
        roles={"fellow": Role("Fellow", (), schedule="icu")},
        people={"joy": Person("Joy Okafor", ("console",))},
        rotas={"icu": (Shift(epoch_ms(NOON), epoch_ms(NOON + 7 * MINUTE), "joy"),)},
    )
    case = Case(replace(policy, routing=routing))
    case.tells(line())

    assert calls(case, 2) == ["fellow/reminded", ""]
    assert (case.known.unreached, case.known.is_untold) == (1, True)
    assert case.known.due_ms == epoch_ms(case.clock + FIVE)


def test_at_an_hour_at_which_nobody_is_told_of_it_nobody_is_called_next() -> None:
    """P3 asks for an answer by day, and by night it waits for the morning's list."""
    by_day = Hours(time(6), time(12, 3), UTC)
    policy = tiers(TWO)
    (route,) = policy.routing.routes
    routing = replace(policy.routing, routes=(replace(route, hours=by_day),))
    case = Case(replace(policy, routing=routing))
    case.tells(line(priority="P3"))

    assert calls(case, 1) == [""]
    assert case.known.due_ms is None


def test_each_call_has_an_id_of_its_own() -> None:
    case = Case()
    ids = [send.page_id for send in case.tells(line(priority="P1"))]
    for _ in range(3):
        case.waits(5 * MINUTE)
        ids += {send.page_id for send in case.tries()}

    assert len(ids) == len(set(ids)) == 7


def test_an_alert_of_the_work_list_never_climbs() -> None:
    case = Case()
    case.tells(line(priority="P3"))

    assert calls(case, 3, DAY) == ["", "", ""]


def test_a_change_that_is_no_worse_pages_nobody_and_the_climbing_goes_on() -> None:
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.hears(line(2, "changed", "P1", signals=("spo2_percent",)))

    assert pages == ()
    assert calls(case, 1) == ["primary_team/climbed rapid_response/climbed"]


def test_what_becomes_worse_begins_with_the_first_tier() -> None:
    case = Case()
    case.tells(line(priority="P1", grade=3))
    calls(case, 2)

    pages = case.hears(line(2, "changed", "P1", grade=4))

    assert shown(pages) == ["rapid_response/worse"]
    assert due_ms(case.known, CONSOLE) == epoch_ms(case.clock + 5 * MINUTE)


def test_what_falls_to_the_work_list_waits_for_no_answer_any_more() -> None:
    case = Case()
    case.tells(line(priority="P1"), line(2, "changed", "P3"))

    assert calls(case, 2, HOUR) == ["", ""]


def test_whoever_is_told_since_it_became_milder_has_time_to_answer() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    case.waits(4 * MINUTE)

    case.tells(line(2, "changed", "P2"))

    assert case.waits(10 * MINUTE) == ()
    assert shown(case.waits(5 * MINUTE)) == ["primary_team/climbed", "rapid_response/climbed"]


def test_an_end_ends_the_climbing() -> None:
    case = Case()
    case.tells(line(priority="P1"), line(2, "resolved", "P1"))

    assert calls(case, 3) == ["", "", ""]


def test_whoever_was_called_on_any_tier_is_told_the_end() -> None:
    case = Case()
    case.tells(line(priority="P1"))
    calls(case, 1)

    pages = case.hears(line(2, "retracted", "P1"))

    assert shown(pages) == ["primary_team/ended", "rapid_response/ended"]


def test_a_clock_that_jumps_calls_the_next_tier_once() -> None:
    """A worker that was away for a day does not make up for every call that it missed."""
    case = Case()
    case.tells(line(priority="P1"))

    pages = case.waits(DAY)

    assert shown(pages) == ["primary_team/climbed", "rapid_response/climbed"]
    assert due_ms(case.known, CONSOLE) == epoch_ms(case.clock + 5 * MINUTE)


def test_before_any_tick_the_time_to_answer_begins_with_the_first() -> None:
    early = Happening(line(priority="P1"), BEFORE_ANY_TICK, 0)
    life, _ = decide(None, early, CONSOLE)

    first = Happening(Tick(at=NOON), epoch_ms(NOON), 0)
    life, pages = decide(life, first, CONSOLE)

    assert life is not None
    assert (pages, life.due_ms) == ((), epoch_ms(NOON + 5 * MINUTE))


# Nobody can be told


def test_a_refusal_calls_the_next_tier_at_once() -> None:
    case = Case()
    case.hears(line(priority="P1"))

    case.tries(Outcome.REFUSED)

    assert shown(case.known.sends) == ["primary_team/unreached", "rapid_response/unreached"]


def test_a_refusal_by_one_of_two_sinks_calls_nobody_else() -> None:
    case = Case(through_two_sinks())
    case.hears(line(priority="P1"))
    console, webhook = case.departs()

    case.take(tried(console, Outcome.SENT, case.known))
    after = case.take(tried(webhook, Outcome.REFUSED, case.known))

    assert (after, case.known.sends) == ((), ())


def test_where_only_who_gets_a_heads_up_can_be_told_the_next_tier_is_called_at_once() -> None:
    """Of two targets one was told: but not the one who has to act."""
    case = Case()
    case.hears(line())
    act, heads_up = sorted(case.departs(), key=lambda send: send.part)
    case.take(tried(heads_up, Outcome.SENT, case.known))

    after = case.take(tried(act, Outcome.REFUSED, case.known))

    assert (act.part, heads_up.part) == (ACT, Part.HEADS_UP)
    assert shown(after) == ["primary_team/unreached", "rapid_response/unreached"]


def test_while_one_sink_may_still_carry_it_nobody_else_is_called() -> None:
    case = Case(through_two_sinks())
    case.hears(line(priority="P1"))
    console, webhook = case.departs()

    case.take(tried(console, Outcome.REFUSED, case.known))
    after = case.take(tried(webhook, Outcome.RETRY, case.known))

    assert after == ()
    assert [send.address.sink for send in case.known.sends] == ["webhook"]


def test_what_every_tier_refused_is_counted_and_called_again() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    case.tries(Outcome.REFUSED)
    case.tries(Outcome.REFUSED)

    assert (case.known.unreached, case.known.sends) == (1, ())
    assert shown(case.waits(5 * MINUTE)) == ["primary_team/reminded", "rapid_response/reminded"]


def test_what_asks_for_no_answer_and_reached_nobody_is_told_anew() -> None:
    case = Case()
    case.hears(line(priority="P3"))
    case.tries(Outcome.REFUSED)

    assert case.known.unreached == 1
    assert shown(case.waits(15 * MINUTE)) == ["work_list/reminded"]


def test_a_heads_up_that_is_refused_calls_nobody() -> None:
    case = Case()
    case.hears(line())
    by_part = {send.part: send for send in case.departs()}
    case.take(tried(by_part[Part.ACT], Outcome.SENT, case.known))

    assert case.take(tried(by_part[Part.HEADS_UP], Outcome.REFUSED, case.known)) == ()


def test_a_gateway_that_is_down_keeps_the_next_tier_from_nothing() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    case.tries(Outcome.RETRY)

    pages = case.waits(5 * MINUTE)

    assert "primary_team/climbed" in shown(pages)


# Maintenance


def held(*priorities: Priority) -> Policy:
    window = Maintenance("5 West", epoch_ms(NOON), epoch_ms(NOON + HOUR), frozenset(priorities))
    return replace(CONSOLE, routing=replace(CONSOLE.routing, maintenance=(window,)))


def test_a_maintenance_holds_the_work_list_until_it_ends() -> None:
    case = Case(held(Priority.P3))

    assert case.hears(line(priority="P3")) == ()
    assert case.waits(HOUR - MINUTE) == ()
    assert shown(case.waits(MINUTE)) == ["work_list/raised"]


def test_a_maintenance_never_holds_p1_whatever_it_asks_for() -> None:
    case = Case(held(Priority.P1, Priority.P3))

    assert shown(case.hears(line(priority="P1"))) == ["rapid_response/raised"]


def test_what_is_held_and_becomes_p1_is_paged() -> None:
    case = Case(held(Priority.P3))
    case.hears(line(priority="P3"))

    pages = case.hears(line(2, "changed", "P1", grade=3))

    assert shown(pages) == ["rapid_response/raised"]


def test_what_ends_while_it_is_held_is_told_to_nobody() -> None:
    case = Case(held(Priority.P3))
    case.hears(line(priority="P3"))

    assert case.hears(line(2, "resolved", "P3")) == ()
    assert case.waits(2 * HOUR) == ()


@pytest.mark.parametrize("unit", ["6 East", None])
def test_a_maintenance_is_for_its_unit_alone(unit: str | None) -> None:
    pages = Case(held(Priority.P3)).hears(line(priority="P3", unit=unit))

    assert shown(pages) == ["work_list/raised"]


def test_a_maintenance_does_not_hold_what_somebody_was_told() -> None:
    policy = held(Priority.P2)
    case = Case(replace(policy, routing=replace(policy.routing, maintenance=())))
    case.tells(line())
    case.policy = policy

    assert shown(case.hears(line(2, "changed", grade=3))) == [
        "primary_team/worse",
        "rapid_response/worse",
    ]


# Duty


def on_duty() -> Policy:
    """Call the fellow on duty twice: Joy until an hour from now, then Sam."""
    policy = tiers({"fellow": ACT}, {"fellow": ACT, Target.RAPID_RESPONSE: ACT})
    routing = replace(
        policy.routing,
        roles={**policy.routing.roles, "fellow": Role("Fellow", ("console",), schedule="icu")},
        people={"joy": Person("Joy Okafor", ("webhook",)), "sam": Person("Sam Ito", ("webhook",))},
        rotas={"icu": (shift("joy", -1, 1), shift("sam", 1, 2))},
    )
    return replace(policy, routing=routing)


def called(case: Case) -> list[str]:
    return sorted(f"{send.address.whom} {send.address.sink}" for send in case.known.sends)


def test_whoever_has_duty_is_told_by_their_own_sink() -> None:
    case = Case(on_duty())
    case.hears(line())

    assert called(case) == ["fellow/joy webhook"]


def test_a_change_of_duty_between_two_tiers_calls_whoever_has_it_then() -> None:
    case = Case(on_duty(), clock=NOON + HOUR - 2 * MINUTE)
    case.tells(line())

    case.waits(FIVE)

    assert called(case) == ["fellow/sam webhook", "rapid_response console"]


def test_whoever_was_called_is_told_the_end_though_another_has_duty_now() -> None:
    case = Case(on_duty(), clock=NOON + HOUR - 2 * MINUTE)
    case.tells(line())
    case.waits(3 * MINUTE)

    case.hears(line(2, "resolved"))

    assert called(case) == ["fellow/joy webhook"]


def test_where_nobody_has_duty_the_role_is_told() -> None:
    case = Case(on_duty(), clock=NOON + 3 * HOUR)
    case.hears(line())

    assert called(case) == ["fellow console"]


def test_where_whoever_has_duty_is_not_known_the_role_is_told() -> None:
    policy = on_duty()
    case = Case(replace(policy, routing=replace(policy.routing, people={})))
    case.hears(line())

    assert called(case) == ["fellow console"]


def test_at_the_end_of_a_shift_the_next_one_has_begun() -> None:
    routing = on_duty().routing

    assert [routing.on_duty("icu", epoch_ms(NOON + each)) for each in (HOUR - MINUTE, HOUR)] == [
        ("joy",),
        ("sam",),
    ]


# Several have to acknowledge


def test_where_two_have_to_acknowledge_one_alone_does_not_stop_the_climbing() -> None:
    case = Case(tiers(ONE, TWO, responders=2))
    case.tells(line())

    case.answers(by="Joy", event_id="a1")
    before = calls(case, 1)
    case.answers(by="Sam", event_id="a2")

    assert before == ["primary_team/climbed"]
    assert calls(case, 2) == ["", ""]


def test_the_same_person_twice_is_one() -> None:
    case = Case(tiers(ONE, TWO, responders=2))
    case.tells(line())

    case.answers(by="Joy", event_id="a1")
    case.answers(by="Joy", event_id="a2")

    assert calls(case, 1) == ["primary_team/climbed"]


def test_after_a_restart_the_time_to_answer_goes_on() -> None:
    case = Case()
    case.hears(line(priority="P1"))
    case.departs()
    (send,) = case.known.sends

    assert (send.stage, case.known.due_ms) == (Stage.UNDER_WAY, epoch_ms(NOON + 5 * MINUTE))
