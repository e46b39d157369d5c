"""PRESSOR-PIVOT: the blood pressure is low after 30 mL/kg of fluid, and no vasopressor runs.

The low pressure was measured when 30 mL/kg were in, exactly 30 included. Where no episode is open,
or the pressure fell before it began, the fluids from 24 hours before that count. A vasopressor ends
it, or a better pressure.
Source: CLINICAL.md §1.6 (review lines 218 and 219), §1.11, DEC-1, DEC-27, DEC-50; vector B17.
"""

from typing import Final

from stream.clinical.fluids import RESUSCITATION, before_pressure, ml_kg, total_ml
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold while the pressure is low after enough fluid."""
    if view.vasopressors:
        return Verdict(None, None, "A vasopressor runs.")
    if view.low_pressure is not True:
        return Verdict(None, None, "The blood pressure is no longer low.")
    fluids = before_pressure(view)
    by_weight = ml_kg(view, fluids)
    enough = view.site.fluid_enough_ml_kg
    if by_weight is None or by_weight < enough:
        ending = f"Less than {enough:g} mL/kg of fluid were given before this pressure."
        return Verdict(None, None, ending)
    finding = Finding(
        priorities=under_every_policy(Priority.P1),
        because=(*evidence.of_hypotension(view), evidence.of_fluids(fluids)),
        advice=lambda: (
            f"The pressure is low after {total_ml(fluids):g} mL of crystalloid ({by_weight:.1f} "
            "mL/kg), and no vasopressor runs: start norepinephrine now. Do not chase the pressure "
            "with more fluid."
        ),
        source="review-2025 L219",
    )
    return Verdict(finding)


RULE: Final = Rule(
    "PRESSOR-PIVOT", Bound.EPISODE, (*GRADE_INPUTS, RESUSCITATION), judge, settles=True
)
