"""docs/alerts.md: for each rule a real page, for a person's eye."""

from collections.abc import Iterator
from typing import Final

from pager import CONSOLE, Case

from alerts.readings import reading
from alerts.sentences import sentence_of
from alerts.titles import title_of
from alerts.wording import write
from handbook.cases import examples
from stream.clinical.rules.register import RULES
from topics.alerts import Alert, Priority

HEAD: Final = """# Alerts

Written by `make docs` by replaying the cases of `tests/vectors/`, and what they lack; do not edit it by hand. Each rule is shown as it was
raised: the sentence that fits an SMS, then the page as the console shows it, with its evidence and its advice. Where a case is about
the rule it is that case. What is written here is read by a person before a change of words or doses is released.
"""


def alerts_page() -> str:
    """Write the page."""
    return "\n".join([HEAD, *(line for rule in RULES for line in _rule(rule.name))])


def _rule(name: str) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    example = examples().get(name)
    if example is None:
        yield f"*{title_of(name)}.* No case raises it."
        yield ""
        return
    alert = example.alert
    yield f"*{title_of(name)}.* {example.case}, {alert.at:%d %B %H:%M} UTC, management `{alert.management}`:"
    yield ""
    yield f"> {sentence_of(alert, alert.priority)}"
    yield ""
    yield "```text"
    yield _page(alert)
    yield "```"
    yield ""


def _page(alert: Alert) -> str:
    """Write the page to who has to act on it; INFO is paged to nobody, and shown as on a list."""
    case = Case(CONSOLE, alert.at)
    if alert.priority is Priority.INFO:
        because = "; ".join(reading(each, alert.at) for each in alert.because)
        return f"{alert.priority}: {alert.advice}\nWhy: {because}\nSource: {alert.source}"
    case.hears(alert)
    return write(case.known, case.known.sends[0], CONSOLE).text
