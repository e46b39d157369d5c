"""The pages of docs/ that are made of the rules, their tables, their docstrings and the vectors."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from handbook.alerts import alerts_page
from handbook.rules import rules_page
from handbook.traceability import traceability_page

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
PAGES: Final[Mapping[Path, Callable[[], str]]] = MappingProxyType(
    {
        DOCS / "rules.md": rules_page,
        DOCS / "alerts.md": alerts_page,
        DOCS / "traceability.md": traceability_page,
    }
)
