"""TOCI-MAX: tocilizumab was ordered or given beyond its limits, or the limit is near.

At most 4 doses a stay and 3 in any 24 hours; a dose that is exactly 24 hours old is none of them.
The third dose of a stay warns, and so does an order of the fourth: the review says "3 to 4". An
order is checked for the time it is planned for. The next order or dose within the limits ends it,
or 12 hours.
Source: CLINICAL.md §1.2 (review line 69), §1.11, §4.1 (ASCO 2021), DEC-42.
"""

from typing import Final

from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import Dose
from stream.clinical.times import DAY_MS, in_words
from stream.clinical.tocilizumab import (
    CHECKED_SIGNALS,
    NAME,
    Checked,
    checked,
    in_24_h,
)
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while the newest order or dose breaks a limit, or leaves one dose or none."""
    order = checked(view)
    if order is None:
        return Verdict(None, None, "The order was left out, or it is 12 hours old.")
    site, recent = view.site, in_24_h(order.before, order.at_ms)
    breaks = (
        order.number > site.tocilizumab_a_stay_doses
        or len(recent) >= site.tocilizumab_in_24_h_doses
    )
    given = len(order.before) + order.is_given
    if not breaks and given != site.tocilizumab_a_stay_doses - 1:
        return Verdict(None, None, "The newest order or dose keeps within the limits.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(
            evidence.of_dose(order.name, order.dose),
            *(evidence.of_dose(NAME, dose) for dose in order.before[-1:]),
        ),
        advice=lambda: _advice(view, order, recent),
        source="review-2025 L69; ASCO 2021",
    )
    return Verdict(finding, order.until_ms)


def _advice(view: View, order: Checked, recent: tuple[Reading[Dose], ...]) -> str:
    site, number = view.site, order.number
    said = "was given" if order.is_given else "is ordered"
    stop = "Tell the team." if order.is_given else "Do not give it."
    if number > site.tocilizumab_a_stay_doses:
        return (
            f"Dose {number} of tocilizumab in this stay {said}; at most "
            f"{site.tocilizumab_a_stay_doses} are given. {stop} Think of a steroid or anakinra."
        )
    if len(recent) >= site.tocilizumab_in_24_h_doses:
        again = in_words(recent[-site.tocilizumab_in_24_h_doses].effective_ms + DAY_MS)
        return (
            f"Dose {len(recent) + 1} of tocilizumab in 24 hours {said}; at most "
            f"{site.tocilizumab_in_24_h_doses} are given. {stop} The next dose is allowed from "
            f"{again}."
        )
    return (
        f"Dose {number} of tocilizumab in this stay {said}: after dose "
        f"{site.tocilizumab_a_stay_doses} there is no more. Plan the next line (a steroid, "
        "anakinra)."
    )


RULE: Final = Rule("TOCI-MAX", Bound.EPISODE, CHECKED_SIGNALS, judge)
