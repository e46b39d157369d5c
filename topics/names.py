"""What signals are called in words, in the middle of a sentence.

Source: signals of CLINICAL.md 5.1.
"""

import re
from types import MappingProxyType
from typing import Final

NAMES: Final = MappingProxyType(
    {
        # Vitals.
        "temperature_c": "temperature",
        "heart_rate_per_min": "heart rate",
        "respiratory_rate_per_min": "respiratory rate",
        "pressure": "blood pressure",
        "systolic_mmhg": "systolic pressure",
        "diastolic_mmhg": "diastolic pressure",
        "mean_arterial_mmhg": "mean arterial pressure",
        "spo2_percent": "SpO2",
        "oxygen_device": "oxygen by",
        "flow_l_min": "oxygen flow",
        "fio2_fraction": "FiO2",
        "tidal_volume_ml": "tidal volume",
        "plateau_cmh2o": "plateau pressure",
        "peep_cmh2o": "PEEP",
        "unusual_temperature_c": "unusual temperature",
        "unusual_heart_rate_per_min": "unusual heart rate",
        "unusual_respiratory_rate_per_min": "unusual respiratory rate",
        "unusual_spo2_percent": "unusual SpO2",
        "unusual_systolic_mmhg": "unusual systolic pressure",
        "weight_jump": "weight, which has jumped",
        # Laboratory.
        "crp": "CRP",
        "il6": "IL-6",
        "bilirubin_total": "bilirubin, total",
        "ast": "AST",
        "alt": "ALT",
        "ldh": "LDH",
        "wbc": "white blood cells",
        "anc": "neutrophils",
        "d_dimer": "D-dimer",
        "inr": "INR",
        "aptt": "aPTT",
        "bnp": "BNP",
        "nt_probnp": "NT-proBNP",
        "sil2r": "sIL-2R",
        "pao2": "PaO2",
        "paco2": "PaCO2",
        "cmv_dna": "CMV DNA",
        "ebv_dna": "EBV DNA",
        # Assessments, support and drugs.
        "ice": "ICE score",
        "capd": "CAPD score",
        "rass": "RASS",
        "gcs": "GCS",
        "cn6_palsy": "palsy of cranial nerve VI",
        "word_finding_difficulty": "word-finding difficulty",
        "neuro_cause": "neurological signs put down to",
        "infection_source": "source of infection",
        "lvef_percent": "LVEF",
        "crrt": "CRRT",
        "crrt_and_ecmo": "CRRT and ECMO",
        "ecmo_vv": "ECMO, veno-venous",
        "ecmo_va": "ECMO, veno-arterial",
        "ecmo_considered": "ECMO considered",
        "angiotensin_ii": "angiotensin II",
        "piperacillin_tazobactam": "piperacillin/tazobactam",
        "steroid since": "steroid, begun with",
        "high-dose steroid since": "high-dose steroid, begun with",
        # The patient, and scores.
        "weight_kg": "weight",
        "height_cm": "height",
        "age_years": "age",
        "infused_at": "infusion charted for",
        "active_ebv": "active EBV",
        "baseline_ferritin_ng_ml": "baseline ferritin",
        "baseline_platelets_10e9_l": "baseline platelets",
        "baseline_hemoglobin_g_dl": "baseline hemoglobin",
        "immunosuppressed": "immunosuppression",
        "hscore": "HScore",
        "sofa_rise": "SOFA rise in 24 h",
        # Doubts about a grade.
        "icans": "ICANS",
        "neuro": "findings of the brain",
        "device_fio2_conflict": "oxygen device and FiO2 do not fit",
        "vasopressor_intensity_unknown": "dose of a vasopressor by weight not known",
        "surface_temperature": "temperature taken on the skin or in the axilla",
        "capd_without_age": "CAPD of a patient whose age is not known",
        "ice_form_without_scale": "ICE of a form that has no published grades",
    }
)
_KIND: Final = re.compile(r"^(given|rate|support|ordered|lab|exam):")


def called(signal: str) -> str:
    """Name a signal; one without a name of its own is named as it is written."""
    bare = _KIND.sub("", signal)
    return NAMES.get(bare, bare.replace("_", " "))
