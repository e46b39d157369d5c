"""What `chaos scale` and `chaos soak` find wrong, from what they measured."""

from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from builders import NOON, encoded, topic_of, vitals
from chaos import scale, soak
from chaos.__main__ import measured
from chaos.report import merged
from chaos.scale import Step, costs_of
from chaos.soak import told
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


def reading(offset: int, at_s: float, patient_id: str = "anna") -> ConsumerRecord:
    event = vitals(temperature_c=37.0 + offset / 10, patient_id=patient_id)
    return record(
        topic_of(event), 0, at_s, offset=offset, key=patient_id.encode(), value=encoded(event)
    )


def changelog(
    taken: Iterable[ConsumerRecord], times: Iterable[float] = (100, 160)
) -> list[ConsumerRecord]:
    """What is written of records that were taken; of all other partitions it is never silent."""
    stamp, topic = Stamp(Epoch(1, 1), 1), registry.WATCH_CHANGELOG
    states = [
        record(topic, 0, at_s, key=key.encode(), value=write(head_of(stamp), (value, None)))
        for key, value in replayed([list(taken)]).states.items()
        for at_s in times
    ]
    marker = write_marker(stamp, None, {})
    others = [
        record(topic, each, at_s, key=MARKER_KEY, value=marker)
        for each in range(1, registry.PARTITIONS)
        for at_s in range(90, 170)
    ]
    return [*states, *others]


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


# What `chaos scale` fails by


def test_a_step_whose_records_are_all_graded_is_right() -> None:
    """Those that were sent before the first step count with it."""
    sent = [reading(offset, at_s) for offset, at_s in enumerate((50, 110, 140, 170))]
    costs = costs_of(STEPS, changelog(sent), sent)

    assert [each["records"] for each in costs] == [2, 2]
    assert scale.wrong(costs) == []


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

    assert scale.wrong(costs_of(STEPS, changelog(taken), sent)) == [told]


def test_a_patient_without_a_state_is_not_graded() -> None:
    sent = [reading(0, 110), reading(1, 140), reading(2, 111, "bert")]
    costs = costs_of(STEPS, changelog(sent[:2]), sent)

    assert scale.wrong(costs) == ["one: 1 of 2 records were not graded"]


def test_a_step_of_which_nothing_is_known_is_wrong() -> None:
    sent = [reading(0, 110)]
    ill = Step("two", NOON_S + 131, NOON_S + 160, is_well=False)

    assert scale.wrong(costs_of([STEPS[0], ill], changelog(sent), sent)) == [
        "two: 0 of 0 records were not graded",
        "two: not all workers were well 90 s later",
    ]


# What `chaos soak` fails by


def sample(number: int, **more: float) -> dict[str, float]:
    """One of forty, ten seconds apart; the first ten are left out."""
    flat = {"memory_mb": 100.0, "files": 30, "tasks": 20, "lag": 900, "processor_s": 2.0 * number}
    return {"at_s": 10.0 * number, **flat, **more}


def soaked(*samples: dict[str, float], **more: Any) -> dict[str, Any]:
    """A report of what was sampled last, after a flat beginning."""
    before = [sample(number) for number in range(1, 41 - len(samples))]
    ended: dict[str, Any] = {"worker_ended": [], "statuses": [], "untaken": [], "workers": 1}
    return ended | {"asked_per_s": 100.0} | told([*before, *samples], 40_000) | more


def second_half(**more: float) -> list[dict[str, float]]:
    return [sample(number, **more) for number in range(26, 41)]


@pytest.mark.parametrize(
    "samples",
    [
        [],
        second_half(memory_mb=105.0),
        second_half(files=31, tasks=21),
        [sample(38, files=60, lag=9_000), *(sample(number, lag=1_000) for number in (39, 40))],
    ],
)
def test_what_stays_as_it_is_is_right(samples: list[dict[str, float]]) -> None:
    assert soak.wrong(soaked(*samples)) == []


def test_the_first_quarter_does_not_count() -> None:
    """Caches and states fill: what is low then makes nothing grow, what is high hides nothing."""
    early = [sample(number, memory_mb=500.0 * (number % 2)) for number in range(1, 11)]
    late = [sample(number) for number in range(11, 26)]
    report = soaked(*early, *late, *second_half(memory_mb=106.0))

    assert soak.wrong(report) == ["memory grew from 100.0 to 106.0 MB, more than 1.05 times"]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (second_half(memory_mb=105.1), "memory grew from 100.0 to 105.1 MB"),
        (second_half(files=32), "the median of open files grew from 30 to 32"),
        (second_half(tasks=22), "the median of open tasks grew from 20 to 22"),
        ([sample(40, lag=1_001)], "1001 records wait at the end, more than 1000: 10 s"),
    ],
)
def test_what_grows_is_wrong(samples: list[dict[str, float]], words: str) -> None:
    (found,) = soak.wrong(soaked(*samples))

    assert found.startswith(words)


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"worker_ended": ["it is stuck"]}, "a worker ended: it is stuck"),
        ({"statuses": [-9]}, "a worker ended with status -9"),
        ({"untaken": ["labs 3: 4 of 5"]}, "not taken in the end: labs 3: 4 of 5"),
    ],
)
def test_a_worker_that_ends_is_wrong(ended: dict[str, Any], words: str) -> None:
    assert soak.wrong(soaked(**ended)) == [words]


# How it is told


def kept(name: str, folder: Path, report: dict[str, Any]) -> object:
    """Measure what is given; return the exit status."""

    async def run(_: Path) -> dict[str, Any]:
        return report

    with pytest.raises(SystemExit) as ended:
        measured(name, Namespace(reports=folder), run)
    return ended.value.code


@pytest.mark.parametrize("wrong", [[], ["memory grew"]])
def test_what_is_wrong_fails_in_words_and_its_report_is_kept_and_shown(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = [reading(0, 110), reading(1, 140)]
    costs = costs_of(STEPS, changelog(sent), sent)
    status = [
        kept("scale", tmp_path, {"rate": 240.0, "steps": costs, "wrong": wrong}),
        kept("soak", tmp_path, soaked() | {"wrong": wrong}),
    ]
    page = merged(tmp_path)

    assert status == [len(wrong)] * 2
    assert capsys.readouterr().err == "wrong: memory grew\n" * 2 * len(wrong)
    assert page.count(f"**{'Wrong: memory grew' if wrong else 'Nothing was wrong'}**") == 2
    assert "| one | 1.0 | 30.0 | 1 | 0 |" in page
    assert "| files median | 30 | 30 |" in page
