"""docs/pager.md: every behaviour that it names has its test, and the file it shows is read."""

import ast
import re
from pathlib import Path

from programs import ROOT

from stream.routes_file import read_routes

TESTS = Path(__file__).parent
PAGE = (ROOT / "docs" / "pager.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| `(.+?)::(\w+)` \|$", PAGE, flags=re.MULTILINE)


def test_each_behaviour_has_a_test_that_is_there() -> None:
    missing = [
        f"{file}::{name}"
        for _, file, name in ROWS
        if name not in _functions((TESTS / file).read_text(encoding="utf-8"))
    ]

    assert missing == []


def test_no_behaviour_is_named_twice() -> None:
    behaviours = [behaviour for behaviour, *_ in ROWS]

    assert len(behaviours) == len(set(behaviours)) >= 50


def test_the_routes_file_that_it_shows_will_do(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.+?)```", PAGE, flags=re.DOTALL)
    file = tmp_path / "routes.toml"
    file.write_text(shown, encoding="utf-8")

    policy = read_routes(file).policy(["console", "webhook"])

    assert policy.routing.routes[0].name == "nights"


def _functions(source: str) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
