"""docs/traceability.md: from each hazard to its rules, and to what tests them."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from handbook.cases import asked_for, cases
from handbook.hazards import HAZARDS

TESTS: Final = Path(__file__).parent.parent
HEAD: Final = """# Traceability

Written by `make docs`; do not edit it by hand. A test keeps it true: each rule stands against a hazard, and each has a test.

*Cases* are those of `tests/vectors/` in which the rule must be raised, *tests* the files of `tests/` that name it. All rules are held as
well by the properties of `tests/properties/` and by `tests/integration/test_equals_replay.py`: what comes out of Kafka is what a replay
says, and what is known to be so stays so whatever the order of events.
"""


def traceability_page() -> str:
    """Write the page."""
    return "\n".join([HEAD, *_hazards()]) + "\n"


def _hazards() -> Iterator[str]:
    for number, hazard in enumerate(HAZARDS, 1):
        yield f"## H{number}. {hazard.name}"
        yield ""
        yield f"What may follow: {hazard.harm}."
        yield ""
        yield "| rule | cases | tests |"
        yield "| --- | --- | --- |"
        for rule in hazard.rules:
            told = [case for case in cases() if rule in asked_for(case)]
            files = ", ".join(f"`{name}`" for name in where_tested(rule))
            yield f"| [{rule}](rules.md#{rule.lower()}) | {' '.join(told) or '-'} | {files or '-'} |"
        yield ""


@cache
def where_tested(rule: str) -> tuple[str, ...]:
    """Name the files of tests that name a rule."""
    return tuple(str(path.relative_to(TESTS)) for path, text in _sources() if f'"{rule}"' in text)


@cache
def _sources() -> tuple[tuple[Path, str], ...]:
    return tuple(
        (path, path.read_text(encoding="utf-8"))
        for path in sorted(TESTS.rglob("test_*.py"))
        if path.name != "test_vectors.py"  # it names them all, and has the cases
    )
