"""The input events: what each kind needs, which times and which values it may have."""

from collections.abc import Callable

import pytest
from builders import (
    NOON,
    Fields,
    ack,
    assessment,
    culture,
    dose,
    event,
    fluid,
    ice,
    infusion,
    lab,
    on_day,
    patient,
    vitals,
)
from judging import judged, why

from topics.assessments import Exam, NeuroFinding
from topics.codec import Decoded, Reason
from topics.limits import HARD_LIMITS
from topics.medications import Drug, Fluid, FluidPurpose, Infusion
from topics.patients import Death, Discharge, Patient

# What each kind needs

REQUIRED = [
    (lab("crp", 5), ["analyte", "value", "unit"]),
    (culture(), ["specimen", "result"]),
    (dose(), ["drug", "action"]),
    (infusion(), ["drug", "action", "rate_value", "rate_unit"]),
    (infusion(action="change"), ["rate_value", "rate_unit"]),
    (infusion(action="stop"), ["drug", "action"]),
    (fluid(), ["volume_ml"]),
    (ice(), ["scheme", "total"]),
    (assessment("capd", total=3), ["total"]),
    (assessment("seizure", seizure_type="electrographic"), ["seizure_type"]),
    (assessment("neuro_finding", finding="tremor"), ["finding"]),
    (assessment("exam", finding="edema"), ["finding"]),
    (assessment("support", support="crrt", action="stop"), ["support", "action"]),
    (assessment("echo", lvef_percent=55), ["lvef_percent"]),
    (assessment("attribution", domain="fever", cause="other"), ["domain", "cause"]),
    (assessment("gcs", total=15), ["total"]),
    (assessment("urine_output", volume_ml=90, over_h=2), ["volume_ml", "over_h"]),
    (ack("a-1"), ["alert_id", "action", "by"]),
]


@pytest.mark.parametrize(
    ("fields", "name"), [(fields, name) for fields, names in REQUIRED for name in names]
)
def test_a_required_field_is_required(fields: Fields, name: str) -> None:
    without = {each: fields[each] for each in fields if each != name}

    assert isinstance(judged(fields), Decoded)
    assert why(without) == (Reason.MISSING, f"$.{name}")
    assert why(fields | {name: None}) == (Reason.MISSING, f"$.{name}")


def test_a_patient_may_be_known_by_nothing_but_an_id() -> None:
    bare = {name: value for name, value in patient().items() if name in vitals()}

    assert isinstance(event(bare), Patient)
    assert isinstance(event(bare | {"kind": "discharge"}), Discharge)
    assert isinstance(event(bare | {"kind": "death"}), Death)


def test_a_null_where_a_default_says_something_is_the_default() -> None:
    finding = event(assessment("neuro_finding", finding="tremor") | {"present": None})
    exam = event(assessment("exam", finding="edema") | {"present": None})
    bolus = event(fluid() | {"purpose": None})

    assert isinstance(finding, NeuroFinding)
    assert finding.present
    assert isinstance(exam, Exam)
    assert exam.present
    assert isinstance(bolus, Fluid)
    assert bolus.purpose is FluidPurpose.RESUSCITATION


# Times


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-04T12:00:00Z",
        "2026-03-04T12:00:00.5Z",
        "2026-03-04T12:00:00.123456789Z",
        "2026-03-04T12:00:00-08:00",
        "2026-03-04t12:00:00z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_rfc_3339_with_an_offset_is_a_time(time: object) -> None:
    assert isinstance(judged(vitals() | {"effective_at": time}), Decoded)


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-04T12:00:00",
        "2026-03-04",
        "2026-03-04T12:00Z",
        "2026-03-04 12:00:00Z",
        "2026-03-04T12:00:00+0100",
        "2026-03-04T12:00:00+25:00",
        "2026-02-30T12:00:00Z",
        "2026-03-04T24:00:00Z",
        "1772625600",
        "1772625600000",
        "٢٠٢٦-03-04T12:00:00Z",
        "2026-03-04T12:00:00Z\n",
        "",
        "now",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_anything_else_is_a_bad_time(time: object) -> None:
    assert why(vitals() | {"effective_at": time}) == (Reason.BAD_TIME, "$.effective_at")


@pytest.mark.parametrize("time", [1772625600, 1772625600.5, True, {}])
def test_a_time_that_is_no_text_has_the_wrong_type(time: object) -> None:
    assert why(vitals() | {"effective_at": time}) == (Reason.WRONG_TYPE, "$.effective_at")


def test_what_is_true_may_lie_five_minutes_after_it_was_recorded() -> None:
    assert isinstance(judged(vitals(on_day(3, "12:05"), recorded_at=NOON)), Decoded)


def test_what_is_true_may_lie_no_further_ahead() -> None:
    late = vitals(recorded_at=NOON) | {"effective_at": "2026-03-04T12:05:00.001Z"}

    assert why(late) == (Reason.BAD_TIME, "$.effective_at")


def test_a_plan_may_lie_ahead() -> None:
    next_week = on_day(10)

    assert isinstance(judged(patient(NOON, infused_at=next_week)), Decoded)
    assert isinstance(judged(dose(action="ordered", scheduled_at=next_week)), Decoded)
    assert isinstance(judged(ack("a-1", "snooze", snooze_until=next_week)), Decoded)


# Limits: outside them, a record of any kind but vitals is refused

LIMITED = [
    ("weight_kg", lambda value: patient(weight_kg=value), "weight_kg"),
    ("height_cm", lambda value: patient(height_cm=value), "height_cm"),
    ("age_years", lambda value: patient(age_years=value), "age_years"),
    ("ferritin", lambda value: patient(baseline_ferritin_ng_ml=value), "baseline_ferritin_ng_ml"),
    (
        "platelets",
        lambda value: patient(baseline_platelets_10e9_l=value),
        "baseline_platelets_10e9_l",
    ),
    (
        "hemoglobin",
        lambda value: patient(baseline_hemoglobin_g_dl=value),
        "baseline_hemoglobin_g_dl",
    ),
    ("ice", ice, "total"),
    ("capd", lambda value: assessment("capd", total=value), "total"),
    ("rass", lambda value: assessment("consciousness", rass=value), "rass"),
    ("gcs", lambda value: assessment("gcs", total=value), "total"),
    ("lvef_percent", lambda value: assessment("echo", lvef_percent=value), "lvef_percent"),
]


@pytest.mark.parametrize(("signal", "build", "name"), LIMITED)
def test_a_value_on_its_hard_limit_counts(
    signal: str, build: Callable[[float], Fields], name: str
) -> None:
    for value in HARD_LIMITS[signal]:
        assert isinstance(judged(build(value)), Decoded), name


@pytest.mark.parametrize(("signal", "build", "name"), LIMITED)
def test_a_value_outside_its_hard_limit_refuses_the_record(
    signal: str, build: Callable[[float], Fields], name: str
) -> None:
    low, high = HARD_LIMITS[signal]
    for value in (low - 1, high + 1):
        assert why(build(value)) == (Reason.RANGE, f"$.{name}")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (dose(dose_value=-1), "$.dose_value"),
        (dose(interval_h=0), "$.interval_h"),
        (infusion(rate_value=-0.1), "$.rate_value"),
        (fluid(-1), "$.volume_ml"),
        (assessment("urine_output", volume_ml=-1, over_h=1), "$.volume_ml"),
        (assessment("urine_output", volume_ml=1, over_h=0), "$.over_h"),
        (assessment("seizure", seizure_type="electrographic", duration_s=-1), "$.duration_s"),
    ],
)
def test_rates_doses_volumes_and_spans_are_not_negative(fields: Fields, path: str) -> None:
    assert why(fields) == (Reason.RANGE, path)


@pytest.mark.parametrize("fields", [dose(dose_value=0), infusion(rate_value=0), fluid(0)])
def test_nothing_is_a_dose_a_rate_and_a_volume_too(fields: Fields) -> None:
    assert isinstance(judged(fields), Decoded)


# Infusions


@pytest.mark.parametrize(
    ("drug", "unit"),
    [
        ("vasopressin", "[IU]/min"),
        ("vasopressin", "[IU]/h"),
        ("norepinephrine", "ug/kg/min"),
        ("propofol", "mg/h"),
        ("anakinra", "mg/kg/d"),
        ("other", "[IU]/h"),
        ("other", "mg/h"),
    ],
)
def test_a_rate_fits_its_drug(drug: str, unit: str) -> None:
    assert isinstance(judged(infusion(drug, rate_value=1, rate_unit=unit)), Decoded)


@pytest.mark.parametrize(("drug", "unit"), [("vasopressin", "ug/min"), ("dopamine", "[IU]/h")])
def test_vasopressin_and_nothing_else_runs_in_international_units(drug: str, unit: str) -> None:
    assert why(infusion(drug, rate_value=1, rate_unit=unit)) == (Reason.UNIT, "$.rate_unit")


def test_a_stop_is_a_stop_whatever_rate_it_names() -> None:
    found = event(infusion("vasopressin", action="stop", rate_value=0, rate_unit="ug/min"))

    assert isinstance(found, Infusion)
    assert found.drug is Drug.VASOPRESSIN


def test_u_per_hour_is_left_to_the_feeds() -> None:
    sent = infusion("vasopressin", rate_value=1.8, rate_unit="U/h")

    assert why(sent) == (Reason.UNIT, "$.rate_unit")
