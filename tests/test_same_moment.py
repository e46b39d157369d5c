"""Events of one moment are all taken before what falls due at it, whichever comes first."""

from datetime import datetime
from itertools import permutations

import pytest
from bedside import Bedside
from builders import Fields, dose, infusion, lab, on_day, patient, vitals

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
