"""TOCI-INTERVAL: tocilizumab was ordered or given less than 8 hours after the dose before.

8 hours exactly are allowed. An order is checked for the time it is planned for. A dose that comes
late or is corrected is checked then, and so is the one after it. The next order or dose that keeps
the interval ends it, or 12 hours.
Source: CLINICAL.md §1.2 (review line 69), §1.11, DEC-30, DEC-42; decision 46.
"""

from typing import Final, NamedTuple

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import Dose
from stream.clinical.times import span_in_words
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    Checked,
    breach,
    ending,
    last_before,
    name_before,
    name_of,
    next_dose_in_words,
    next_dose_ms,
    orders_of,
    still_told,
)
from stream.clinical.view import View
from topics.alerts import Priority


class Early(NamedTuple):
    """An order or a dose, and the dose before it."""

    order: Checked
    last: Reading[Dose]


def judge(view: View) -> Verdict:
    """Hold while an order or a dose comes too soon after the dose before it, as was told last."""
    interval_ms = view.site.tocilizumab_interval_ms
    pairs = {
        breach(order, last): Early(order, last)
        for order in orders_of(view)
        if (last := last_before(view, order.at_ms)) is not None
        and order.at_ms - last.effective_ms < interval_ms
    }
    told = still_told(view, pairs)
    if not told:
        return Verdict(None, None, ending(view, "The newest order or dose keeps the interval."))
    early = [pairs[each] for each in told]
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=_because(view, early),
        advice=lambda: " ".join(_advice(view, each) for each in early),
        source="review-2025 L69",
    )
    return Verdict(finding, told[0].until_ms)


def _because(view: View, early: list[Early]) -> tuple[Evidence, ...]:
    orders = [each.order for each in early]
    named = [order.dose for order in orders]
    before = [each.last for each in early if each.last not in named]
    return (
        *(evidence.of_dose(name_of(view, order), order.dose) for order in orders),
        *(evidence.of_dose(name_before(view, last), last) for last in before),
    )


def _advice(view: View, early: Early) -> str:
    order, interval_ms = early.order, view.site.tocilizumab_interval_ms
    apart = span_in_words(order.at_ms - early.last.effective_ms)
    allowed = f"at least {span_in_words(interval_ms)} lie between two doses"
    if order.is_given:
        return f"Tocilizumab {order.said} {apart} after the dose before; {allowed}. Tell the team."
    yet = "" if next_dose_ms(view) is None else " yet"
    return (
        f"Do not give tocilizumab{yet}: it is ordered for {apart} after the last dose, and "
        f"{allowed}. {next_dose_in_words(view)}"
    )


RULE: Final = Rule("TOCI-INTERVAL", Bound.EPISODE, CHECKED_SIGNALS, judge, lasting=True)
