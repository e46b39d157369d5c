"""IL6-RULE: a high interleukin-6 with fever and hypotension supports CRS, with no infection found.

It speaks before any blocker was given, for early tocilizumab while cultures are pending. The
result is at most 24 hours old when it is raised; once raised it does not end because it ages. The
review's predictive value has an unverified citation (§1.10) and is not quoted.
Source: CLINICAL.md §1.5 (review line 187), DEC-10, DEC-35, DEC-60.
"""

from typing import Final

from stream.clinical.blockers import IL6, IL6_MS, last_blocker, readable_il6
from stream.clinical.comparators import is_above
from stream.clinical.infection import CULTURES, SOURCE, documented
from stream.clinical.patient import key_of_alert
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "IL6-RULE"
LIMIT_PG_ML: Final = 1000.0  # above it


def judge(view: View) -> Verdict:
    """Hold while all of it holds."""
    wake_ms = next_change_ms(view)
    if last_blocker(view, view.at_ms) is not None:
        return Verdict(None, wake_ms, "A blocker of interleukin-6 was given.")
    if documented(view):
        return Verdict(None, wake_ms, "An infection is documented.")
    result = readable_il6(view, None if _is_told(view) else IL6_MS)
    if result is None or not is_above(result.value, LIMIT_PG_ML):
        return Verdict(None, wake_ms, "No interleukin-6 above 1 000 pg/mL supports it.")
    if view.fever is not True or not view.hypotension:
        return Verdict(None, wake_ms, "Fever or hypotension is no longer there.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(
            evidence.of_result(IL6.name, result),
            *evidence.of_fever(view),
            *evidence.of_hypotension(view),
        ),
        advice=lambda: (
            "Interleukin-6 above 1 000 pg/mL with fever and hypotension, and no infection "
            "documented: it supports CRS. Give tocilizumab early, while cultures are pending."
        ),
        source="review-2025 L187",
    )
    return Verdict(finding, wake_ms)


def _is_told(view: View) -> bool:
    """Tell whether the alert is open in the present; of the past nothing was told."""
    if view.until_ms is not None:
        return False
    number = 0 if view.episode is None else view.episode.number
    told = view.patient.alerts.get(key_of_alert(NAME, view.patient.stay, number))
    return told is not None and told.is_open


RULE: Final = Rule(NAME, Bound.EPISODE, (*GRADE_INPUTS, IL6, *CULTURES, SOURCE), judge)
