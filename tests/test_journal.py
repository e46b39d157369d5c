"""The journal: what comes out of its replay is what came out of the worker, and it harms nobody."""

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import NOON, encoded, lab, on_day, patient, reading, vitals
from click.testing import CliRunner

from deploy.replay import replay
from stream.clinical import state
from stream.clinical.engine import Engine
from stream.grading import Grading
from stream.journal import Journal, Journaled, head_of
from stream.journal_replay import JournalError, Replayer, Taken, replay_journal
from stream.runs import Group, Kept, Run, TopicPartition
from stream.ticks import encode
from topics import registry
from topics.base import epoch_ms

PARTITION = 7
ASCO = Engine(management="asco-2021")
FEBRILE = vitals(at=NOON, temperature_c=39.1, systolic_mmhg=84, diastolic_mmhg=50)
NIGHT = (
    (registry.TICKS, b"7", encode(epoch_ms(on_day(3, "11:58"))), on_day(3, "11:58")),
    (registry.PATIENTS, b"P01", encoded(patient()), on_day(0)),  # later than others of its time
    (registry.LABS, b"P01", encoded(lab("ferritin", 60_000, at=NOON)), NOON),
    (registry.LABS, b"P01", b"\xff\x00 no JSON", NOON),
    (registry.LABS, None, None, NOON),
    (registry.VITALS, b"P01", encoded(FEBRILE), NOON),
    (registry.TICKS, b"7", encode(epoch_ms(on_day(3, "20:30"))), on_day(3, "20:30")),
)


def taken(night: Sequence[tuple[str, bytes | None, bytes | None, object]]) -> list[Taken]:
    return [
        Taken(topic, PARTITION, offset, epoch_ms(at), key, value)  # type: ignore[arg-type]
        for offset, (topic, key, value, at) in enumerate(night)
    ]


def journal(folder: Path, limit_bytes: int = 1_000_000) -> Journal:
    return Journal(folder, limit_bytes=limit_bytes, head=head_of(ASCO))


def graded(
    written: Journal | None,
    records: Sequence[Taken],
    states: dict[bytes, Kept] | None = None,
    clock_ms: int | None = None,
) -> tuple[list[bytes], dict[bytes, Kept]]:
    """Take records, two at a time; return the alert lines, and the states that they end in."""
    grading, group = Grading(ASCO), Group()
    work = grading if written is None else Journaled(grading, written)
    work.revoked()
    work.recovered(PARTITION, states or {}, clock_ms)
    for first in range(0, len(records), 2):
        run = Run(PARTITION, records[first : first + 2], {}, 1, at_end=False)
        work.take(run, group)
    work.finish(group)
    rows = group.published.get(TopicPartition(registry.ALERTS, PARTITION), [])
    return [row.value for row in rows if row.value is not None], group.states[PARTITION]


def replayed(path: Path, **under: Any) -> list[bytes]:
    """Replay a journal under its own policy, or another one that is named on `told`."""
    told: list[str] = []
    found = replay_journal(path, Replayer(told.append, **under))
    said = [line for _, lines in found for line in lines]
    assert bool(told) == bool(under)
    return said


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_a_replay_says_what_the_worker_said_byte_for_byte(tmp_path: Path) -> None:
    """In its order, with its clock, whatever the bytes; the head says under which settings."""
    written = journal(tmp_path / "journal")
    said, _ = graded(written, taken(NIGHT))
    written.end()

    (path,) = files_of(tmp_path / "journal")
    assert replayed(path) == said
    assert {json.loads(line)["rule"] for line in said} >= {"HLH-FERRITIN", "TOCI-IND", "DATA-RANGE"}
    assert {json.loads(line)["management"] for line in said} == {"asco-2021"}


def test_a_replay_expects_data_as_often_as_the_worker_did(tmp_path: Path) -> None:
    soon = Engine(overrides={"silence_spo2_ms": 60_000})
    later = on_day(3, "12:02")
    records = taken(
        [
            (registry.VITALS, b"P01", encoded(reading(spo2_percent=97, at=NOON)), NOON),
            (registry.TICKS, b"7", encode(epoch_ms(later)), later),
        ]
    )
    written = Journal(tmp_path, limit_bytes=1_000_000, head=head_of(soon))
    work, group = Journaled(Grading(soon), written), Group()
    work.recovered(PARTITION, {}, None)
    work.take(Run(PARTITION, records, {}, 1, at_end=False), group)
    written.end()

    rows = group.published[TopicPartition(registry.ALERTS, PARTITION)]
    said = [row.value for row in rows]
    assert [json.loads(line or b"")["rule"] for line in said] == ["OPS-SILENCE"]
    assert replayed(files_of(tmp_path)[0]) == said


def test_a_file_begins_with_the_states_that_the_worker_began_with(tmp_path: Path) -> None:
    """So that it needs none of those before it."""
    records = taken(NIGHT)
    _, states = graded(None, records[:-1])
    written = journal(tmp_path)
    said, _ = graded(written, records[-1:], states, epoch_ms(NOON))
    written.end()

    assert [json.loads(line)["state"] for line in said]
    assert replayed(files_of(tmp_path)[0]) == said


def test_each_time_that_a_partition_is_taken_over_has_a_file_of_its_own(tmp_path: Path) -> None:
    written = journal(tmp_path)
    _, states = graded(written, taken(NIGHT)[:-1])
    graded(written, taken(NIGHT)[-1:], states, epoch_ms(NOON))
    written.end()

    assert [path.name[:4] for path in files_of(tmp_path)] == ["p07-", "p07-"]


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    """It holds all that is known of patients."""
    written = journal(tmp_path / "journal")
    graded(written, taken(NIGHT))
    written.end()

    (path,) = files_of(tmp_path / "journal")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_ends_at_its_limit_and_the_watching_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is in the folder already counts, and no line is cut."""
    (tmp_path / "of-before.journal.ndjson").write_bytes(b"x" * 1_000)
    written = journal(tmp_path, limit_bytes=2_000)
    said, _ = graded(written, taken(NIGHT))
    written.end()

    lines = files_of(tmp_path)[1].read_bytes().splitlines()
    assert said == graded(None, taken(NIGHT))[0]
    assert 1 <= len(lines) <= len(NIGHT)
    assert all(json.loads(line) for line in lines)
    assert "journal_ended: STORMWATCH_JOURNAL_MB is reached" in caplog.text


def test_where_it_cannot_be_written_the_watching_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")
    written = journal(tmp_path / "journal")
    said, _ = graded(written, taken(NIGHT))
    written.end()

    assert said == graded(None, taken(NIGHT))[0]
    assert "journal_ended: FileExistsError: File exists" in caplog.text


def test_a_line_that_a_kill_cut_short_is_left_out(tmp_path: Path) -> None:
    """It is the last; what was taken after it stands in the next file."""
    written = journal(tmp_path)
    graded(written, taken(NIGHT))
    written.end()
    (path,) = files_of(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])

    whole = replayed(path)

    assert whole == graded(None, taken(NIGHT)[:-1])[0]


def test_what_is_no_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "night.ndjson"
    path.write_text('{"topic":"stormwatch.vitals.v1"}\n')

    with pytest.raises(JournalError, match="no journal, or one of another version"):
        replayed(path)


def test_a_journal_of_a_policy_that_cannot_be_made_again_is_refused(tmp_path: Path) -> None:
    """It would tell of a night that never was."""
    written = journal(tmp_path)
    graded(written, taken(NIGHT))
    written.end()
    (path,) = files_of(tmp_path)
    head, rest = path.read_bytes().split(b"\n", 1)
    for changed, said in (
        ({"policy_hash": "000000000000"}, "written under policy 000000000000 by version"),
        ({"overrides": {"ice_every_ms": 1}}, "its policy is none of this version"),
        ({"management": "of-another-version"}, "its policy is none of this version"),
        ({"journal": 1}, "no journal, or one of another version"),
    ):
        path.write_bytes(json.dumps(json.loads(head) | changed).encode() + b"\n" + rest)
        with pytest.raises(JournalError, match=said):
            replayed(path)


def test_a_journal_is_replayed_under_another_policy_that_is_named(tmp_path: Path) -> None:
    written = journal(tmp_path / "journal")
    said, _ = graded(written, taken(NIGHT))
    written.end()
    (path,) = files_of(tmp_path / "journal")
    draft = tmp_path / "policy.toml"
    draft.write_text('[thresholds]\nice_due = "11 h"\n')

    asked = ["--journal", "--json", str(path)]
    review = CliRunner().invoke(replay, [*asked, "--management", "manikath-2025"])
    stricter = CliRunner().invoke(replay, [*asked, "--policy", str(draft)])

    assert {json.loads(line)["management"] for line in review.stdout.splitlines()} == {
        "manikath-2025"
    }
    assert {json.loads(line)["management"] for line in stricter.stdout.splitlines()} == {
        "asco-2021"
    }
    for each in (review, stricter):
        new = json.loads(each.stdout.splitlines()[0])["policy_hash"]
        assert f"written under policy {ASCO.policy_hash}, replayed under {new}" in each.stderr
        assert each.stdout.encode().splitlines() != said


def test_the_command_replays_journals_as_they_were_taken(tmp_path: Path) -> None:
    """For programs as the lines lie on the topic, for people in words; never as a file."""
    written = journal(tmp_path)
    said, _ = graded(written, taken(NIGHT))
    written.end()
    (path,) = files_of(tmp_path)

    as_json = CliRunner().invoke(replay, ["--journal", "--json", str(path)])
    in_words = CliRunner().invoke(replay, ["--journal", str(path)])
    as_file = CliRunner().invoke(replay, [str(path)])
    with_at = CliRunner().invoke(replay, ["--journal", "--at", "2026-03-04T12:00:00Z", str(path)])

    assert as_json.stdout.encode().splitlines() == said
    assert "TOCI-IND raised" in in_words.stdout
    assert (as_json.exit_code, in_words.exit_code) == (0, 0)
    assert (as_file.exit_code, with_at.exit_code) == (1, 2)


@pytest.mark.parametrize(("number", "is_read"), [(state.VERSION, True), (state.VERSION + 1, False)])
def test_a_journal_that_began_with_states_of_another_version_is_refused(
    tmp_path: Path, number: int, *, is_read: bool
) -> None:
    """Nothing but failures would come of it. One that is damaged failed for the worker too."""
    states = {b"P01": (b'{"version":%d,"patient_id":"P01"}' % number, None)}
    written = journal(tmp_path)
    work, group = Journaled(Grading(ASCO), written), Group()
    work.recovered(PARTITION, states, epoch_ms(NOON))
    work.take(Run(PARTITION, taken(NIGHT[-2:-1]), {}, 1, at_end=False), group)
    written.end()
    said = [row.value for row in group.published[TopicPartition(registry.ALERTS, PARTITION)]]

    if is_read:
        assert replayed(files_of(tmp_path)[0]) == said
    else:
        with pytest.raises(JournalError, match=f"a state of version {number}, "):
            replayed(files_of(tmp_path)[0])
