"""DATA-RANGE and DATA-UNIT: told when a value is refused, until a valid one comes (§1.11)."""

from math import inf, nan
from typing import Any

import pytest
from bedside import Bedside, hours, late, removed
from builders import INFUSED_AT, Fields, ice, infusion, lab, on_day, patient, reading, vitals

RANGE, UNIT = "DATA-RANGE", "DATA-UNIT"
START = on_day(3, "08:00")


def measured(after_h: float = 0, **readings: Any) -> Fields:
    return reading(at=START + hours(after_h), **readings)


def test_a_value_outside_its_limit_is_told_and_not_counted() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3))

    line = seen.told(RANGE)[0]
    assert (line.state, line.priority) == ("raised", "P3")
    assert [each.signal for each in line.because] == ["temperature_c"]
    assert seen.states("CRS-UP") == []
    assert [why.reason for why in seen.refused] == ["range"]


def test_the_other_readings_of_the_record_count() -> None:
    seen = Bedside(patient(), measured(temperature_c=38.5, heart_rate_per_min=900))

    assert seen.states(RANGE) == ["raised P3"]
    assert seen.states("CRS-UP") == ["raised P3"]


@pytest.mark.parametrize("number", [inf, -inf, nan, 10**400])
def test_a_number_beyond_all_numbers_is_outside_its_limit_too(number: float) -> None:
    """JSON has 1e999, and some that write it have NaN."""
    strange = measured(temperature_c=38.5, systolic_mmhg=80, heart_rate_per_min=number)

    seen = Bedside(patient(), strange)

    assert seen.states(RANGE) == ["raised P3"]
    assert [each.value for each in seen.told(RANGE)[0].because] == ["refused"]
    assert seen.grades(START) == (2, 2)


def test_what_is_no_number_where_none_belongs_refuses_the_record() -> None:
    seen = Bedside(patient(), measured(temperature_c=38.5) | {"source": nan})

    assert [why.reason for why in seen.refused] == ["wrong_type"]
    assert seen.states("CRS-UP") == []


@pytest.mark.parametrize(
    ("readings", "told"),
    [
        ({"systolic_mmhg": 19}, "raised P2"),
        ({"systolic_mmhg": 301}, "raised P3"),
        ({"mean_arterial_mmhg": 14}, "raised P2"),
        ({"diastolic_mmhg": 9}, "raised P2"),
        ({"spo2_percent": 29}, "raised P2"),
        ({"spo2_percent": 101}, "raised P3"),
        ({"temperature_c": 24}, "raised P3"),
        ({"systolic_mmhg": 80, "mean_arterial_mmhg": 90}, "raised P3"),  # out of order
    ],
)
def test_a_pressure_or_spo2_below_its_limit_is_more_urgent(
    readings: dict[str, float], told: str
) -> None:
    assert Bedside(patient(), measured(**readings)).states(RANGE) == [told]


def test_a_valid_value_of_the_signal_ends_it() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3))

    seen.take(measured(1, systolic_mmhg=120))
    assert seen.is_open(RANGE)
    seen.take(measured(2, temperature_c=37.0))
    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_a_valid_value_that_is_older_does_not_end_it() -> None:
    """It comes late, and says nothing of what was so strange after it."""
    seen = Bedside(patient(), measured(systolic_mmhg=5, heart_rate_per_min=140))

    seen.take(late(measured(-1, systolic_mmhg=120), hours(3)))
    assert seen.states(RANGE) == ["raised P2"]
    seen.take(measured(1, systolic_mmhg=80))
    assert seen.states(RANGE) == ["raised P2", "resolved"]


@pytest.mark.parametrize("strange", [measured(temperature_c=101.3), measured(systolic_mmhg=5)])
def test_a_refused_value_that_is_delivered_after_a_newer_valid_one_is_not_told(
    strange: Fields,
) -> None:
    """A replay, which knows when they were recorded, would say that it has ended already."""
    seen = Bedside(patient(), measured(1, temperature_c=37.0, systolic_mmhg=120))

    seen.take_out_of_time(strange)

    assert seen.states(RANGE) == []
    assert len(seen.refused) == 1


@pytest.mark.parametrize(
    ("strange", "told"),
    [
        (measured(temperature_c=101.3), "raised P3"),
        (measured(systolic_mmhg=5), "raised P2"),
        (late(vitals(at=START), hours(50)), "raised P3"),
    ],
)
def test_one_that_is_recorded_after_a_newer_valid_one_is_told_until_the_next(
    strange: Fields, told: str
) -> None:
    """Whoever sent it should know: what was known before does not answer for it."""
    seen = Bedside(patient(), measured(1, temperature_c=37.0, systolic_mmhg=120))

    seen.take(late(strange, hours(50)))
    assert seen.states(RANGE) == [told]
    seen.take(measured(51, temperature_c=37.0, systolic_mmhg=118))
    assert seen.states(RANGE) == [told, "resolved"]


def test_what_was_urgent_is_settled_by_itself() -> None:
    """Whichever of the two was refused first, and though something else was refused since."""
    urgent, later = measured(systolic_mmhg=5), measured(2, systolic_mmhg=900)
    for events in ((urgent, later), (later, late(urgent, hours(2.5)))):
        seen = Bedside(patient(), *events)
        assert seen.told(RANGE)[-1].priority == "P2"

        seen.take(late(measured(1, systolic_mmhg=120), hours(3)))

        assert seen.states(RANGE)[-1] == "changed P3"


def test_a_valid_value_that_comes_late_ends_it_and_does_not_retract_it() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3))

    seen.take(late(measured(0, temperature_c=37.0, systolic_mmhg=120), hours(3)))

    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_a_record_that_is_taken_back_is_no_valid_value() -> None:
    valid = measured(1, temperature_c=37.0)
    seen = Bedside(patient(), valid, measured(1, temperature_c=101.3, heart_rate_per_min=80))

    seen.take(removed(valid, hours(1)))

    assert seen.states(RANGE) == ["raised P3"]


def test_a_refused_record_of_a_clock_that_is_ahead_is_settled_by_the_present() -> None:
    ahead = measured(3, temperature_c=39.0) | {"recorded_at": measured()["effective_at"]}
    seen = Bedside(patient(), ahead)
    (line,) = seen.told(RANGE)

    assert line.because[0].effective_at == START
    seen.take(measured(1, temperature_c=37.0))
    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_a_fact_that_is_told_later_settles_one_that_was_refused() -> None:
    refused = patient(at=START, weight_kg=900)
    seen = Bedside(patient(), refused)

    seen.take(late(patient(weight_kg=90), START - INFUSED_AT + hours(1)))

    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_it_says_when_the_refused_value_was_measured() -> None:
    seen = Bedside(patient(), late(measured(temperature_c=101.3), hours(2)))

    (line,) = seen.told(RANGE)
    assert line.because[0].effective_at == START


@pytest.mark.parametrize("valid", ["systolic_mmhg", "diastolic_mmhg", "mean_arterial_mmhg"])
@pytest.mark.parametrize("rest", [{}, {"heart_rate_per_min": 80}])
def test_pressures_out_of_order_are_one_doubt_and_any_valid_one_ends_it(
    valid: str, rest: dict[str, Any]
) -> None:
    disordered = {"systolic_mmhg": 60, "mean_arterial_mmhg": 70, "diastolic_mmhg": 80}
    seen = Bedside(patient(), measured(**disordered, **rest))

    (line,) = seen.told(RANGE)
    assert [(each.signal, each.value) for each in line.because] == [("pressure", "refused")]
    assert len(seen.refused) == 1
    seen.take(measured(1, **{valid: 75}))
    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_another_valid_pressure_does_not_end_the_doubt_about_one_outside_its_limit() -> None:
    seen = Bedside(patient(), measured(systolic_mmhg=5), measured(1, mean_arterial_mmhg=75))

    assert seen.states(RANGE) == ["raised P2"]


def test_after_24_hours_it_ends() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3))

    seen.tick(START + hours(24) - hours(0.01))
    assert seen.is_open(RANGE)
    seen.tick(START + hours(24))
    assert seen.states(RANGE) == ["raised P3", "resolved"]
    assert seen.patient.doubts == {}


def test_a_refused_record_that_is_sent_again_after_that_is_in_doubt_no_more() -> None:
    wrong = lab("hemoglobin", 100, at=START)
    seen = Bedside(patient(), wrong)
    seen.tick(START + hours(25))
    seen.take_out_of_time(measured(25, temperature_c=36.6))
    told = len(seen.lines)

    seen.take_out_of_time(wrong)
    assert seen.lines[told:] == []
    assert seen.patient.doubts == {}


@pytest.mark.parametrize("taken_back", [True, False])
def test_one_that_is_settled_and_sent_again_is_no_news(*, taken_back: bool) -> None:
    """Also where the value that settled it was taken back: it was told once."""
    refused, valid = measured(heart_rate_per_min=700), measured(1, heart_rate_per_min=90)
    seen = Bedside(patient(), refused, valid)
    if taken_back:
        seen.take(removed(valid, hours(1)))

    seen.take_out_of_time(refused)

    assert seen.states(RANGE) == ["raised P3", "resolved"]


def test_another_signal_is_a_new_line_and_the_same_one_is_not() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3), measured(1, temperature_c=102))

    assert seen.states(RANGE) == ["raised P3"]
    seen.take(measured(2, spo2_percent=20))
    assert seen.states(RANGE) == ["raised P3", "changed P2"]


def test_a_unit_that_does_not_fit_is_told() -> None:
    seen = Bedside(patient(), lab("ferritin", 20000, unit="mm[Hg]", at=START))

    assert seen.states(UNIT) == ["raised P3"]
    assert seen.states("HLH-FERRITIN") == []
    seen.take(lab("crp", 12, at=START + hours(1)))
    assert seen.is_open(UNIT)
    seen.take(lab("ferritin", 900, at=START + hours(2)))
    assert seen.states(UNIT) == ["raised P3", "resolved"]


def test_a_rate_in_a_unit_that_does_not_fit_is_told() -> None:
    pump = infusion("norepinephrine", at=START, rate_value=5, rate_unit="[IU]/min")

    assert Bedside(patient(), pump).states(UNIT) == ["raised P3"]


@pytest.mark.parametrize(
    "event",
    [
        late(vitals(at=START), hours(48.1)),
        late(lab("crp", 200, at=START), hours(48.1)),
        late(ice(7, at=START), hours(48.1)),
    ],
)
def test_what_comes_more_than_48_hours_late_is_told(event: Fields) -> None:
    seen = Bedside(patient(), event)

    assert seen.states(RANGE) == ["raised P3"]
    assert [why.reason for why in seen.refused] == ["late"]
    assert event["event_id"] not in {name for _, name in seen.patient.entries}


@pytest.mark.parametrize(
    "broken",
    [{"temperature_c": "38.0"}, {"kind": "other"}, {"effective_at": "yesterday"}],
)
def test_a_record_that_is_refused_whole_is_told(broken: dict[str, Any]) -> None:
    fields = measured(temperature_c=38.5) | broken
    seen = Bedside(patient())

    seen.take_out_of_time(fields, at=START)

    assert seen.states(RANGE) == ["raised P3"]


def test_it_is_told_of_a_patient_not_yet_known() -> None:
    assert Bedside(measured(temperature_c=101.3)).states(RANGE) == ["raised P3"]


def test_a_demo_value_raises_nothing_and_settles_nothing() -> None:
    seen = Bedside(patient(), measured(temperature_c=101.3, heart_rate_per_min=80, demo=True))

    assert seen.states(RANGE) == []
    assert len(seen.refused) == 1
    seen.take(measured(1, temperature_c=101.3), measured(2, temperature_c=37.0, demo=True))
    assert seen.states(RANGE) == ["raised P3"]


@pytest.mark.parametrize(
    "record",
    [
        measured(systolic_mmhg=5),
        measured(spo2_percent="97"),
        late(measured(spo2_percent=50), hours(49)),
        lab("ferritin", 20000, unit="kPa", at=START),
        lab("ferritin", -5, at=START),
    ],
)
def test_a_demo_record_that_is_refused_whole_raises_nothing(record: Fields) -> None:
    seen = Bedside(patient(), record | {"demo": True})

    assert seen.spoken == []
    assert len(seen.refused) == 1
    assert seen.patient.doubts == {}


def test_it_is_bound_to_the_stay() -> None:
    seen = Bedside(patient(), measured(temperature_c=39.0), measured(1, temperature_c=101.3))

    assert seen.told(RANGE)[0].episode == 0


def test_there_is_a_limit_to_what_is_doubted() -> None:
    seen = Bedside(patient())
    for number in range(60):
        record = lab("ferritin", 1, at=START) | {"analyte": f"unheard-of-{number}"}
        seen.take_out_of_time(record, at=START)

    assert len(seen.patient.doubts[RANGE]) == 50
    assert seen.patient.cut["doubts"] == 10
