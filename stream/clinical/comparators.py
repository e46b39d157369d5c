"""What a result proves: `>40000` is above 10 000, and nobody knows whether above 50 000.

Source: CLINICAL.md DEC-60.
"""

from stream.clinical.signals import Result


def is_above(result: Result, limit: float) -> bool | None:
    """Tell whether a result is above a limit; None where its comparator leaves it open."""
    value, comparator, _ = result
    match comparator:
        case ">":
            return True if value >= limit else None
        case ">=":
            return True if value > limit else None
        case "<" | "<=":
            return False if value <= limit else None
        case _:
            return value > limit


def is_at_least(result: Result, limit: float) -> bool | None:
    """Tell whether a result is a limit or above it; None where its comparator leaves it open."""
    value, comparator, _ = result
    match comparator:
        case ">" | ">=":
            return True if value >= limit else None
        case "<":
            return False if value <= limit else None
        case "<=":
            return False if value < limit else None
        case _:
            return value >= limit


def is_below(result: Result, limit: float) -> bool | None:
    """Tell whether a result is below a limit; None where its comparator leaves it open."""
    reached = is_at_least(result, limit)
    return None if reached is None else not reached


def is_at_most(result: Result, limit: float) -> bool | None:
    """Tell whether a result is a limit or below it; None where its comparator leaves it open."""
    above = is_above(result, limit)
    return None if above is None else not above


def exact(result: Result | None) -> float | None:
    """Give the value of a result that has no comparator: nothing can be computed of `<5`."""
    return None if result is None or result.comparator is not None else result.value
