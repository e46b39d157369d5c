"""docs/responders.md shows a page as the console writes it."""

import textwrap
from typing import Final

from handbook.cases import replays
from pager import CONSOLE, Case
from programs import ROOT

from alerts.sinks.console import render
from alerts.wording import write

PAGE: Final = (ROOT / "docs" / "responders.md").read_text(encoding="utf-8")
CASE: Final = "B02"
SHOWN: Final = "f247c28a-e6cc-509f-a602-34f33bc9c365", 1
PLACE: Final = {"unit": "5 West", "bed": "12"}  # which the case does not say


def test_its_page_is_what_the_console_writes() -> None:
    """If not, put in what it writes, and read what has changed."""
    (lines,) = (lines for name, lines in replays() if name == CASE)
    (alert,) = (each for each in lines if (each.alert_id, each.revision) == SHOWN)
    pager = Case(CONSOLE, alert.at)
    pager.hears(alert.model_copy(update=PLACE))

    written = render(write(pager.known, pager.known.sends[0], CONSOLE), colours=False)

    assert textwrap.indent(written.rstrip() + "\n", "    ") in PAGE
