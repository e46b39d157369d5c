"""STORMWATCH_EXPECTED: a file that is right, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from stream.clinical.expected import EVERY_MS
from stream.clinical.times import MINUTE_MS
from stream.expected_file import ExpectedError, ExpectedFile, read_expected


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "expected.toml"


def test_what_a_file_says_nothing_of_is_as_built_in(path: Path) -> None:
    path.write_text('[signals]\nspo2_percent = "30min"\n')

    expected = read_expected(path).value
    assert expected.signals_ms == {**EVERY_MS, "spo2_percent": 30 * MINUTE_MS}
    assert ExpectedFile().value.signals_ms == EVERY_MS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[signals]\nspo2 = "30min"', "signals: there is no spo2; there are heart_rate_per_min"),
        ('[signals]\nspo2_percent = "5h"', "signals: spo2_percent is at most 4h"),
        ('[signals]\nspo2_percent = "often"', "signals.spo2_percent: must be a length of time"),
        ('[signals]\nspo2_percent = "30s"', "signals.spo2_percent: Input should be greater than"),
        ("[signal]", "signal: Extra inputs are not permitted"),
        ("[signals", "is no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_naming_the_place(path: Path, text: str, said: str) -> None:
    path.write_text(text)

    with pytest.raises(ExpectedError) as caught:
        read_expected(path)
    assert str(caught.value).startswith(said)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExpectedError, match="cannot be read"):
        read_expected(tmp_path)
