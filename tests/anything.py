"""Events of every kind that a rule depends on, near the limits that matter, some of them late."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from bedside import late, minutes
from builders import (
    Fields,
    assessment,
    build,
    culture,
    dose,
    fluid,
    ice,
    infusion,
    lab,
    on_day,
    reading,
)
from hypothesis import strategies as st

from topics.base import rfc_3339

START: Final = on_day(3, "00:00")
THRESHOLDS: Final = (900, 2_999, 3_000, 3_001, 5_000, 10_000, 10_001, 20_000, 50_000, 50_001)

moments = st.integers(0, 18 * 60).map(lambda minute: START + minutes(minute))
delays = st.sampled_from([0, 0, 0, 5, 90, 600, 1200]).map(minutes)


def built(build: Callable[..., Fields], **choices: Any) -> st.SearchStrategy[Fields]:
    """Events of one kind, recorded some time after they were true."""
    return st.builds(
        lambda at, delay, fields: late(build(at=at, **fields), delay),
        moments,
        delays,
        st.fixed_dictionaries(choices),
    )


ferritins = built(
    lambda at, value, comparator: lab(
        "ferritin", value, at=at, **({"comparator": comparator} if comparator else {})
    ),
    value=st.sampled_from(THRESHOLDS),
    comparator=st.sampled_from([None, None, "<", "<=", ">", ">="]),
)
temperatures = built(reading, temperature_c=st.sampled_from([36.6, 37.9, 38.0, 39.5]))
pressures = st.one_of(
    built(reading, systolic_mmhg=st.sampled_from([80, 89, 90, 120])),
    built(reading, mean_arterial_mmhg=st.sampled_from([64, 65, 70])),
)
oxygens = built(
    reading,
    oxygen=st.sampled_from(
        [
            {"device": "room_air"},
            {"device": "nasal_cannula", "flow_l_min": 2},
            {"device": "nasal_cannula", "flow_l_min": 6},
            {"device": "high_flow", "fio2_fraction": 0.5},
            {"device": "invasive", "reason": "airway_protection", "fio2_fraction": 0.3},
            {"device": "cpap"},
            {"device": "bipap", "fio2_fraction": 0.3},
            {"device": "room_air", "fio2_fraction": 0.4},
            {"flow_l_min": 8},
        ]
    ),
)
saturations = built(reading, spo2_percent=st.sampled_from([85, 95]))
pumps = built(
    lambda at, drug, rate: infusion(drug, at=at, rate_value=rate, rate_unit="ug/min"),
    drug=st.sampled_from(["norepinephrine", "epinephrine", "angiotensin_ii"]),
    rate=st.sampled_from([0, 5, 25]),
)
doses = built(
    lambda at, drug, mg, action, interval: dose(
        drug, at=at, dose_value=mg, action=action, interval_h=interval
    ),
    drug=st.sampled_from(
        [
            "tocilizumab",
            "tocilizumab",
            "acetaminophen",
            "dexamethasone",
            "dexamethasone",
            "methylprednisolone",
            "anakinra",
        ]
    ),
    mg=st.sampled_from([0, 10, 40, 640, 900, None]),
    action=st.sampled_from(["given", "given", "given", "ordered", "not_given"]),
    interval=st.sampled_from([None, 6, 24]),
)
infused = built(
    lambda at, drug, action, rate: infusion(
        drug, at=at, action=action, rate_value=rate, rate_unit="mg/h"
    ),
    drug=st.sampled_from(["tocilizumab", "siltuximab", "acetaminophen"]),
    action=st.sampled_from(["start", "start", "change", "stop"]),
    rate=st.sampled_from([0, 640]),
)
weights = built(
    lambda at, weight: build("patient", at, {"weight_kg": weight}),
    weight=st.sampled_from([25, 70, 80]),
)
supports = built(
    lambda at, support, action: assessment("support", at=at, support=support, action=action),
    support=st.sampled_from(["crrt", "ecmo_vv", "cooling", "ecmo_considered"]),
    action=st.sampled_from(["start", "stop"]),
)
causes = built(
    lambda at, domain, cause: assessment("attribution", at=at, domain=domain, cause=cause),
    domain=st.sampled_from(["fever", "hypotension", "hypoxia"]),
    cause=st.sampled_from(["infection", "crs"]),
)
NEAR_LIMITS: Final[dict[str, list[float]]] = {
    "platelets": [15, 20, 90, 200],
    "hemoglobin": [7, 9.2, 12],
    "wbc": [2, 5, 8],
    "anc": [0.4, 2],
    "triglycerides": [100, 265, 266, 400],
    "fibrinogen": [120, 150, 250, 300],
    "ast": [29, 30, 501],
    "bilirubin_total": [1, 2.5],
    "crp": [5, 120],
    "procalcitonin": [0.1, 3],
    "il6": [20, 200, 2000],
    "ldh": [200, 900],
    "creatinine": [0.8, 2],
    "troponin": [5, 500],
    "pao2": [59, 75, 104, 105],
    "paco2": [45, 60, 61],
}


def results_of(analyte: str, values: list[float]) -> st.SearchStrategy[Fields]:
    """Results of one analyte."""
    return built(lambda at, value: lab(analyte, value, at=at), value=st.sampled_from(values))


results = st.one_of(*(results_of(analyte, near) for analyte, near in NEAR_LIMITS.items()))
scores = st.one_of(
    built(lambda at, total: ice(total, at=at), total=st.sampled_from([0, 2, 3, 6, 7, 9, 10])),
    built(
        lambda at, total: assessment("capd", at=at, total=total), total=st.sampled_from([0, 1, 9])
    ),
)
arousals = built(
    lambda at, said: assessment("consciousness", at=at, **said),
    said=st.sampled_from(
        [
            {"level": "alert"},
            {"level": "voice"},
            {"level": "unarousable"},
            {"rass": 0},
            {"rass": -4},
            {"sedated": True},
            {"sedated": False},
            {"level": "alert", "sedated": False},
        ]
    ),
)
seizures = built(
    lambda at, said: assessment("seizure", at=at, seizure_type="clinical_generalized", **said),
    said=st.sampled_from(
        [
            {},
            {"resolved": True},
            {"duration_s": 300},
            {"duration_s": 301, "returned_to_baseline": True},
            {"returned_to_baseline": False},
            {"resolved": False},
            {"returned_to_baseline": True},
        ]
    ),
)
signs = st.one_of(
    built(
        lambda at, finding, present: assessment(
            "neuro_finding", at=at, finding=finding, present=present
        ),
        finding=st.sampled_from(
            ["focal_weakness", "confusion", "tremor", "papilledema", "impending_herniation"]
        ),
        present=st.booleans(),
    ),
    built(
        lambda at, finding, present: assessment("exam", at=at, finding=finding, present=present),
        finding=st.sampled_from(
            ["hepatomegaly", "splenomegaly", "hemophagocytosis", "infection_source"]
        ),
        present=st.booleans(),
    ),
)
cultures = built(
    lambda at, result, specimen, organism: culture(
        result, at=at, specimen=specimen, organism=organism if result == "positive" else None
    ),
    result=st.sampled_from(["collected", "collected", "positive", "negative"]),
    specimen=st.sampled_from(["blood", "respiratory", "urine"]),
    organism=st.sampled_from([None, "E. coli"]),
)
antibiotics = built(
    lambda at, drug, action, route, interval: dose(
        drug, at=at, dose_value=1, dose_unit="g", action=action, route=route, interval_h=interval
    ),
    drug=st.sampled_from(["cefepime", "vancomycin", "vancomycin", "meropenem", "ceftriaxone"]),
    action=st.sampled_from(["given", "given", "given", "ordered"]),
    route=st.sampled_from(["iv", "iv", "po"]),
    interval=st.sampled_from([None, 6, 12]),
)
fluids = built(
    lambda at, volume, kind, purpose: fluid(volume, at=at, fluid=kind, purpose=purpose),
    volume=st.sampled_from([250, 1000, 2400, 4100]),
    kind=st.sampled_from(["crystalloid", "crystalloid", None, "albumin"]),
    purpose=st.sampled_from([None, None, "maintenance"]),
)
drips = st.one_of(
    built(
        lambda at, rate: infusion("vasopressin", at=at, rate_value=rate, rate_unit="[IU]/min"),
        rate=st.sampled_from([0, 0.02, 0.03, 0.04, 0.05]),
    ),
    built(
        lambda at, drug, rate: infusion(drug, at=at, rate_value=rate, rate_unit="ug/kg/min"),
        drug=st.sampled_from(["dopamine", "phenylephrine", "dobutamine", "norepinephrine"]),
        rate=st.sampled_from([0, 0.05, 5]),
    ),
)
others = st.one_of(
    cultures,
    antibiotics,
    fluids,
    drips,
    built(
        lambda at, percent: build("echo", at, {"lvef_percent": percent}),
        percent=st.sampled_from([35, 60]),
    ),
)
ventilated = built(
    lambda at, fio2, settings: reading(
        at=at, oxygen={"device": "invasive", "fio2_fraction": fio2}, ventilator=settings
    ),
    fio2=st.sampled_from([0.4, 0.5, 0.7]),
    settings=st.sampled_from(
        [
            {"tidal_volume_ml": 440},
            {"tidal_volume_ml": 520, "plateau_cmh2o": 30},
            {"plateau_cmh2o": 28, "peep_cmh2o": 8},
            {"peep_cmh2o": 12},
        ]
    ),
)
asleep = st.one_of(
    ventilated,
    built(
        lambda at, rate: infusion("propofol", at=at, rate_value=rate, rate_unit="ug/min"),
        rate=st.sampled_from([0, 5]),
    ),
    built(
        lambda at, cause: assessment("attribution", at=at, domain="neuro", cause=cause),
        cause=st.sampled_from(["infection", "icans", "sedation"]),
    ),
    built(
        reading,
        oxygen=st.sampled_from([{"device": "invasive"}, {"flow_l_min": 8}, {"device": "room_air"}]),
    ),
)
measured = st.one_of(temperatures, pressures, oxygens, saturations, ferritins)
examined = st.one_of(scores, arousals, seizures, signs, asleep)
of_crs = st.one_of(measured, pumps, doses, infused, supports, causes)

anything = st.one_of(of_crs, results, examined, others, weights)
facts = built(
    lambda at, said: build("patient", at, said),
    said=st.sampled_from(
        [
            {"age_years": 6},
            {"age_years": 60},
            {"weight_kg": 20},
            {"home_positive_pressure": True},
            {"baseline_platelets_10e9_l": 200, "baseline_hemoglobin_g_dl": 12},
            {"immunosuppressed": True},
            {"product": "cilta-cel"},
        ]
    ),
)


def in_versions(fields: Fields, status: str | None, delay: timedelta) -> list[Fields]:
    """A record, and its correction to something milder or its removal, if there is one."""
    if status is None:
        return [fields]
    said = datetime.fromisoformat(fields["recorded_at"]) + delay
    milder = {"temperature_c": 36.6, "rate_value": 1, "value": 100}
    changes = {name: value for name, value in milder.items() if name in fields}
    return [fields, fields | changes | {"status": status, "recorded_at": rfc_3339(said)}]


def histories_of(events: st.SearchStrategy[Fields]) -> st.SearchStrategy[list[Fields]]:
    """Some records, each with its later version if there is one."""
    versions = st.builds(
        in_versions,
        events,
        st.sampled_from([None, None, None, "corrected", "entered_in_error"]),
        st.sampled_from([1, 90, 600]).map(minutes),
    )
    return st.lists(
        versions, min_size=1, max_size=14, unique_by=lambda each: str(each[0]["event_id"])
    ).map(lambda each: list(chain.from_iterable(each)))
