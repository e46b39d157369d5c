"""Units: whatever a signal may come in becomes the unit that we count in.

Our own table decides first, since a general library knows nothing of the traps of the bedside: `U`
is the enzyme unit and a pump's vasopressin, triglycerides come in moles, D-dimer in two kinds of
nanogram. What the table lacks is left to UCUM, where a unit of the same dimension can only mean one
thing.

Source: CLINICAL.md 5.1 (accepted units and factors) and 5.3 (traps and aliases).
"""

import re
from types import MappingProxyType
from typing import Final, NamedTuple

from topics import ucum
from topics.accepted import ACCEPTED, ANNOTATED, EXACT, SAME, Factor

UNIT_MAX: Final = 40  # characters; the longest that we know of has 12
PERCENT_ABOVE: Final = 1.0  # an FiO2 above 1 can only be percent

# As charted, and as UCUM writes it. What is ambiguous in UCUM stands in `topics.accepted`.
ALIASES: Final = MappingProxyType(
    {
        "bpm": "/min",
        "beats/min": "/min",
        "breaths/min": "/min",
        "br/min": "/min",
        "rpm": "/min",
        "mmHg": "mm[Hg]",
        "mmhg": "mm[Hg]",
        "MMHG": "mm[Hg]",
        "cmH2O": "cm[H2O]",
        "CMH2O": "cm[H2O]",
        "degC": "Cel",
        "°C": "Cel",
        "CEL": "Cel",
        "degF": "[degF]",
        "°F": "[degF]",
        "percent": "%",
        "pct": "%",
        "lpm": "L/min",
        "LPM": "L/min",
        "lb": "[lb_av]",
        "lbs": "[lb_av]",
        "in": "[in_i]",
        "inch": "[in_i]",
        "KG": "kg",
        "CM": "cm",
        "ML": "mL",
        "sec": "s",
        "seconds": "s",
        "10*3/UL": "10*3/uL",
        "K/mm3": "10*3/mm3",
        "k/uL": "10*3/uL",
        "K/UL": "10*3/uL",
        "thou/uL": "10*3/uL",
        "THOU/UL": "10*3/uL",
        "cells/uL": "/uL",
        "Hz": "/s",
        "IU/l": "IU/L",
        "units/L": "U/L",
        "MG/DL": "mg/dL",
        "MG/L": "mg/L",
        "G/DL": "g/dL",
        "NG/ML": "ng/mL",
        "NG/L": "ng/L",
        "PG/ML": "pg/mL",
        "UG/L": "ug/L",
        "MMOL/L": "mmol/L",
        "UMOL/L": "umol/L",
    }
)

_ALTERNATIVES: Final = (
    (re.compile(r"\s+"), ""),
    (re.compile("[µμ]"), "u"),  # the micro sign, and the Greek letter
    (re.compile("mcg"), "ug"),
    (re.compile(r"\[iU\]"), "[IU]"),  # UCUM has both
    (re.compile(r"^(m?)(?:illi)?units?(?=/)"), r"\1U"),
    (re.compile(r"^[xX*]?10(?:\^|\*\*|\*|[eE])\(?([0-9]{1,2})\)?(?=[/.{]|$)"), r"10*\1"),
    (re.compile(r"(^|[/.]|[munpdcf])l(?=[/.{]|$)"), r"\1L"),  # UCUM has both
    (re.compile(r"/(?:hr|hour)(?=[/.{]|$)"), "/h"),
    (re.compile(r"/(?:day|24h)(?=[/.{]|$)"), "/d"),
    (re.compile(r"/minute(?=[/.{]|$)"), "/min"),
    (re.compile(r"^(\w+)/(min|h|d)/kg$"), r"\1/kg/\2"),
    # Two kinds of D-dimer unit, wherever the annotation stands.
    (re.compile(r"^(.*?)\{?(FEU|DDU)\}?(.*)$"), r"\1\3{\2}"),
)
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")


class Quantity(NamedTuple):
    """A number with its UCUM unit; `1` is the unit of what has none."""

    value: float
    unit: str


class Conversion(NamedTuple):
    """How a value of a unit becomes one of the canonical unit."""

    canonical: str
    factor: Factor


class UnitMismatch(ValueError):  # noqa: N818, it says what is so, and is answered as that
    """The unit does not fit the signal. The message tells what would, and never a value."""


CONVERSIONS: Final = MappingProxyType(
    {
        signal: {
            unit: Conversion(scale.canonical, factor)
            for scale in scales
            for unit, factor in {scale.canonical: SAME, **scale.others}.items()
        }
        for signal, scales in ACCEPTED.items()
    }
)


def convert(signal: str, value: float, unit: str | None) -> Quantity:
    """Return a value in the canonical unit of its signal, or raise `UnitMismatch`.

    A signal is a field of the contract (`temperature_c`), an analyte (`ferritin`), or a drug that
    runs (`vasopressin`). Without a unit only FiO2 and INR are understood. Limits are not looked at:
    101.3 Cel stays 101.3 Cel, since taking it for degF would be a guess.
    """
    found = find(signal, unit)
    if signal == "fio2_fraction" and found.factor == SAME and value > PERCENT_ABOVE:
        found = CONVERSIONS[signal]["%"]
    return Quantity(found.factor.apply(value), found.canonical)


def express(signal: str, value: float, unit: str) -> Quantity:
    """Return a canonical value in another unit of its signal, or raise `UnitMismatch`."""
    return Quantity(find(signal, unit).factor.undo(value), unit)


def canonical_unit(signal: str) -> str:
    """Return the unit that a signal is counted in; raises KeyError for what is no signal."""
    return ACCEPTED[signal][0].canonical


def find(signal: str, unit: str | None) -> Conversion:
    """Find how a unit of a signal is converted, or raise `UnitMismatch`."""
    known = CONVERSIONS.get(signal)
    if known is None:
        raise UnitMismatch(f"no units are known for {signal}")
    if not unit and canonical_unit(signal) != "1":
        raise UnitMismatch("a unit is needed")
    found = known.get(unit or "1") or _look_further(signal, unit or "1")
    if found is None:
        raise UnitMismatch(f"the unit does not fit {signal}, counted in {canonical_unit(signal)}")
    return found


def _look_further(signal: str, unit: str) -> Conversion | None:
    """Take a unit as it is charted for what UCUM would write, and ask UCUM last."""
    if len(unit) > UNIT_MAX:
        return None
    known = CONVERSIONS[signal]
    tidy = _tidy(unit)
    if (found := known.get(tidy)) is not None:
        return found
    bare = tidy if signal in ANNOTATED else _ANNOTATION.sub("", tidy)  # {beats}/min is /min
    if (found := known.get(bare)) is not None or signal in EXACT:
        return found
    canonical = canonical_unit(signal)
    times = ucum.factor(bare, canonical)
    return None if times is None else Conversion(canonical, Factor(times=times))


def _tidy(unit: str) -> str:
    for pattern, replacement in _ALTERNATIVES:
        unit = ALIASES.get(unit, unit)
        unit = pattern.sub(replacement, unit)
    return ALIASES.get(unit, unit)
