"""What differs between CAR-T products: when CRS typically begins.

The days of the review fit most of them; cilta-cel and obe-cel begin about a week later. It is used
to annotate and as one feature among others, never to suppress anything.
Source: CLINICAL.md §1.5 (review line 158), §1.8, §4.2.
"""

from types import MappingProxyType
from typing import Final

TYPICAL_DAYS: Final = (1, 7)  # after the infusion, both included
TYPICAL_DAYS_BY_PRODUCT: Final = MappingProxyType({"cilta-cel": (1, 14), "obe-cel": (1, 14)})


def is_typical_day(day: int | None, product: str | None) -> bool:
    """Tell whether CRS typically begins on a day; unknown where no infusion is known."""
    if day is None:
        return False
    first, last = typical_days(product)
    return first <= day <= last


def typical_days(product: str | None) -> tuple[int, int]:
    """Give the first and the last day on which CRS typically begins."""
    return TYPICAL_DAYS_BY_PRODUCT.get(product or "", TYPICAL_DAYS)
