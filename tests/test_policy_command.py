"""`stormwatch policy`: what a clinician reads, and how each command ends."""

import json
from pathlib import Path

import pytest
from builders import Fields, lab, line, on_day, patient, reading
from click.testing import CliRunner, Result

from deploy.policy_command import policy
from deploy.watch import watch
from stream.clinical.engine import Engine
from stream.clinical.policies.thresholds import THRESHOLDS

START = on_day(3, "10:00")
SIGNED = '[signed]\nby = "Dr A. Example"\non = 2026-11-27\n'
LOWER = '[thresholds]\nhlh_ferritin_look = "8000 ng/mL"\n'
LOWER_HASH = Engine(overrides={"hlh_ferritin_look_ng_ml": 8_000}).policy_hash


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(policy, [str(each) for each in arguments])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SIGNED + LOWER)
    return path


def events(folder: Path, *lines: Fields) -> Path:
    path = folder / "events.ndjson"
    path.write_text("".join(map(line, lines)))
    return path


# show


def row(shown: Result, name: str) -> list[str]:
    (found,) = [each for each in shown.stdout.splitlines() if f" {name} " in each]
    return [each.strip() for each in found.strip("│").split("│")]


def test_it_shows_each_threshold_and_who_has_set_it(site: Path) -> None:
    shown = run("show", site)

    assert shown.exit_code == 0
    assert f"Policy {LOWER_HASH}, management manikath-2025: 1 of {len(THRESHOLDS)} " in shown.stdout
    assert "signed by Dr A. Example on 2026-11-27" in shown.stdout
    assert row(shown, "hlh_ferritin_look") == [
        "hlh_ferritin_look",
        "8000 ng/mL",
        "site",
        "10000 ng/mL",
        "3000 ng/mL to 10000 ng/mL",
        "review-2025 L162, L178; DEC-26",
    ]
    assert row(shown, "hscore_comparison")[1:5] == [">", "", ">", "> or >="]
    assert all(f" {each.name} " in shown.stdout for each in THRESHOLDS)


def test_it_shows_what_is_built_in_and_what_a_profile_has_set() -> None:
    shown = run("show", "--management", "asco-2021", "--warnings")

    assert Engine(management="asco-2021").policy_hash in shown.stdout
    assert "management asco-2021: as built in." in shown.stdout
    assert row(shown, "ice_due")[1:5] == ["12 h", "profile", "24 h", "4 h to 12 h"]
    assert "a wrong value" in shown.stdout


def test_a_draft_is_shown_as_one(site: Path) -> None:
    site.write_text(LOWER)

    assert f"1 of {len(THRESHOLDS)} thresholds set, a draft that nobody" in run("show", site).stdout


# validate


def test_a_file_that_a_watcher_starts_with_is_valid(site: Path) -> None:
    checked = run("validate", site)

    assert checked.exit_code == 0
    assert checked.stdout.startswith(f"{site}: policy {LOWER_HASH}, management manikath-2025: 1 of")


def test_each_mistake_has_a_line(site: Path) -> None:
    site.write_text('[thresholds]\nice_due = "30 h"\nfever = "37 Cel"\n')

    checked, shown = run("validate", site), run("show", site)

    assert (checked.exit_code, shown.exit_code) == (1, 1)
    assert checked.stderr.splitlines() == [
        f'Error: {site}: ice_due: "30 h" is above 24 h, the most',
        f"{site}: fever: there is no such threshold",
    ]
    assert checked.stderr == shown.stderr


def test_a_draft_is_not_valid(site: Path) -> None:
    site.write_text(LOWER)

    assert run("validate", site).exit_code == 1


def test_a_watcher_does_not_start_with_a_mistake_or_a_draft(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so before it looks for a broker."""
    monkeypatch.setenv("STORMWATCH_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("STORMWATCH_POLICY", str(site))
    for text, said in (
        (LOWER, "STORMWATCH_POLICY:\nsigned: is missing: who has read it (by) and when (on)\n"),
        (SIGNED + '[thresholds]\nice_due = "30 h"\n', 'ice_due: "30 h" is above 24 h, the most\n'),
    ):
        site.write_text(text)
        started = CliRunner().invoke(watch, [])

        assert started.exit_code == 1
        assert started.stderr.endswith(said)


# diff


def test_files_are_replayed_under_both(site: Path, tmp_path: Path) -> None:
    file = events(tmp_path, patient(), lab("ferritin", 9_000, at=START))

    differing = run("diff", "manikath-2025", site, file)

    assert differing.exit_code == 1
    assert differing.stdout.splitlines() == [
        "changes  P01  P2 HLH-FERRITIN: P2, was P3",
        (
            'advises  P01  P2 HLH-FERRITIN: "Ferritin 9000 ng/mL, above 8000. Look for HLH/MAS '
            'now.", was "Ferritin 9000 ng/mL, above 3000. Watch for HLH/MAS. Consider anakinra '
            'early, at the first tocilizumab.", 4 Mar 10:00 UTC'
        ),
        f"{Engine().policy_hash} and {LOWER_HASH}: 1 changes, 1 advises (2 alerts under the first)",
    ]


def test_the_same_alerts_are_no_difference(site: Path, tmp_path: Path) -> None:
    file = events(tmp_path, patient(), lab("ferritin", 7_000, at=START))

    same = run("diff", site, "manikath-2025", file)

    assert same.exit_code == 0
    assert "no difference" in same.stdout


def test_what_two_profiles_advise_is_compared(tmp_path: Path) -> None:
    ill = {"temperature_c": 38.5, "oxygen": {"device": "nasal_cannula", "flow_l_min": 10}}
    file = events(tmp_path, patient(), reading(at=START, **ill))

    differing = run("diff", "label-axi-cel", "label-liso-cel", file)

    assert differing.exit_code == 1
    *_, told, summary = differing.stdout.splitlines()
    assert told == (
        'advises  P01  P1 STEROID-CRS: "Give dexamethasone 10 mg IV every 12 h.", '
        'was "Give dexamethasone 10 mg IV 3 times a day.", 4 Mar 10:00 UTC'
    )
    assert ": 1 advises (" in summary


def test_profiles_are_compared_for_programs(tmp_path: Path) -> None:
    file = events(tmp_path, patient(), lab("crp", 9, at=START))

    differing = run("diff", "--json", "manikath-2025", "asco-2021", file)

    (told,) = [json.loads(each) for each in differing.stdout.splitlines()]
    assert (told["change"], told["rule"]) == ("moves", "ICE-DUE")


@pytest.mark.parametrize("wrong", ["policy", "name", "line"])
def test_trouble_is_told_from_a_difference(wrong: str, site: Path, tmp_path: Path) -> None:
    file = events(tmp_path, patient())
    two: str | Path = site
    if wrong == "policy":
        site.write_text('[thresholds]\nice_due = "30 h"\n')
    elif wrong == "name":
        two = "nobody-2025"
    else:
        file.write_text("{")

    result = run("diff", "manikath-2025", two, file)

    assert result.exit_code == 2
    assert {"policy": "ice_due", "name": "nobody-2025 is no file", "line": "not JSON"}[
        wrong
    ] in result.stderr
