"""What `chaos scale` finds wrong, from what lies on the topics."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from builders import NOON, encoded, topic_of, vitals
from chaos import scale
from chaos.feed import Ward
from chaos.scale import Step, costs_of
from chaos.verdict import replayed

from stream.partition import MARKER_KEY, Epoch, Stamp, head_of, write, write_marker
from topics import registry
from topics.base import epoch_ms

NOON_S = epoch_ms(NOON) / 1000
STEPS = [
    Step("one", NOON_S + 100, NOON_S + 130, is_well=True),
    Step("two", NOON_S + 131, NOON_S + 160, is_well=True),
]


def record(topic: str, partition: int, at_s: float, **more: Any) -> ConsumerRecord:
    at_ms = round(1_000 * (NOON_S + at_s))
    said = {"offset": 0, "key": b"", "value": b""} | more
    offset, key, value = said["offset"], said["key"], said["value"]
    return ConsumerRecord(topic, partition, offset, at_ms, 0, key, value, None, 0, 0, ())


def reading(
    offset: int, at_s: float, patient_id: str = "anna", temperature_c: float | None = None
) -> ConsumerRecord:
    celsius = 37.0 + offset / 10 if temperature_c is None else temperature_c
    at = NOON + timedelta(milliseconds=offset)
    event = vitals(at, temperature_c=celsius, patient_id=patient_id)
    return record(
        topic_of(event), 0, at_s, offset=offset, key=patient_id.encode(), value=encoded(event)
    )


def changelog(
    taken: Iterable[ConsumerRecord], times: Iterable[float] = (100, 160)
) -> list[ConsumerRecord]:
    """What is written of records that were taken; markers are written all the time."""
    stamp, topic = Stamp(Epoch(1, 1), 1), registry.WATCH_CHANGELOG
    states = [
        record(topic, 0, at_s, key=key.encode(), value=write(head_of(stamp), (value, None)))
        for key, value in replayed([list(taken)]).states.items()
        for at_s in times
    ]
    marker = write_marker(stamp, None, {})
    markers = [
        record(topic, each, at_s, key=MARKER_KEY, value=marker)
        for each in range(registry.PARTITIONS)
        for at_s in range(90, 170)
    ]
    return [*states, *markers]


def scaled(costs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A report in which no worker has ended by itself."""
    ended: dict[str, Any] = {"worker_ended": [], "statuses": [], "ends": [], "untaken": []}
    return {"rate": 240.0, "steps": costs} | ended | more


# Silence


@pytest.mark.parametrize(
    ("times", "longest_s"),
    [
        ([99.5, 99.9, 100.3], 29.7),  # nothing more came
        ([99.0, 119.0, 129.0, 140.0], 20.0),
        ([80.0, 129.0, 140.0], 49.0),  # it was silent already
        ([99.0, 150.0], 31.0),  # nothing came in the step
        ([], 30.0),
    ],
)
def test_a_silence_counts_from_the_record_before_a_step_to_its_end(
    times: list[float], longest_s: float
) -> None:
    sent = [reading(0, 100)]
    one, _ = costs_of(STEPS, changelog(sent, times), sent)

    assert one["longest_s"] == longest_s


def test_no_partition_is_silent_since_it_has_no_patient() -> None:
    ward = Ward(seed=0, patients=scale.PATIENTS)

    assert {*ward.partition.values()} == {*range(registry.PARTITIONS)}


def test_a_partition_to_which_nothing_is_sent_is_not_silent() -> None:
    sent = [reading(0, 100)]
    elsewhere = [record(registry.VITALS, 1, 100, key=b"bert", value=sent[0].value)]
    written = changelog(sent, range(99, 161))

    assert [each["longest_s"] for each in costs_of(STEPS, written, sent)] == [1.0, 1.0]
    assert costs_of(STEPS, written, [*sent, *elsewhere])[0]["longest_s"] == 30.0


# What `chaos scale` fails by


def test_a_step_whose_records_are_all_graded_is_right() -> None:
    """Those that were sent before the first step count with it."""
    sent = [reading(offset, at_s) for offset, at_s in enumerate((50, 110, 140, 170))]
    costs = costs_of(STEPS, changelog(sent), sent)

    assert [each["records"] for each in costs] == [2, 2]
    assert scale.wrong(scaled(costs)) == []


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (0, "one: 1 of 2 records were not graded"),
        (1, "one: 1 of 2 records were not graded"),
        (2, "two: 1 of 2 records were not graded"),
        (3, "two: 1 of 2 records were not graded"),
    ],
)
def test_a_record_that_was_not_graded_is_wrong_in_its_step(lost: int, told: str) -> None:
    """Also where later ones of the same patient were."""
    sent = [reading(offset, at_s) for offset, at_s in enumerate((50, 110, 140, 170))]
    taken = [each for each in sent if each.offset != lost]

    assert scale.wrong(scaled(costs_of(STEPS, changelog(taken), sent))) == [told]


def many(count: int) -> list[ConsumerRecord]:
    """Readings of one patient, ten a second."""
    return [
        reading(offset, 100 + offset / 10, temperature_c=36.5 + offset % 7 / 10)
        for offset in range(count)
    ]


def test_an_early_record_of_very_many_that_was_not_graded_is_wrong() -> None:
    sent = many(250)
    costs = costs_of(STEPS[:1], changelog(sent[1:]), sent)

    assert scale.wrong(scaled(costs)) == ["one: 1 of 250 records were not graded"]


def test_records_of_which_nobody_knows_whether_they_were_graded_are_wrong() -> None:
    """So many that the state has forgotten some of them."""
    sent = many(700)
    one, two = costs_of(STEPS, changelog(sent), sent)

    unknown, of_all = one["not_known"], one["records"]

    assert (one["not_graded"], two["not_graded"], two["not_known"]) == (0, 0, 0)
    assert 0 < unknown < of_all
    assert scale.wrong(scaled([one])) == [
        f"one: of {unknown} of {of_all} records nobody knows whether they were graded"
    ]


def test_a_patient_without_a_state_is_not_graded() -> None:
    sent = [reading(0, 110), reading(1, 140), reading(2, 111, "bert")]
    costs = costs_of(STEPS, changelog(sent[:2]), sent)

    assert scale.wrong(scaled(costs)) == ["one: 1 of 2 records were not graded"]


def test_a_step_of_which_nothing_is_known_is_wrong() -> None:
    sent = [reading(0, 110)]
    ill = Step("two", NOON_S + 131, NOON_S + 160, is_well=False)

    assert scale.wrong(scaled(costs_of([STEPS[0], ill], changelog(sent), sent))) == [
        "two: no record was sent",
        "two: not all workers were well 90 s later",
    ]
