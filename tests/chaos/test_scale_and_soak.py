"""What `chaos scale` and `chaos soak` find wrong, from what they measured, and how it is told."""

import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

import commands
import pytest
from chaos import scale, soak
from chaos.__main__ import measured
from chaos.report import merged
from chaos.soak import all_ended, told
from commands import Stormwatch
from supervision import Supervised


def scaled(**more: Any) -> dict[str, Any]:
    """A report of one step that was right."""
    graded = {"records": 1, "not_graded": 0, "not_known": 0, "well": True}
    steps = [{"step": "one", "median_s": 1.0, "longest_s": 30.0} | graded]
    ended: dict[str, Any] = {"worker_ended": [], "statuses": [], "ends": [], "untaken": []}
    return {"rate": 240.0, "steps": steps} | ended | more


# What `chaos soak` fails by


def sample(number: int, **more: float) -> dict[str, float]:
    """One of forty, ten seconds apart; the first ten are left out."""
    flat = {"memory_mb": 100.0, "files": 30, "tasks": 20, "lag": 900, "processor_s": 2.0 * number}
    return {"at_s": 10.0 * number, **flat, **more}


def soaked(*samples: dict[str, float], **more: Any) -> dict[str, Any]:
    """A report of what was sampled last, after a flat beginning."""
    before = [sample(number) for number in range(1, 41 - len(samples))]
    ended: dict[str, Any] = {"worker_ended": [], "statuses": [], "ends": [], "untaken": []}
    asked = {"asked_per_s": 100.0, "samples_asked": 40, "workers": 1}
    ran = {"well": True, "load_broken": []} | told([*before, *samples], 40_000, 400.0)
    return ended | asked | ran | more


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


def test_what_waits_is_held_against_what_was_sent() -> None:
    """Not against what was asked for: a machine may have given less."""
    report = soaked(sample(40, lag=600), asked_per_s=200.0, per_s=50)

    assert soak.wrong(report) == ["600 records wait at the end, more than 500: 10 s"]


@pytest.mark.parametrize(
    ("per_s", "remarks"),
    [
        (1_899, ["the machine gave only 1,899 of 2,000 records a second"]),
        (1_900, []),
    ],
)
def test_a_machine_that_is_too_slow_for_the_load_is_remarked(
    per_s: int, remarks: list[str], tmp_path: Path
) -> None:
    report = soaked(asked_per_s=2_000.0, per_s=per_s)
    told = soak.remarks(report)
    kept("soak", tmp_path, report | {"remarks": told, "wrong": soak.wrong(report)})

    assert told == remarks
    assert soak.wrong(report) == []
    assert ("**But the machine gave only 1,899 of" in merged(tmp_path)) == bool(remarks)


def test_the_rate_is_that_of_the_time_it_took() -> None:
    """Samples may be missing at the end, and the time until the first one counts."""
    assert told([sample(10)], 40_000, 400.0)["per_s"] == 100


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"well": False}, "not all workers were well 90 s after their start"),
        ({"load_broken": ["TimeoutError()"]}, "the load ended by itself: TimeoutError()"),
        ({"sent": 0}, "no record was sent"),
        ({"samples": 35}, "only 35 of 40 samples could be taken"),
        ({"samples": 36}, None),
    ],
)
def test_a_load_that_was_not_there_or_not_measured_is_wrong(
    more: dict[str, Any], words: str | None
) -> None:
    assert soak.wrong(soaked(**more)) == ([words] if words else [])


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_run_that_is_too_short_has_a_report_that_is_wrong(count: int, tmp_path: Path) -> None:
    samples = [sample(number) for number in range(1, count + 1)]
    report = soaked() | told(samples, 3_000, 30.0) | {"samples_asked": 3}
    found = soak.wrong(report)
    kept("soak", tmp_path, report | {"wrong": found})

    assert f"{count} samples are too few to judge by" in found
    assert f"**Wrong: {'; '.join(found)}**" in merged(tmp_path)


def test_five_samples_are_enough_to_judge_by() -> None:
    samples = [sample(number, memory_mb=100.0 * number) for number in range(1, 6)]
    (found,) = soak.wrong(soaked() | told(samples, 5_000, 50.0) | {"samples_asked": 5})

    assert found == "memory grew from 300.0 to 500.0 MB, more than 1.05 times"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"worker_ended": ["it is stuck"]}, "a worker ended: it is stuck"),
        ({"statuses": [-9]}, "a worker ended with status -9"),
        ({"ends": ["worker 0 did not end"]}, "worker 0 did not end"),
        ({"untaken": ["labs 3: 4 of 5"]}, "not taken in the end: labs 3: 4 of 5"),
    ],
)
def test_a_worker_that_ends_or_leaves_something_is_wrong(ended: dict[str, Any], words: str) -> None:
    assert soak.wrong(soaked(**ended)) == [words]
    assert scale.wrong(scaled(**ended)) == [words]


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("trap 'exit 0' TERM; echo; while :; do sleep 0.01; done", []),
        (
            "trap 'exit 3' TERM; echo; while :; do sleep 0.01; done",
            ["{} ended with status 3 when asked"],
        ),
        ("trap '' TERM; echo; exec sleep 60", ["{} did not end in time when asked"]),
        ("exit 70", ["{} had ended with status 70 before it was asked"]),
    ],
)
def test_a_worker_that_does_not_end_as_asked_is_named_and_gone(
    does: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "HANGING_S", 1.0)
    process = subprocess.Popen(["/bin/sh", "-c", does], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        said.readline()  # it is ready, or gone
        if "exit 70" in does:
            process.wait()
        workers = Supervised(Stormwatch("", tmp_path), {"one": (process, {})})
        found = all_ended(workers)

    assert found == [each.format("worker one") for each in words]
    assert (workers.running, process.returncode is None) == ({}, False)


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
    status = [
        kept("scale", tmp_path, scaled(wrong=wrong)),
        kept("soak", tmp_path, soaked() | {"wrong": wrong}),
    ]
    page = merged(tmp_path)

    assert status == [len(wrong)] * 2
    assert capsys.readouterr().err == "wrong: memory grew\n" * 2 * len(wrong)
    assert page.count(f"**{'Wrong: memory grew' if wrong else 'Nothing was wrong'}**") == 2
    assert "| one | 1.0 | 30.0 | 1 | 0 |" in page
    assert "| files median | 30 | 30 |" in page
