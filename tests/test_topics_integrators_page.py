"""The page for integrators: what it promises is what the codec does."""

import json
import re
from pathlib import Path

import pytest
from builders import encoded, key_of

from topics import codec, examples, registry
from topics.accepted import ACCEPTED
from topics.codec import RECORD_MAX, Decoded, Reason
from topics.labs import Analyte
from topics.limits import HARD_LIMITS
from topics.units import convert

PAGE = (Path(__file__).parent.parent / "docs" / "integrators.md").read_text(encoding="utf-8")
ROWS = [row.split(" | ") for row in PAGE.splitlines() if row.startswith("| `")]
ROW_OF = {name: row for row in ROWS for name in re.findall(r"`([^`]+)`", row[0])}


def test_its_example_is_in_order() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    fields = json.loads(example)

    assert isinstance(codec.decode(registry.VITALS, key_of(fields), encoded(fields)), Decoded)


def test_it_names_every_topic_kind_and_reason() -> None:
    topics = {topic.name for topic in (*registry.INPUTS, registry.ANSWERS)}
    quoted = set(re.findall(r"`([^`\n]+)`", PAGE))

    assert topics | examples.INPUTS.keys() | set(Reason) <= quoted
    assert f"{RECORD_MAX // 1024} KiB" in PAGE


@pytest.mark.parametrize("analyte", Analyte)
def test_it_has_the_unit_and_the_limits_of_every_analyte(analyte: str) -> None:
    units = re.findall(r"`([^`]+)`", ROW_OF[analyte][1])
    low, high = (f"{limit:,.0f}".replace(",", " ") for limit in HARD_LIMITS[analyte])

    assert units == [scale.canonical for scale in ACCEPTED[analyte]]
    assert ROW_OF[analyte][3] in {f"{low} to {high} |", "from 0 |"}


@pytest.mark.parametrize("analyte", Analyte)
def test_every_unit_that_it_lists_is_taken(analyte: str) -> None:
    for unit in re.findall(r"`([^`]+)`", ROW_OF[analyte][2]):
        assert convert(analyte, 1, unit)


@pytest.mark.parametrize(
    "analyte", sorted(set(Analyte) - {"platelets", "wbc", "anc", "cmv_dna", "ebv_dna"})
)
def test_it_lists_every_unit_of_the_table(analyte: str) -> None:
    listed = set(re.findall(r"`([^`]+)`", ROW_OF[analyte][2]))

    assert listed == {unit for scale in ACCEPTED[analyte] for unit in scale.others}
