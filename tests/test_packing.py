"""Records written by columns are read again as they were, however their ids and values look."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
import pytest

from stream.clinical.entries import DIGEST_LENGTH, Entry, restored
from stream.clinical.packing import packed, unpacked

COUNT: Final = 12
IDS: Final[Mapping[str, list[str]]] = {
    "counted": [f"mon-{each}" for each in range(95, 95 + COUNT)],
    "times": [str(1774644000000 + each * each * 60000) for each in range(COUNT)],
    "zeros in front": [f"mon-{each:03}" for each in range(COUNT)],
    "one is all that they share": ["mon-", *(f"mon-{each}" for each in range(1, COUNT))],
    "too large for a number": [str(2**64 + each) for each in range(COUNT)],
    "digits that are not ASCII": [f"{each}²" for each in range(COUNT)],
    "hexadecimal": [f"{each * 2654435761 % 2**32:08x}" for each in range(COUNT)],
    "hexadecimal, odd": [f"{each * 2654435761 % 2**28:07x}" for each in range(COUNT)],
    "capitals": [f"{each * 2654435761 % 2**32:08X}" for each in range(COUNT)],
    "words": [f'"\\{each}é' for each in range(COUNT)],
}
VALUES: Final[Mapping[str, list[Any]]] = {
    "whole": [float(each % 5) for each in range(COUNT)],
    "tenths": [36.1 + each / 10 for each in range(COUNT)],
    "rounded tenths": [round(36.1 + each / 10, 1) for each in range(COUNT)],
    "hundredths": [round(0.21 + each * 0.07, 2) for each in range(COUNT)],
    "below zero": [-2.5 + each for each in range(COUNT)],
    "far apart": [float(each**7) for each in range(COUNT)],
    "beyond whole numbers": [1e300 / (each + 1) for each in range(COUNT)],
    "mixed": [1, 2.0] * (COUNT // 2),
    "integers": [each * 1000 - 7 for each in range(COUNT)],
    "truths": [True, False, False] * (COUNT // 3),
    "words": ["mg", "ug", "mg"] * (COUNT // 3),
    "words once": [str(each) for each in range(COUNT)],
}


def record(place: int, event_id: str, said: Mapping[str, Any]) -> Entry:
    """Make a record of a kind that is not read, so that any value will do."""
    digest = f"{place * 40503:064x}"[-DIGEST_LENGTH:]
    at_ms = 1774644000000 + place * 61001
    return restored("monitor", event_id, "any", at_ms, at_ms + place, 1, digest, said)


def again(entries: list[Entry]) -> list[Entry]:
    """Read what was written of them."""
    return list(unpacked(orjson.loads(orjson.dumps(packed(entries)))))


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
@pytest.mark.parametrize("count", [1, 2, COUNT])
def test_ids_are_read_as_they_were(ids: list[str], count: int) -> None:
    entries = [record(place, each, {}) for place, each in enumerate(ids[:count])]

    assert again(entries) == entries


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("count", [1, 2, COUNT])
def test_values_are_read_as_they_were(values: list[Any], count: int) -> None:
    entries = [
        record(place, f"id-{place}", {"value": each}) for place, each in enumerate(values[:count])
    ]
    read = again(entries)

    assert read == entries
    assert [type(each.said["value"]) for each in read] == list(map(type, values[:count]))


def test_fields_come_back_to_the_records_that_have_them() -> None:
    said = [{"b": 1.0}, {"b": 2.0}, {"b": 3.0, "a": 4.5}, {"a": 5.5}, {}, {}]
    entries = [record(place, f"id-{place}", each) for place, each in enumerate(said)]

    assert again(entries) == entries
    assert [list(each.said) for each in again(entries)] == [list(each) for each in said]


def test_sets_of_a_monitor_cost_a_character_a_value() -> None:
    said = [{"heart_rate": 80.0 + each % 40, "spo2": 90.0 + each % 9} for each in range(128)]
    entries = [record(place, f"mon-{place}", each) for place, each in enumerate(said)]

    assert len(orjson.dumps(packed(entries))) <= 128 * 12
