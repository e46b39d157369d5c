"""DOPAMINE-AVOID: dopamine was started, at whatever rate; it brings arrhythmia without a benefit.

A stop ends it, or 12 hours after its last rate. The rate of vasopressin is that of adults, and a
child's page says so.
Source: CLINICAL.md §1.6 (review line 227), §1.11, DEC-47; vector B18.
"""

from typing import Final

from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.signals import rate
from stream.clinical.vasopressors import checked_until_ms
from stream.clinical.view import View
from topics.alerts import Priority

DOPAMINE: Final = "dopamine"


def judge(view: View) -> Verdict:
    """Hold while it runs, for as long as its last rate is checked."""
    running = view.vasopressors.get(DOPAMINE)
    if running is None:
        return Verdict(None, None, "Dopamine no longer runs.")
    until_ms = checked_until_ms(running)
    if view.at_ms >= until_ms:
        return Verdict(None, None, "It was told 12 hours ago.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(evidence.of_dose(DOPAMINE, running),),
        advice=lambda: texts.joined(
            "Dopamine runs: avoid it, it brings arrhythmia without a clear benefit. Replace it by "
            "norepinephrine; then vasopressin at 0.03 to 0.04 units/min.",
            texts.adult_doses(view),
        ),
        source="review-2025 L227",
    )
    return Verdict(finding, until_ms)


RULE: Final = Rule("DOPAMINE-AVOID", Bound.EPISODE, (rate(DOPAMINE),), judge)
