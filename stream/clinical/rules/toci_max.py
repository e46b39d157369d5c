"""TOCI-MAX: tocilizumab was ordered or given beyond its limits, or the limit is near.

At most 4 doses a stay and 3 in any 24 hours; a dose that is exactly 24 hours old is none of them.
The third dose of a stay warns, and so does an order of the fourth: the review says "3 to 4". An
order is checked for the time it is planned for. A dose that comes late or is corrected counts from
then, and the doses after it are checked again. The next order or dose within the limits ends it, or
12 hours.
Source: CLINICAL.md §1.2 (review line 69), §1.11, §4.1 (ASCO 2021), DEC-42; decision 46.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    Breach,
    Checked,
    breach,
    ending,
    in_24_h,
    name_before,
    name_of,
    next_dose_in_words,
    orders_of,
    still_told,
    told_last,
)
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while an order or a dose breaks a limit, or leaves one dose or none, as told last."""
    told = still_told(view, _breaches(view))
    if not told:
        right = "The newest order or dose keeps within the limits."
        return Verdict(None, None, ending(view, right))
    found = max(told, key=lambda each: (_breaks(view, each.order), each.order.at_ms))
    order, last = found.order, told_last(found.order.before)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(
            evidence.of_dose(name_of(view, order), order.dose),
            *(() if last is None else (evidence.of_dose(name_before(view, last), last),)),
        ),
        advice=lambda: _advice(view, order),
        source="review-2025 L69; ASCO 2021",
    )
    return Verdict(finding, found.until_ms)


def _breaches(view: View) -> Iterator[Breach]:
    """Find what breaks a limit; the warning is of the newest, and so is the limit of the stay."""
    orders = orders_of(view)
    for order in orders[:-1]:
        recent = in_24_h(order.before, order.at_ms)
        if len(recent) >= view.site.tocilizumab_in_24_h_doses:
            yield breach(order, *recent)
    for newest in orders[-1:]:
        given = len(newest.before) + newest.is_given
        if _breaks(view, newest) or given == view.site.tocilizumab_a_stay_doses - 1:
            yield breach(newest, *newest.before)


def _breaks(view: View, order: Checked) -> bool:
    recent = in_24_h(order.before, order.at_ms)
    return (
        order.number > view.site.tocilizumab_a_stay_doses
        or len(recent) >= view.site.tocilizumab_in_24_h_doses
    )


def _advice(view: View, order: Checked) -> str:
    site, number, recent = view.site, order.number, in_24_h(order.before, order.at_ms)
    stop = "Tell the team." if order.is_given else "Do not give it."
    if number > site.tocilizumab_a_stay_doses:
        return (
            f"Dose {number} of tocilizumab in this stay {order.said}; at most "
            f"{site.tocilizumab_a_stay_doses} are given. {stop} Think of a steroid or anakinra."
        )
    if len(recent) >= site.tocilizumab_in_24_h_doses:
        return (
            f"Dose {len(recent) + 1} of tocilizumab in 24 hours {order.said}; at most "
            f"{site.tocilizumab_in_24_h_doses} are given. {stop} {next_dose_in_words(view)}"
        )
    return (
        f"Dose {number} of tocilizumab in this stay {order.said}: after dose "
        f"{site.tocilizumab_a_stay_doses} there is no more. Plan the next line (a steroid, "
        "anakinra)."
    )


RULE: Final = Rule("TOCI-MAX", Bound.EPISODE, CHECKED_SIGNALS, judge, lasting=True)
