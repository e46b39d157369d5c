"""IL6-RULE: a high interleukin-6 with fever and hypotension supports CRS, with no infection found.

It speaks before any blocker was given, for early tocilizumab while cultures are pending. The
result is at most 24 hours old when it is raised; once raised it does not end because it ages, so
long as all the rest has held since, by what is known now and whatever the order in which it came.
The review's predictive value has an unverified citation (§1.10) and is not quoted.
Source: CLINICAL.md §1.5 (review line 187), DEC-10, DEC-35, DEC-60; decision 79.
"""

from typing import Final

from stream.clinical.blockers import IL6, IL6_MS, last_blocker, proving_il6
from stream.clinical.comparators import is_above
from stream.clinical.hindsight import held_all_the_time
from stream.clinical.infection import CULTURES, SOURCE, documented
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    told_of,
    under_every_policy,
)
from stream.clinical.series import Reading
from stream.clinical.signals import Result
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "IL6-RULE"


def judge(view: View) -> Verdict:
    """Hold while all of it holds, of a result that was young when it began to."""
    verdict = judge_at_any_age(view)
    result = _high_il6(view)
    if verdict.finding is None or result is None:
        return verdict
    old_ms = result.effective_ms + IL6_MS
    if view.at_ms <= old_ms or (view.until_ms is None and _has_held_since(view, old_ms)):
        return verdict
    return Verdict(None, verdict.wake_ms, "The interleukin-6 is older than 24 hours.")


def judge_at_any_age(view: View) -> Verdict:
    """Hold while all of it holds, however old the result is."""
    wake_ms = next_change_ms(view)
    if last_blocker(view.patient, view.at_ms) is not None:
        return Verdict(None, wake_ms, "A blocker of interleukin-6 was given.")
    if documented(view):
        return Verdict(None, wake_ms, "An infection is documented.")
    result = _high_il6(view)
    if result is None:
        return Verdict(None, wake_ms, "No interleukin-6 that is high enough supports it.")
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
            f"Interleukin-6 above {view.site.il6_rule_pg_ml:.10g} pg/mL with fever and "
            "hypotension, and no infection documented: it supports CRS. Give tocilizumab early, "
            "while cultures are pending."
        ),
        source="review-2025 L187",
    )
    return Verdict(finding, wake_ms)


def _high_il6(view: View) -> Reading[Result] | None:
    """Find the newest interleukin-6 that tells whether it is high enough, where it is."""
    limit = view.site.il6_rule_pg_ml
    return proving_il6(view, lambda result: is_above(result, limit), None)


def _has_held_since(view: View, moment_ms: int) -> bool:
    """Tell whether it has held since a moment; what is not kept any more stands as it was told."""
    kept_from_ms = view.patient.before.at_ms
    if kept_from_ms is not None and moment_ms <= kept_from_ms:
        told = told_of(view, NAME)
        return told is not None and told.is_open
    return held_all_the_time(view, AT_ANY_AGE, moment_ms, view.at_ms)


INPUTS: Final = (*GRADE_INPUTS, IL6, *CULTURES, SOURCE)
AT_ANY_AGE: Final = Rule(NAME, Bound.EPISODE, INPUTS, judge_at_any_age)
RULE: Final = Rule(NAME, Bound.EPISODE, INPUTS, judge)
