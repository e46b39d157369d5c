"""FLUID-CAP: so much crystalloid in an episode that it harms the lungs.

More than 50 mL/kg since the onset (P2), more than 75 (P1). It ends with the episode, or where a
correction brings it down.
Source: CLINICAL.md §1.6 (review line 218), §1.11, DEC-50; vector B17.
"""

from typing import Final

from stream.clinical.fluids import RESUSCITATION, ml_in_words, ml_kg, of_episode, total_ml
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.signals import WEIGHT
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while the fluids of the episode are above the limit."""
    fluids = of_episode(view)
    by_weight = ml_kg(view, fluids)
    much, too_much = view.site.fluid_much_ml_kg, view.site.fluid_too_much_ml_kg
    if by_weight is None or by_weight <= much:
        return Verdict(None, None, f"The fluids of this episode are within {much:g} mL/kg.")
    urgent = by_weight > too_much
    finding = Finding(
        priorities=under_every_policy(Priority.P1 if urgent else Priority.P2),
        because=(evidence.of_fluids(fluids), *evidence.of_weight(view)),
        advice=lambda: (
            f"{total_ml(fluids):g} mL of crystalloid in this episode, {by_weight:.1f} mL/kg: above "
            f"{ml_in_words(view, too_much if urgent else much)} the lungs flood and "
            "ARDS becomes likely. Stop boluses; hold the pressure with a vasopressor, "
            "norepinephrine first."
        ),
        source="review-2025 L218",
    )
    return Verdict(finding)


RULE: Final = Rule("FLUID-CAP", Bound.EPISODE, (RESUSCITATION, WEIGHT), judge)
