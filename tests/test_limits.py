"""What is charted so often that a limit cuts it changes nothing of what is graded."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, hours, late, minutes
from builders import (
    Fields,
    assessment,
    build,
    dose,
    ice,
    infusion,
    on_day,
    patient,
    reading,
    vitals,
)

from stream.clinical import thinning

START = on_day(3, "06:00")


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "READINGS_MAX", 40)
    monkeypatch.setattr(thinning, "RESULTS_MAX", 20)


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def again(count: int, every_min: float, make: Callable[[datetime, int], Fields]) -> list[Fields]:
    """Say something so many times over, from ten minutes after the start."""
    moments = [START + minutes(10 + every_min * place) for place in range(count)]
    return [make(each, place) for place, each in enumerate(moments)]


def rate(drug: str, value: float, unit: str, step: float = 0) -> Callable[[datetime, int], Fields]:
    """Go on charting a rate, each second time higher by a step."""
    return lambda at, place: infusion(
        drug,
        at=at,
        action="change" if place else "start",
        rate_value=value + step * (place % 2),
        rate_unit=unit,
    )


def in_order(*events: Fields) -> list[Fields]:
    return sorted(events, key=lambda each: each.get("recorded_at") or each["effective_at"])


def calm(until_h: int, **readings: Any) -> list[Fields]:
    """Every four hours, with neither fever nor, but for what is given, illness."""
    return [vitals(at=at(each), **readings) for each in range(4, until_h, 4)]


ILL = vitals(at=START, temperature_c=38.9, systolic_mmhg=84, diastolic_mmhg=48)
BY_DEVICE = again(468, 10, lambda at, _: reading(at=at, systolic_mmhg=84))
BY_HAND = again(78, 60, rate("norepinephrine", 10, "ug/min"))
TURNED = again(78, 60, rate("norepinephrine", 10, "ug/min", step=1))
WEIGHT = build("patient", at(79), {"weight_kg": 71})
LATE_BY_MINUTES = late(reading(at=at(77.75), temperature_c=37.0), minutes(76))
LATE_BY_HOURS = late(reading(at=at(42), temperature_c=37.0), hours(37))


@pytest.mark.parametrize("charted", [BY_HAND, TURNED, BY_DEVICE], ids=["hand", "turned", "device"])
@pytest.mark.parametrize("then", [WEIGHT, LATE_BY_MINUTES, LATE_BY_HOURS], ids=["kg", "min", "h"])
def test_an_illness_that_is_charted_again_and_again_goes_on(
    charted: list[Fields], then: Fields
) -> None:
    """The episode stays open, also for one who reads the state anew."""
    well = {"temperature_c": 37.2, "systolic_mmhg": 84 if charted is BY_DEVICE else 98}
    seen = Bedside(patient(), *in_order(ILL, *charted, *calm(79, **well)))
    seen.tick(at(79.02))
    grades, alerts = seen.grades(at(79.02)), seen.open()
    seen.restored()

    seen.take_out_of_time(then, at(79.03))

    assert seen.grades(at(79.1)) == grades
    assert grades[0] >= 2
    assert seen.open() == alerts
    assert seen.is_open("CRS-UP")


def test_a_sedative_that_is_charted_again_and_again_goes_on_sedating() -> None:
    seen = Bedside(
        patient(),
        *in_order(
            ice(5, at=at(-2)),
            assessment("consciousness", at=at(-2), level="alert"),
            vitals(at=START, oxygen={"device": "invasive", "fio2_fraction": 0.5}),
            *again(72, 60, rate("propofol", 200, "mg/h")),
            *(assessment("consciousness", at=at(each), rass=-5) for each in range(2, 72, 4)),
        ),
    )

    icans = seen.status(at(72)).icans
    assert icans is not None
    assert {each.lowest for each in icans.values()} == {2}
    assert "ICANS-UP P1" not in seen.open().values()


def test_a_shock_under_a_vasopressor_that_is_turned_often_goes_on() -> None:
    tocilizumab = dose("tocilizumab", at=at(0.5), dose_value=560)
    seen = Bedside(patient(), *in_order(ILL, tocilizumab, *TURNED, *calm(79, temperature_c=38.3)))

    assert seen.is_open("SHOCK24")


def test_a_steroid_that_is_charted_again_and_again_is_one_course() -> None:
    charted = again(125, 60, rate("hydrocortisone", 10, "mg/h"))
    seen = Bedside(patient(), *in_order(*charted, *calm(125)))

    assert seen.states("STEROID-PROPHYLAXIS") == ["raised P3", "changed P2"]
