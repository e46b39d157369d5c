"""What clinicians read: names and numbers as they would say them, and nothing twice."""

import re
from datetime import timedelta

import pytest
from bedside import Bedside, hours
from builders import (
    INFUSED_AT,
    Fields,
    assessment,
    culture,
    dose,
    infusion,
    lab,
    on_day,
    patient,
    reading,
)
from handbook.alerts import alerts_page
from handbook.cases import replays
from pager import because

from alerts.readings import amount, name_of
from topics.names import NAMES

START = on_day(6, "08:00")
FEVER = reading(at=START, temperature_c=38.8)
RAW = re.compile(
    r"\w_\w|\b(?:il6|crp|ast|alt|ldh|wbc|anc|inr|capd|ice|gcs|ecmo|crrt|hscore|ebv|cn6|sil2r)\b"
)


def told(rule: str, *events: Fields) -> str:
    return Bedside(patient(), *events).told(rule)[-1].advice


@pytest.mark.parametrize(
    ("signal", "value", "said"),
    [
        ("baseline_ferritin_ng_ml", 6905, "Baseline ferritin 6905 ng/mL"),
        ("active_ebv", "yes", "Active EBV yes"),
        ("cn6_palsy", "present", "Palsy of cranial nerve VI present"),
        ("hscore", 185, "HScore 185"),
        ("sofa_rise", 3, "SOFA rise in 24 h 3"),
        ("neuro_cause", "sedation", "Neurological signs put down to sedation"),
        ("oxygen_device", "invasive", "Oxygen by invasive ventilation"),
        ("oxygen_device", "cpap", "Oxygen by CPAP"),
        ("aptt", 40, "aPTT 40"),
        ("steroid since", "dexamethasone 10 mg", "Steroid, begun with dexamethasone 10 mg"),
        ("word_finding_difficulty", "present", "Word-finding difficulty present"),
    ],
)
def test_a_signal_is_called_what_a_clinician_calls_it(
    signal: str, value: float | str, said: str
) -> None:
    unit = "ng/mL" if signal.endswith("ng_ml") else None

    assert amount(because(signal, value, unit=unit)) == said


def test_no_alert_of_a_case_says_a_raw_name() -> None:
    lines = [line for _, some in replays() for line in some]
    said = {line.advice for line in lines}
    said |= {name_of(each.signal) for line in lines for each in line.because}

    assert [each for each in sorted(said) if RAW.search(each)] == []


def test_every_name_begins_in_the_middle_of_a_sentence() -> None:
    assert [name for name in NAMES.values() if re.match(r"[A-Z][a-z]+\b(?!-)", name)] == []


def test_what_is_shown_of_info_has_units_and_no_trailing_zero() -> None:
    page = alerts_page()

    assert "Acetaminophen 1 g" in page
    assert re.findall(r"^Why: .*\d\.0\b", page, re.MULTILINE) == []


# CRS-FEATURES, SEPSIS-FEATURES


def test_features_of_crs_are_said_with_what_speaks_in_them() -> None:
    said = told(
        "CRS-FEATURES",
        FEVER,
        lab("il6", 9800, at=START),
        lab("ferritin", 6800, at=START),
        lab("crp", 150, at=START),
    )

    assert said.startswith(
        "Typical of CRS: high IL-6, ferritin, high CRP, day 6 after the infusion."
    )


def test_features_of_sepsis_are_said_with_what_speaks_in_them() -> None:
    assert told("SEPSIS-FEATURES", FEVER, culture("positive", at=START)).startswith(
        "Features of sepsis: positive blood culture. Treat"
    )
    results = lab("lactate", 5, at=START), lab("il6", 300, at=START)
    assert told("SEPSIS-FEATURES", FEVER, *results).startswith(
        "Features of sepsis: low IL-6, high lactate. Treat"
    )
    source = assessment("exam", at=START, finding="infection_source")
    assert told("SEPSIS-FEATURES", FEVER, source).startswith(
        "Features of sepsis: a source of infection. Treat"
    )


# DATA-RANGE


def test_what_was_refused_is_named_in_words() -> None:
    seen = Bedside(patient(), reading(at=START, temperature_c=101.3, spo2_percent=97))

    assert "cannot be: temperature. It" in seen.told("DATA-RANGE")[-1].advice


# HLH


def test_hlh_suspect_orders_what_is_not_known_and_shows_the_hscore() -> None:
    known = [
        lab("ferritin", 20_000, at=START),
        lab("ast", 900, at=START),
        lab("triglycerides", 300, at=START),
    ]
    said = told("HLH-SUSPECT", *known)

    assert "with raised liver tests, high triglycerides or low fibrinogen." in said
    assert "Order fibrinogen, LDH and sIL-2R." in said
    assert "HScore 113 (probability 4 % or more): ferritin 50, triglycerides 44, AST 19." in said
    assert "It may be higher: immunosuppression, temperature, " in said
    rest = [lab(name, 100, at=START) for name in ("fibrinogen", "ldh", "sil2r")]
    assert "Order" not in told("HLH-SUSPECT", *rest, *known)


def test_a_result_of_yesterday_is_ordered_again() -> None:
    old = lab("triglycerides", 100, at=START - hours(24) - timedelta(milliseconds=1))

    assert "Order triglycerides, fibrinogen" in told(
        "HLH-FERRITIN", old, lab("ferritin", 4000, at=START)
    )


def test_anakinra_at_the_first_tocilizumab_is_not_asked_for_after_it() -> None:
    high = lab("ferritin", 4000, at=START)
    said = "Consider anakinra early, at the first tocilizumab."

    assert said in told("HLH-FERRITIN", high)
    assert said not in told("HLH-FERRITIN", dose(at=START - hours(10)), high)
    assert said in told("HLH-FERRITIN", dose(at=INFUSED_AT - hours(10)), high)


def test_anakinra_is_not_asked_for_early_where_it_was_given() -> None:
    high = lab("ferritin", 4000, at=START)
    runs = infusion("anakinra", at=INFUSED_AT - hours(30), rate_value=8, rate_unit="mg/h")
    said = "Consider anakinra early"

    assert said not in told("HLH-FERRITIN", dose("anakinra", at=START - hours(40)), high)
    assert said not in told("HLH-FERRITIN", runs, high)
    assert said in told("HLH-FERRITIN", dose("anakinra", at=INFUSED_AT - hours(25)), high)
