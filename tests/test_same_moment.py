"""Events of one moment are all taken before what falls due at it, whichever comes first."""

from datetime import datetime
from itertools import permutations

import pytest
from bedside import Bedside, late, minutes
from builders import Fields, dose, fluid, infusion, lab, on_day, patient, vitals

FEVER = vitals(at=on_day(3, "09:00"), temperature_c=38.6, systolic_mmhg=86)
TO_NOON = [f"{hour:02}:00" for hour in range(0, 12, 3)]


def both_orders(*events: Fields) -> list[tuple[Fields, ...]]:
    return list(permutations(events))


def states_at(seen: Bedside, at: datetime) -> dict[str, list[str]]:
    """Every line of a moment, by rule."""
    found: dict[str, list[str]] = {}
    for line in seen.spoken:
        if line.at == at:
            found.setdefault(line.rule, []).append(f"{line.state} {line.priority}")
    return found


@pytest.mark.parametrize(
    "given",
    both_orders(
        dose("meropenem", at=on_day(3, "10:00"), dose_value=1, dose_unit="g"),
        dose("vancomycin", at=on_day(3, "10:00"), dose_value=1.5, dose_unit="g"),
    ),
)
def test_antibiotics_that_are_both_given_in_the_last_minute_are_in_time(
    given: tuple[Fields, ...],
) -> None:
    seen = Bedside(patient(), FEVER, *given)

    assert seen.states("ABX-1H") == ["raised P2", "resolved"]


@pytest.mark.parametrize(
    "stopped",
    both_orders(
        infusion("vasopressin", at=on_day(4, "09:00"), action="stop"),
        infusion("norepinephrine", at=on_day(4, "09:00"), action="stop"),
    ),
)
def test_vasopressors_that_are_both_stopped_at_24_hours_are_no_shock(
    stopped: tuple[Fields, ...],
) -> None:
    seen = Bedside(
        patient(),
        vitals(at=on_day(3, "08:30"), temperature_c=38.6, systolic_mmhg=112),
        infusion("norepinephrine", at=on_day(3, "08:40")),
        infusion("vasopressin", at=on_day(3, "08:45")),
        dose(at=on_day(3, "09:00")),
        *stopped,
    )

    assert not {"SHOCK24", "STEROID-CRS"} & states_at(seen, on_day(4, "09:00")).keys()


@pytest.mark.parametrize(
    "came",
    both_orders(
        lab("crp", 10, at=on_day(4, "12:00")),
        vitals(at=on_day(4, "12:00"), temperature_c=38.4),
    ),
)
def test_a_fever_in_the_minute_in_which_the_episode_would_close_keeps_it_open(
    came: tuple[Fields, ...],
) -> None:
    """Source: DEC-33."""
    clean = [on_day(3, clock) for clock in ("12:00", "15:00", "18:00", "21:00")]
    clean += [on_day(4, clock) for clock in TO_NOON]
    seen = Bedside(
        patient(),
        vitals(at=on_day(3, "09:00"), temperature_c=38.5),
        *(vitals(at=at, temperature_c=37.0) for at in clean),
        *came,
    )

    assert seen.states("CRS-UP") == ["raised P3"]


def test_what_is_told_later_is_told_with_a_later_record_where_no_tick_comes_before() -> None:
    """Live a tick comes within seconds; no record waits for it."""
    seen = Bedside(patient(), FEVER)
    seen.tick(on_day(3, "09:59"))
    meropenem = dose("meropenem", at=on_day(3, "10:00"), dose_value=1, dose_unit="g")

    told = seen.take_out_of_time(meropenem).alerts
    told_later = seen.take_out_of_time(vitals(at=on_day(3, "10:01"), temperature_c=38.7)).alerts

    assert told == []
    assert "ABX-1H" in {line.rule for line in told_later}


# What another record of the moment may explain

TEN = on_day(3, "10:00")
WEIGHED = patient(weight_kg=70)


@pytest.mark.parametrize(
    "came",
    both_orders(
        infusion("norepinephrine", at=TEN), vitals(at=TEN, temperature_c=38.6, systolic_mmhg=112)
    ),
)
def test_a_vasopressor_and_a_fever_of_one_minute_are_no_unattributed_deterioration(
    came: tuple[Fields, ...],
) -> None:
    seen = Bedside(WEIGHED, vitals(at=on_day(3, "08:00"), temperature_c=37.0), *came)

    assert seen.states("UNATTRIBUTED-DETERIORATION") == []
    assert seen.is_open("CRS-UP")


@pytest.mark.parametrize(
    "came", both_orders(fluid(2100, at=TEN), infusion("norepinephrine", at=TEN))
)
def test_a_vasopressor_started_with_the_last_bolus_is_not_asked_for(
    came: tuple[Fields, ...],
) -> None:
    low = vitals(at=TEN, temperature_c=38.5, systolic_mmhg=84)
    seen = Bedside(WEIGHED, FEVER, *came, low)

    assert seen.states("PRESSOR-PIVOT") == []


@pytest.mark.parametrize(
    "came",
    both_orders(
        infusion("vasopressin", at=TEN, rate_value=0.03, rate_unit="[IU]/min"),
        infusion("norepinephrine", at=TEN),
    ),
)
def test_agents_started_in_one_minute_are_in_order(came: tuple[Fields, ...]) -> None:
    assert Bedside(WEIGHED, FEVER, *came).states("PRESSOR-ORDER") == []


def test_what_nothing_else_explains_is_told_with_the_next_tick_as_of_its_moment() -> None:
    seen = Bedside(WEIGHED, vitals(at=on_day(3, "08:00"), temperature_c=37.0))
    seen.tick(TEN - minutes(1))

    told = seen.take_out_of_time(infusion("norepinephrine", at=TEN)).alerts
    seen.tick(TEN + minutes(0.05))

    assert told == []
    (line,) = seen.told("UNATTRIBUTED-DETERIORATION")
    assert (line.state, line.priority, line.at) == ("raised", "P2", TEN)


def test_a_grade_waits_for_nothing() -> None:
    seen = Bedside(WEIGHED, vitals(at=on_day(3, "08:00"), temperature_c=37.0))
    seen.tick(TEN - minutes(1))
    seen.take_out_of_time(infusion("norepinephrine", at=TEN))

    told = seen.take_out_of_time(vitals(at=TEN, temperature_c=38.6)).alerts

    assert {"CRS-UP raised P1", "TOCI-IND raised P1"} <= {
        f"{line.rule} {line.state} {line.priorities['astct-2019']}" for line in told
    }


def test_what_waits_is_told_with_the_next_record_where_a_clock_is_ahead() -> None:
    """No tick comes for minutes, and each record could put it off."""
    seen = Bedside(WEIGHED, vitals(at=on_day(3, "08:00"), temperature_c=37.0))
    seen.tick(TEN - minutes(4))
    seen.take_out_of_time(infusion("norepinephrine", at=TEN))

    told = seen.take_out_of_time(infusion("norepinephrine", at=TEN + minutes(0.1))).alerts

    assert "UNATTRIBUTED-DETERIORATION" in {line.rule for line in told}


def test_what_comes_late_is_told_at_once() -> None:
    seen = Bedside(WEIGHED, vitals(at=on_day(3, "08:00"), temperature_c=37.0))

    seen.tick(TEN)

    told = seen.take_out_of_time(late(infusion("norepinephrine", at=TEN), minutes(1))).alerts

    assert "UNATTRIBUTED-DETERIORATION" in {line.rule for line in told}
