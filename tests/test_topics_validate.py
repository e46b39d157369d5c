"""`stormwatch validate`: line by line, what the pipeline would take."""

from pathlib import Path

import pytest
from builders import NOON, line, reading, vitals
from click.testing import CliRunner, Result

from deploy.cli import main
from topics.reserved import LOOPS, PROBES, feed_id


def validated(*files: Path) -> Result:
    return CliRunner().invoke(main, ["validate", *map(str, files)])


def test_a_file_in_order_passes(tmp_path: Path) -> None:
    file = tmp_path / "good.ndjson"
    file.write_text(line(vitals()) + line(vitals(spo2_percent=91)))
    result = validated(file)

    assert result.exit_code == 0
    assert result.output == f"{file}: 2 lines: 2 in order\n"


def test_what_is_refused_is_named_by_line_reason_and_path(tmp_path: Path) -> None:
    file = tmp_path / "bad.ndjson"
    file.write_text(
        line(vitals()) + "{\n" + line(vitals(spo2_percent="97")) + line(reading(systolic_mmhg=500))
    )
    result = validated(file)

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{file}:2: broken line: not JSON",
        f"{file}:3: wrong_type at $.spo2_percent: Input should be a valid number",
        f"{file}:4: range at $.systolic_mmhg: Input should be less than or equal to 300",
        f"{file}: 4 lines: 1 in order, 2 refused, 1 broken",
    ]


def test_a_dropped_reading_is_told_and_fails_nothing(tmp_path: Path) -> None:
    file = tmp_path / "odd.ndjson"
    file.write_text(line(vitals(systolic_mmhg=70, diastolic_mmhg=80, temperature_c=101.3)))
    result = validated(file)

    assert result.exit_code == 0
    assert f"{file}:1: dropped: range at $.temperature_c" in result.output
    assert f"{file}:1: dropped: range at $.systolic_mmhg" in result.output
    assert result.output.endswith("1 line: 1 with readings dropped\n")


@pytest.mark.parametrize(
    "patient_id", [PROBES[3], LOOPS[0], feed_id("vitals"), feed_id("labs of ward 5")]
)
def test_a_patient_id_that_is_reserved_is_told(tmp_path: Path, patient_id: str) -> None:
    """Nobody would be paged about whoever has the id of a probe."""
    file = tmp_path / "reserved.ndjson"
    file.write_text(line(vitals(patient_id=patient_id)) + line(vitals()))
    result = validated(file)

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{file}:1: a patient id of Stormwatch's own: its alerts reach no team",
        f"{file}: 2 lines: 1 in order, 1 in order with a remark",
    ]


def test_several_files_have_a_summary_of_their_own(tmp_path: Path) -> None:
    good, empty = tmp_path / "good.ndjson", tmp_path / "empty.ndjson"
    good.write_text(line(vitals()))
    empty.write_text("")
    result = validated(good, empty)

    assert result.exit_code == 0
    assert result.output.endswith(f"{empty}: no lines\n2 files: 1 line: 1 in order\n")


def test_markup_in_a_name_or_colour_in_a_pipe_is_not_taken_for_any(tmp_path: Path) -> None:
    file = tmp_path / "[bold]night.ndjson"
    file.write_text("{\n")
    result = validated(file)

    assert result.output.startswith(f"{file}:1: broken line: not JSON\n")
    assert "\x1b" not in result.output


def test_a_file_that_is_not_there_is_an_error_of_use(tmp_path: Path) -> None:
    assert validated(tmp_path / "missing.ndjson").exit_code == 2
    assert validated().exit_code == 2


def test_a_field_that_may_be_misspelt_is_remarked_on(tmp_path: Path) -> None:
    """It is ignored on its way, and with it perhaps a fever."""
    file = tmp_path / "odd.ndjson"
    oxygen = {"device": "nasal_cannula", "flow": 2}
    file.write_text(line(vitals(temprature_c=39.4, oxygen=oxygen)))
    result = validated(file)

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{file}:1: not in the contract, ignored: $.oxygen.flow",
        f"{file}:1: not in the contract, ignored: $.temprature_c",
        f"{file}: 1 line: 1 in order with a remark",
    ]


def test_a_time_in_the_future_is_remarked_on(tmp_path: Path) -> None:
    """A file may be for later; live it would be refused."""
    file = tmp_path / "odd.ndjson"
    file.write_text(line(vitals(at=NOON.replace(year=2099))))

    assert "refused as ahead" in validated(file).output
