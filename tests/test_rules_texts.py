"""What stands in the advice of other alerts: where it fits, and where it says nothing."""

from datetime import datetime
from typing import Any

import pytest
from bedside import Bedside, hours
from builders import Fields, culture, dose, fluid, ice, infusion, on_day, patient, reading

START = on_day(3, "10:00")


def at(after_h: float) -> datetime:
    return START + hours(after_h)


def fever(after_h: float = 0, **also: Any) -> Fields:
    return reading(at=at(after_h), temperature_c=38.6, **also)


def advice(rule: str, *events: Fields, **facts: Any) -> str:
    return Bedside(patient(**facts), *events).told(rule)[-1].advice


def test_a_low_pressure_gets_its_first_fluid_by_weight() -> None:
    said = advice("CRS-UP", fluid(500, at=at(0)), fever(0, systolic_mmhg=84))

    assert "20 mL/kg (1600 mL at 80 kg) to 30 mL/kg (2400 mL at 80 kg) at first" in said
    assert "500 mL were given for it" in said
    unknown = advice("CRS-UP", fever(0, systolic_mmhg=84), weight_kg=None)
    assert "20 mL/kg (the weight is unknown)" in unknown


def test_after_30_ml_kg_no_more_is_advised() -> None:
    """PRESSOR-PIVOT says at that moment not to chase the pressure with fluid."""
    said = advice("CRS-UP", fluid(2400, at=at(0)), fever(0, systolic_mmhg=84))

    assert "Low pressure after 2400 mL of crystalloid (30.0 mL/kg)." in said
    assert "at first" not in said


@pytest.mark.parametrize(("management", "told"), [("asco-2021", True), ("label-tisa-cel", False)])
def test_tocilizumab_is_told_of_beside_antibiotics_only_where_it_is_indicated(
    management: str, told: bool
) -> None:
    """By the label of tisa-cel a mild hypotension alone is no reason."""
    seen = Bedside(patient(), fever(0, systolic_mmhg=84), management=management)

    assert seen.is_open("TOCI-IND") is told
    for rule in ("ABX-EMPIRIC", "CULTURES"):
        assert ("Give tocilizumab as well" in seen.told(rule)[-1].advice) is told


@pytest.mark.parametrize("events", [[fever()], [fever(), infusion(at=at(1))]])
def test_without_a_low_pressure_or_with_a_vasopressor_nothing_is_said_of_fluid(
    events: list[Fields],
) -> None:
    assert "mL/kg" not in advice("CRS-UP", *events)


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("nasal_cannula", "high-flow nasal cannula first"),
        ("simple_mask", "high-flow nasal cannula first"),
        ("bipap", "Non-invasive ventilation fails often"),
    ],
)
def test_the_ladder_of_oxygen(device: str, said: str) -> None:
    text = advice("CRS-UP", fever(), reading(at=at(1), oxygen={"device": device}))

    assert said in text
    assert "Do not delay intubation where breathing worsens." in text
    with_icans = advice("CRS-UP", fever(), ice(5, at=at(0.5)), fever(1, oxygen={"device": device}))
    assert "above all with ICANS" in with_icans


@pytest.mark.parametrize("device", ["room_air", "invasive"])
def test_on_room_air_and_with_a_tube_there_is_no_ladder(device: str) -> None:
    assert "intubation" not in advice("CRS-UP", fever(), fever(1, oxygen={"device": device}))


@pytest.mark.parametrize(("after_h", "early"), [(24, True), (24.1, False)])
def test_within_a_day_of_tocilizumab_shock_may_well_improve(after_h: float, early: bool) -> None:
    given = dose("tocilizumab", at=at(0.5))
    text = advice("CRS-UP", fever(), given, infusion(at=at(0.5 + after_h), rate_value=25))

    assert ("too early to speak of futility" in text) is early


def test_icans_needs_no_crs() -> None:
    assert "No CRS now" in advice("ICANS-UP", ice(6, at=on_day(6)))
    assert "No CRS now" not in advice("ICANS-UP", fever(), ice(6, at=at(1)))


@pytest.mark.parametrize(
    ("product", "first", "last"),
    [("tisa-cel", 5, 10), ("axi-cel", 4, 10), ("ide-cel", 2, 10), ("obe-cel", 5, 12)],
)
def test_icans_on_an_unusual_day_is_annotated_and_told_all_the_same(
    product: str, first: int, last: int
) -> None:
    """The days of the peak, and the median day of the product."""
    outside = f"outside of the typical days {first} to {last}"
    said = {
        day: advice("ICANS-UP", ice(6, at=on_day(day)), product=product)
        for day in (first - 1, first, last, last + 1)
    }

    assert [outside in each for each in said.values()] == [True, False, False, True]
    assert f"It began on day {last + 1}, " in said[last + 1]


def test_icans_that_grows_worse_began_when_it_began() -> None:
    seen = Bedside(patient(), ice(6, at=on_day(8)), ice(1, at=on_day(11)))

    assert [line.state for line in seen.told("ICANS-UP")] == ["raised", "changed"]
    assert "typical days" not in seen.told("ICANS-UP")[-1].advice


@pytest.mark.parametrize(
    ("product", "day", "outside"),
    [("axi-cel", 7, False), ("axi-cel", 8, True), ("cilta-cel", 8, False)],
)
def test_crs_on_an_unusual_day_is_annotated_and_told_all_the_same(
    product: str, day: int, outside: bool
) -> None:
    ill = reading(at=on_day(day), temperature_c=38.6, systolic_mmhg=84)

    for rule in ("CRS-UP", "TOCI-IND"):
        assert ("outside of the typical days" in advice(rule, ill, product=product)) is outside


def test_tocilizumab_waits_neither_for_cultures_nor_for_antibiotics() -> None:
    ill = fever(0, systolic_mmhg=84)
    for rule in ("ABX-EMPIRIC", "CULTURES"):
        assert "hold it neither for cultures nor because antibiotics run" in advice(rule, ill)
    assert "nor because antibiotics run" in advice("TOCI-IND", ill)

    given = dose("tocilizumab", at=at(-1))
    assert "tocilizumab" not in advice("ABX-EMPIRIC", given, ill)


def test_features_of_sepsis_are_named_beside_it_and_withdraw_nothing() -> None:
    grown = culture("positive", at=at(-1), organism="E. coli")

    assert "Features of sepsis" in advice("TOCI-IND", grown, fever(0, systolic_mmhg=84))
    assert "Features of sepsis" not in advice("TOCI-IND", fever(0, systolic_mmhg=84))
