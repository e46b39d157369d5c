"""What differs between CAR-T products: when CRS and ICANS typically begin.

The days of the review fit most of them; with cilta-cel and obe-cel CRS begins about a week later,
and with some products the median onset of ICANS lies outside of the review's peak, whose days then
reach to it. It is used to annotate and as one feature among others, never to suppress anything.
Source: CLINICAL.md §1.5 (review line 158), §1.8, §4.2.
"""

from types import MappingProxyType
from typing import Final

TYPICAL_DAYS: Final = (1, 7)  # after the infusion, both included
TYPICAL_DAYS_BY_PRODUCT: Final = MappingProxyType({"cilta-cel": (1, 14), "obe-cel": (1, 14)})

ICANS_DAYS: Final = (5, 10)  # the peak by the review
ICANS_DAYS_BY_PRODUCT: Final = MappingProxyType(
    {"axi-cel": (4, 10), "ide-cel": (2, 10), "obe-cel": (5, 12)}
)


def is_typical_day(day: int | None, product: str | None) -> bool:
    """Tell whether CRS typically begins on a day; unknown where no infusion is known."""
    if day is None:
        return False
    first, last = typical_days(product)
    return first <= day <= last


def typical_days(product: str | None) -> tuple[int, int]:
    """Give the first and the last day on which CRS typically begins."""
    return TYPICAL_DAYS_BY_PRODUCT.get(product or "", TYPICAL_DAYS)


def typical_days_of_icans(product: str | None) -> tuple[int, int]:
    """Give the first and the last day on which ICANS typically begins."""
    return ICANS_DAYS_BY_PRODUCT.get(product or "", ICANS_DAYS)
