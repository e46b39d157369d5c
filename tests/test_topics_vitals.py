"""Vitals: a reading outside its limit is dropped, and the rest counts."""

import math

import pytest
from builders import PATIENT_ID, Fields, decoded, reading, vitals
from judging import judged, refused, why

from topics.codec import Decoded, Reason
from topics.limits import HARD_LIMITS
from topics.vitals import Vitals

SIGNAL_AT = {
    **{f"$.{name}": name for name in Vitals.model_fields if name in HARD_LIMITS},
    **{f"$.oxygen.{name}": name for name in ("flow_l_min", "fio2_fraction")},
    **{f"$.ventilator.{name}": name for name in ("tidal_volume_ml", "plateau_cmh2o", "peep_cmh2o")},
}
PRESSURES = {"systolic_mmhg", "diastolic_mmhg", "mean_arterial_mmhg"}


def sent_at(path: str, value: float) -> Fields:
    """Build readings of which one is given, and others are always fine."""
    *parents, name = path.removeprefix("$.").split(".")
    given = {parents[0]: {name: value}} if parents else {name: value}
    fine = {"heart_rate_per_min": 80, "respiratory_rate_per_min": 14}
    return reading(**fine | given)


@pytest.mark.parametrize(("path", "signal"), SIGNAL_AT.items())
def test_a_reading_on_its_hard_limit_counts(path: str, signal: str) -> None:
    for value in HARD_LIMITS[signal]:
        assert decoded(sent_at(path, value)).dropped == ()


@pytest.mark.parametrize(("path", "signal"), SIGNAL_AT.items())
def test_a_reading_outside_its_hard_limit_is_dropped_and_the_rest_counts(
    path: str, signal: str
) -> None:
    low, high = HARD_LIMITS[signal]
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        found = decoded(sent_at(path, value))

        assert [(each.path, each.reason) for each in found.dropped] == [(path, Reason.RANGE)]
        assert found.dropped[0].value == value
        assert isinstance(found.event, Vitals)
        assert found.event.has_a_reading()


@pytest.mark.parametrize(("path", "signal"), SIGNAL_AT.items())
def test_only_a_pressure_or_spo2_below_its_limit_is_urgent(path: str, signal: str) -> None:
    low, high = HARD_LIMITS[signal]
    is_urgent = signal in PRESSURES or signal == "spo2_percent"

    assert decoded(sent_at(path, low - 0.001)).dropped[0].urgent is is_urgent
    assert not decoded(sent_at(path, high + 0.001)).dropped[0].urgent


def test_percent_in_the_fraction_of_oxygen_is_dropped_never_converted() -> None:
    found = decoded(vitals(oxygen={"device": "venturi", "fio2_fraction": 45}))

    assert [each.path for each in found.dropped] == ["$.oxygen.fio2_fraction"]
    assert isinstance(found.event, Vitals)
    assert found.event.oxygen is not None
    assert found.event.oxygen.fio2_fraction is None
    assert found.event.oxygen.device == "venturi"


def test_all_that_lies_outside_is_dropped_at_once() -> None:
    found = decoded(vitals(temperature_c=101.3, systolic_mmhg=8, oxygen={"flow_l_min": 99}))

    assert {each.path for each in found.dropped} == {
        "$.temperature_c",
        "$.systolic_mmhg",
        "$.oxygen.flow_l_min",
    }


def test_nothing_left_refuses_the_record() -> None:
    found = refused(reading(temperature_c=101.3))

    assert (found.reason, found.path) == (Reason.RANGE, "$.temperature_c")
    assert (found.patient_id, found.value, found.urgent) == (PATIENT_ID, 101.3, False)


def test_nothing_left_is_urgent_where_a_pressure_was_too_low() -> None:
    found = refused(reading(temperature_c=101.3, mean_arterial_mmhg=14))

    assert (found.path, found.urgent) == ("$.mean_arterial_mmhg", True)


def test_nothing_left_within_an_object_is_nothing() -> None:
    assert why(reading(oxygen={"flow_l_min": 99})) == (Reason.RANGE, "$.oxygen.flow_l_min")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"temperature_site": "oral"},
        {"oxygen": {}},
        {"ventilator": {}},
        {"oxygen": {"device": None}, "ventilator": {}},
    ],
)
def test_vitals_without_a_reading_are_refused(sent: Fields) -> None:
    assert why(reading(**sent)) == (Reason.MISSING, "$")


@pytest.mark.parametrize(
    "sent",
    [
        {"oxygen": {"device": "room_air"}},
        {"oxygen": {"reason": "baseline"}},
        {"ventilator": {"peep_cmh2o": 5}},
        {"temperature_c": 37},
        {"heart_rate_per_min": 0},
        {"respiratory_rate_per_min": 0},
        {"systolic_mmhg": 90},
        {"diastolic_mmhg": 50},
        {"mean_arterial_mmhg": 65},
        {"spo2_percent": 97},
    ],
)
def test_any_one_reading_is_enough(sent: Fields) -> None:
    assert isinstance(judged(reading(**sent)), Decoded)


def test_a_wrong_type_refuses_what_dropping_would_have_saved() -> None:
    sent = vitals(temperature_c=101.3, spo2_percent="97")

    assert why(sent) == (Reason.WRONG_TYPE, "$.spo2_percent")


def test_a_pressure_too_low_is_urgent_whatever_else_refuses_the_record() -> None:
    for sent in (
        vitals(systolic_mmhg=10, spo2_percent="97"),
        vitals(systolic_mmhg=10, recorded_at="2026-03-04T11:00:00Z"),
        {name: value for name, value in vitals(spo2_percent=20).items() if name != "event_id"},
    ):
        found = refused(sent)

        assert found.reason is not Reason.RANGE
        assert found.urgent


def test_a_bad_time_is_found_after_dropping_too() -> None:
    sent = vitals(temperature_c=101.3, recorded_at="2026-03-04T11:00:00Z")

    assert why(sent) == (Reason.BAD_TIME, "$.effective_at")


# The order of pressures (DEC-63)


@pytest.mark.parametrize(
    ("systolic", "mean", "diastolic"),
    [(80, 90, 60), (120, 60, 70), (70, None, 80), (80, 90, None), (None, 60, 70), (60, 70, 80)],
)
def test_pressures_out_of_order_are_all_dropped_and_the_rest_counts(
    systolic: float | None, mean: float | None, diastolic: float | None
) -> None:
    sent: Fields = {
        "systolic_mmhg": systolic,
        "mean_arterial_mmhg": mean,
        "diastolic_mmhg": diastolic,
    }
    found = decoded(vitals(**sent))

    (dropped,) = found.dropped
    highest = "mean_arterial_mmhg" if systolic is None else "systolic_mmhg"
    assert (dropped.path, dropped.about) == (f"$.{highest}", "pressure")
    assert (dropped.reason, dropped.urgent, dropped.value) == (Reason.RANGE, False, None)
    assert isinstance(found.event, Vitals)
    assert {getattr(found.event, name) for name in sent} == {None}
    assert found.event.spo2_percent == 97


@pytest.mark.parametrize(
    ("systolic", "mean", "diastolic"),
    [(80, 80, 80), (120, 90, 70), (120, None, 70), (None, 70, None), (90, 90, None)],
)
def test_pressures_in_order_count(
    systolic: float | None, mean: float | None, diastolic: float | None
) -> None:
    sent = vitals(systolic_mmhg=systolic, mean_arterial_mmhg=mean, diastolic_mmhg=diastolic)

    assert decoded(sent).dropped == ()


def test_what_is_left_of_a_triple_must_be_in_order_too() -> None:
    found = decoded(vitals(systolic_mmhg=10, mean_arterial_mmhg=60, diastolic_mmhg=70))

    assert {each.path: each.urgent for each in found.dropped} == {
        "$.systolic_mmhg": True,
        "$.mean_arterial_mmhg": False,
    }


def test_only_pressures_out_of_order_leave_nothing() -> None:
    found = refused(reading(systolic_mmhg=70, diastolic_mmhg=80))

    assert (found.reason, found.urgent) == (Reason.RANGE, False)
