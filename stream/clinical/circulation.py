"""From blood pressure and vasopressors to the rows of the CRS tables.

Limits of pressure: CLINICAL DEC-1 (90 and 65 mm[Hg]; children as in CARTOX, Mahadeo 2019, table 2,
DOI 10.1038/s41571-018-0075-2), DEC-27, DEC-46. Intensity of vasopressors: Lee 2014, "high dose",
DOI 10.1182/blood-2014-05-552729, without its duration of 3 hours (DEC-19). Its limits for
combinations are left out: two agents are grade 3 in the review whatever they add up to.
Source: CLINICAL.md §1.9, §5.7.
"""

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from stream.clinical.signals import Pressure, Rate

ADULT_AGE_YEARS: Final = 18
SYSTOLIC_LIMIT_MMHG: Final = 90.0  # below it; 90 is none
MEAN_LIMIT_MMHG: Final = 65.0  # below it; 65 is none
INFANT_SYSTOLIC_LIMIT_MMHG: Final = 70.0  # under 1 year
CHILD_SYSTOLIC_BASE_MMHG: Final = 70.0  # 1 to 10 years, and 2 for each year
CHILD_SYSTOLIC_A_YEAR_MMHG: Final = 2.0
CHILD_FORMULA_UNTIL_YEARS: Final = 10

VASOPRESSIN: Final = "vasopressin"
# Dobutamine and milrinone are inotropes and count under neither policy (DEC-23).
VASOPRESSORS: Final = (
    "norepinephrine",
    "epinephrine",
    "phenylephrine",
    "dopamine",
    VASOPRESSIN,
    "angiotensin_ii",
)
# Lee 2014: high dose from here on, the limit included.
HIGH_DOSE_UG_MIN: Final = MappingProxyType(
    {"norepinephrine": 20.0, "epinephrine": 10.0, "phenylephrine": 200.0}
)
HIGH_DOSE_DOPAMINE_UG_KG_MIN: Final = 10.0
DECIMALS: Final = 4  # of a rate: no pump is set finer
MINUTES_AN_HOUR: Final = 60
MINUTES_A_DAY: Final = 1440


class Circulation(IntEnum):
    """What the circulation needs, mildest first."""

    STABLE = 0
    HYPOTENSION = 1  # with no vasopressor
    VASOPRESSIN_ALONE = 2
    ONE_LOW_DOSE = 3
    ONE_HIGH_DOSE = 4
    ONE_AND_VASOPRESSIN = 5
    SEVERAL = 6  # two or more beside vasopressin


@cache  # it is asked for at each pressure, and there are few ages
def systolic_limit_mmhg(age_years: float | None) -> float:
    """Below it a systolic pressure is hypotension; for an unknown age it is the adults'."""
    if age_years is None or age_years > CHILD_FORMULA_UNTIL_YEARS:
        return SYSTOLIC_LIMIT_MMHG
    if age_years < 1:
        return INFANT_SYSTOLIC_LIMIT_MMHG
    return CHILD_SYSTOLIC_BASE_MMHG + CHILD_SYSTOLIC_A_YEAR_MMHG * age_years


def is_child(age_years: float | None) -> bool:
    """Tell whether systolic pressure alone decides (DEC-46)."""
    return age_years is not None and age_years < ADULT_AGE_YEARS


def is_hypotension(pressure: Pressure, age_years: float | None) -> bool | None:
    """Judge one measured pressure by its own values; None where they cannot tell."""
    systolic, mean = pressure
    low = systolic is not None and systolic < systolic_limit_mmhg(age_years)
    if low:
        return True
    if is_child(age_years):
        return None if systolic is None else False
    return mean is not None and mean < MEAN_LIMIT_MMHG


def is_high_dose(drug: str, rate: Rate, weight_kg: float | None) -> bool | None:
    """Judge one vasopressor by Lee 2014; None where weight or a published limit is missing."""
    if drug == VASOPRESSIN:
        return False  # no limit for it alone: CLINICAL A12, DEC-21
    if drug == "dopamine":
        by_weight = ug_kg_min(rate, weight_kg)
        return None if by_weight is None else _reaches(by_weight, HIGH_DOSE_DOPAMINE_UG_KG_MIN)
    limit, absolute = HIGH_DOSE_UG_MIN.get(drug), _ug_min(rate, weight_kg)
    return None if limit is None or absolute is None else _reaches(absolute, limit)


def _reaches(rate: float, limit: float) -> bool:
    """Compare a rate with a limit; a rate that was converted may lie a hair below its own value."""
    return round(rate, DECIMALS) >= limit


def circulation_of(
    running: Mapping[str, Rate], *, hypotension: bool | None, weight_kg: float | None
) -> tuple[Circulation, Circulation | None]:
    """Find the mildest and the most severe level that fit; the second None is: no limit is known.

    `running` are the vasopressors whose rate is above 0. While one runs, pressure does not matter.
    """
    others = [drug for drug in running if drug != VASOPRESSIN]
    if len(others) > 1:
        return Circulation.SEVERAL, Circulation.SEVERAL
    if others and VASOPRESSIN in running:
        return Circulation.ONE_AND_VASOPRESSIN, Circulation.ONE_AND_VASOPRESSIN
    if others:
        high = is_high_dose(others[0], running[others[0]], weight_kg)
        lowest = Circulation.ONE_HIGH_DOSE if high else Circulation.ONE_LOW_DOSE
        # Where the intensity is unknown it is low for what is proven, high for what is possible.
        return lowest, Circulation.ONE_LOW_DOSE if high is False else Circulation.ONE_HIGH_DOSE
    if running:
        return Circulation.VASOPRESSIN_ALONE, Circulation.VASOPRESSIN_ALONE
    if hypotension is None:
        return Circulation.STABLE, None
    level = Circulation.HYPOTENSION if hypotension else Circulation.STABLE
    return level, level


def _ug_min(rate: Rate, weight_kg: float | None) -> float | None:
    """Convert a rate to ug/min."""
    if rate.unit == "ug/min":
        return rate.value
    if rate.unit == "mg/h":
        return rate.value * 1000 / MINUTES_AN_HOUR
    by_weight = _by_weight(rate)
    return None if by_weight is None or weight_kg is None else by_weight * weight_kg


def ug_kg_min(rate: Rate, weight_kg: float | None) -> float | None:
    """Convert a rate to ug/kg/min."""
    if (by_weight := _by_weight(rate)) is not None:
        return by_weight
    absolute = _ug_min(rate, None)
    return None if absolute is None or weight_kg is None else absolute / weight_kg


def _by_weight(rate: Rate) -> float | None:
    if rate.unit == "ug/kg/min":
        return rate.value
    return rate.value * 1000 / MINUTES_A_DAY if rate.unit == "mg/kg/d" else None
