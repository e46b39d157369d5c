"""The thresholds that a site may set: their bounds, what is refused, and that rules go by them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bedside import Bedside, hours, minutes
from bench.wards import lines_of
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    dose,
    fluid,
    infusion,
    lab,
    on_day,
    patient,
    reading,
    vitals,
)
from handbook.cases import VECTORS
from programs import ROOT

from stream.clinical.engine import Engine
from stream.clinical.policies.bounds import SUFFIX_BY_UNIT, Threshold
from stream.clinical.policies.effective import effective, hash_of
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.policies.thresholds import (
    BUILT_IN,
    BY_NAME,
    THRESHOLDS,
    PolicyError,
    Site,
    read_overrides,
)
from stream.clinical.replay import replay
from stream.clinical.times import HOUR_MS, MINUTE_MS
from topics.alerts import Alert, AlertState
from topics.feeds.replay import merge

REVIEW, ASCO = MANAGEMENT["manikath-2025"].site, MANAGEMENT["asco-2021"].site
START = on_day(3, "10:00")
SILENCES = {
    f"silence_{each}_ms"
    for each in ("temperature", "pressure", "spo2", "heart_rate", "respiratory_rate")
}
LESS_IS_ASKED_FOR = {  # where a site may ask for less than the built-in threshold does
    "tocilizumab_interval",
    "tocilizumab_a_stay",
    "tocilizumab_in_24_h",
}


def refused(written: Mapping[str, object], site: Site = REVIEW) -> str:
    with pytest.raises(PolicyError) as caught:
        read_overrides(written, site)
    return str(caught.value)


# The table


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda each: each.name)
def test_a_threshold_can_be_signed(threshold: Threshold) -> None:
    """It has a unit that its attribute ends in, a source, a warning, and a default in bounds."""
    assert threshold.attribute.endswith(SUFFIX_BY_UNIT[threshold.unit])
    assert threshold.name != threshold.attribute or threshold.choices
    assert threshold.source
    assert threshold.wrong
    assert getattr(BUILT_IN, threshold.attribute) == threshold.default
    for value in (threshold.default, threshold.lowest, threshold.highest, *threshold.choices):
        assert threshold.read(threshold.in_words(value)) == value


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda each: each.name)
def test_what_is_built_in_is_the_least_that_a_site_may_ask_for(threshold: Threshold) -> None:
    """One bound is the default itself: a site can widen in one direction alone."""
    assert threshold.default in (threshold.lowest, threshold.highest)


def test_each_name_stands_for_one_threshold() -> None:
    assert len(BY_NAME) == len(THRESHOLDS)
    assert set(BY_NAME) >= LESS_IS_ASKED_FOR


@pytest.mark.parametrize("name", list(MANAGEMENT))
def test_what_a_profile_has_is_within_bounds(name: str) -> None:
    site = MANAGEMENT[name].site
    written = {
        each.name: each.in_words(getattr(site, each.attribute))
        for each in THRESHOLDS
        if getattr(site, each.attribute) != each.default
    }

    assert replace(BUILT_IN, **read_overrides(written, BUILT_IN)) == site  # type: ignore[arg-type]


# What a site writes


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("hlh_ferritin_look", "8000 ng/mL", 8000),
        ("hlh_ferritin_look", "8000ng/mL", 8000),
        ("ice_due", "8 h", 8 * HOUR_MS),
        ("silence_spo2", "30min", 30 * MINUTE_MS),
        ("fresh_pressure", "1.5 h", 90 * MINUTE_MS),
        ("tocilizumab_a_stay", "3 doses", 3),
        ("hscore_comparison", ">=", ">="),
    ],
)
def test_a_value_is_read_with_its_unit(name: str, written: str, value: object) -> None:
    assert read_overrides({name: written}, REVIEW)[BY_NAME[name].attribute] == value


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("hlh_feritin_look", "8000 ng/mL", "there is no such threshold; is hlh_ferritin_look m"),
        ("fever", "38 Cel", "there is no such threshold"),
        ("hlh_ferritin_look", 8000, '8000 is no number with a unit; write it like "10000 ng/mL"'),
        ("hlh_ferritin_look", "8000", '"8000" has no unit; write it like "10000 ng/mL"'),
        ("hlh_ferritin_look", "8000 ug/L", "the unit ug/L does not fit; write it like"),
        ("hlh_ferritin_look", "much", '"much" is no number with a unit'),
        ("hlh_ferritin_look", "10001 ng/mL", "is above 10000 ng/mL, the most"),
        ("hlh_ferritin_look", "nan ng/mL", '"nan ng/mL" is no number with a unit'),
        ("hlh_ferritin_look", True, "True is no number with a unit"),
        ("ice_due", "12 days", "the unit days does not fit"),
        ("ice_due", "1 h", '"1 h" is below 4 h, the least'),
        ("fresh_spo2", "5 h", '"5 h" is above 4 h, the most'),
        ("fresh_spo2", "14 min", '"14 min" is below 15 min, the least'),
        ("tocilizumab_a_stay", "3.5 doses", "is no whole number"),
        ("tocilizumab_a_stay", "5 doses", "is above 4 doses, the most"),
        ("hscore_comparison", "=>", '"=>" is not one of >, >='),
    ],
)
def test_what_is_wrong_is_refused_naming_the_threshold(
    name: str, written: object, said: str
) -> None:
    assert refused({name: written}).startswith(f"{name}: ")
    assert said in refused({name: written})


def test_each_mistake_has_a_line() -> None:
    lines = refused({"ice_due": "30 h", "fever": "38 Cel", "hscore_comparison": "<"}).splitlines()

    assert [line.partition(":")[0] for line in lines] == ["ice_due", "fever", "hscore_comparison"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            {"hlh_ferritin_look": "5000 ng/mL", "hlh_ferritin_urgent": "10000 ng/mL"},
            None,
        ),
        (
            {"steroid_prophylaxis": "96 h", "steroid_prophylaxis_urgent": "72 h"},
            "steroid_prophylaxis: 96 h is above 72 h, which steroid_prophylaxis_urgent is",
        ),
        (
            {"silence_spo2": "2 h", "fresh_spo2": "1 h"},
            "silence_spo2: 2 h is above 1 h, which fresh_spo2 is",
        ),
    ],
)
def test_thresholds_that_go_together_are_in_order(
    written: dict[str, object], said: str | None
) -> None:
    if said is None:
        assert read_overrides(written, REVIEW)
    else:
        assert refused(written) == said


def test_what_is_stale_is_silent() -> None:
    """A silence that is not set follows the age, so that no patient is stale and not missed."""
    found = read_overrides({"fresh_spo2": "1 h"}, REVIEW)

    assert found == {"fresh_spo2_ms": HOUR_MS, "silence_spo2_ms": HOUR_MS}


def test_a_stricter_profile_stays_as_strict() -> None:
    """ICE twice a day is ASCO's; a site that asks for less does not follow it."""
    assert read_overrides({"ice_due": "20 h"}, REVIEW)
    assert "is above 12 h, the most" in refused({"ice_due": "20 h"}, ASCO)


# The hash


def test_the_hash_tells_policies_apart_and_not_how_they_are_written() -> None:
    built_in = effective("manikath-2025", {}).policy_hash
    same = effective("manikath-2025", {"hlh_ferritin_look_ng_ml": 10_000.0}).policy_hash
    sooner = effective("manikath-2025", {"hlh_ferritin_look_ng_ml": 8_000}).policy_hash
    asco = effective("asco-2021", {}).policy_hash

    assert built_in == same
    assert len({built_in, sooner, asco}) == 3
    assert built_in is not None
    assert len(built_in) == 12


def test_each_threshold_is_in_the_hash() -> None:
    hashes = {
        effective("manikath-2025", {each.attribute: other(each)}).policy_hash for each in THRESHOLDS
    }

    assert len(hashes) == len(THRESHOLDS)


def other(threshold: Threshold) -> Any:
    """Another value than the built-in one."""
    values = (threshold.lowest, threshold.highest, *threshold.choices)
    return next(each for each in values if each != threshold.default)


def test_what_has_no_canonical_form_has_no_hash() -> None:
    """Else what nobody thought of would be left out of it."""
    with pytest.raises(TypeError, match="a policy holds no set"):
        hash_of(replace(MANAGEMENT["manikath-2025"], source={"a", "b"}))  # type: ignore[arg-type]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ValueError, match="no management profile nobody"):
        effective("nobody", {})


def test_every_alert_and_status_names_the_policy() -> None:
    seen = Bedside(patient(), overrides={"hlh_ferritin_watch_ng_ml": 2_000})
    seen.take(lab("ferritin", 2_500, at=START))

    (line,) = seen.told("HLH-FERRITIN")
    assert line.policy_hash == seen.engine.policy_hash == seen.status(START).policy_hash


# Rules go by them: the same events, with one threshold set

STEROID = [
    dose("dexamethasone", at=START + hours(6 * each), dose_value=10, dose_unit="mg", interval_h=6)
    for each in range(9)
]
SICK = vitals(at=START, temperature_c=39.0, systolic_mmhg=80, diastolic_mmhg=40)
TOCILIZUMAB = dose("tocilizumab", at=START + hours(1), dose_value=640, dose_unit="mg")
FERRITIN = lab("ferritin", 9_000, at=START)
WELL_PERFUSED = reading(
    at=START + minutes(5), systolic_mmhg=110, diastolic_mmhg=60, mean_arterial_mmhg=76
)


def set_to(**ventilator: Any) -> Fields:
    return vitals(at=START + minutes(5), oxygen={"device": "invasive"}, ventilator=ventilator)


EXAMINED = assessment("ice", at=on_day(0, "12:00"), scheme="astct", total=10)
EVENING = on_day(0, "17:00") - START
SEPSIS = [lab("procalcitonin", 3, at=START), lab("lactate", 3, at=START)]

LOW = vitals(at=START + hours(1), temperature_c=39.0, systolic_mmhg=80, diastolic_mmhg=40)
TUBE = vitals(at=START, oxygen={"device": "invasive", "fio2_fraction": 0.5})
WEAK = [SICK, assessment("echo", at=START, lvef_percent=45), WELL_PERFUSED]

HOT = reading(at=START + hours(8), temperature_c=38.5)
SHOCK = [SICK, infusion("norepinephrine", at=START, rate_value=5, rate_unit="ug/min")]

CASES: list[tuple[str, dict[str, Any], list[Fields], Any]] = [
    ("HLH-FERRITIN", {"hlh_ferritin_watch_ng_ml": 500}, [lab("ferritin", 600, at=START)], None),
    ("HLH-SUSPECT", {"hlh_suspect_ferritin_ng_ml": 2_000}, [FERRITIN, lab("ast", 600)], None),
    (
        "SEPSIS-FEATURES",
        {"sepsis_procalcitonin_ng_ml": 2, "sepsis_lactate_mmol_l": 2},
        SEPSIS,
        None,
    ),
    ("ICE-DUE", {"ice_due_ms": 4 * HOUR_MS}, [EXAMINED], EVENING),
    ("STEROID-LONG", {"steroid_long_ms": 24 * HOUR_MS}, STEROID, None),
    ("STEROID-PROPHYLAXIS", {"steroid_prophylaxis_ms": 48 * HOUR_MS}, STEROID, hours(49)),
    ("FLUID-CAP", {"fluid_much_ml_kg": 30}, [SICK, fluid(2_500, at=START + minutes(5))], None),
    ("PRESSOR-PIVOT", {"fluid_enough_ml_kg": 20}, [SICK, fluid(1_700, at=START), LOW], None),
    ("INOTROPE", {"weak_heart_lvef_percent": 50}, WEAK, None),
    ("LPV", {"lpv_plateau_cmh2o": 25}, [TUBE, set_to(plateau_cmh2o=27)], None),
    ("LPV", {"lpv_paco2_mmhg": 50}, [TUBE, lab("paco2", 55, at=START + minutes(5))], None),
    ("LPV", {"lpv_tolerance_ml_kg": 0}, [TUBE, set_to(tidal_volume_ml=410)], None),
    ("LPV", {"lpv_peep_least_cmh2o": 12}, [TUBE, set_to(peep_cmh2o=11)], None),
    ("LPV", {"lpv_peep_most_cmh2o": 13}, [TUBE, set_to(peep_cmh2o=14)], None),
    (
        "UNATTRIBUTED-DETERIORATION",
        {"deterioration_spo2_percent": 94},
        [vitals(at=START, spo2_percent=93)],
        None,
    ),
    ("SHOCK24", {"shock_after_ms": 12 * HOUR_MS}, [*SHOCK, TOCILIZUMAB], hours(14)),
    ("POST-TOCI-FEVER", {"post_toci_fever_ms": 8 * HOUR_MS}, [SICK, TOCILIZUMAB, HOT], hours(10)),
    ("PRONE", {"prone_mmhg": 200}, [TUBE, lab("pao2", 90, at=START + minutes(5))], None),
    ("ABX-1H", {"abx_warning_ms": 15 * MINUTE_MS}, [SICK], minutes(20)),
    ("REASSESS", {"reassess_ms": 6 * HOUR_MS}, [SICK, TOCILIZUMAB], hours(8)),
    (
        "ANAKINRA-EARLY",
        {"anakinra_ferritin_ng_ml": 500},
        [lab("ferritin", 600, at=START), SICK],
        None,
    ),
    (
        "OPS-SILENCE",
        {"silence_spo2_ms": MINUTE_MS},
        [vitals(at=START, spo2_percent=97)],
        minutes(2),
    ),
]


@pytest.mark.parametrize(
    ("rule", "overrides", "events", "later"), CASES, ids=[" ".join(c[1]) for c in CASES]
)
def test_a_rule_goes_by_the_thresholds_of_the_site(
    rule: str, overrides: dict[str, Any], events: list[Fields], later: Any
) -> None:
    who = patient(weight_kg=80, height_cm=170, sex="male")
    built_in, site = Bedside(who), Bedside(who, overrides=overrides)
    for seen in (built_in, site):
        seen.take(*events)
        if later is not None:
            seen.tick(START + later)

    assert seen_of(built_in, rule) == []
    assert seen_of(site, rule)[:1] == ["raised"]


@pytest.mark.parametrize(("needed", "grade"), [(2, None), (1, 1)])
def test_iec_hs_is_graded_from_as_many_features_as_the_site_asks_for(
    needed: int, grade: int | None
) -> None:
    results = [lab("ferritin", 900, at=START), lab("ast", 201, at=START)]
    seen = Bedside(patient(), *results, overrides={"iec_hs_common_features": needed})

    hlh = seen.status(START).hlh

    assert hlh is not None
    assert hlh.iec_hs_grade == grade


SHOCK_THAT_COMES_BACK = [
    *SHOCK,
    TOCILIZUMAB,
    infusion("norepinephrine", at=START + hours(15), action="stop"),
    infusion("norepinephrine", at=START + hours(16), rate_value=5, rate_unit="ug/min"),
]
FEVER_THAT_COMES_BACK = [
    SICK,
    TOCILIZUMAB,
    *(
        reading(at=START + hours(after_h), temperature_c=celsius)
        for after_h, celsius in ((8, 38.5), (10, 37.5), (12, 38.6), (14, 38.6))
    ),
]


@pytest.mark.parametrize(
    ("rule", "overrides", "events", "later_h"),
    [
        ("SHOCK24", {"shock_after_ms": 12 * HOUR_MS}, SHOCK_THAT_COMES_BACK, 25),
        ("POST-TOCI-FEVER", {"post_toci_fever_ms": 8 * HOUR_MS}, FEVER_THAT_COMES_BACK, 14),
    ],
)
def test_what_was_asked_about_sooner_and_ended_is_asked_about_again_when_it_always_is(
    rule: str, overrides: dict[str, Any], events: list[Fields], later_h: float
) -> None:
    built_in, site = Bedside(patient(), *events), Bedside(patient(), *events, overrides=overrides)
    for seen in (built_in, site):
        seen.tick(START + hours(later_h))

    assert seen_of(built_in, rule) == ["raised"]
    assert seen_of(site, rule) == ["raised", "resolved", "raised"]
    assert site.told(rule)[-1].at == built_in.told(rule)[0].at


def test_a_dose_of_steroid_before_24_hours_does_not_answer_what_is_asked_about_then() -> None:
    steroid = dose("dexamethasone", at=START + hours(22), dose_value=10, dose_unit="mg")
    seen = Bedside(
        patient(), *SHOCK, TOCILIZUMAB, steroid, overrides={"shock_after_ms": 12 * HOUR_MS}
    )
    seen.tick(START + hours(26))

    assert seen.states("SHOCK24") == ["raised P1", "resolved", "raised P1"]
    assert [line.at - START for line in seen.told("SHOCK24")] == [hours(13), hours(22), hours(25)]
    assert "12 hours" in seen.told("SHOCK24")[0].advice
    assert "24 hours" in seen.told("SHOCK24")[-1].advice


def test_a_monitor_tells_a_fever_after_the_first_hours_that_a_site_may_ask_about() -> None:
    """Where the reading at that time was too old, the next one tells, though it is as before."""
    overrides = {"post_toci_fever_ms": 10 * HOUR_MS}
    seen = Bedside(patient(), SICK, TOCILIZUMAB, overrides=overrides)
    for after_h in (5, 10, 12, 12.5):
        seen.take(reading(at=START + hours(after_h), temperature_c=38.5))
        seen.tick(START + hours(after_h))

    (line,) = seen.told("POST-TOCI-FEVER")
    assert line.at == START + hours(11)
    old = Bedside(patient(), SICK, TOCILIZUMAB, overrides=overrides)
    for after_h in (6, 12, 12.5):
        old.take(reading(at=START + hours(after_h), temperature_c=38.5))

    (line,) = old.told("POST-TOCI-FEVER")
    assert line.at == START + hours(12)


def seen_of(seen: Bedside, rule: str) -> list[str]:
    return [line.state.value for line in seen.told(rule)]


@pytest.mark.parametrize(
    ("analyte", "value", "overrides"),
    [
        ("ast", 300, {"hlh_transaminase_u_l": 200}),
        ("bilirubin_total", 2, {"hlh_bilirubin_mg_dl": 1.5}),
        ("triglycerides", 200, {"hlh_triglycerides_mg_dl": 150}),
        ("fibrinogen", 200, {"hlh_fibrinogen_mg_dl": 250}),
        ("platelets", 60, {"hlh_platelets_10e9_l": 100}),
        ("platelets", 70, {"hlh_platelets_of_baseline_percent": 75}),
        ("hemoglobin", 8.5, {"hlh_hemoglobin_fall_g_dl": 1.0}),
    ],
)
def test_each_feature_of_hlh_goes_by_its_threshold(
    analyte: str, value: float, overrides: dict[str, Any]
) -> None:
    who = patient(baseline_platelets_10e9_l=100, baseline_hemoglobin_g_dl=10)
    events = (who, lab("ferritin", 12_000, at=START), lab(analyte, value, at=START))

    assert seen_of(Bedside(*events), "HLH-SUSPECT") == []
    assert seen_of(Bedside(*events, overrides=overrides), "HLH-SUSPECT") == ["raised"]


def test_ferritin_is_as_urgent_as_the_site_says() -> None:
    site = {"hlh_ferritin_look_ng_ml": 8_000, "hlh_ferritin_urgent_ng_ml": 20_000}
    seen = Bedside(patient(), overrides=site)
    for each, value in enumerate((7_000, 9_000, 21_000)):
        seen.take(lab("ferritin", value, at=START + hours(each)))

    assert seen.states("HLH-FERRITIN") == ["raised P3", "changed P2", "changed P1"]
    assert "above 20000" in seen.told("HLH-FERRITIN")[-1].advice


def test_tocilizumab_goes_by_the_limits_of_the_site() -> None:
    site = {"tocilizumab_a_stay_doses": 3, "tocilizumab_in_24_h_doses": 2}
    seen = Bedside(patient(), SICK, TOCILIZUMAB, overrides=site)
    seen.take(dose("tocilizumab", at=START + hours(10), dose_value=640, dose_unit="mg"))
    seen.take(dose("tocilizumab", at=START + hours(20), dose_value=640, dose_unit="mg"))

    seen.tick(START + hours(30))
    status = seen.status(START + hours(30)).tocilizumab

    assert seen.states("TOCI-MAX")[:2] == ["raised P2", "changed P2"]
    assert status is not None
    assert (status.doses, status.next_allowed_at) == (3, None)


def test_tocilizumab_comes_back_after_the_interval_of_the_site() -> None:
    seen = Bedside(
        patient(), SICK, TOCILIZUMAB, overrides={"tocilizumab_interval_ms": 10 * HOUR_MS}
    )
    seen.tick(START + hours(10))
    before = seen.states("TOCI-IND")
    seen.tick(START + hours(11))

    assert before == ["raised P2", "resolved"]
    assert seen.states("TOCI-IND")[2:] == ["raised P2"]
    assert "10 hours old or more" in seen.told("TOCI-IND")[-1].advice


def test_tocilizumab_that_is_due_is_said_as_often_as_the_site_says() -> None:
    seen = Bedside(patient(), SICK, overrides={"tocilizumab_repeat_ms": 2 * HOUR_MS})
    seen.tick(START + hours(5))

    assert seen.states("TOCI-IND") == ["raised P2", "changed P2", "changed P2"]


def test_a_dose_is_checked_as_closely_as_the_site_says() -> None:
    rounded = dose("tocilizumab", at=START, dose_value=660, dose_unit="mg")
    who = patient(weight_kg=80)

    assert seen_of(Bedside(who, rounded), "TOCI-DOSE") == []
    site = {"tocilizumab_tolerance_percent": 2}
    assert seen_of(Bedside(who, rounded, overrides=site), "TOCI-DOSE") == ["raised"]


def test_what_is_stale_sooner_lowers_no_grade() -> None:
    site = {"fresh_temperature_ms": HOUR_MS, "fresh_pressure_ms": HOUR_MS}
    built_in, strict = Bedside(patient(), SICK), Bedside(patient(), SICK, overrides=site)
    at = START + hours(2)

    assert "systolic_mmhg" in strict.status(at).stale
    assert built_in.status(at).stale == ()
    for name, grade in (built_in.status(at).crs or {}).items():
        widened = (strict.status(at).crs or {})[name]
        assert widened.lowest == grade.lowest
        assert widened.highest >= grade.highest


@pytest.mark.parametrize("threshold", THRESHOLDS, ids=lambda each: each.name)
def test_no_threshold_is_without_effect(threshold: Threshold) -> None:
    """Something outside of the tables of thresholds and profiles reads it."""
    core = ROOT / "stream" / "clinical"
    reading_it = [
        path.name
        for path in core.rglob("*.py")
        if path.parent.name != "policies"
        and re.search(rf'(site\.|")({threshold.attribute})\b', path.read_text(encoding="utf-8"))
    ]

    assert reading_it


# A site can only ask for more


def test_a_ferritin_that_falls_and_rises_is_told_anew_whatever_the_lowest_threshold() -> None:
    """What would have ended and come again goes down to P3 and up again."""
    seen = Bedside(patient(), overrides={"hlh_ferritin_watch_ng_ml": 500})
    for each, (value, comparator) in enumerate(
        ((60_000, None), (2_000, None), (70_000, None), (800, "<="), (400, None))
    ):
        said = {} if comparator is None else {"comparator": comparator}
        seen.take(lab("ferritin", value, at=START + hours(each), **said))

    assert seen.states("HLH-FERRITIN") == [
        "raised P1",
        "changed P3",
        "changed P1",
        "changed P3",
        "resolved",
    ]


def test_ice_that_is_due_sooner_is_due_as_long() -> None:
    """The task of who is in no episode is over when it would have been."""
    sooner = Bedside(patient(), overrides={"ice_due_ms": 8 * HOUR_MS})
    sooner.tick(on_day(0, "00:00") + hours(72))

    raised, resolved = sooner.told("ICE-DUE")
    assert raised.at - INFUSED_AT == hours(8) + timedelta(milliseconds=1)
    assert resolved.at - INFUSED_AT == hours(48) + timedelta(milliseconds=1)


def how_urgent(alerts: list[Alert]) -> dict[str, list[tuple[datetime, int]]]:
    """Give of each alert how urgent it is from each moment on; -1 is not open."""
    steps: dict[str, list[tuple[datetime, int]]] = {}
    for line in alerts:
        urgent = max(each.urgency for each in line.priorities.values())
        is_open = line.state in (AlertState.RAISED, AlertState.CHANGED)
        steps.setdefault(line.alert_id, []).append((line.at, urgent if is_open else -1))
    return steps


def at(steps: list[tuple[datetime, int]], moment: datetime) -> int:
    return next((urgent for since, urgent in reversed(steps) if since <= moment), -1)


def test_a_site_can_only_make_it_speak_sooner_and_more() -> None:
    """In every published case each alert is open and urgent whenever it is with what is built in.

    With all that a site may ask for at once, but for the limits on tocilizumab.
    """
    lines = list(merge(*[list(lines_of(path)) for path in sorted(VECTORS.glob("B*.events.*"))]))
    most = {
        each.attribute: HOUR_MS if each.attribute in SILENCES else other(each)
        for each in THRESHOLDS
        if each.name not in LESS_IS_ASKED_FOR
    }
    built_in, site = (
        how_urgent([each for each in replay(engine, lines) if isinstance(each, Alert)])
        for engine in (Engine(), Engine(overrides=most))
    )

    less = [
        (alert_id, moment)
        for alert_id, steps in built_in.items()
        for moment in {since for since, _ in (*steps, *site.get(alert_id, ()))}
        if at(site.get(alert_id, []), moment) < at(steps, moment)
    ]
    assert less == []
    assert sum(map(len, site.values())) > sum(map(len, built_in.values()))
