"""A list of criteria: those that are met, and those of which nothing is known."""

from collections.abc import Mapping
from typing import NamedTuple


class Criteria(NamedTuple):
    """What is met and what is unknown; the rest is known not to be."""

    met: tuple[str, ...]
    missing: tuple[str, ...]


def counted(criteria: Mapping[str, bool | None]) -> Criteria:
    """Sort criteria by what is known of them; None is unknown and never counts."""
    return Criteria(
        tuple(name for name, met in criteria.items() if met),
        tuple(name for name, met in criteria.items() if met is None),
    )


def either(*conditions: bool | None) -> bool | None:
    """Tell whether one condition holds: unknown where none does and one is unknown."""
    if any(conditions):
        return True
    return None if None in conditions else False
