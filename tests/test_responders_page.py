"""docs/responders.md shows a page as the console writes it."""

import textwrap
from typing import Final

from handbook.cases import replays
from pager import CONSOLE, Case
from programs import ROOT

from alerts.sinks.console import render
from alerts.wording import write

PAGE: Final = (ROOT / "docs" / "responders.md").read_text(encoding="utf-8")
SHOWN: Final = "B02", "TOCI-IND", 1
PLACE: Final = {"unit": "5 West", "bed": "12"}  # which the case does not say


def test_its_page_is_what_the_console_writes() -> None:
    """If not, put in what it writes, and read what has changed."""
    case, rule, revision = SHOWN
    (lines,) = (lines for name, lines in replays() if name == case)
    (alert,) = (each for each in lines if (each.rule, each.revision) == (rule, revision))
    pager = Case(CONSOLE, alert.at)
    pager.hears(alert.model_copy(update=PLACE))

    written = render(write(pager.known, pager.known.sends[0], CONSOLE), colours=False)

    assert textwrap.indent(written.rstrip() + "\n", "    ") in PAGE
