"""What the judge of a round finds wrong, and what it must not."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from builders import NOON, Fields, encoded, ice, lab, tick, topic_of, vitals
from chaos.delays import LATE_S, delays, spans
from chaos.feed import ASTRAY, WRONG_CLOCK
from chaos.feeding import SENT
from chaos.lines import in_order, open_of
from chaos.lines import taken as taken_lines
from chaos.report import merged
from chaos.verdict import Verdict, Wanted, judge, replayed

from stream.partition import Epoch, Stamp, head_of, write
from topics import registry
from topics.base import epoch_ms

PARTITION, LAST = 0, 11
MINUTE = timedelta(minutes=1)
NAMES = ("anna", "bert")


def record(
    topic: str, partition: int, key: str, value: bytes, at: datetime = NOON, **more: Any
) -> ConsumerRecord:
    head = tuple((name, str(said).encode()) for name, said in more.get("head", {}).items())
    offset, at_ms = more.get("offset", 0), epoch_ms(at)
    return ConsumerRecord(
        topic, partition, offset, at_ms, 0, key.encode(), value, None, 0, len(value), head
    )


def of(patient_id: str, number: int, event: Fields, partition: int = PARTITION) -> ConsumerRecord:
    """The record of an event that lies at an offset, and came in a minute of its own."""
    said = event | {"patient_id": patient_id}
    at = NOON + number * MINUTE
    value = encoded(said)
    return record(topic_of(event), partition, patient_id, value, at, offset=number)


def night(
    names: Iterable[str] = NAMES, partition: int = PARTITION
) -> dict[str, list[ConsumerRecord]]:
    """Readings of some patients, of several topics."""
    return {
        name: [
            of(name, 3 * place, vitals(NOON, temperature_c=39.2), partition),
            of(name, 3 * place + 1, lab("ferritin", 900 + place), partition),
            of(name, 3 * place + 20, vitals(NOON + 5 * MINUTE, temperature_c=37.0), partition),
        ]
        for place, name in enumerate(names)
    }


def queues(
    records: Iterable[ConsumerRecord], every: int, partition: int = PARTITION
) -> list[list[ConsumerRecord]]:
    """As they lie on the topics, with ticks so many minutes apart."""
    moments = [NOON + minute * MINUTE for minute in range(0, 60, every)]
    ticks = [record(registry.TICKS, partition, "0", encoded(tick(at)), at) for at in moments]
    topics: dict[str, list[ConsumerRecord]] = {}
    for each in sorted(records, key=lambda one: one.offset):
        topics.setdefault(each.topic, []).append(each)
    return [*topics.values(), ticks]


def own(records: Mapping[str, Sequence[ConsumerRecord]]) -> Wanted:
    """What is wanted of a round with the workers' own ticks."""
    wanted = replayed(queues((each for some in records.values() for each in some), 1))
    wanted.by_line = False
    return wanted


def changelog(states: Mapping[str, bytes]) -> list[ConsumerRecord]:
    head = head_of(Stamp(Epoch(1, 1), 1))
    return [
        record(registry.WATCH_CHANGELOG, PARTITION, name, write(head, (value, None)))
        for name, value in states.items()
    ]


def taken(records: Mapping[str, Sequence[ConsumerRecord]], every: int = 7) -> dict[str, bytes]:
    """The states of a worker that had other ticks."""
    return replayed(queues((each for some in records.values() for each in some), every)).states


def judged(wanted: Wanted, states: Mapping[str, bytes]) -> Verdict:
    """Judge the states, with all alerts as they are wanted."""
    lines = [
        record(registry.ALERTS, PARTITION, "", line, offset=offset)
        for offset, line in enumerate(wanted.alerts.values())
    ]
    return judge(wanted, lines, changelog(states), [])


# Rounds with the workers' own ticks


def test_states_that_were_taken_between_other_ticks_are_right() -> None:
    came = night()
    verdict = judged(own(came), states := taken(came))

    assert states != own(came).states
    assert verdict.is_right, verdict.differences


def test_an_empty_changelog_is_wrong() -> None:
    verdict = judged(own(night()), {})

    assert not verdict.is_right
    assert verdict.records_differ == len(NAMES)


def test_a_patient_who_is_missing_is_wrong() -> None:
    verdict = judged(own(night()), taken(night(NAMES[:1])))

    assert not verdict.is_right
    assert verdict.differences == ["state of bert is missing"]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_record_that_was_lost_is_wrong(lost: int) -> None:
    """Of the first one no offset tells."""
    came = night()
    left = came | {"bert": [each for place, each in enumerate(came["bert"]) if place != lost]}
    verdict = judged(own(came), taken(left))

    assert not verdict.is_right
    assert (verdict.records_differ, verdict.unknown) == (1, 0)
    assert verdict.differences[0].startswith("state of bert ")


def test_a_reading_that_is_another_is_wrong() -> None:
    came, other = night(), night()
    other["bert"][2] = of("bert", 23, vitals(NOON + 5 * MINUTE, temperature_c=37.1))
    verdict = judged(own(came), taken(other))

    assert (verdict.is_right, verdict.records_differ) == (False, 1)


def test_a_record_too_many_is_wrong() -> None:
    """It lies on no topic, and its offset is behind what does."""
    came, more = night(), night()
    more["bert"].append(of("bert", 40, ice(3)))
    verdict = judged(own(came), taken(more))

    assert (verdict.is_right, verdict.records_differ) == (False, 1)


def test_what_was_not_judged_is_not_told(tmp_path: Path) -> None:
    """Older rounds with own ticks say 0 of what nobody compared."""
    counts = "events alert_lines missing extra states_differ open_differ dead_letters_missing"
    older: dict[str, Any] = dict.fromkeys([*counts.split(), "repeated", "reordered"], 0)
    about = {"faults": {}, "longest_s": {}, "longest_undisturbed_s": 0.0, "right": True}
    about |= {"driver": 2, "ticks": "own", "seconds": 1, "small_disk": True}
    newer = json.loads(json.dumps(asdict(judged(own(night()), taken(night())))))
    for seed, report in enumerate((older, newer)):
        (tmp_path / f"seed-{seed}.json").write_text(json.dumps(report | about | {"seed": seed}))
    page = merged(tmp_path).partition("## Driver 2, own ticks")[2]

    assert "**0 patients of whom other records were taken (judged in 1 of 2 rounds), 0 " in page
    assert "0 open differ, 0 last differ (judged in 1 of 2 rounds), 0 dead letters missing," in page
    assert not re.search(r"\d (missing|extra|states differ|states that hold)", page)


def silent(sent_at: datetime, *ticks_at: datetime) -> Wanted:
    """What is wanted of one who is heard of at noon, with own ticks at these times."""
    reading = encoded(vitals(NOON, systolic_mmhg=120) | {"patient_id": "anna"})
    sent = {SENT: epoch_ms(sent_at)}
    heard = record(registry.VITALS, PARTITION, "anna", reading, head=sent)
    ticks = [record(registry.TICKS, PARTITION, "0", encoded(tick(at)), at) for at in ticks_at]
    return replayed([[heard], ticks])


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=LATE_S + 1)])
def test_an_alert_that_falls_due_waits_from_then_on_though_no_tick_says_so(late: timedelta) -> None:
    """Whoever owned the partition wrote no ticks for a while."""
    due = NOON + timedelta(hours=4, milliseconds=1)
    wanted = silent(NOON, NOON, due + late)
    ((name, line),) = ((n, line) for n, line in wanted.alerts.items() if b"OPS-SILENCE" in line)
    arrived_ms = {(PARTITION, 0): epoch_ms(due + late)}
    waits = spans(wanted.sent_ms, [record(registry.ALERTS, PARTITION, "", line)], arrived_ms)

    assert wanted.sent_ms[name] == epoch_ms(due)
    assert delays(waits, []).late == (late > timedelta(0))


def test_an_alert_waits_for_what_was_sent_with_a_clock_that_is_behind() -> None:
    sent_at = NOON + timedelta(hours=4, minutes=30)
    wanted = silent(sent_at, sent_at, sent_at + MINUTE)

    assert set(wanted.sent_ms.values()) == {epoch_ms(sent_at)}


@pytest.mark.parametrize("comes_last", [True, False])
def test_of_lines_that_contradict_each_other_the_one_that_a_pager_takes_counts(
    comes_last: bool,
) -> None:
    """The more urgent one, and of two alike the first. They are counted."""
    came = night()
    wanted = own(came)
    name, line = next((n, line) for n, line in wanted.alerts.items() if b'"raised"' in line)
    ended = line.replace(b'"state":"raised"', b'"state":"resolved"')
    said = [ended, line] if comes_last else [line, ended]
    lines = [record(registry.ALERTS, 0, "", each, offset=at) for at, each in enumerate(said)]
    found = taken_lines(in_order(lines))

    assert found == {name: line}
    assert len(open_of(found, NAMES)) == 1
    assert judge(wanted, lines, changelog(taken(came)), []).contradicting == 1

    alike = [line, line.replace(b'"advice":"', b'"advice":"A ')][:: -1 if comes_last else 1]
    lines = [record(registry.ALERTS, 0, "", each, offset=at) for at, each in enumerate(alike)]

    assert taken_lines(in_order(lines[::-1])) == {name: alike[0]}


# Rounds of both kinds


@pytest.mark.parametrize("by_line", [True, False])
def test_a_state_or_an_alert_of_nobody_is_wrong(by_line: bool) -> None:
    came = night(NAMES[:1])
    wanted = replayed(queues(came["anna"], 1))
    wanted.by_line = by_line
    states = wanted.states | {"nobody": taken(night(["nobody"]))["nobody"]}
    verdict = judged(wanted, states)

    assert (verdict.is_right, verdict.unknown) == (False, 1)

    line = next(iter(wanted.alerts.values())).replace(b'"anna"', b'"nobody"')
    line = line.replace(b'"alert_id":"', b'"alert_id":"x')
    alerts = [*wanted.alerts.values(), line]
    lines = [record(registry.ALERTS, 0, "", each, offset=at) for at, each in enumerate(alerts)]
    verdict = judge(wanted, lines, changelog(wanted.states), [])

    assert (verdict.is_right, verdict.unknown) == (False, 1)


def dead(partition: int, offset: int) -> ConsumerRecord:
    head = {"topic": registry.VITALS, "partition": partition, "offset": offset}
    return record(registry.DEAD_LETTERS, partition, "", b"", head=head)


@pytest.mark.parametrize(("partition", "extra"), [(PARTITION, 1), (LAST, 0)])
def test_a_dead_letter_of_what_the_replay_takes_is_wrong(partition: int, extra: int) -> None:
    """Where a clock is wrong it hangs on when the record came."""
    came = night(partition=partition)
    wanted = replayed(queues((each for some in came.values() for each in some), 1))
    lines = [
        record(registry.ALERTS, partition, "", line, offset=offset)
        for offset, line in enumerate(wanted.alerts.values())
    ]
    verdict = judge(wanted, lines, changelog(wanted.states), [dead(partition, 20)])

    assert LAST in ASTRAY
    assert (verdict.dead_letters_extra, verdict.is_right) == (extra, not extra)
    assert [each for each in verdict.differences if "dead letter" in each] == [
        f"a dead letter of ('{registry.VITALS}', {partition}, 20)"
    ] * extra


def refused(at: datetime) -> ConsumerRecord:
    """A reading of a wrong clock, with the timestamp given: in time, or as its device has it."""
    ahead = NOON + 240 * MINUTE
    event = vitals(ahead, recorded_at=ahead, source=WRONG_CLOCK, patient_id="anna")
    value = json.dumps(event).encode()
    return record(registry.VITALS, LAST, "anna", value, at, offset=21)


@pytest.mark.parametrize("by_line", [True, False])
def test_a_state_tells_of_what_was_refused_of_a_wrong_clock_as_well(by_line: bool) -> None:
    """The replay leaves it out, and its offset has to be in the state all the same."""
    came = night(["anna"], LAST)["anna"]
    letters = [dead(LAST, 21)]
    wanted = replayed(queues([*came, refused(NOON + 240 * MINUTE)], 1, LAST), letters)
    wanted.by_line = by_line
    live = replayed(queues([*came, refused(NOON + 21 * MINUTE)], 1, LAST))
    lines = [
        record(registry.ALERTS, LAST, "", line, offset=offset)
        for offset, line in enumerate(wanted.alerts.values())
    ]
    right = judge(wanted, lines, changelog(live.states), letters)
    wrong = judge(wanted, lines, changelog(wanted.states), letters)

    assert live.refused == {(registry.VITALS, LAST, 21)}
    assert right.is_right, right.differences
    assert (wrong.records_differ, wrong.dead_letters_extra) == (1, 0)
    assert "vitals.v1 21" in wrong.differences[0]
