"""UCUM: whether a unit measures the same thing as another, and by which factor.

The library reads its definitions when it is first asked, which takes half a second: a patient whose
units are all in our own table never pays for it.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ucumvert import PintUcumRegistry

UNITS_REMEMBERED: Final = 512

# No parentheses and no number above 99: a unit like (10*99)99 would keep us busy for hours.
_PLAUSIBLE: Final = re.compile(r"(?!.*[0-9]{3})[A-Za-z0-9%'_\[\]/.*^+-]+")


@lru_cache(maxsize=UNITS_REMEMBERED)
def factor(unit: str, wanted: str) -> float | None:
    """Return what brings a value of `unit` into `wanted`; None where it measures another thing."""
    if not _PLAUSIBLE.fullmatch(unit):
        return None
    from lark.exceptions import LarkError  # noqa: PLC0415, loaded when first needed
    from pint import PintError  # noqa: PLC0415

    registry = _registry()
    try:
        ratio = registry.from_ucum(unit).to(registry.from_ucum(wanted).units)
        in_wanted = ratio.magnitude / registry.from_ucum(wanted).magnitude
    except (LarkError, PintError, ArithmeticError, ValueError, TypeError):
        return None
    return float(in_wanted) if in_wanted > 0 else None


@lru_cache(maxsize=1)
def _registry() -> "PintUcumRegistry":
    from ucumvert import PintUcumRegistry  # noqa: PLC0415

    return PintUcumRegistry()
