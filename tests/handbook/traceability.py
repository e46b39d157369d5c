"""docs/traceability.md: from each hazard to its rules, and to what tests them."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from handbook.cases import asked_for, cases
from handbook.differences import DIFFERENCES
from handbook.hazards import HAZARDS
from stream.clinical.rules.register import RULES

TESTS: Final = Path(__file__).parent.parent
CODE: Final = TESTS.parent / "stream" / "clinical"
PAGES: Final = TESTS.parent / "docs" / "decisions"
DECISIONS: Final = range(1, 69)  # DEC-1 to DEC-68 of CLINICAL.md
HEAD: Final = """# Traceability

Written by `make docs`; do not edit it by hand. A test keeps it true: each rule stands against a hazard, and each has a test.

*Cases* are those of `tests/vectors/` in which the rule must be raised, *tests* the files of `tests/` that name it. All rules are held as
well by the properties of `tests/properties/` and by `tests/integration/test_equals_replay.py`: what comes out of Kafka is what a replay
says, and what is known to be so stays so whatever the order of events.
"""


def traceability_page() -> str:
    """Write the page."""
    return "\n".join([HEAD, *_hazards(), *_decisions(), *_differences(), *_scores()]) + "\n"


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


def _decisions() -> Iterator[str]:
    yield "## DEC-1 to DEC-68"
    yield ""
    yield "What was decided where the review leaves something open: the modules of `stream/clinical/` that keep it and say how, the pages of"
    yield "[decisions](decisions/README.md) that go on where it is silent, and the files of `tests/` that test those modules or name it."
    yield ""
    yield "| decision | modules | pages | tests |"
    yield "| --- | --- | --- | --- |"
    for number in DECISIONS:
        modules = where_kept(number)
        tests = sorted({test for each in modules for test in proven_by(each)} | naming(number))
        pages = [path.name[:4] for path in sorted(PAGES.glob("0*.md")) if _names(path, number)]
        shown = [", ".join(f"`{each}`" for each in names) or "-" for names in (modules, tests)]
        yield f"| DEC-{number} | {shown[0]} | {' '.join(pages) or '-'} | {shown[1]} |"
    yield ""


def _differences() -> Iterator[str]:
    yield "## D1 to D25"
    yield ""
    yield "Where the policies differ (CLINICAL.md §2.4), what each does, and what shows it: rows of `tests/vectors/unit_tables.json` (A, I), cases"
    yield "(B) and tests. [rules.md](rules.md) has the grade of each finding under both."
    yield ""
    yield "| | about | manikath-2025 | astct-2019 | modules | rows, cases | tests |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for number, each in enumerate(DIFFERENCES, 1):
        modules, tests = (
            ", ".join(f"`{name}`" for name in names) or "-" for names in (each.modules, each.tests)
        )
        said = f"{each.topic} | {each.review} | {each.consensus}"
        yield f"| D{number} | {said} | {modules} | {' '.join(each.rows) or '-'} | {tests} |"
    yield ""


def _scores() -> Iterator[str]:
    yield "## Scores"
    yield ""
    yield "| module | what it computes | tests |"
    yield "| --- | --- | --- |"
    for path in sorted((CODE / "scores").glob("[a-z]*.py")):
        module = str(path.relative_to(CODE))
        said = path.read_text(encoding="utf-8").split("\n")[0].strip('"')
        tests = ", ".join(f"`{each}`" for each in sorted(proven_by(module)))
        yield f"| `{module}` | {said} | {tests or '-'} |"
    yield ""


def where_kept(number: int) -> list[str]:
    """Name the modules that say how they keep a decision."""
    return [
        str(path.relative_to(CODE)) for path in sorted(CODE.rglob("*.py")) if _names(path, number)
    ]


def naming(number: int) -> set[str]:
    """Name the files of tests that name a decision."""
    return {str(path.relative_to(TESTS)) for path, _ in _sources() if _names(path, number)}


def proven_by(module: str) -> set[str]:
    """Name the files of tests that import a module, or name its rule."""
    dotted = "stream.clinical." + module.removesuffix(".py").replace("/", ".")
    found = {str(path.relative_to(TESTS)) for path, text in _sources() if dotted in _imported(text)}
    for rule in RULES:
        if rule.judge.__module__ == dotted:
            found |= set(where_tested(rule.name))
    return found


@cache
def _imported(source: str) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return frozenset(found)


@cache
def _decisions_in(path: Path) -> frozenset[int]:
    text = path.read_text(encoding="utf-8")
    single = {int(each) for each in re.findall(r"DEC-(\d+)", text)}
    for first, last in re.findall(r"DEC-(\d+) to (?:DEC-)?(\d+)", text):
        single |= set(range(int(first), int(last) + 1))
    return frozenset(single)


def _names(path: Path, number: int) -> bool:
    return number in _decisions_in(path)


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
