"""ANAKINRA-SALVAGE: refractory, or ferritin above 10 000 ng/mL with a liver that fails.

The liver is that of HLH-SUSPECT. Anakinra of the last 24 hours, or an infusion that runs, answers
it. By vein where there is shock or anasarca: under the skin little may be absorbed.
Source: CLINICAL.md §1.4 (review lines 113 to 124), §1.11.
"""

from typing import Final

from stream.clinical import anakinra
from stream.clinical.hlh import Suspicion, suspicion_of
from stream.clinical.policies.register import POLICY_NAMES
from stream.clinical.rules import evidence, h_score, texts
from stream.clinical.rules.refractory import HLH, REFRACTORY_INPUTS, because, refractory
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.signals import exam
from stream.clinical.view import View
from topics.alerts import Priority

LIVER: Final = "liver"
EDEMA: Final = exam("edema")


def judge(view: View) -> Verdict:
    """Hold while one of the two holds, and none was given."""
    found = refractory(view)
    suspicion = suspicion_of(view)
    liver = suspicion is not None and LIVER in suspicion.others
    names = POLICY_NAMES if liver else tuple(found.reasons)
    if not names:
        return Verdict(None, found.wake_ms, "The criteria for anakinra are not met.")
    until_ms = anakinra.given_until_ms(view)
    wakes = [found.wake_ms, None if until_ms is None else until_ms + 1]
    wake_ms = min((each for each in wakes if each is not None), default=None)
    if until_ms is not None:
        return Verdict(None, wake_ms, "Anakinra was given.")
    finding = Finding(
        priorities=dict.fromkeys(names, Priority.P2),
        because=_because(view, suspicion if liver else None),
        advice=lambda: _advice(view),
        source="review-2025 L113-124",
    )
    return Verdict(finding, wake_ms)


def _because(view: View, suspicion: Suspicion | None) -> tuple[Evidence, ...]:
    reasons = {reason for each in refractory(view).reasons.values() for reason in each}
    shown = [*because(view, reasons)]
    if suspicion is not None:
        liver = (("ferritin", suspicion.ferritin), *suspicion.others[LIVER])
        shown += [evidence.of_result(name, reading) for name, reading in liver]
    return tuple({each.signal: each for each in shown}.values())


def _advice(view: View) -> str:
    words = [f"Consider anakinra: {anakinra.in_words(view.weight_kg)}."]
    edema = view.latest(EDEMA)
    shock = view.hypotension
    if shock or (edema is not None and edema.value):
        why = "shock" if shock else "anasarca"
        words.append(f"Prefer the infusion: with {why} little is absorbed under the skin.")
    return texts.joined(*words, texts.adult_doses(view), _hscore(view))


def _hscore(view: View) -> str:
    """Write the HScore with its components where it is a reason: never the sum alone."""
    reasons = {reason for each in refractory(view).reasons.values() for reason in each}
    return h_score.shown(view) if HLH in reasons else ""


RULE: Final = Rule(
    "ANAKINRA-SALVAGE",
    Bound.EPISODE,
    (*REFRACTORY_INPUTS, EDEMA),
    judge,
    settles=True,
)
