"""OPS-SILENCE of a patient: what was measured before and comes no more (DEC-35, §5.8)."""

from typing import Any

import pytest
from bedside import Bedside, hours, late, minutes
from builders import Fields, build, lab, on_day, patient, reading, vitals

from stream.clinical.times import HOUR_MS

RULE = "OPS-SILENCE"
START = on_day(3, "08:00")
JUST = minutes(1 / 60_000)  # a millisecond


def measured(after_h: float = 0, **readings: Any) -> Fields:
    return reading(at=START + hours(after_h), **readings)


@pytest.mark.parametrize(
    ("readings", "after_h"),
    [
        ({"temperature_c": 37.0}, 8),
        ({"systolic_mmhg": 120}, 4),
        ({"mean_arterial_mmhg": 80}, 4),
        ({"spo2_percent": 97}, 4),
        ({"heart_rate_per_min": 80}, 4),
        ({"respiratory_rate_per_min": 16}, 4),
    ],
)
def test_a_sign_is_silent_right_after_the_age_at_which_it_is_stale(
    readings: dict[str, float], after_h: int
) -> None:
    seen = Bedside(patient(), measured(**readings))

    assert [line for line in seen.tick(START + hours(after_h)) if line.rule == RULE] == []
    (line,) = [each for each in seen.tick(START + hours(after_h) + minutes(1)) if each.rule == RULE]

    assert line.at == START + hours(after_h) + JUST
    assert [each.signal for each in line.because] == list(readings)
    assert [each.value for each in line.because] == list(readings.values())


def test_it_ends_when_the_sign_comes_again_and_can_come_anew_under_its_id() -> None:
    seen = Bedside(patient(), measured(spo2_percent=97), measured(5, spo2_percent=96))
    seen.tick(START + hours(10))

    assert seen.states(RULE) == ["raised P2", "resolved", "raised P2"]
    assert len({line.alert_id for line in seen.told(RULE)}) == 1
    assert [line.revision for line in seen.told(RULE)] == [1, 2, 3]


def test_one_sign_of_several_is_for_operations_all_of_them_for_the_team() -> None:
    seen = Bedside(patient(), measured(spo2_percent=97, temperature_c=36.8))
    seen.tick(START + hours(9))

    assert seen.states(RULE) == ["raised P3", "changed P2"]
    assert {each.signal for each in seen.told(RULE)[-1].because} == {
        "spo2_percent",
        "temperature_c",
    }


@pytest.mark.parametrize(
    ("silent", "told"),
    [
        ({"systolic_mmhg": 118}, "P2"),
        ({"spo2_percent": 96}, "P2"),
        ({"heart_rate_per_min": 90}, "P3"),
        ({"respiratory_rate_per_min": 18}, "P3"),
    ],
)
def test_in_an_open_episode_what_it_is_graded_by_is_urgent(
    silent: dict[str, float], told: str
) -> None:
    seen = Bedside(patient(), measured(temperature_c=39.0, **silent))
    seen.tick(START + hours(5))

    assert seen.states(RULE) == [f"raised {told}"]


def test_a_monitor_that_goes_on_is_never_silent() -> None:
    seen = Bedside(patient(), *(vitals(at=START + minutes(each)) for each in range(0, 30 * 60, 30)))

    assert seen.states(RULE) == []


# Charted by hand


def charted(*after_h: float) -> Bedside:
    """Measure everything on rounds, so many hours after the start."""
    return Bedside(patient(), *(vitals(at=START + hours(each)) for each in after_h))


def silent_from(seen: Bedside, until_h: float) -> Any:
    seen.tick(START + hours(until_h))
    told = [line for line in seen.told(RULE) if line.state == "raised"]
    return (told[-1].at - START - JUST) / hours(1) if told else None


def test_rounds_every_4_hours_may_come_an_hour_late() -> None:
    seen = charted(0, 3.5, 7.4, 12.4, 16, 21, 25.9, 30, 35)

    assert seen.told(RULE) == []
    assert silent_from(seen, 41) == 40


def test_rounds_that_do_not_come_are_told_the_longest_interval_and_a_quarter_after_the_last() -> (
    None
):
    seen = charted(0, 4, 8, 12)
    seen.tick(START + hours(23))

    assert seen.states(RULE) == ["raised P3", "changed P2"]  # the temperature the last of them
    assert [line.at - START - JUST for line in seen.told(RULE)] == [hours(17), hours(22)]


@pytest.mark.parametrize(
    "after_h",
    [
        [each / 60 for each in range(600)],  # a monitor
        [each / 2 for each in range(20)],  # rounds while somebody is unstable
        [0, 1 / 60, 6, 6 + 1 / 60, 6 + 2 / 60],  # a monitor that was silent before
        [0, 5],  # of which too little is known
        [0, 4, 8, 12, 12.1, 12.2],  # one that was put on just now
    ],
)
def test_what_is_fed_oftener_is_missed_without_delay(after_h: list[float]) -> None:
    seen = charted(*after_h)

    assert silent_from(seen, after_h[-1] + 6) == pytest.approx(after_h[-1] + 4, abs=1e-6)


def test_a_reading_that_is_taken_again_makes_no_monitor_of_a_round() -> None:
    seen = charted(0, 4, 8, 12, 12.1)

    assert silent_from(seen, 18) == 12.1 + 5


def test_the_readings_of_a_monitor_that_are_kept_are_no_rounds() -> None:
    """The hours of a monitor are thinned to one reading each once they are long past."""
    seen = charted(*(each / 60 for each in range(1200)))
    seen.restored()

    assert silent_from(seen, 26) == pytest.approx(19 + 59 / 60 + 4, abs=1e-6)
    seen.take(lab("crp", 5, at=START + hours(40)))
    assert seen.states(RULE) == ["raised P3", "changed P2"]
    assert seen.told(RULE)[-1].at == START + hours(19 + 59 / 60 + 8) + JUST


def test_a_site_may_have_rounds_missed_without_delay() -> None:
    seen = Bedside(
        patient(),
        *(vitals(at=START + hours(each)) for each in (0, 4, 8, 12)),
        overrides={"silence_by_hand_percent": 0},
    )

    assert silent_from(seen, 18) == 16


def test_a_sign_that_was_never_measured_is_not_missed() -> None:
    seen = Bedside(patient(), lab("ferritin", 900, at=START))
    seen.tick(START + hours(100))

    assert seen.states(RULE) == []


def test_silence_lowers_no_grade_and_ends_no_alert() -> None:
    seen = Bedside(patient(), measured(temperature_c=39.0, systolic_mmhg=80))
    before = seen.grades(START)
    seen.tick(START + hours(200))

    assert seen.grades(START + hours(200)) == before
    assert seen.is_open("CRS-UP")
    assert seen.is_open("TOCI-IND")
    assert seen.states(RULE) == ["raised P2", "changed P2"]


@pytest.mark.parametrize("kind", ["discharge", "death"])
def test_it_ends_with_the_watch_and_does_not_come_after(kind: str) -> None:
    seen = Bedside(patient(), measured(spo2_percent=97))
    seen.tick(START + hours(5))
    seen.take(build(kind, START + hours(6), {}))
    seen.tick(START + hours(600))

    assert seen.states(RULE) == ["raised P2", "resolved"]
    assert seen.patient.due_ms is None


def test_a_reading_that_comes_late_ends_it_where_it_is_young_enough() -> None:
    seen = Bedside(patient(), measured(spo2_percent=97))
    seen.tick(START + hours(4.5))
    seen.take(late(measured(1, spo2_percent=96), hours(3.6)))

    assert seen.states(RULE) == ["raised P2", "resolved"]
    seen.tick(START + hours(5.1))
    assert seen.states(RULE)[-1] == "raised P2"


def test_a_reading_that_comes_too_late_leaves_it_open() -> None:
    seen = Bedside(patient(), measured(spo2_percent=97))
    seen.tick(START + hours(6))
    seen.take(late(measured(1, spo2_percent=96), hours(5.5)))

    assert seen.states(RULE) == ["raised P2"]


def test_what_was_measured_before_the_infusion_is_late_only_after_it() -> None:
    """A patient who comes back after a year is not silent at that moment."""
    infused = on_day(3, "08:00")
    seen = Bedside(
        patient(at=on_day(-30), infused_at=on_day(-30)),
        reading(at=on_day(-20), spo2_percent=97),
        build("discharge", on_day(-20), {}),
        build("patient", infused, {"infused_at": infused.isoformat()}),
    )
    seen.tick(infused + hours(4))
    assert seen.states(RULE) == []
    seen.tick(infused + hours(4) + minutes(1))

    assert seen.states(RULE) == ["raised P2"]


def test_the_last_reading_is_remembered_however_long_it_is_silent() -> None:
    seen = Bedside(patient(), measured(spo2_percent=97))
    for each in range(300):  # enough for what is old to be forgotten
        seen.take(lab("crp", each, at=START + hours(10 + each)))
    seen.restored()
    seen.take(measured(320, spo2_percent=95))

    assert seen.states(RULE) == ["raised P2", "resolved"]


def test_a_site_may_ask_for_it_sooner() -> None:
    sooner = {"silence_spo2_ms": HOUR_MS // 2}
    seen = Bedside(patient(), measured(spo2_percent=97), overrides=sooner)
    seen.tick(START + minutes(31))

    assert seen.told(RULE)[0].at == START + minutes(30) + JUST
