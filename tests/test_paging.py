"""The pager between the topics and the sinks: what leaves when, and what is written."""

import json
from datetime import timedelta
from typing import Any

import pytest
from builders import NOON, PATIENT_ID
from pager import HOUR, MINUTE, answer, line, through_two_sinks
from pagerbench import P1, P1_OVER, PARTITION, Bench, a_line_of, in_error

from alerts.decide import Decision, decide
from alerts.life import Life
from alerts.sinks import Delivery
from stream import metrics
from stream.ops_alerts import ENGINE, ops_alert
from stream.runs import TopicPartition
from topics import registry
from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.base import epoch_ms
from topics.ticks import Tick


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def test_an_alert_becomes_a_page_and_its_outcome_is_written(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))

    assert bench.got() == [P1]
    (written,) = bench.written
    assert (written.outcome, written.sink, written.target) == ("sent", "console", "rapid_response")
    assert (written.attempt, written.tier, written.revision) == (1, 1, 1)
    assert written.page_id == bench.gateways["console"].got[0].page_id


async def test_no_page_leaves_before_its_decision_is_durable(bench: Bench) -> None:
    group = bench.take(line(priority="P1"))
    await bench.settle()

    before = bench.got()
    await bench.commit(group)

    assert (before, bench.got()) == ([], [P1])


async def test_the_group_that_fills_while_another_is_written_waits_for_its_own_turn(
    bench: Bench,
) -> None:
    first = bench.take(line(priority="P1"))
    bench.paging.finish(first)
    second = bench.take(line(1, "raised", "P3", rule="CRS-UP"))
    bench.paging.durable(first)
    await bench.settle()

    before = bench.got()
    await bench.commit(second)

    assert (before, bench.got()) == ([P1], [P1, "P3 | Work list"])


async def test_what_is_read_back_is_done_with(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    assert metrics.PAGES_PENDING._value.get() == 1

    outcomes = await bench.reads_back()

    assert outcomes == ["sent"]
    assert metrics.PAGES_PENDING._value.get() == 0


async def test_what_ends_in_the_group_in_which_it_was_raised_is_paged_to_nobody(
    bench: Bench,
) -> None:
    """Between two records of one minute both of two vasopressors may seem to run."""
    await bench.hears(line(priority="P1"), line(2, "resolved", "P1"))
    await bench.reads_back()

    assert (bench.got(), bench.got("webhook")) == ([], [])


async def test_a_line_that_comes_twice_is_paged_once(bench: Bench) -> None:
    """From a replica, or after a crash of the watcher."""
    await bench.hears(line(priority="P1"), line(priority="P1"))
    await bench.reads_back()

    await bench.hears(line(priority="P1"))

    assert bench.got() == [P1]


async def test_the_end_is_told(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    await bench.hears(line(2, "resolved", "P1"))

    assert bench.got() == [P1, P1_OVER]


async def test_a_retraction_is_told_to_whoever_was_paged(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    await bench.hears(line(2, "retracted", "P1"))

    assert bench.got() == [P1, P1_OVER]
    assert bench.gateways["console"].got[1].what[0].startswith("RETRACTED: it was never true")


async def test_what_ends_before_its_page_left_is_not_paged(bench: Bench) -> None:
    await bench.hears(line(priority="P1"), line(2, "resolved", "P1"))

    assert bench.got() == []


async def test_a_page_says_how_old_its_readings_are_when_it_leaves(bench: Bench) -> None:
    """The data came in a batch: the line speaks of NOON, the clock is 14 minutes on."""
    late = NOON + 14 * MINUTE
    await bench.hears(Present(partition=PARTITION, at=late), Tick(at=late), line(priority="P1"))

    (page,) = bench.gateways["console"].got
    assert page.why == ("Systolic pressure 86 mmHg, 4 Mar 11:55 UTC (19 min ago)",)
    assert page.at == NOON + 14 * MINUTE


async def test_lines_that_come_together_are_one_page_about_the_newest(bench: Bench) -> None:
    first = line(priority="P3", grade=1)
    await bench.hears(first, line(2, "changed", "P1", grade=3))

    (page,) = bench.gateways["console"].got
    assert (page.call, page.revision) == (P1, 2)
    assert page.what[1].startswith("New.")


async def test_both_sinks_carry_one_page() -> None:
    bench = Bench(through_two_sinks())

    await bench.hears(line(priority="P1"))

    pages = [gateway.got[0] for gateway in bench.gateways.values()]
    assert pages[0].page_id == pages[1].page_id
    assert sorted(each.sink for each in bench.written) == ["console", "webhook"]


async def test_the_time_from_the_alert_to_its_page_is_measured(bench: Bench) -> None:
    before = metrics.PAGE_SECONDS._sum.get()

    await bench.hears(line(priority="P1"))

    assert metrics.PAGE_SECONDS._sum.get() > before


async def test_an_answer_is_written_to_the_pages_and_to_the_audit(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    await bench.hears(answer(note="on my way"))

    (said,) = bench.of(registry.PAGES)
    told, kept = bench.of(registry.AUDIT)
    assert (said["outcome"], said["by"], said["note"]) == (
        "acknowledged",
        "Nurse Joy",
        "on my way",
    )
    assert (said["revision"], said["sink"]) == (1, "stormwatch-ack")
    assert (told["action"], told["by"]) == ("page sent", "stormwatch-page")
    assert (kept["action"], kept["by"]) == ("acknowledge", "Nurse Joy")


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("acknowledge", "acknowledged"), ("snooze", "snoozed"), ("close", "closed")],
)
async def test_each_answer_has_its_outcome(bench: Bench, action: str, outcome: str) -> None:
    await bench.hears(line(priority="P1"))

    await bench.hears(answer(action))

    assert [said["outcome"] for said in bench.of(registry.PAGES)] == [outcome]


async def test_an_answer_taken_back_is_told_and_pages_again(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(answer())

    await bench.hears(answer("unacknowledge", "a2"))

    outcomes = [said["outcome"] for said in bench.of(registry.PAGES)]
    assert (outcomes, bench.got()) == (["acknowledged", "unacknowledged"], [P1, P1])


async def test_an_answer_that_runs_out_is_told_as_taken_back(bench: Bench) -> None:
    await bench.hears(line(priority="P1"), answer())

    await bench.ticks(2 * HOUR)

    said = [(each["outcome"], each["by"], each.get("note")) for each in bench.of(registry.PAGES)]
    assert said == [
        ("acknowledged", "Nurse Joy", None),
        ("unacknowledged", "Nurse Joy", "its time is over"),
    ]


async def test_an_answer_that_a_worse_grade_ends_is_told_as_taken_back(bench: Bench) -> None:
    await bench.hears(line(), answer(), line(2, "changed", "P1", grade=3))

    assert [each.get("note") for each in bench.of(registry.PAGES)] == [None, "it became worse"]


async def test_what_is_handed_over_says_to_whom(bench: Bench) -> None:
    await bench.hears(line(priority="P1"), answer(hand_to="primary_team"))

    (said,), *_, kept = bench.of(registry.PAGES), *bench.of(registry.AUDIT)
    assert (said["outcome"], said["handed_to"]) == ("acknowledged", "primary_team")
    assert kept["action"] == "hand over to primary_team"


async def test_what_is_declined_is_kept_as_that(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    await bench.hears(answer("unacknowledge", decline=True))

    (said,), *_, kept = bench.of(registry.PAGES), *bench.of(registry.AUDIT)
    assert (said["outcome"], said["declined"], kept["action"]) == (
        "unacknowledged",
        True,
        "decline",
    )
    assert bench.got() == [P1, P1, "P1 | Primary team: answer now"]


async def test_what_nobody_could_be_told_is_told_to_operations(bench: Bench) -> None:
    """Every tier refused; the alert about it goes to operations and to rapid response."""
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.reads_back()

    (told,) = bench.of(registry.ALERTS)

    assert (told["rule"], told["priority"], told["patient_id"]) == ("OPS-SINK", "P1", PATIENT_ID)


async def test_what_nobody_could_be_told_of_the_work_list_first_is_told_again_of_a_p1(
    bench: Bench,
) -> None:
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P3"))
    await bench.reads_back()
    await bench.hears(line(priority="P1", rule="CRS-UP"))
    await bench.reads_back()
    await bench.reads_back()

    told = [(each["priority"], each["revision"]) for each in bench.of(registry.ALERTS)]

    assert told == [("P2", 1), ("P1", 2)]


async def taken(bench: Bench) -> list[str]:
    """Read the alerts topic back; return what was told of ourselves so far."""
    lines = bench.of(registry.ALERTS)
    await bench.hears(*((registry.ALERTS, json.dumps(each).encode()) for each in lines))
    return [f"{each['state']} {each['revision']}" for each in lines]


@pytest.mark.parametrize("is_read_back", [True, False])
@pytest.mark.parametrize("how", ["arrives", "answered", "ended"])
async def test_that_nobody_could_be_told_ends_once_somebody_is_or_nothing_is_left_to_tell(
    bench: Bench, how: str, *, is_read_back: bool
) -> None:
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.reads_back()
    if is_read_back:
        assert await taken(bench) == ["raised 1"]
    bench.gateways["console"].answer = Delivery.SENT

    if how == "arrives":
        await bench.ticks(5 * MINUTE)
        await bench.hears(Present(partition=PARTITION, at=NOON + 5 * MINUTE))
        await bench.reads_back()
    else:
        await bench.hears(answer() if how == "answered" else line(2, "resolved", "P1"))

    told = bench.of(registry.ALERTS)
    assert [(each["rule"], each["state"], each["revision"]) for each in told] == [
        ("OPS-SINK", "raised", 1),
        ("OPS-SINK", "resolved", 2),
    ]
    assert told[0]["alert_id"] == told[1]["alert_id"]


async def test_while_another_alert_of_the_patient_can_be_told_to_nobody_it_stays(
    bench: Bench,
) -> None:
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P1"), line(priority="P1", rule="CRS-UP"))
    await bench.reads_back()
    await bench.reads_back()
    await bench.hears(line(2, "resolved", "P1"))
    before = [each["state"] for each in bench.of(registry.ALERTS)]
    await bench.hears(line(2, "resolved", "P1", rule="CRS-UP"))

    assert before == ["raised"]
    assert [each["state"] for each in bench.of(registry.ALERTS)] == ["raised", "resolved"]


async def test_what_ended_is_raised_again_the_same_day_under_its_id(bench: Bench) -> None:
    bench.gateways["console"].answer = Delivery.REFUSED
    for revision in (1, 3):
        await bench.hears(line(revision, priority="P1"))
        await bench.reads_back()
        await bench.reads_back()
        await bench.hears(line(revision + 1, "resolved", "P1"))

    told = bench.of(registry.ALERTS)
    assert [(each["state"], each["revision"]) for each in told] == [
        ("raised", 1),
        ("resolved", 2),
        ("raised", 3),
        ("resolved", 4),
    ]
    assert len({each["alert_id"] for each in told}) == 1


async def test_that_watchers_disagree_ends_once_they_say_alike_of_a_later_revision(
    bench: Bench,
) -> None:
    await bench.hears(line(), line(advice="Something else."))
    await bench.hears(line())  # one of the two again: that they agree it does not show
    one = line(2, "changed", "P1")
    await bench.hears(one)
    before = [each["state"] for each in bench.of(registry.ALERTS)]
    await bench.hears(one)

    assert before == ["raised"]
    told = bench.of(registry.ALERTS)
    assert [(each["rule"], each["state"], each["revision"]) for each in told] == [
        ("OPS-REPLICA", "raised", 1),
        ("OPS-REPLICA", "resolved", 2),
    ]


async def test_that_operations_cannot_be_told_is_not_told_to_operations(bench: Bench) -> None:
    bench.gateways["console"].answer = Delivery.REFUSED
    await bench.hears(line(priority="P1", rule="OPS-SINK", priorities={}))
    await bench.reads_back()
    await bench.reads_back()

    assert bench.of(registry.ALERTS) == []


async def test_an_answer_entered_in_error_is_told_as_taken_back(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))
    await bench.hears(answer(), (registry.ACKS, in_error(answer())))

    outcomes = [said["outcome"] for said in bench.of(registry.PAGES)]

    assert outcomes == ["acknowledged", "unacknowledged"]


@pytest.mark.parametrize("known", [[], [line(priority="P1"), line(2, "resolved", "P1")]])
async def test_an_answer_to_what_is_not_open_is_audited_and_changes_nothing(
    bench: Bench, known: list[Alert]
) -> None:
    await bench.hears(*known)

    await bench.hears(answer())

    assert (len(bench.of(registry.AUDIT)), bench.of(registry.PAGES)) == (1, [])


async def test_an_answer_that_is_read_twice_is_written_once(bench: Bench) -> None:
    await bench.hears(line(priority="P1"))

    await bench.hears(answer(), answer())

    assert (len(bench.of(registry.AUDIT)), len(bench.of(registry.PAGES))) == (1, 1)


async def test_what_the_pager_wrote_of_an_answer_changes_nothing_when_it_is_read_back(
    bench: Bench,
) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(answer())
    (said,) = bench.of(registry.PAGES)

    group = bench.take((registry.PAGES, json.dumps(said).encode()))

    assert (group.touched, group.published) == ({}, {})


async def test_an_answer_stops_a_page_that_waits_for_its_turn(bench: Bench) -> None:
    console = bench.gateways["console"]
    console.opened.clear()
    await bench.hears(*(a_line_of(number, "P1") for number in range(8)))
    waiting = a_line_of(8, "P1")
    await bench.hears(waiting)

    await bench.hears(answer(alert_id=waiting.alert_id))
    console.opened.set()
    await bench.settle()

    assert waiting.alert_id not in {page.alert_id for page in console.got}


async def test_a_snooze_ends_by_the_ticks_though_people_answer_by_the_wall_clock(
    bench: Bench,
) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(answer("snooze", snooze_until=NOON + HOUR))
    await bench.ticks(HOUR - MINUTE)
    before = len(bench.got())

    await bench.hears(Present(partition=PARTITION, at=NOON + HOUR))
    await bench.ticks(MINUTE)

    assert (before, bench.got()) == (1, [P1, P1])


# Bytes


@pytest.mark.parametrize("topic", [each.name for each in registry.PAGER_INPUTS])
async def test_what_cannot_be_read_is_a_dead_letter(bench: Bench, topic: str) -> None:
    group = bench.take((topic, b"no JSON"))

    rows = group.published[TopicPartition(registry.DEAD_LETTERS, PARTITION)]

    assert [row.value for row in rows] == [b"no JSON"]
    assert dict(rows[0].headers)["reason"] == b"not_json"


async def test_that_a_partition_is_present_is_read_and_changes_nothing(bench: Bench) -> None:
    group = bench.take(Present(partition=PARTITION, at=NOON))

    assert (group.touched, group.published) == ({}, {})


async def test_a_line_that_the_pager_fails_on_is_kept_and_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug must not lose an alert: it is kept, and somebody is sent to look at the patient."""
    broken(monkeypatch)
    group = bench.take(line(priority="P1"))
    monkeypatch.undo()
    told = group.published[TopicPartition(registry.ALERTS, PARTITION)]

    await bench.hears((registry.ALERTS, told[0].value))

    assert TopicPartition(registry.DEAD_LETTERS, PARTITION) in group.published
    assert bench.gateways["console"].got[0].rule == "OPS-ENGINE"


async def test_a_pager_that_fails_on_every_line_does_not_tell_itself_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch)
    first = bench.take(line(priority="P1"))
    (told,) = first.published[TopicPartition(registry.ALERTS, PARTITION)]

    second = bench.take((registry.ALERTS, told.value))

    assert list(second.published) == [TopicPartition(registry.DEAD_LETTERS, PARTITION)]


async def test_a_patient_whose_timers_fail_holds_up_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()
    await bench.hears(answer("snooze", snooze_until=NOON + HOUR))
    broken(monkeypatch)

    group = bench.take(Tick(at=NOON + HOUR))

    (told,) = group.published[TopicPartition(registry.ALERTS, PARTITION)]
    assert json.loads(told.value or b"")["rule"] == "OPS-ENGINE"
    assert group.clocks == {PARTITION: epoch_ms(NOON + HOUR)}


OTHER = line(priority="P1", rule="CRS-UP")


async def two_alerts_of_which_one_fails(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have two alerts of a patient wait for an answer; the pager fails on the first at a tick."""

    def fail_on_one(life: Life | None, *rest: Any) -> Decision:
        if life is not None and life.line.alert_id == line().alert_id:
            raise RuntimeError("a bug")
        return decide(life, *rest)

    await bench.hears(line(priority="P1"), OTHER)
    await bench.reads_back()
    monkeypatch.setattr("stream.paging.decide", fail_on_one)


async def passes(bench: Bench, length: timedelta) -> None:
    """Let so much time pass while the watchers are well."""
    bench.clock += length
    await bench.hears(Present(partition=PARTITION, at=bench.clock), Tick(at=bench.clock))


def calls_of(bench: Bench, alert_id: str) -> int:
    return [page.alert_id for page in bench.gateways["console"].got].count(alert_id)


async def test_an_alert_that_fails_at_a_tick_keeps_no_other_of_its_patient_from_climbing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_alerts_of_which_one_fails(bench, monkeypatch)

    await passes(bench, 5 * MINUTE)
    await passes(bench, 5 * MINUTE)

    assert calls_of(bench, line().alert_id) == 1
    assert calls_of(bench, OTHER.alert_id) > 2


async def test_an_alert_that_failed_at_a_tick_climbs_a_minute_later(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_alerts_of_which_one_fails(bench, monkeypatch)
    await passes(bench, 5 * MINUTE)
    monkeypatch.undo()
    before = calls_of(bench, line().alert_id)

    await passes(bench, MINUTE)

    assert before == 1
    assert calls_of(bench, line().alert_id) > 1


async def test_an_alert_that_fails_at_every_tick_is_told_once_a_minute(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_alerts_of_which_one_fails(bench, monkeypatch)
    await passes(bench, 5 * MINUTE)

    for _ in range(24):
        await passes(bench, MINUTE / 12)

    told = [each for each in bench.of(registry.ALERTS) if each["rule"] == "OPS-ENGINE"]
    assert (len(told), len({each["alert_id"] for each in told})) == (3, 1)


async def test_a_patient_who_could_not_be_planned_is_looked_at_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.hears(line(priority="P1"))
    await bench.reads_back()

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.lives.due_ms", fail)
    group = bench.take(Tick(at=NOON + 5 * MINUTE))
    monkeypatch.undo()
    await passes(bench, 6 * MINUTE)

    told = group.published[TopicPartition(registry.ALERTS, PARTITION)]
    assert {json.loads(row.value or b"")["rule"] for row in told} == {"OPS-ENGINE"}
    assert len(bench.got()) > 1


async def test_lines_that_disagree_are_logged_without_the_patient(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.hears(line(), line(advice="Something else."))

    assert "replicas_disagree" in caplog.text
    assert PATIENT_ID not in caplog.text


async def test_lines_that_disagree_are_told_to_operations_once_a_day(bench: Bench) -> None:
    """Two watchers say another thing of one revision: one of them is wrong about the patient."""
    others = [line(advice=f"Something else, {number}.") for number in range(3)]
    await bench.hears(line(), *others[:2])
    (told,) = bench.of(registry.ALERTS)
    await bench.hears((registry.ALERTS, json.dumps(told).encode()))

    await bench.hears(others[2])
    same_day = len(bench.of(registry.ALERTS))
    await bench.ticks(24 * HOUR)
    await bench.hears(line(advice="Something else, a day later."))

    assert (told["rule"], told["priority"], told["state"]) == ("OPS-REPLICA", "P3", "raised")
    assert (told["revision"], told["patient_id"], told["at"]) == (
        1,
        PATIENT_ID,
        "2026-03-04T12:00:00Z",
    )
    assert bench.got().count("P3 | Operations") == 1
    next_day = bench.of(registry.ALERTS)[1:]
    assert (same_day, len(next_day)) == (1, 1)
    assert next_day[0]["alert_id"] != told["alert_id"]


async def test_lines_about_stormwatch_itself_that_disagree_are_told_to_nobody(bench: Bench) -> None:
    """Else the alert about a dispute could dispute itself, for ever."""
    for rule in ("OPS-ENGINE", "OPS-REPLICA"):
        await bench.hears(line(rule=rule), line(rule=rule, advice="Something else."))

    assert bench.of(registry.ALERTS) == []


def failed(minute: int = 0) -> Alert:
    """Build what a worker says that fails on a record; it knows of no earlier one."""
    return ops_alert(ENGINE, PATIENT_ID, epoch_ms(NOON + minute * MINUTE))


def close(event_id: str = "a1") -> Ack:
    return answer("close", event_id, alert_id=failed().alert_id)


async def engine_alerts(bench: Bench) -> list[str]:
    """Read back what the pager wrote of OPS-ENGINE; return what it said."""
    told = [json.dumps(each).encode() for each in bench.of(registry.ALERTS)]
    bench.published.clear()
    await bench.hears(*((registry.ALERTS, each) for each in told))
    return [f"{each['state']} {each['revision']}" for each in map(json.loads, told)]


async def test_a_failure_on_a_record_ends_when_a_person_closes_it(bench: Bench) -> None:
    await bench.hears(failed())
    await bench.reads_back()

    await bench.hears(close())

    assert await engine_alerts(bench) == ["resolved 2"]
    assert {page.is_open for page in bench.gateways["console"].got[-2:]} == {False}
    assert await engine_alerts(bench) == []


@pytest.mark.parametrize("action", ["acknowledge", "snooze"])
async def test_no_other_answer_and_no_time_ends_a_failure_on_a_record(
    bench: Bench, action: str
) -> None:
    await bench.hears(failed())
    await bench.reads_back()

    await bench.hears(answer(action, alert_id=failed().alert_id))
    await bench.ticks(100 * HOUR)

    assert bench.of(registry.ALERTS) == []


@pytest.mark.parametrize("is_read_back", [True, False])
async def test_what_fails_after_a_person_closed_it_is_told_anew(
    bench: Bench, *, is_read_back: bool
) -> None:
    """Whoever fails says revision 1 each time, which the pager has had."""
    await bench.hears(failed(), close())
    ended = await engine_alerts(bench) if is_read_back else []

    await bench.hears(failed(1))
    await bench.hears(failed(2))  # before the first is read back

    assert ended + await engine_alerts(bench) == ["resolved 2", "raised 3"]
    await bench.reads_back()
    assert bench.gateways["console"].got[-1].is_open


async def test_what_fails_while_a_close_is_not_read_back_is_told_anew_after_a_crash(
    bench: Bench,
) -> None:
    await bench.hears(failed(), close())
    bench.published.clear()
    bench.start()

    await bench.hears(failed(1))

    assert [each["revision"] for each in bench.of(registry.ALERTS)] == [3]


async def test_a_failure_that_was_closed_does_not_flap(bench: Bench) -> None:
    """The same records failing again, in a replica or a rebuilt table, raise nothing."""
    await bench.hears(failed(), failed(1), close())
    await engine_alerts(bench)

    await bench.hears(failed(), failed(1), failed())

    assert bench.of(registry.ALERTS) == []


async def test_failures_while_it_is_open_are_one_alert(bench: Bench) -> None:
    await bench.hears(failed())
    await bench.reads_back()
    had = len(bench.got())

    await bench.hears(failed(1), failed(2))

    assert (bench.of(registry.ALERTS), len(bench.got())) == ([], had)


async def test_a_line_that_comes_again_as_it_was_is_no_dispute(bench: Bench) -> None:
    await bench.hears(line(), line())

    assert bench.of(registry.ALERTS) == []


async def test_a_dispute_in_a_record_of_no_plausible_time_is_told_by_the_clock(
    bench: Bench,
) -> None:
    await bench.hears(line())
    bench.clock = NOON.replace(year=9000)

    await bench.hears(line(advice="Something else."))

    assert [told["at"] for told in bench.of(registry.ALERTS)] == ["2026-03-04T12:00:00Z"]


async def test_the_clock_goes_with_its_group(bench: Bench) -> None:
    group = bench.take(Tick(at=NOON + HOUR), Tick(at=NOON))

    assert group.clocks == {PARTITION: epoch_ms(NOON + HOUR)}


async def test_what_can_not_be_saved_of_one_patient_keeps_no_other_from_being_paged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page goes, and somebody is told that its alert will be forgotten at a restart."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.lives.encode", fail)
    await bench.hears(line(priority="P1"))

    (told,) = bench.of(registry.ALERTS)
    assert bench.got() == [P1]
    assert told["rule"] == "OPS-ENGINE"


def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pager fail on whatever happens."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("stream.paging.decide", fail)
