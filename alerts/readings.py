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

from topics.alerts import Alert, Because
from topics.names import called

VALUES: Final = MappingProxyType(  # of devices that give oxygen, and of consciousness
    {
        "invasive": "invasive ventilation",
        "cpap": "CPAP",
        "bipap": "BiPAP",
        "high_flow": "high-flow nasal cannula",
        "non_rebreather": "non-rebreather mask",
        "venturi": "Venturi mask",
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


def doubts(line: Alert, now: datetime) -> tuple[str, ...]:
    """Write what leaves the grade of an alert uncertain; what is unknown has no time."""
    return tuple(
        f"Doubt: {amount(each) if each.value is None else reading(each, now)}"
        for each in line.doubts or ()
    )


def reading(because: Because, now: datetime) -> str:
    """Write one reading: what, how much, when, how long ago."""
    at = because.effective_at
    age = ago(at, now)
    return f"{amount(because)}, {clock_time(at)}" + (f" ({age})" if age else "")


def amount(because: Because) -> str:
    """Write what was read, and how much of it."""
    much = " ".join(part for part in (_value(because.value), _unit(because.unit)) if part)
    status = "" if because.status is None else f" ({because.status})"
    return f"{name_of(because.signal)} {much}{status}"


def name_of(signal: str) -> str:
    """Name a signal; one without a name of its own is named as it is written."""
    words = clean(called(signal))
    first = words.partition(" ")[0]
    return words[:1].upper() + words[1:] if first.islower() else words


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
            return VALUES.get(value) or clean(value.replace("_", " "))
        return f"{COMPARATORS[compared[1]]} {number(float(compared[2]))}"
    return number(value)


def _unit(unit: str | None) -> str:
    if unit is None:
        return ""
    return UNITS.get(unit, clean(unit).replace("[", "").replace("]", ""))
