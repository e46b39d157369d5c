"""What is sent again after it was corrected or removed, and after most of it was forgotten."""

from typing import Any

import pytest
from bedside import Bedside, corrected, hours, minutes, removed
from builders import Fields, on_day, patient, vitals

from stream.clinical import forget

START = on_day(3, "08:30")


def ill() -> Fields:
    return vitals(at=START, temperature_c=38.5, systolic_mmhg=85)


def milder(first: Fields) -> Fields:
    return corrected(first, minutes(3), temperature_c=36.4, systolic_mmhg=130)


def before() -> list[Fields]:
    return [vitals(at=START - minutes(each)) for each in (20, 10)]


def calm(count: int = 450, **fields: Any) -> list[Fields]:
    """Two minutes apart, for 15 hours."""
    return [vitals(at=START + minutes(4 + 2 * each), **fields) for each in range(count)]


def demos() -> list[Fields]:
    return [
        each | {"demo": True, "event_id": f"demo-{number}"} for number, each in enumerate(calm(600))
    ]


@pytest.mark.parametrize("later", [calm(), calm() + demos()])
@pytest.mark.parametrize("second", [milder, lambda first: removed(first, minutes(3))])
def test_a_reading_that_was_taken_back_stays_so_after_it_is_forgotten(
    second: Any, later: list[Fields]
) -> None:
    first = ill()
    seen = Bedside(patient(), *before(), first, second(first), *later)
    seen.restored()
    told = list(seen.lines)

    seen.take_out_of_time(first)
    seen.take_out_of_time(second(first))

    assert [line.state for line in told if line.rule == "CRS-UP"] == ["raised", "retracted"]
    assert seen.lines == told


def test_it_stays_so_where_the_correction_came_first() -> None:
    first = ill()
    seen = Bedside(patient(), *before(), milder(first), first, *calm())

    seen.take_out_of_time(first)

    assert seen.spoken == []


def test_a_newer_correction_of_what_is_forgotten_counts() -> None:
    first = ill()
    seen = Bedside(patient(), *before(), first, milder(first), *calm())
    again = corrected(first, hours(14), temperature_c=39.0)

    seen.take_out_of_time(again)

    assert seen.is_open("CRS-UP")
    assert seen.patient.replaced == {}


def test_what_was_replaced_is_remembered_for_72_hours_and_not_without_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forget, "REPLACED_MAX", 2)
    records = [
        vitals(at=START + minutes(each), event_id=f"r{each}", temperature_c=37.0)
        for each in range(4)
    ]
    seen = Bedside(patient(), *records, *(removed(each, minutes(5)) for each in records))
    seen.take(*demos())

    assert [event_id for _, event_id in seen.patient.replaced] == ["r2", "r3"]
    assert seen.patient.cut["replaced"] == 2
    later = START + hours(100)
    seen.take(*(vitals(at=later + minutes(each)) for each in range(1200)))
    assert seen.patient.replaced == {}
