"""UCUM: whether a unit measures the same thing as another, and by which factor.

The library reads its definitions when it is first asked, which takes half a second: a patient whose
units are all in our own table never pays for it.
"""

import re
from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ucumvert import PintUcumRegistry

UNITS_REMEMBERED: Final = 512

SIGNIFICANT_DIGITS: Final = 12  # a factor of 999.9999999999999 is 1000

# No parentheses and no number above 99: a unit like (10*99)99 would keep us busy for hours. No
# arbitrary units either: to the library an [IU] is the number one, and would fit anywhere.
_PLAUSIBLE: Final = re.compile(r"(?!.*[0-9]{3})(?:[A-Za-z0-9'/.*^+-]|\[(?:H2O|Hg|lb_av|in_i)\])+")


@lru_cache(maxsize=UNITS_REMEMBERED)
def factor(unit: str, wanted: str) -> float | None:
    """Return what brings a value of `unit` into `wanted`; None where it measures another thing."""
    if not _PLAUSIBLE.fullmatch(unit):
        return None
    from lark.exceptions import LarkError  # noqa: PLC0415, loaded when first needed
    from pint import PintError  # noqa: PLC0415

    registry = _registry()
    try:
        ratio = (registry.from_ucum(unit) / registry.from_ucum(wanted)).to("")
    except (LarkError, PintError, ArithmeticError, ValueError, TypeError):
        return None
    times = float(f"{ratio.magnitude:.{SIGNIFICANT_DIGITS}g}")
    return times if 0.0 < times < inf else None


@lru_cache(maxsize=1)
def _registry() -> "PintUcumRegistry":
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry()
