"""`stormwatch explain`: the history of one alert, with what moved it and what ends it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import Fields, dose, encoded, infusion, lab, line, on_day, patient, vitals
from click.testing import CliRunner, Result

from alerts.endings import ENDINGS, ending_of
from deploy.explain import explain
from stream.clinical.engine import Engine
from stream.clinical.rules.register import RULES
from stream.grading import Grading
from stream.journal import Journal, Journaled, head_of
from stream.journal_replay import Taken
from stream.runs import Group, Run
from stream.ticks import encode
from topics import registry
from topics.alerts import alert_id
from topics.base import epoch_ms

START = on_day(3, "10:00")
FERRITIN = alert_id("P01", 1, "HLH-FERRITIN", 0)
LOW = {"temperature_c": 39.0, "systolic_mmhg": 80, "diastolic_mmhg": 40}
SICK = vitals(at=START, **LOW)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*events: Fields) -> Path:
        path = tmp_path / "events.ndjson"
        path.write_text("".join(map(line, events)))
        return path

    return write


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(explain, [str(each) for each in arguments])


def test_each_line_names_the_record_that_moved_it(write: Write) -> None:
    events = [
        patient(),
        lab("ferritin", 4_000, at=START, recorded_at=on_day(3, "11:00"), event_id="f-1"),
        lab("ferritin", 12_000, at=on_day(4), event_id="f-2"),
        lab("ferritin", 2_000, at=on_day(5), event_id="f-3", status="preliminary"),
    ]
    file = write(*events)

    told = run(FERRITIN, file).stdout

    assert f"Policy {Engine().policy_hash}, management manikath-2025" in told
    assert "HLH-FERRITIN: ferritin crosses an HLH threshold" in told
    for expected in (
        "1. 4 Mar 2026 11:00 UTC: raised P3, day 3",
        (
            "lab analyte ferritin, value 4000.0, unit ng/mL, of 4 Mar 2026 10:00 UTC, "
            "recorded 4 Mar 2026 11:00 UTC, event f-1 from"
        ),
        f"{file}:2",
        "Why:      Ferritin 4000 ng/mL, 4 Mar 10:00 UTC (1 h ago), event f-1 [new]",
        "2. 5 Mar 2026 12:00 UTC: changed P2",
        "no longer: Ferritin 4000 ng/mL",
        "3. 6 Mar 2026 12:00 UTC: resolved, day",
        "lab (preliminary) analyte ferritin, value 2000.0",
        "Ended:    Ferritin is 2000 ng/mL, not above 3000.",
        "Source:   review-2025 L126, L162, L178",
        f"It resolved 6 Mar 2026 12:00 UTC. What ends it: {ENDINGS['HLH-FERRITIN']}.",
    ):
        assert expected in told


def test_what_time_alone_moved_says_so(write: Write) -> None:
    file = write(patient(), SICK, vitals(at=on_day(3, "19:00"), **LOW))
    of_toci = alert_id("P01", 1, "TOCI-IND", 1)

    told = run(of_toci[:8], file).stdout

    raised, repeated = told.split("\n\n")[1:3]
    assert "vitals temperature_c 39.0, " in raised
    assert "Moved by: time alone: it fell due" in repeated
    assert "[as before]" in repeated
    assert "Open at the end of the file." in told


def test_what_waited_for_its_moment_names_all_that_was_told_at_it(write: Write) -> None:
    file = write(patient(), infusion("norepinephrine", at=START), vitals(at=on_day(3, "19:00")))
    name = alert_id("P01", 1, "UNATTRIBUTED-DETERIORATION", 0)

    raised = run(name[:8], file).stdout.split("\n\n")[1]

    assert "Moved by: time, and all that was told at this moment\n" in raised
    assert "infusion drug norepinephrine, action start" in raised
    assert f"{file}:2" in raised
    assert "19:00" not in raised


def test_what_ended_it_is_named_though_something_fell_due_at_its_moment(write: Write) -> None:
    """The 8 hours are over as the dose is given: what doses go by is asked about at once."""
    due = on_day(3, "18:00")
    given = dose("tocilizumab", at=due, event_id="d-1")
    file = write(patient(), SICK, given, lab("crp", 90, at=due), vitals(at=on_day(3, "19:00")))

    ended = run(alert_id("P01", 1, "TOCI-IND", 1), file).stdout.split("\n\n")[2]

    assert ended.startswith("2. 4 Mar 2026 18:00 UTC: resolved")
    assert "Moved by: dose drug tocilizumab, action given" in ended
    assert f"{file}:3" in ended
    assert "lab analyte crp" not in ended
    assert "19:00" not in ended


def test_no_record_of_another_patient_is_named(write: Write) -> None:
    """It lies at the moment at which the alert falls due, and is the last of the file."""
    other = vitals(patient_id="P02", at=on_day(3, "11:00"), temperature_c=37.2)
    breach = alert_id("P01", 1, "ABX-1H", 1)

    told = run(breach, write(patient(), SICK, other), "--at", "2026-03-04T12:00:00Z").stdout

    breached = told.split("\n\n")[2]
    assert breached.startswith("2. 4 Mar 2026 11:00 UTC: changed P1")
    assert "Moved by: time alone: it fell due" in breached


def test_a_record_of_the_very_moment_is_not_said_to_have_moved_it_alone(write: Write) -> None:
    creatinine = lab("creatinine", 0.9, at=on_day(3, "11:00"))

    told = run(alert_id("P01", 1, "ABX-1H", 1), write(patient(), SICK, creatinine)).stdout

    breached = told.split("\n\n")[2]
    assert "Moved by: time, and all that was told at this moment\n" in breached
    assert "lab analyte creatinine" in breached


def test_what_was_dropped_of_a_record_is_named(write: Write) -> None:
    file = write(patient(), vitals(at=START, temperature_c=60.0, event_id="v-1"))

    raised = run(alert_id("P01", 1, "DATA-RANGE", 0), file).stdout.split("\n\n")[1]

    assert "event v-1 from" in raised
    assert "; dropped $.temperature_c: " in raised


def test_it_is_explained_under_the_policy_that_is_asked_for(write: Write, tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text('[thresholds]\nhlh_ferritin_look = "8000 ng/mL"\n')
    file = write(patient(), lab("ferritin", 9_000, at=START))

    assert "raised P2" in run(FERRITIN, "--policy", draft, file).stdout
    assert "raised P3" in run(FERRITIN, file).stdout


def test_an_alert_that_is_not_there_is_told_with_those_that_are(write: Write) -> None:
    file = write(patient(), lab("ferritin", 9_000, at=START))

    unknown, short, wrong = run("0000", file), run("0", file), run(FERRITIN, "--journal", file)

    assert unknown.exit_code == 1
    assert "no alert 0000, only:\n" in unknown.stderr
    assert f"\n  {FERRITIN}  P01  HLH-FERRITIN\n" in unknown.stderr
    assert (short.exit_code, wrong.exit_code) == (2, 1)
    assert "no journal" in wrong.stderr


def test_a_journal_is_explained_by_its_records(tmp_path: Path) -> None:
    """Time stands in it as ticks, and what was refused is named without its bytes."""
    later, engine = on_day(4), Engine()
    rows = [
        (registry.PATIENTS, b"P01", encoded(patient()), START),
        (registry.LABS, b"P01", encoded(lab("ferritin", 9_000, at=START)), START),
        (registry.VITALS, b"P01", encoded(SICK), START),
        (registry.TICKS, b"1", encode(epoch_ms(later)), later),
        (registry.LABS, b"P01", encoded(lab("ferritin", -1, at=later)), later),
    ]
    journal = Journal(tmp_path, limit_bytes=1_000_000, head=head_of(engine))
    work = Journaled(Grading(engine), journal)
    work.recovered(1, {}, None)
    records = [Taken(t, 1, n, epoch_ms(at), k, v) for n, (t, k, v, at) in enumerate(rows)]
    work.take(Run(1, records, {}, 1, at_end=False), Group())
    journal.end()
    (path,) = tmp_path.iterdir()

    ferritin = run(FERRITIN, "--journal", path).stdout
    toci = run(alert_id("P01", 1, "TOCI-IND", 1), "--journal", path).stdout
    refused = run(alert_id("P01", 1, "DATA-RANGE", 0), "--journal", path).stdout

    assert f"{path}, stormwatch.labs.v1 1" in ferritin
    assert "Moved by: time alone: it fell due" in toci
    assert "Moved by: a record that was refused (range at $.value)" in refused
    assert json.dumps(-1.0) not in refused.partition("Says")[0]


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_every_rule_says_what_ends_it(rule: str) -> None:
    assert ending_of(rule) == ENDINGS[rule]


def test_what_ends_is_said_of_rules_alone() -> None:
    assert set(ENDINGS) == {rule.name for rule in RULES}


def test_a_dose_is_named_with_its_amount(write: Write) -> None:
    given = dose("tocilizumab", at=on_day(3, "11:00"), dose_value=640, dose_unit="mg")
    told = run(alert_id("P01", 1, "TOCI-IND", 1), write(patient(), SICK, given)).stdout

    assert "dose drug tocilizumab, action given, dose_value 640.0, dose_unit mg" in told
    assert "2. 4 Mar 2026 11:00 UTC: resolved" in told


def test_what_falls_due_behind_the_last_line_is_explained_where_it_is_asked_for(
    write: Write,
) -> None:
    """A replay that is asked for a later status names such alerts."""
    file = write(patient(), SICK)
    breach = alert_id("P01", 1, "ABX-1H", 1)

    until_then = run(breach, file, "--at", "2026-03-04T11:30:00Z")

    assert run(breach, file).exit_code == 1
    assert until_then.exit_code == 0
    assert "2. 4 Mar 2026 11:00 UTC: changed P1" in until_then.stdout


def test_a_journal_is_not_asked_for_a_later_time(tmp_path: Path) -> None:
    assert run("abcd", write_nothing(tmp_path), "--journal", "--at", "2026-03-04Z").exit_code == 2


def write_nothing(folder: Path) -> Path:
    path = folder / "journal.ndjson"
    path.touch()
    return path
