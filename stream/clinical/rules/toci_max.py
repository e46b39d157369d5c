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
    profile, recent = view.management, in_24_h(order.before, order.at_ms)
    breaks = (
        order.number > profile.tocilizumab_max_a_stay
        or len(recent) >= profile.tocilizumab_max_in_24_h
    )
    given = len(order.before) + order.is_given
    if not breaks and given != profile.tocilizumab_max_a_stay - 1:
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
    profile, number = view.management, order.number
    said = "was given" if order.is_given else "is ordered"
    stop = "Tell the team." if order.is_given else "Do not give it."
    if number > profile.tocilizumab_max_a_stay:
        return (
            f"Dose {number} of tocilizumab in this stay {said}; at most "
            f"{profile.tocilizumab_max_a_stay} are given. {stop} Think of a steroid or anakinra."
        )
    if len(recent) >= profile.tocilizumab_max_in_24_h:
        again = in_words(recent[-profile.tocilizumab_max_in_24_h].effective_ms + DAY_MS)
        return (
            f"Dose {len(recent) + 1} of tocilizumab in 24 hours {said}; at most "
            f"{profile.tocilizumab_max_in_24_h} are given. {stop} The next dose is allowed from "
            f"{again}."
        )
    return (
        f"Dose {number} of tocilizumab in this stay {said}: after dose "
        f"{profile.tocilizumab_max_a_stay} there is no more. Plan the next line (a steroid, "
        "anakinra)."
    )


RULE: Final = Rule("TOCI-MAX", Bound.EPISODE, CHECKED_SIGNALS, judge)
