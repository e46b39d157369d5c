"""What the house style asks for and no linter can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.clinical.circulation import Circulation
from stream.clinical.crs import CONSENSUS, REVIEW, CrsTable
from stream.clinical.oxygen import OxygenNeed
from topics import registry
from topics.alerts import Priority

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGES = ("topics", "stream", "alerts", "deploy")
LINES_A_FUNCTION = 40
LINES_A_MODULE = 300
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "manager", "data", "info", "misc", "common"}
DEFINES_SOMETHING = {"alerts/sinks/__init__.py"}

# Clinical modules that state numbers or criteria; the others only carry them about.
STATES_CRITERIA = (
    "anakinra",
    "blockers",
    "circulation",
    "comparators",
    "course",
    "crs",
    "flags",
    "freshness",
    "hlh",
    "icans",
    "infection",
    "masking",
    "neuro",
    "organs",
    "oxygen",
    "products",
    "results",
    "scored",
    "sedation",
    "severity",
    "seizures",
    "steroids",
    "tocilizumab",
    *(
        f"{folder}/{path.stem}"
        for folder in ("policies", "rules")
        for path in sorted((ROOT / "stream/clinical" / folder).glob("[a-z]*_*.py"))
    ),
    *(
        f"scores/{path.stem}"
        for path in sorted((ROOT / "stream/clinical/scores").glob("[a-z]*.py"))
        if path.stem not in {"criteria", "steps"}
    ),
)


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", list(modules()), ids=named)
def test_a_module_and_its_functions_fit_where_one_can_see_them(path: Path) -> None:
    """A function on a screen, a module in one reading."""
    text = path.read_text(encoding="utf-8")
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LINES_A_FUNCTION
    ]

    assert long == []
    assert text.count("\n") <= LINES_A_MODULE


def test_a_package_file_holds_a_docstring_and_nothing_else() -> None:
    """What a package offers is found where it is defined."""
    offering = {
        named(path)
        for path in modules()
        if path.name == "__init__.py" and len(ast.parse(path.read_text()).body) != 1
    }

    assert offering <= DEFINES_SOMETHING


def test_a_name_says_what_a_module_is_for() -> None:
    """A drawer for everything holds nothing that can be found."""
    parts = {part for path in modules() for part in named(path).removesuffix(".py").split("/")}

    assert parts & NAMES_THAT_SAY_NOTHING == set()


@pytest.mark.parametrize("module", STATES_CRITERIA)
def test_clinical_criteria_name_their_source(module: str) -> None:
    """A clinician has to be able to check them."""
    text = (ROOT / f"stream/clinical/{module}.py").read_text(encoding="utf-8")

    assert "Source:" in (ast.get_docstring(ast.parse(text)) or "")


@pytest.mark.parametrize("table", [REVIEW, CONSENSUS], ids=["manikath-2025", "astct-2019"])
def test_every_level_of_every_table_has_a_grade(table: CrsTable) -> None:
    """A level that is left out would be an error in the middle of a night."""
    assert set(table.by_circulation) == set(Circulation)
    assert set(table.by_oxygen) == set(OxygenNeed)


def test_a_patient_lies_in_the_same_partition_of_every_topic() -> None:
    """All topics have as many partitions, and the same key."""
    assert {spec.partitions for spec in registry.TOPICS} == {registry.PARTITIONS}
    keys = {spec.key for spec in registry.INPUTS if spec.name != registry.TICKS}
    assert keys == {registry.Key.PATIENT}


def test_every_priority_has_its_urgency() -> None:
    """The pager compares by it."""
    urgencies = [priority.urgency for priority in Priority]

    assert sorted(urgencies) == list(range(len(Priority)))


def test_the_project_names_no_machine() -> None:
    """Neither a folder of whoever wrote it nor where packages come from: that is each site's."""
    place = re.compile(r"/(?:home|root|Users)/|https?://(?!127\.0\.0\.1|localhost|[\w.]*example)")
    found = [
        f"{named(path)}:{number}"
        for folder in (*PACKAGES, ".ci")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".yml", ".toml", ".txt", ".lock", ""} and path.is_file()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if place.search(line) and "json-schema.org" not in line and "must be" not in line
    ]

    assert found == []
