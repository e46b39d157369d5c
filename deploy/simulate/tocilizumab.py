"""Tocilizumab: ordered and given some time after CRS reaches grade 2, again if it stays there.

By the rules: 8 mg/kg and at most 800 mg, 12 mg/kg below 30 kg, 8 h apart, four at most. Against
them: hours late, never, too soon after the last, by the wrong weight, ordered and not given.
Source: CLINICAL.md §1.2 (TOCI-IND, TOCI-DOSE, TOCI-INTERVAL, TOCI-MAX), DEC-34.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from deploy.simulate.acts import Act, from_grade, until_grade
from deploy.simulate.chance import happens
from deploy.simulate.course import Course
from deploy.simulate.people import Person
from topics.medications import Dose, DoseAction, DoseUnit, Drug, Route

TREATED_FROM_GRADE: Final = 2
LIGHT_KG: Final = 30.0
MG_KG: Final = 8.0
LIGHT_MG_KG: Final = 12.0
MOST_MG: Final = 800.0
DOSES_AT_MOST: Final = 4
ORDERED_AFTER_H: Final = (0.2, 1.0)
GIVEN_AFTER_H: Final = (0.3, 1.0)
APART_H: Final = (8.0, 11.0)
LATE_H: Final = (4.0, 14.0)
TOO_SOON_H: Final = (3.5, 6.5)
WRONG_DOSES: Final = (0.6, 0.75, 1.4, 1.6)
WRONGS: Final = ("late", "missing", "too soon", "wrong dose", "not given")


def tocilizumab(chance: Random, person: Person, course: Course, against: float) -> Iterator[Act]:
    """Give orders and doses for the CRS of a patient."""
    due_h, until_h = from_grade(course, TREATED_FROM_GRADE), until_grade(course, TREATED_FROM_GRADE)
    if due_h is None or until_h is None:
        return
    wrong = chance.choice(WRONGS) if happens(chance, against) else ""
    if wrong == "missing":
        return
    if wrong == "late":
        due_h += chance.uniform(*LATE_H)
    for number in range(DOSES_AT_MOST):
        if number and due_h >= until_h and wrong != "too soon":
            return
        ordered_h = due_h + (0.0 if number else chance.uniform(*ORDERED_AFTER_H))
        given_h = ordered_h + chance.uniform(*GIVEN_AFTER_H)
        yield _order(person, ordered_h, given_h, DoseAction.ORDERED, wrong)
        if wrong == "not given" and number == 0:
            yield _order(person, given_h, given_h, DoseAction.NOT_GIVEN, "")
            due_h = given_h + chance.uniform(*LATE_H)
            continue
        yield _order(person, given_h, given_h, DoseAction.GIVEN, wrong)
        if number and wrong == "too soon":
            return
        span = TOO_SOON_H if wrong == "too soon" else APART_H
        due_h = given_h + chance.uniform(*span)


def full_dose_mg(weight_kg: float) -> float:
    """Return the dose by weight."""
    if weight_kg < LIGHT_KG:
        return weight_kg * LIGHT_MG_KG
    return min(MOST_MG, weight_kg * MG_KG)


def _order(person: Person, at_h: float, scheduled_h: float, action: DoseAction, wrong: str) -> Act:
    # Which wrong dose it is hangs on the patient alone: it is the same in the order as in the dose.
    factor = WRONG_DOSES[round(person.height_cm) % len(WRONG_DOSES)] if wrong == "wrong dose" else 1
    fields = {
        "drug": Drug.TOCILIZUMAB,
        "action": action,
        "dose_value": round(full_dose_mg(person.weight_kg) * factor, 1),
        "dose_unit": DoseUnit.MG,
        "route": Route.IV,
    }
    if action is DoseAction.ORDERED:
        fields["scheduled_at"] = person.moment(scheduled_h)
    return Act(at_h, Dose, fields)
