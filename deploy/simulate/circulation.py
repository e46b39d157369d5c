"""Fluids and vasopressors: how people answer to a low pressure, some minutes late.

By the rules: 20 to 30 mL/kg, then norepinephrine, vasopressin and epinephrine. Against them:
dopamine first, phenylephrine second, vasopressin beyond 0.04 IU/min, litres of fluid.
Source: CLINICAL.md §1.6 (FLUID-INITIAL, FLUID-CAP, PRESSOR-PIVOT, PRESSOR-ORDER, DOPAMINE-AVOID).
"""

from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any, Final

from deploy.simulate.acts import Act, Need
from deploy.simulate.chance import happens
from deploy.simulate.course import Shock
from deploy.simulate.people import GROWN_AT_YEARS, Person
from topics.medications import (
    Drug,
    Fluid,
    FluidPurpose,
    FluidType,
    Infusion,
    InfusionAction,
    RateUnit,
)

STARTED_AFTER_H: Final = (0.1, 0.5)
HESITATION: Final = 4  # against the rules the first vasopressor comes so many times later
STOPPED_AFTER_H: Final = (0.2, 1.0)
RATE_CHANGED_AFTER_H: Final = (0.5, 2.5)
BOLUS_ML_KG: Final = (8.0, 14.0)
BOLUSES: Final = 2
BOLUSES_AGAINST_THE_RULES: Final = 7
BOLUS_EVERY_H: Final = (0.3, 0.8)
AN_ADULT_KG: Final = 75.0

UG_MIN: Final = RateUnit.UG_MIN
# By the rules, in the order in which they are added: drug, unit, lowest and highest rate.
BY_THE_RULES: Final = (
    (Drug.NOREPINEPHRINE, UG_MIN, 3.0, 16.0),
    (Drug.VASOPRESSIN, RateUnit.IU_MIN, 0.03, 0.04),
    (Drug.EPINEPHRINE, UG_MIN, 2.0, 8.0),
)
AGAINST_THE_RULES: Final = (
    (Drug.DOPAMINE, RateUnit.UG_KG_MIN, 5.0, 14.0),
    (Drug.VASOPRESSIN, RateUnit.IU_MIN, 0.05, 0.08),
    (Drug.PHENYLEPHRINE, UG_MIN, 40.0, 220.0),
)
# A vasopressor is the first of them; several are all three, since vasopressin doesn't count.
HIGH_DOSE_SHARE: Final = 0.3
HIGH_NOREPINEPHRINE_UG_MIN: Final = (22.0, 40.0)


def answers_to_shock(
    chance: Random, needs: list[Need], against: float
) -> list[tuple[float, Shock]]:
    """Say when circulation is treated for what, after a human delay."""
    steps: list[tuple[float, Shock]] = []
    level = Shock.NONE
    for need in needs:
        if need.shock == level:
            continue
        delay_h = chance.uniform(*(STARTED_AFTER_H if need.shock > level else STOPPED_AFTER_H))
        if need.shock is Shock.VASOPRESSOR and level < need.shock and happens(chance, against):
            delay_h *= HESITATION
        at_h, level = need.from_h + delay_h, need.shock
        while steps and steps[-1][0] >= at_h:
            steps.pop()  # overtaken by what came since
        steps.append((at_h, level))
    return steps


def circulation(
    chance: Random, person: Person, steps: list[tuple[float, Shock]], against: float
) -> Iterator[Act]:
    """Give the fluids and the rates of vasopressors, step by step."""
    wrong = happens(chance, against)
    ladder = AGAINST_THE_RULES if wrong else BY_THE_RULES
    high = happens(chance, HIGH_DOSE_SHARE)
    running: set[Drug] = set()
    before = Shock.NONE
    for (at_h, level), (until_h, _) in pairwise([*steps, (float("inf"), Shock.NONE)]):
        if before is Shock.NONE:
            yield from _boluses(chance, person, at_h, until_h, wrong=wrong)
        wanted = {Shock.VASOPRESSOR: 1, Shock.SEVERAL: len(ladder)}.get(level, 0)
        for place, (drug, unit, low, most) in enumerate(ladder):
            rates = HIGH_NOREPINEPHRINE_UG_MIN if high and place == 0 and not wrong else (low, most)
            later_h = at_h + 0.05 * place
            if place < wanted:
                started = drug in running
                running.add(drug)
                yield from _rates(
                    chance, person, (later_h, until_h), (drug, unit, *rates), started=started
                )
            elif drug in running:
                running.remove(drug)
                yield Act(later_h, Infusion, {"drug": drug, "action": InfusionAction.STOP})
        before = level


def _rates(
    chance: Random,
    person: Person,
    span_h: tuple[float, float],
    rates: tuple[Drug, RateUnit, float, float],
    *,
    started: bool,
) -> Iterator[Act]:
    """Start an infusion, or take over one that runs, and change its rate now and then."""
    at_h, until_h = span_h
    action = InfusionAction.CHANGE if started else InfusionAction.START
    while at_h < until_h:
        yield Act(at_h, Infusion, {"action": action} | _rate(chance, person, rates))
        action = InfusionAction.CHANGE
        at_h += chance.uniform(*RATE_CHANGED_AFTER_H)


def _rate(
    chance: Random, person: Person, rates: tuple[Drug, RateUnit, float, float]
) -> dict[str, Any]:
    drug, unit, low, high = rates
    rate = chance.uniform(low, high)
    if person.age_years <= GROWN_AT_YEARS and unit is UG_MIN:  # children: by weight
        return {
            "drug": drug,
            "rate_value": round(rate / AN_ADULT_KG, 3),
            "rate_unit": RateUnit.UG_KG_MIN,
        }
    return {"drug": drug, "rate_value": round(rate, 3), "rate_unit": unit}


def _boluses(
    chance: Random, person: Person, at_h: float, until_h: float, *, wrong: bool
) -> Iterator[Act]:
    for _ in range(BOLUSES_AGAINST_THE_RULES if wrong else BOLUSES):
        at_h += chance.uniform(*BOLUS_EVERY_H)
        if at_h >= until_h:
            return
        kind = FluidType.ALBUMIN if happens(chance, 0.1) else FluidType.CRYSTALLOID
        volume = round(person.weight_kg * chance.uniform(*BOLUS_ML_KG), -1)
        yield Act(at_h, Fluid, {"fluid": kind, "volume_ml": max(10.0, volume)})


def maintenance(chance: Random, person: Person, from_h: float, until_h: float) -> Iterator[Act]:
    """Give what runs anyway, charted each shift."""
    at_h = from_h + 8
    while at_h < until_h:
        volume = round(person.weight_kg * chance.uniform(7, 11), -1)
        yield Act(
            at_h,
            Fluid,
            {
                "fluid": FluidType.CRYSTALLOID,
                "volume_ml": max(10.0, volume),
                "purpose": FluidPurpose.MAINTENANCE,
            },
        )
        at_h += 8
