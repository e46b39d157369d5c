"""Readings in words: names, numbers and units that are hard to misread at night.

Numbers have no trailing zero and no bare decimal point, micrograms are `mcg`, units are `units`,
`<` and `>` are spelled out: what the Institute for Safe Medication Practices calls error-prone
("List of Error-Prone Abbreviations, Symbols, and Dose Designations") is not written here.
Source: signals and units of CLINICAL.md 5.1.
"""

import re
from datetime import datetime, timedelta
from math import isfinite
from types import MappingProxyType
from typing import Final

from topics.alerts import Because

NAMES: Final = MappingProxyType(
    {
        # Vitals.
        "temperature_c": "Temperature",
        "heart_rate_per_min": "Heart rate",
        "respiratory_rate_per_min": "Respiratory rate",
        "pressure": "Blood pressure",
        "systolic_mmhg": "Systolic pressure",
        "diastolic_mmhg": "Diastolic pressure",
        "mean_arterial_mmhg": "Mean arterial pressure",
        "spo2_percent": "SpO2",
        "oxygen_device": "Oxygen by",
        "flow_l_min": "Oxygen flow",
        "fio2_fraction": "FiO2",
        "tidal_volume_ml": "Tidal volume",
        "plateau_cmh2o": "Plateau pressure",
        "peep_cmh2o": "PEEP",
        # Laboratory.
        "crp": "CRP",
        "il6": "IL-6",
        "bilirubin_total": "Bilirubin, total",
        "ast": "AST",
        "alt": "ALT",
        "ldh": "LDH",
        "wbc": "White blood cells",
        "anc": "Neutrophils",
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
        # Assessments and support.
        "ice": "ICE score",
        "capd": "CAPD score",
        "rass": "RASS",
        "gcs": "GCS",
        "lvef_percent": "LVEF",
        "crrt": "CRRT",
        "ecmo_vv": "ECMO, veno-venous",
        "ecmo_va": "ECMO, veno-arterial",
        "weight_kg": "Weight",
        "infused_at": "Infusion charted for",
        "angiotensin_ii": "Angiotensin II",
    }
)

UNITS: Final = MappingProxyType(
    {
        "1": "",
        "{score}": "",
        "Cel": "°C",
        "mm[Hg]": "mmHg",
        "cm[H2O]": "cmH2O",
        "/min": "per min",
        "[IU]/mL": "units/mL",
        "[IU]/min": "units/min",
        "[IU]/h": "units/h",
        "U/mL": "units/mL",
        "U/L": "units/L",
        "10*9/L": "x 10^9/L",
        "ug": "mcg",
        "ug/min": "mcg/min",
        "ug/kg/min": "mcg/kg/min",
        "ug/L": "mcg/L",
        "{copies}/mL": "copies/mL",
        "ng/mL{FEU}": "ng/mL FEU",
    }
)

COMPARATORS: Final = MappingProxyType(
    {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}
)

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

CUT: Final = "…"  # where something was left out
DECIMALS: Final = 4  # vasopressin runs at 0.03 units/min
GROUPED_FROM: Final = 10_000  # below it digits are easily counted
A_MINUTE: Final = timedelta(minutes=1)
AN_HOUR: Final = timedelta(hours=1)
A_DAY: Final = timedelta(days=1)
HOURS_UNTIL: Final = timedelta(days=2)

_COMPARED: Final = re.compile(r"([<>]=?) ?([0-9]+(?:\.[0-9]+)?)")
_KIND: Final = re.compile(r"^(given|rate|support|ordered):")


def reading(because: Because, now: datetime) -> str:
    """Write one reading: what, how much, when, how long ago."""
    at = because.effective_at
    age = ago(at, now)
    return f"{amount(because)}, {clock_time(at)}" + (f" ({age})" if age else "")


def amount(because: Because) -> str:
    """Write what was read, and how much of it."""
    much = " ".join(part for part in (_value(because.value), _unit(because.unit)) if part)
    return f"{name_of(because.signal)} {much}"


def name_of(signal: str) -> str:
    """Name a signal; one without a name of its own is named as it is written."""
    bare = _KIND.sub("", signal)
    if bare in NAMES:
        return NAMES[bare]
    words = clean(bare.replace("_", " "))
    return words[:1].upper() + words[1:]


def number(value: float) -> str:
    """Write a number: 38, 0.03, 81 540."""
    if not isfinite(value):
        return "unknown"
    rounded = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    if value and not float(rounded):
        return f"{value:.2g}"  # too small to be rounded to nothing
    if abs(value) < GROUPED_FROM:
        return rounded
    whole, point, decimals = rounded.partition(".")
    return f"{int(whole):,}".replace(",", " ") + point + decimals


def moment(at: datetime) -> str:
    """Write a moment: 5 Mar 2026 08:10 UTC. The names of months are those of no locale."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M} UTC"


def clock_time(at: datetime) -> str:
    """Write a moment without its year."""
    return f"{at.day} {MONTHS[at.month - 1]} {at:%H:%M} UTC"


def ago(at: datetime, now: datetime) -> str:
    """Write how long ago something was; empty where it is later than now by a minute or more."""
    if abs(now - at) < A_MINUTE:  # a clock that ticks every few seconds is a little behind
        return "just now"
    return f"{span(now - at)} ago" if at < now else ""


def span(length: timedelta) -> str:
    """Write a length of time, no finer than anyone needs."""
    if length < AN_HOUR:
        return f"{length // A_MINUTE} min"
    if length < HOURS_UNTIL:
        minutes = length % AN_HOUR // A_MINUTE
        return f"{length // AN_HOUR} h" + (f" {minutes} min" if minutes else "")
    return f"{length // A_DAY} days"


def counted(count: int, what: str) -> str:
    """Write a number of things: 1 alert, 2 alerts."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def clean(text: str) -> str:
    """Take out what a terminal would obey: a bed number may come from anywhere."""
    return "".join(each if each.isprintable() else " " for each in text)


def cut(text: str, room: int) -> str:
    """Cut a text at a word, so that it has no more than so many characters."""
    if len(text) <= room:
        return text
    whole = text[: room - len(CUT)]
    at_a_word = whole.rsplit(None, 1)[0] if " " in whole.strip() else whole
    return at_a_word.rstrip(" ,:;(") + CUT


def _value(value: float | str | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        compared = _COMPARED.fullmatch(value)
        if compared is None:
            return clean(value.replace("_", " "))
        return f"{COMPARATORS[compared[1]]} {number(float(compared[2]))}"
    return number(value)


def _unit(unit: str | None) -> str:
    if unit is None:
        return ""
    return UNITS.get(unit, clean(unit).replace("[", "").replace("]", ""))
