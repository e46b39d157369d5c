"""SHOCK24: a vasopressor is still needed 24 hours after the first tocilizumab of the episode.

A steroid often helps within 6 to 12 hours. A vasopressor that was off at 24 hours and is started
again is not this. Steroids that were begun before do not answer it; one that is given afterwards
does, for as long as a dose counts.
Source: CLINICAL.md §1.3 (review line 236), §1.11, DEC-30, DEC-42.
"""

from typing import Final

from stream.clinical.bedside import VASOPRESSOR_RATES
from stream.clinical.circulation import Circulation
from stream.clinical.policies.register import GRADING
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.steroids import covering, next_turn_ms
from stream.clinical.times import DAY_MS
from stream.clinical.tocilizumab import NAME, of_episode
from stream.clinical.view import View
from topics.alerts import Priority

STILL_MS: Final = DAY_MS  # after the first dose; due at its end


def judge(view: View) -> Verdict:
    """Hold while a vasopressor goes on that ran 24 hours after the first dose."""
    doses = of_episode(view)
    if not doses:
        return Verdict(None, None, "No tocilizumab was given in this episode.")
    due_ms = doses[0].effective_ms + STILL_MS
    if view.at_ms < due_ms:
        return Verdict(None, due_ms, "It is less than 24 hours since the first tocilizumab.")
    wake_ms = next_turn_ms(view)
    if not view.vasopressors or not _is_still_needed(view, due_ms):
        return Verdict(None, wake_ms, "The vasopressor was stopped.")
    steroid = covering(view)
    if steroid is not None and steroid.reading.effective_ms >= due_ms:
        return Verdict(None, wake_ms, f"{steroid.drug.capitalize()} was given.")
    priorities = {
        policy.name: Priority.P1
        for policy in GRADING
        if view.circulation_by(policy)[0] > Circulation.STABLE
    }
    finding = Finding(
        priorities=priorities,
        because=(*evidence.of_hypotension(view), evidence.of_dose(NAME, doses[0])),
        advice=lambda: (
            "A vasopressor is still needed 24 hours after tocilizumab: give dexamethasone 10 mg IV "
            "every 6 h, or hydrocortisone 50 mg IV every 6 h. Expect an answer within 6 to 12 "
            "hours; without one think of septic shock."
        ),
        source="review-2025 L236",
    )
    return Verdict(finding, wake_ms)


def _is_still_needed(view: View, due_ms: int) -> bool:
    """Tell whether some vasopressor ran at a moment and at all times since."""
    known = view.patient.series.keys()
    changes = sorted(
        (reading.effective_ms, drug, reading.value.value > 0)
        for drug, signal in VASOPRESSOR_RATES
        if signal.name in known
        for reading in view.every(signal)
    )
    running: set[str] = set()
    for place, (at_ms, drug, runs) in enumerate(changes):
        running = running | {drug} if runs else running - {drug}
        holds_until_ms = changes[place + 1][0] if place + 1 < len(changes) else view.at_ms + 1
        if holds_until_ms > max(due_ms, at_ms) and not running:
            return False
    return bool(running)


RULE: Final = Rule("SHOCK24", Bound.EPISODE, GRADE_INPUTS, judge)
