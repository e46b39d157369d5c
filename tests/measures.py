"""Results for tests of scores, which take them in canonical units."""

from stream.clinical.signals import Result


def result(value: float, comparator: str | None = None) -> Result:
    """Make a result; its unit is the canonical one, which no score looks at."""
    return Result(value, comparator, "")
