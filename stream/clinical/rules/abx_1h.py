"""ABX-1H: both empiric antibiotics are given within an hour of CRS reaching grade 2.

A beta-lactam against Pseudomonas and vancomycin. A warning (P2) at 45 minutes, a breach (P1) at 60,
each exactly then where one of them is missing; one alert. Given late it ends, and there is no
second breach in an episode, but where the grade rises to 2 again after a day below.
Source: CLINICAL.md §1.5 (review line 196), §1.11, §5.4, DEC-30, DEC-31; vector B16; decision 50.
"""

from collections.abc import Mapping
from typing import Final

from stream.clinical.antibiotics import (
    ANTIBIOTIC_SIGNALS,
    DRUGS_BY_KIND,
    Given,
    covering,
)
from stream.clinical.infection import is_excluded
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.infection_task import (
    EXCLUDED,
    TASK_INPUTS,
    because,
    begun_ms,
    due_from,
    ends_ms,
)
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.times import MINUTE_MS, in_words
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "ABX-1H"


def judge(view: View) -> Verdict:
    """Hold from the warning on while one of the two is missing."""
    began = begun_ms(view)
    if not began:
        return Verdict(None, None, "The criteria for CRS of grade 2 are no longer met.")
    left = due_from(began, lambda from_ms: _is_due(view, from_ms))
    if not left:
        given = all(None not in _given(view, times[-1]).values() for times in began.values())
        return Verdict(None, None, "Both antibiotics were given." if given else EXCLUDED)
    warning_ms, breach_ms = view.site.abx_warning_ms, view.site.abx_breach_ms
    turns = [each + span for each in left.values() for span in (warning_ms, breach_ms)]
    wakes = [each for each in (*turns, ends_ms(view, began)) if each is not None]
    wake_ms = min((each for each in wakes if each > view.at_ms), default=None)
    warned = {name: each for name, each in left.items() if view.at_ms >= each + warning_ms}
    if not warned:
        return Verdict(None, wake_ms, f"Less than {warning_ms // MINUTE_MS} minutes have passed.")
    from_ms = min(warned.values())
    given_since = _given(view, from_ms)
    finding = Finding(
        priorities={
            name: Priority.P1 if view.at_ms >= each + breach_ms else Priority.P2
            for name, each in warned.items()
        },
        because=(
            *because(view, NAME, from_ms),
            *(evidence.of_dose(dose.drug, dose.reading) for dose in given_since.values() if dose),
        ),
        advice=lambda: _advice(view, from_ms, given_since),
        source="review-2025 L196",
    )
    return Verdict(finding, wake_ms)


def _is_due(view: View, from_ms: int) -> bool:
    return None in _given(view, from_ms).values() and not is_excluded(view, from_ms)


def _given(view: View, from_ms: int) -> Mapping[str, Given | None]:
    return {kind: covering(view, kind, from_ms) for kind in DRUGS_BY_KIND}


def _advice(view: View, from_ms: int, given: Mapping[str, Given | None]) -> str:
    missing = " and ".join(kind for kind, dose in given.items() if dose is None)
    due_ms = from_ms + view.site.abx_breach_ms
    minutes, due = (view.at_ms - from_ms) // MINUTE_MS, in_words(due_ms)
    late = view.at_ms >= due_ms
    said = f"They were due by {due}" if late else f"{minutes} minutes have passed, due by {due}"
    return texts.joined(
        f"Give {missing} now. CRS reached grade 2 at {in_words(from_ms)}. {said}.",
        texts.toci_with_abx(view),
    )


RULE: Final = Rule(NAME, Bound.EPISODE, (*TASK_INPUTS, *ANTIBIOTIC_SIGNALS), judge)
