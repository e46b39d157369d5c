"""`stormwatch replay`: what it prints, what it refuses, how it ends (CONTRACT, Replay output)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import (
    Fields,
    ack,
    connected,
    dose,
    infusion,
    lab,
    line,
    on_day,
    patient,
    reading,
    tick,
    vitals,
)
from click.testing import CliRunner, Result

from alerts.built_in import through
from alerts.policy import Policy
from alerts.sentences import sentence_of
from deploy.replay import replay
from deploy.timeline import SPARK_WIDTH, sparkline
from stream.clinical.engine import Engine
from topics.alerts import Alert

VECTORS = Path(__file__).parent / "vectors"
START = on_day(3, "10:00")
HSCORE_INPUTS = [
    "immunosuppressed",
    "hepatomegaly",
    "splenomegaly",
    "hemoglobin",
    "wbc",
    "platelets",
    "ferritin",
    "triglycerides",
    "fibrinogen",
    "ast",
    "hemophagocytosis",
]


def fever(at: Any = START, **readings: Any) -> Fields:
    return vitals(at=at, temperature_c=38.9, **readings)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(replay, [str(each) for each in arguments])


DUE = ("ICE-DUE", "OPS-SILENCE", "ABX-EMPIRIC", "CULTURES", "ABX-1H")


def told(*arguments: str | Path) -> list[dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    lines = [json.loads(each) for each in result.stdout.splitlines()]
    # Nothing more is charted of these patients: what is due is told, and not looked at.
    return [each for each in lines if each.get("rule") not in DUE]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(*events: Fields, name: str = "events.ndjson") -> Path:
        path = tmp_path / name
        path.write_text("".join(map(line, events)), encoding="utf-8")
        return path

    return write


def test_it_prints_a_line_for_each_change_of_an_alert(write: Any) -> None:
    file = write(patient(), fever(), infusion("norepinephrine", at=on_day(3, "11:00")))

    lines = told(file)

    assert [(each["rule"], each["state"], each["at"]) for each in lines] == [
        ("CRS-UP", "raised", "2026-03-04T10:00:00Z"),
        ("CRS-UP", "changed", "2026-03-04T11:00:00Z"),
        ("TOCI-IND", "raised", "2026-03-04T11:00:00Z"),
        ("COINFECTION", "raised", "2026-03-04T11:00:00Z"),
    ]


def test_a_status_line_says_what_the_contract_shows(write: Any) -> None:
    given = dose("tocilizumab", at=on_day(3, "11:00"))
    file = write(*connected(), fever(), given)

    (status,) = [each for each in told(file, "--at", "2026-03-04T12:00:00Z") if "crs" in each][-1:]

    assert status == {
        "type": "status",
        "at": "2026-03-04T12:00:00Z",
        "patient_id": "P01",
        "crs": {
            "manikath-2025": {"lowest": 1, "highest": 1},
            "astct-2019": {"lowest": 1, "highest": 1},
        },
        "icans": {
            "manikath-2025": {"lowest": 0, "highest": 4, "estimated": False},
            "astct-2019": {"lowest": 0, "highest": 4, "estimated": False},
        },
        "hlh": {
            "suspected": False,
            "hscore": 33,
            "hscore_components": {"temperature": 33},
            "hscore_missing": HSCORE_INPUTS,
            "iec_hs_grade": None,
            "hlh_2004": {
                "met": ["fever"],
                "missing": [
                    "splenomegaly",
                    "cytopenias",
                    "triglycerides_or_fibrinogen",
                    "hemophagocytosis",
                    "natural_killer_cells",
                    "ferritin",
                    "sil2r",
                ],
                "fulfilled": False,
            },
        },
        "scores": {
            "news2": 1,
            "news2_missing": ["consciousness"],
            "qsofa": 0,
            "qsofa_missing": ["gcs"],
            "easix": None,
            "m_easix": None,
            "car_hematotox": None,
        },
        "flags": [],
        "stale": [],
        "episode": {"crs_onset_at": "2026-03-04T10:00:00Z", "day": 3},
        "tocilizumab": {
            "doses": 1,
            "last_at": "2026-03-04T11:00:00Z",
            "next_allowed_at": "2026-03-04T19:00:00Z",
        },
        "policy_hash": Engine().policy_hash,
    }


def test_what_falls_due_until_a_time_comes_before_its_status_line(write: Any) -> None:
    file = write(patient(), fever(systolic_mmhg=80))

    lines = told(file, "--at", "2026-03-04T18:00:00Z", "--at", "2026-03-04T17:59:59Z")

    assert [(each["type"], each["at"][11:19]) for each in lines] == [
        ("alert", "10:00:00"),
        ("alert", "10:00:00"),
        ("status", "17:59:59"),
        ("alert", "18:00:00"),
        ("status", "18:00:00"),
    ]


def test_a_status_includes_the_lines_of_its_own_time(write: Any) -> None:
    file = write(patient(), fever())

    assert told(file, "--at", "2026-03-04T10:00:00Z")[-1]["crs"]["astct-2019"]["lowest"] == 1


def test_topics_are_merged_by_time_and_rank(write: Any) -> None:
    later = fever(at=on_day(3, "12:00"))
    file = write(later, patient(), lab("ferritin", 20000, at=on_day(3, "12:00")))

    assert [each["rule"] for each in told(file)] == ["HLH-FERRITIN", "CRS-UP"]


def test_several_files_are_one_ward(write: Any) -> None:
    one = write(patient(), fever(), name="one.ndjson")
    other = write(
        patient(patient_id="P02"),
        fever(at=on_day(3, "09:00"), patient_id="P02"),
        fever(at=on_day(3, "11:00"), patient_id="P02", systolic_mmhg=80),
        name="other.ndjson",
    )

    lines = told(one, other, "--at", "2026-03-05T00:00:00Z")

    assert [each["patient_id"] for each in lines if each["type"] == "alert"][:2] == ["P02", "P01"]
    assert [each["patient_id"] for each in lines if each["type"] == "status"] == ["P01", "P02"]


def test_the_same_file_twice_says_nothing_twice(write: Any) -> None:
    file = write(patient(), fever(), lab("ferritin", 20000, at=on_day(3, "11:00")))

    assert told(file, file) == told(file)


def test_ticks_of_a_file_move_the_clock_and_answers_of_people_are_passed_over(write: Any) -> None:
    file = write(
        patient(),
        fever(systolic_mmhg=80),
        ack("some-alert", at=on_day(3, "11:00")),
        tick(on_day(3, "19:00")),
    )

    assert [each["at"][11:16] for each in told(file)] == ["10:00", "10:00", "18:00"]


def test_the_management_profile_is_chosen(write: Any) -> None:
    file = write(patient(), fever(systolic_mmhg=80))

    rules = [each["rule"] for each in told(file, "--management", "label-tisa-cel")]

    assert rules == ["CRS-UP"]


@pytest.mark.parametrize("mode", [["--json"], []])
def test_what_is_refused_is_named_and_summarised_on_standard_error(
    write: Any, mode: list[str]
) -> None:
    early, same = START - timedelta(minutes=1), ack("an-alert", at=START, action="other")
    one = write(patient(), reading(at=START, temperature_c=101.3), same, name="one.ndjson")
    other = write(same, vitals(at=early, spo2_percent=2), name="other.ndjson")

    result = run(one, other, *mode)

    named = result.stderr.splitlines()
    assert result.exit_code == 0
    assert [each.partition(": ")[0] for each in named[:-2]] == [
        f"{other}:2",
        f"{one}:2",
        f"{one}:3",
        f"{other}:1",
    ]
    assert named[0].endswith(
        "dropped: range at $.spo2_percent: Input should be greater than or equal to 30"
    )
    assert named[1].endswith(": range at $.temperature_c: Input should be less than or equal to 45")
    assert named[-2:] == ["refused 2 (range)", "refused 2 (unknown_value)"]


@pytest.mark.parametrize("broken", ["{not json", '{"topic": "other"}', "[]"])
def test_a_broken_line_is_named_and_ends_the_run(write: Any, broken: str) -> None:
    file = write(patient(), fever())
    file.write_text(file.read_text() + broken + "\n")

    result = run(file, "--json")

    assert result.exit_code == 1
    assert "events.ndjson, line 3:" in result.stderr
    assert result.stdout == ""


def test_it_goes_on_after_a_broken_line_when_told_to(write: Any) -> None:
    file = write(patient())
    file.write_text("{not json\n" + file.read_text() + line(fever()))

    result = run(file, "--json", "--keep-going")

    assert result.exit_code == 0
    assert "line 1:" in result.stderr
    assert "CRS-UP" in result.stdout


@pytest.mark.parametrize("at", ["yesterday", "2026-03-04T12:00:00", "2026-03-04"])
def test_a_time_without_an_offset_is_refused(write: Any, at: str) -> None:
    result = run(write(patient()), "--json", "--at", at)

    assert result.exit_code == 2
    assert "--at" in result.stderr


def test_an_unknown_profile_and_a_missing_file_are_refused(write: Any) -> None:
    assert run(write(patient()), "--management", "other").exit_code == 2
    assert run("nowhere.ndjson").exit_code == 2


def test_an_empty_file_says_nothing(write: Any) -> None:
    assert told(write(), "--at", "2026-03-04T12:00:00Z") == []
    assert run(write()).stdout.strip() == ""
    assert run(write(patient(), vitals(at=on_day(0, "10:00")))).stdout.strip() == ""


# For people


def test_the_timeline_says_in_words_what_happened() -> None:
    result = run(VECTORS / "B10.events.ndjson", "--at", "2026-03-05T06:05:00Z")

    assert result.exit_code == 0
    assert "D3 12:00" in result.stdout
    assert "TOCI-IND raised P2  CRS 2..4 / 2..4" in result.stdout
    assert "640 mg IV (8 mg/kg at" in result.stdout
    assert "Norepinephrine 8 mcg/min" in result.stdout
    assert "status  CRS 1..4 / 1..4" in result.stdout
    assert "tocilizumab given: 1" in result.stdout
    assert "B10          manikath-2025  ▄" in result.stdout


def test_the_timeline_has_the_words_of_the_pager() -> None:
    """Whoever looks at a night again reads what was read in it."""
    lines = run(VECTORS / "B10.events.ndjson", "--json").stdout.splitlines()
    alerts = [Alert.model_validate_json(each) for each in lines if '"type":"alert"' in each]

    text = " ".join(run(VECTORS / "B10.events.ndjson").stdout.split())

    sentences = [sentence_of(each, Policy(through()).level_of(each).priority) for each in alerts]
    assert sentences
    assert all(sentence in text for sentence in sentences)


def test_the_timeline_names_doubts_and_stale_signals() -> None:
    result = run(VECTORS / "B02.events.ndjson", "--at", "2026-03-05T11:05:00Z")

    assert "oxygen device and FiO2 do not fit (doubt)" in result.stdout
    assert "temperature is stale" in result.stdout


def test_the_timeline_of_a_discharged_patient_says_so(write: Any) -> None:
    discharge = {
        "event_id": "d",
        "patient_id": "P01",
        "kind": "discharge",
        "effective_at": "2026-03-04T12:00:00Z",
    }
    result = run(write(fever(), discharge), "--at", "2026-03-04T13:00:00Z")

    assert "no longer watched" in result.stdout
    assert "stale" not in result.stdout
    assert "2026-03-04 10:00" in result.stdout  # no day where no infusion is known


def test_a_sparkline_draws_the_highest_grade_of_each_part() -> None:
    begin, end = on_day(0, "00:00"), on_day(2, "00:00")

    drawn = sparkline([(on_day(0, "12:00"), 2), (on_day(1, "12:00"), 0)], begin, end).plain

    assert len(drawn) == SPARK_WIDTH
    assert drawn == "▁" * 11 + "▄" * 25 + "▁" * 12
