"""STORMWATCH_POLICY: a file that is right, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from stream.clinical.policies.effective import effective
from stream.clinical.policies.thresholds import PolicyError
from stream.policy_file import read_policy, read_signed_policy

REVIEW = "manikath-2025"
SIGNED = '[signed]\nby = "Dr A. Example"\non = 2026-11-27\n'
LOWER = '[thresholds]\nhlh_ferritin_look = "8000 ng/mL"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def test_a_file_sets_what_it_names_and_nothing_else(path: Path) -> None:
    path.write_text(SIGNED + LOWER)

    policy = read_signed_policy(path, REVIEW)
    assert policy.overrides == {"hlh_ferritin_look_ng_ml": 8_000}
    assert policy.profile == effective(REVIEW, policy.overrides)
    assert policy.signed is not None
    assert policy.signed.by == "Dr A. Example"


def test_without_a_file_what_is_built_in_holds() -> None:
    policy = read_signed_policy(None, "asco-2021")

    assert policy.overrides == {}
    assert policy.policy_hash == effective("asco-2021", {}).policy_hash


def test_nobody_is_watched_by_a_draft(path: Path) -> None:
    path.write_text(LOWER)

    assert read_policy(path, REVIEW).overrides
    with pytest.raises(PolicyError, match="signed: is missing: who has read it"):
        read_signed_policy(path, REVIEW)


def test_what_was_signed_is_what_runs(path: Path) -> None:
    """After an update of Stormwatch, or under another profile, it is read and signed anew."""
    path.write_text(SIGNED + LOWER)
    right = read_policy(path, REVIEW).policy_hash
    path.write_text(f'{SIGNED}policy_hash = "{right}"\n{LOWER}')

    assert read_signed_policy(path, REVIEW).policy_hash == right
    with pytest.raises(PolicyError, match=f"signed.policy_hash: {right} was signed, and under"):
        read_signed_policy(path, "asco-2021")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[thresholds", "is no TOML"),
        ("[threshold]", "threshold: Extra inputs are not permitted"),
        ("thresholds = 3", "thresholds: Input should be a valid dictionary"),
        ('[signed]\nby = ""\non = 2026-11-27', "signed.by: String should have at least 1"),
        ('[signed]\nby = "A"', "signed.on: Field required"),
        ('[signed]\nby = "A"\non = "soon"', "signed.on: Input should be a valid date"),
        ('[thresholds]\nice_due = "30 h"', 'ice_due: "30 h" is above 24 h, the most'),
        ("[thresholds.ice]\ndue = 3", "ice: there is no such threshold"),
    ],
)
def test_a_file_that_is_wrong_is_refused_naming_the_place(path: Path, text: str, said: str) -> None:
    path.write_text(text)

    with pytest.raises(PolicyError) as caught:
        read_policy(path, REVIEW)
    assert str(caught.value).startswith(said)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read: IsADirectoryError"):
        read_policy(tmp_path, REVIEW)
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(PolicyError, match="cannot be read: UnicodeDecodeError"):
        read_policy(tmp_path / "latin", REVIEW)
