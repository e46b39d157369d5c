"""Every kind of event is read into signals, and read again from a saved state."""

from datetime import timedelta
from typing import Any

import pytest
from bedside import Bedside
from builders import NOON, Fields, assessment, build, culture, dose, fluid, ice, patient, reading

from stream.clinical.readers import KEPT_FIELDS, READERS
from stream.clinical.series import Reading
from stream.clinical.signals import Consciousness, Culture, Dose, Fluid, Ice, Seizure, Urine
from topics.assessments import ICE_ITEMS
from topics.base import epoch_ms

VENTILATED: Fields = {"tidal_volume_ml": 420, "plateau_cmh2o": 28, "peep_cmh2o": 12}


def facts(**fields: Any) -> Fields:
    return patient(at=NOON, **dict.fromkeys(("weight_kg", "age_years", "sex", "product")) | fields)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ice(7), {"ice": Ice(7, "astct")}),
        (
            build("ice", NOON, {"scheme": "zero_to_two"} | dict.fromkeys(ICE_ITEMS, 1)),
            {"ice": Ice(5, "zero_to_two")},
        ),
        (assessment("capd", total=9), {"capd": 9}),
        (
            assessment("consciousness", level="voice", rass=-1, sedated=False),
            {"consciousness": Consciousness("voice", -1), "sedated": False},
        ),
        (assessment("consciousness", rass=-4), {"consciousness": Consciousness(None, -4)}),
        (assessment("consciousness", sedated=True), {"sedated": True}),
        (
            assessment("seizure", seizure_type="electrographic", duration_s=60, resolved=True),
            {"seizure": Seizure("electrographic", 60, resolved=True, returned_to_baseline=None)},
        ),
        (assessment("neuro_finding", finding="posturing"), {"neuro:posturing": True}),
        (
            assessment("exam", finding="splenomegaly", present=False),
            {"exam:splenomegaly": False},
        ),
        (assessment("echo", lvef_percent=35), {"lvef_percent": 35}),
        (assessment("gcs", eye=3, verbal=4, motor=6), {"gcs": 13}),
        (assessment("urine_output", volume_ml=200, over_h=6), {"urine_output": Urine(200, 6)}),
        (
            culture("positive", organism="E. coli", collected_event_id="c1"),
            {"culture:blood": Culture("positive", "E. coli", "c1")},
        ),
        (
            dose(action="ordered", interval_h=8, scheduled_at=NOON + timedelta(hours=2)),
            {"ordered:tocilizumab": Dose(640, "mg", "iv", 8, epoch_ms(NOON + timedelta(hours=2)))},
        ),
        (dose(action="not_given"), {"not_given:tocilizumab": Dose(640, "mg", "iv")}),
        (fluid(500), {"fluid:resuscitation": Fluid("crystalloid", 500)}),
        (dose(dose_value=0), {}),
        (dose(action="ordered", dose_value=0), {"ordered:tocilizumab": Dose(0, "mg", "iv")}),
        (fluid(80, purpose="maintenance"), {"fluid:maintenance": Fluid("crystalloid", 80)}),
        (reading(ventilator=VENTILATED), VENTILATED),
        (reading(ventilator={"peep_cmh2o": 8}), {"peep_cmh2o": 8}),
        (
            facts(
                height_cm=178,
                sex="female",
                product="cilta-cel",
                prior_transplant=True,
                active_ebv=False,
                immunosuppressed=True,
                baseline_ferritin_ng_ml=900,
                baseline_platelets_10e9_l=140,
                baseline_hemoglobin_g_dl=11,
                infused_at=None,
            ),
            {
                "patient:height_cm": 178,
                "patient:sex": "female",
                "patient:product": "cilta-cel",
                "patient:prior_transplant": True,
                "patient:active_ebv": False,
                "patient:immunosuppressed": True,
                "patient:baseline_ferritin_ng_ml": 900,
                "patient:baseline_platelets_10e9_l": 140,
                "patient:baseline_hemoglobin_g_dl": 11,
            },
        ),
        (
            build("death", NOON, {"cause_crs": True, "cause_icans": False}),
            {"watch_end": "death", "death:causes": ("crs",)},
        ),
    ],
    ids=lambda value: value.get("event_id", ""),
)
def test_an_event_says_what_it_says_after_a_restart_too(
    event: Fields, said: dict[str, Any]
) -> None:
    bed = Bedside(event)
    before = values(bed)
    bed.restored()

    assert before == values(bed) == said


def values(bed: Bedside) -> dict[str, Any]:
    """Give the value of each signal, one reading each."""
    found: dict[str, Any] = {}
    for name, (only,) in bed.patient.series.items():
        assert isinstance(only, Reading)
        found[name] = only.value
    return found


def test_what_is_read_of_each_kind_is_kept_of_it() -> None:
    assert set(READERS) == set(KEPT_FIELDS)


@pytest.mark.parametrize(
    ("causes", "why"),
    [
        ({}, "The patient has died."),
        ({"cause_crs": True}, "The patient has died, of CRS."),
        ({"cause_crs": True, "cause_icans": True}, "The patient has died, of CRS and ICANS."),
    ],
)
def test_the_end_of_an_alert_says_what_the_patient_died_of(
    causes: dict[str, bool], why: str
) -> None:
    bed = Bedside(patient(), reading(temperature_c=38.5))

    told = bed.take(build("death", NOON + timedelta(hours=1), causes))

    assert "CRS-UP" in {line.rule for line in told}
    assert {(line.state, line.advice) for line in told} == {("resolved", why)}
