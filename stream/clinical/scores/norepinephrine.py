"""Norepinephrine equivalents: one number for several vasopressors, for a trend and never a grade.

The grades go by Lee 2014 (`stream.clinical.circulation`), which weighs dopamine otherwise: the two
are not interchangeable. Left out: metaraminol, which the contract does not know.
Source: Goradia et al., J Crit Care 2021;61:233-240, DOI 10.1016/j.jcrc.2020.11.002; CLINICAL.md
§5.7.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FACTOR: Final = MappingProxyType(  # of ug/kg/min, vasopressin of [IU]/min
    {
        "norepinephrine": 1.0,
        "epinephrine": 1.0,
        "phenylephrine": 0.1,
        "dopamine": 0.01,
        "vasopressin": 2.5,
        "angiotensin_ii": 10.0,
    }
)


def equivalent_ug_kg_min(running: Mapping[str, float | None]) -> float | None:
    """Add what runs; None where a rate is unknown, 0 where nothing runs."""
    total = 0.0
    for drug, rate in running.items():
        if rate is None:
            return None
        total += FACTOR[drug] * rate
    return total
