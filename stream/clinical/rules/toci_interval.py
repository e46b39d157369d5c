"""TOCI-INTERVAL: tocilizumab was ordered or given less than 8 hours after the dose before.

8 hours exactly are allowed. An order is checked for the time it is planned for. The next order or
dose that keeps the interval ends it, or 12 hours.
Source: CLINICAL.md §1.2 (review line 69), §1.11, DEC-30, DEC-42.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.times import in_words, span_in_words
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    NAME,
    Checked,
    checked,
    last_before,
)
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while the newest order or dose comes too soon after the dose before it."""
    order = checked(view)
    if order is None:
        return Verdict(None, None, "The order was left out, or it is 12 hours old.")
    last = last_before(view, order.at_ms)
    interval_ms = view.site.tocilizumab_interval_ms
    if last is None or order.at_ms - last.effective_ms >= interval_ms:
        return Verdict(None, None, "The newest order or dose keeps the interval.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(
            evidence.of_dose(order.name, order.dose),
            evidence.of_dose(NAME, last),
        ),
        advice=lambda: _advice(order, last.effective_ms, interval_ms),
        source="review-2025 L69",
    )
    return Verdict(finding, order.until_ms)


def _advice(order: Checked, last_ms: int, interval_ms: int) -> str:
    apart = span_in_words(order.at_ms - last_ms)
    allowed = f"at least {span_in_words(interval_ms)} lie between two doses"
    if order.is_given:
        return f"Tocilizumab was given {apart} after the dose before; {allowed}. Tell the team."
    return (
        f"Do not give tocilizumab yet: it is ordered for {apart} after the last dose, and "
        f"{allowed}. The next dose is allowed from {in_words(last_ms + interval_ms)}."
    )


RULE: Final = Rule("TOCI-INTERVAL", Bound.EPISODE, CHECKED_SIGNALS, judge)
