"""A simulated ward: what is published of storms holds in it, and the pipeline takes its lines."""

import json
import math
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from deploy.cli import main
from deploy.simulate.chance import chance_of
from deploy.simulate.course import Course, Stage, draw_course
from deploy.simulate.events import Sent, by_arrival
from deploy.simulate.people import Person, draw_person
from deploy.simulate.products import PRODUCTS, ProductRow
from deploy.simulate.stay import Stay
from deploy.simulate.tocilizumab import full_dose_mg
from deploy.simulate.ward import Ward, draw_stay, events, lines_of
from deploy.validate import Verdict, findings
from stream.clinical.engine import Engine
from stream.clinical.replay import Refused, replay
from topics import codec, examples, registry
from topics.base import epoch_ms, rfc_3339
from topics.feeds.replay import Line, merge, read

START: Final = datetime(2026, 3, 1, tzinfo=UTC)
UNLIKELY: Final = 1e-6  # a test of a true share fails so rarely, and the seeds are fixed anyway
DRAWN: Final = 3_000
STAGE_H: Final = 5.0  # a stage as long as that is measured before it ends


def ward_of(patients: int, hours: float, seed: int, **more: Any) -> Ward:
    return Ward(patients, hours, seed, START, **more)


def written(path: Path, ward: Ward) -> Path:
    path.write_bytes(b"".join(sent.line() for sent in events(ward)))
    return path


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week of a ward as it comes by default."""
    return written(tmp_path_factory.mktemp("ward") / "week.ndjson", ward_of(40, 144, seed=44))


@pytest.fixture(scope="module")
def said(week: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in week.read_text().splitlines()]


@pytest.fixture(scope="module")
def drawn() -> list[tuple[Person, Course]]:
    """Many patients and their hidden courses."""
    found = []
    for number in range(DRAWN):
        chance = chance_of("drawn", number)
        person = draw_person(chance, number, START)
        found.append((person, draw_course(chance, person)))
    return found


def simulated(*arguments: str, **environment: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "simulate", *arguments],
        env=os.environ | environment,
        capture_output=True,
        check=True,
    )
    return done.stdout


# The file


def test_the_same_arguments_give_the_same_bytes_in_every_process() -> None:
    """Text is hashed in another way by each process; nothing may hang on that."""
    asked = ("--patients", "6", "--hours", "30", "--seed", "4")

    assert simulated(*asked, PYTHONHASHSEED="1") == simulated(*asked, PYTHONHASHSEED="2")


def test_another_seed_is_another_ward() -> None:
    one, other = ([sent.line() for sent in events(ward_of(4, 12, seed))] for seed in (1, 2))

    assert one != other


def test_a_file_is_what_standard_output_is(tmp_path: Path) -> None:
    file = tmp_path / "ward.ndjson"
    asked = ["simulate", "--patients", "3", "--hours", "5"]
    to_file = CliRunner().invoke(main, [*asked, "--out", str(file)])
    to_output = CliRunner().invoke(main, asked)

    assert to_file.exit_code == to_output.exit_code == 0
    assert file.read_bytes() == to_output.stdout_bytes
    assert to_file.stderr == f"{len(to_output.stdout.splitlines())} events\n"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    asked = ["simulate", "--patients", "1", "--hours", "1", "--out", str(tmp_path / "gone" / "x")]

    refused = CliRunner().invoke(main, asked)

    assert refused.exit_code == 1
    assert str(tmp_path / "gone" / "x") in refused.stderr
    assert isinstance(refused.exception, SystemExit)  # no traceback


def test_it_begins_when_it_is_told_to() -> None:
    at = "2031-05-06T07:00:00+02:00"
    asked = ["simulate", "--patients", "2", "--hours", "4", "--start", at]
    lines = CliRunner().invoke(main, asked).stdout.splitlines()
    times = [datetime.fromisoformat(json.loads(line)["recorded_at"]) for line in lines]
    start = datetime.fromisoformat(at)

    assert all(start <= each < start + timedelta(hours=4) for each in times)


def test_every_line_is_taken_and_stands_in_the_order_of_arrival(
    week: Path, said: list[dict[str, Any]]
) -> None:
    """Readings outside their limits are dropped, which is what they are there for."""
    verdicts = Counter(finding.verdict for finding in findings(week))
    times = [datetime.fromisoformat(each["recorded_at"]) for each in said]

    assert set(verdicts) == {Verdict.TAKEN, Verdict.DROPPED}
    assert times == sorted(times)


def test_without_faults_nothing_is_dropped_sent_twice_or_late(tmp_path: Path) -> None:
    file = written(tmp_path / "clean.ndjson", ward_of(8, 72, seed=2, faults=0))
    lines = [json.loads(line) for line in file.read_text().splitlines()]

    assert {finding.verdict for finding in findings(file)} == {Verdict.TAKEN}
    assert len({each["event_id"] for each in lines}) == len(lines)
    assert not any(each.get("demo") or each.get("status") for each in lines)


def test_every_kind_of_event_and_of_fault_is_there(said: list[dict[str, Any]]) -> None:
    ids = Counter(each["event_id"] for each in said)
    statuses = Counter(each.get("status", "final") for each in said)
    labs = [each for each in said if each["kind"] == "lab"]
    kinds = set(examples.INPUTS) - {"ack", "tick"}  # people and the pipeline write these

    assert {each["kind"] for each in said} == kinds
    assert max(ids.values()) > 1
    assert {"final", "preliminary", "corrected", "entered_in_error"} == set(statuses)
    assert any(each.get("demo") for each in said)
    assert {each.get("comparator") for each in labs} == {None, "<", ">"}
    assert len({each["unit"] for each in labs if each["analyte"] == "platelets"}) > 2
    assert any(_delay(each) > timedelta(hours=10) for each in labs)
    assert all(_delay(each) < timedelta(hours=48) for each in labs if "status" not in each)
    assert {each["result"] for each in said if each["kind"] == "culture"} == {
        "collected",
        "negative",
        "positive",
    }


def test_a_feed_is_silent_now_and_then(said: list[dict[str, Any]]) -> None:
    """For longer than a well patient is left alone."""
    by_patient: dict[str, list[datetime]] = {}
    for each in said:
        if each["kind"] == "vitals":
            at = datetime.fromisoformat(each["effective_at"])
            by_patient.setdefault(each["patient_id"], []).append(at)
    gaps = [b - a for times in by_patient.values() for a, b in pairwise(sorted(times))]

    assert max(gaps) > timedelta(hours=5)


def test_clocks_run_ahead_only_where_that_is_asked_for() -> None:
    """The line arrives in time, and says a time that has not come."""
    ahead = [
        sent
        for sent in events(ward_of(8, 48, seed=3, wrong_clocks=True, every_min=5))
        if datetime.fromisoformat(sent.fields["recorded_at"]) > sent.arrives_at
    ]

    assert ahead


def test_vitals_come_at_the_interval_that_is_asked_for() -> None:
    ward = ward_of(1, 10, seed=1, faults=0, every_min=2)
    times = sorted(sent.made_at for sent in events(ward) if sent.topic == registry.VITALS)

    assert {b - a for a, b in pairwise(times)} == {timedelta(minutes=2)}


def _delay(each: dict[str, Any]) -> timedelta:
    times = (datetime.fromisoformat(each[name]) for name in ("effective_at", "recorded_at"))
    effective_at, recorded_at = times
    return recorded_at - effective_at


# A stream of bounded size


def test_what_arrives_late_is_held_and_nothing_else() -> None:
    """However long the stream is: this one has no end."""

    def sent(number: int) -> Sent:
        made_at = START + timedelta(minutes=number)
        delay = timedelta(minutes=30 if number % 10 == 0 else 1)
        return Sent(made_at, made_at + delay, registry.LABS, "lab", b"{}")

    pulled = count()
    arrived = list(islice(by_arrival(sent(number) for number in pulled), 500))

    assert [each.arrives_at for each in arrived] == sorted(each.arrives_at for each in arrived)
    assert next(pulled) < 510


def test_a_large_ward_begins_at_once() -> None:
    """200 patients and a month are not made before the first line."""
    first = list(islice(events(ward_of(200, 720, seed=1)), 500))

    assert len(first) == 500
    assert first[-1].arrives_at < START + timedelta(hours=2)


# What is published


def _likelihood(hits: int, among: int, share: float) -> float:
    """Say how likely a count at least so far out is, exactly (binomial, both sides)."""
    chances = [
        math.comb(among, each) * share**each * (1 - share) ** (among - each)
        for each in range(among + 1)
    ]
    return min(1.0, 2 * min(sum(chances[: hits + 1]), sum(chances[hits:])))


@pytest.mark.parametrize("row", PRODUCTS, ids=lambda row: f"{row.product}, {row.cohort}")
def test_storms_come_as_often_and_as_soon_as_published(
    row: ProductRow, drawn: list[tuple[Person, Course]]
) -> None:
    courses = [course for person, course in drawn if person.row is row]
    storms = [course.crs for course in courses if course.crs]
    severe = [course for course in courses if course.peak >= 3]
    onsets_d = [stages[0].from_h / 24 for stages in storms]
    spans_d = [(stages[-1].until_h - stages[0].from_h) / 24 for stages in storms]

    assert _likelihood(len(storms), len(courses), row.crs_percent / 100) > UNLIKELY
    assert _likelihood(len(severe), len(courses), row.crs_severe_percent / 100) > UNLIKELY
    for days, spread in ((onsets_d, row.crs_onset), (spans_d, row.crs_duration)):
        early = [each for each in days if each <= spread.median_d]
        assert _likelihood(len(early), len(days), 1 / 2) > UNLIKELY
        if spread.low_d is not None and spread.high_d is not None and not spread.quartiles:
            assert spread.low_d <= min(days) + 1e-9
            assert max(days) <= spread.high_d + 1e-9


def test_a_share_that_is_not_the_published_one_would_be_seen() -> None:
    """The test above can fail."""
    assert _likelihood(240, 250, 0.85) < UNLIKELY


def test_some_stay_well_and_some_have_what_else_there_is(
    drawn: list[tuple[Person, Course]],
) -> None:
    courses = [course for _, course in drawn]

    assert any(course.begins_h is None for course in courses)
    assert any(course.hlh for course in courses)
    assert any(course.infection and course.infection.sepsis for course in courses)
    assert any(course.infection and not course.infection.sepsis for course in courses)
    assert any(course.dies for course in courses)
    assert {course.peak for course in courses} == {0, 1, 2, 3, 4}
    assert min(person.age_years for person, _ in drawn) < 12
    assert any(person.weight_kg < 30 for person, _ in drawn)


# Treatment


def _tocilizumab(stay: Stay) -> list[tuple[float, float]]:
    return [
        (act.at_h, act.fields["dose_value"])
        for act in stay.care.acts
        if act.fields.get("drug") == "tocilizumab" and act.fields["action"] == "given"
    ]


def _treated(against: float) -> list[tuple[Stay, float]]:
    """Give stays that reach grade 2, and when."""
    ward = ward_of(80, 2_000, seed=9, against=against)
    stays = [draw_stay(ward, number) for number in range(ward.patients)]
    due = [(stay, [each.from_h for each in stay.course.crs if each.grade == 2]) for stay in stays]
    return [(stay, at_h[0]) for stay, at_h in due if at_h and at_h[0] + 4 < stay.until_h]


def test_by_the_rules_tocilizumab_is_given_within_two_hours_and_by_weight() -> None:
    for stay, due_h in _treated(against=0):
        doses = _tocilizumab(stay)
        full = full_dose_mg(stay.person.weight_kg)

        assert due_h < doses[0][0] < due_h + 2
        assert all(mg == pytest.approx(full, rel=0.01) and mg <= 800 for _, mg in doses)
        assert all(b - a >= 8 for (a, _), (b, _) in pairwise(doses))


def test_against_the_rules_it_is_late_or_missing_or_wrong() -> None:
    faults = Counter(
        _what_is_wrong(stay, _tocilizumab(stay), due_h) for stay, due_h in _treated(against=1)
    )

    assert set(faults) >= {"missing", "late", "too soon", "wrong dose"}
    assert not faults["nothing"]


def _what_is_wrong(stay: Stay, doses: list[tuple[float, float]], due_h: float) -> str:
    full = full_dose_mg(stay.person.weight_kg)
    if not doses:
        return "missing"
    if doses[0][0] > due_h + 3:
        return "late"
    if any(b - a < 8 for (a, _), (b, _) in pairwise(doses)):
        return "too soon"
    if any(not 0.9 <= mg / full <= 1.1 for _, mg in doses):
        return "wrong dose"
    return "nothing"


# The engine


def _graded(stay: Stay, ward: Ward, hours: list[float]) -> list[tuple[int, int]]:
    """Ask the engine for the consensus grade, lowest and highest, at some hours."""
    lines = [
        Line(
            number,
            sent.topic,
            epoch_ms(sent.arrives_at),
            stay.person.patient_id.encode(),
            sent.record,
        )
        for number, sent in enumerate(lines_of(ward, stay))
    ]
    asked_ms = [epoch_ms(stay.person.moment(each)) for each in hours]
    told = replay(Engine(management="manikath-2025"), merge(lines), asked_ms)
    said = [json.loads(codec.encode(each)) for each in told if not isinstance(each, Refused)]
    grades = [each["crs"]["astct-2019"] for each in said if each["type"] == "status"]
    return [(each["lowest"], each["highest"]) for each in grades]


def _ends_on_the_way_up(stay: Stay) -> list[Stage]:
    """Give the stages up to the height that are long enough to be measured."""
    stages = stay.course.crs
    height = max(range(len(stages)), key=lambda place: stages[place].grade, default=-1)
    return [
        each
        for each in stages[: height + 1]
        if each.until_h - each.from_h > STAGE_H and each.until_h < stay.until_h
    ]


def test_the_engine_gives_the_grades_of_the_hidden_course_where_all_is_measured() -> None:
    ward = ward_of(60, 400, seed=21, faults=0, against=0)
    seen: Counter[int] = Counter()
    for number in range(ward.patients):
        stay = draw_stay(ward, number)
        stages = _ends_on_the_way_up(stay)
        if stay.course.infection or not stages or seen[stages[-1].grade] >= 2:
            continue
        grades = _graded(stay, ward, [each.until_h - 0.05 for each in stages])

        assert grades == [(each.grade, each.grade) for each in stages], stay.person.patient_id
        seen += Counter(each.grade for each in stages)

    assert set(seen) == {1, 2, 3, 4}


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_takes_whatever_a_ward_sends(seed: int, tmp_path: Path) -> None:
    """Its errors are not caught in a replay."""
    ward = ward_of(6, 96, seed=seed, faults=5, against=0.7, wrong_clocks=True)
    file = written(tmp_path / "ward.ndjson", ward)
    lines = merge([line for line in read(file) if isinstance(line, Line)])

    told = list(replay(Engine(management="asco-2021"), lines))

    assert any(isinstance(each, Refused) for each in told)


def test_what_is_unknown_is_left_out(said: list[dict[str, Any]]) -> None:
    assert not any(value is None for each in said for value in each.values())


def test_a_line_is_its_record_with_the_topic_before_it() -> None:
    sent = next(events(ward_of(1, 1, seed=1)))

    assert json.loads(sent.line()) == {"topic": sent.topic} | json.loads(sent.record)
    assert json.loads(sent.record)["recorded_at"] == rfc_3339(sent.arrives_at)
