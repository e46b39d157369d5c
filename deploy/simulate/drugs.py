"""All other drugs: antipyretics, steroids, antibiotics, antifungals, levetiracetam, anakinra.

Against the rules: antibiotics late or of the wrong kind, no steroid for neurotoxicity, a steroid
course that nobody ends.
Source: CLINICAL.md §1.3, §1.4, §1.5 (ABX-1H), §5.4 (anti-pseudomonal beta-lactams).
"""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from deploy.simulate.acts import Act, from_grade, until_grade
from deploy.simulate.chance import happens
from deploy.simulate.course import SEVERE, Course
from deploy.simulate.people import GROWN_AT_YEARS, Person
from topics.medications import Dose, DoseAction, DoseUnit, Drug, Route

ANTIPYRETIC_SHARE: Final = 0.75  # of fevers
ANTIPYRETIC_EVERY_H: Final = (6.0, 10.0)
PARACETAMOL_MG_KG: Final = 12.5
PARACETAMOL_MOST_MG: Final = 1000.0
PROPHYLAXIS_SHARE: Final = 0.8
GRADE_FOR_ANTIBIOTICS: Final = 2
WITHIN_THE_HOUR: Final = (0.3, 0.9)
TOO_LATE_H: Final = (1.2, 4.0)
ANTIBIOTIC_COURSE_H: Final = (72.0, 120.0)
STEROID_AFTER_TOCILIZUMAB_H: Final = (6.0, 14.0)
STEROID_AFTER_NEURO_H: Final = (0.4, 2.0)
TOO_LONG_H: Final = (96.0, 160.0)
ANAKINRA_COURSE_H: Final = (72.0, 120.0)
ANTIFUNGAL_SHARE: Final = 0.6


class Regimen(NamedTuple):
    """A drug at fixed intervals. `mg` is the adult dose; a child gets its part by weight."""

    drug: Drug
    mg: float
    every_h: float
    route: Route = Route.IV


CEFEPIME: Final = Regimen(Drug.CEFEPIME, 2000, 8)
PIPERACILLIN: Final = Regimen(Drug.PIPERACILLIN_TAZOBACTAM, 4500, 6)
MEROPENEM: Final = Regimen(Drug.MEROPENEM, 1000, 8)
CEFTRIAXONE: Final = Regimen(Drug.CEFTRIAXONE, 2000, 24)  # not anti-pseudomonal
VANCOMYCIN: Final = Regimen(Drug.VANCOMYCIN, 1000, 12)
DEXAMETHASONE: Final = Regimen(Drug.DEXAMETHASONE, 10, 6)
DEXAMETHASONE_TAPER: Final = Regimen(Drug.DEXAMETHASONE, 4, 12)
METHYLPREDNISOLONE: Final = Regimen(Drug.METHYLPREDNISOLONE, 80, 12)
HYDROCORTISONE: Final = Regimen(Drug.HYDROCORTISONE, 50, 6)
ANAKINRA: Final = Regimen(Drug.ANAKINRA, 100, 6, Route.SC)
LEVETIRACETAM: Final = Regimen(Drug.LEVETIRACETAM, 500, 12, Route.PO)
MICAFUNGIN: Final = Regimen(Drug.MICAFUNGIN, 100, 24)
AN_ADULT_KG: Final = 60.0


def course_of(
    chance: Random, person: Person, regimen: Regimen, from_h: float, until_h: float
) -> Iterator[Act]:
    """Give a drug until a time, each dose a little early or late."""
    part = min(1.0, person.weight_kg / AN_ADULT_KG) if person.age_years <= GROWN_AT_YEARS else 1.0
    fields = {
        "drug": regimen.drug,
        "action": DoseAction.GIVEN,
        "dose_value": round(regimen.mg * part, 1),
        "dose_unit": DoseUnit.MG,
        "route": regimen.route,
        "interval_h": regimen.every_h,
    }
    number = 0
    while (at_h := from_h + number * regimen.every_h) < until_h:
        yield Act(at_h + chance.uniform(0, 0.4), Dose, fields)
        number += 1


def antipyretics(chance: Random, person: Person, course: Course) -> Iterator[Act]:
    """Give paracetamol, or now and then ibuprofen, against most fevers."""
    infected = course.infection.stages if course.infection else ()
    mg = min(PARACETAMOL_MOST_MG, PARACETAMOL_MG_KG * person.weight_kg)
    for stages in (course.crs, infected):
        if not stages or not happens(chance, ANTIPYRETIC_SHARE):
            continue
        at_h = stages[0].from_h + chance.uniform(0.5, 3)
        while at_h < stages[-1].until_h:
            ibuprofen = happens(chance, 0.08)
            fields = {
                "drug": Drug.IBUPROFEN if ibuprofen else Drug.ACETAMINOPHEN,
                "action": DoseAction.GIVEN,
                "dose_value": round(mg / 2 if ibuprofen else mg),
                "dose_unit": DoseUnit.MG,
                "route": Route.PO if happens(chance, 0.6) else Route.IV,
            }
            yield Act(at_h, Dose, fields)
            at_h += chance.uniform(*ANTIPYRETIC_EVERY_H)


def antibiotics(chance: Random, person: Person, course: Course, against: float) -> Iterator[Act]:
    """Cover CRS from grade 2 and every infection: a beta-lactam and vancomycin within the hour."""
    begins = [from_grade(course, GRADE_FOR_ANTIBIOTICS)]
    begins += [course.infection.stages[0].from_h] if course.infection else []
    for begin_h in begins:
        if begin_h is None:
            continue
        late, wrong = happens(chance, against), happens(chance, against / 2)
        from_h = begin_h + chance.uniform(*(TOO_LATE_H if late else WITHIN_THE_HOUR))
        until_h = from_h + chance.uniform(*ANTIBIOTIC_COURSE_H)
        usual = chance.choice((CEFEPIME, PIPERACILLIN, MEROPENEM))
        yield from course_of(chance, person, CEFTRIAXONE if wrong else usual, from_h, until_h)
        if not wrong:
            yield from course_of(chance, person, VANCOMYCIN, from_h + 0.05, until_h)


def steroids(chance: Random, person: Person, course: Course, against: float) -> Iterator[Act]:
    """Give dexamethasone for neurotoxicity and severe CRS, then taper it."""
    spans: list[tuple[float, float]] = []
    severe_h, milder_h = from_grade(course, SEVERE), until_grade(course, SEVERE)
    if severe_h is not None and milder_h is not None:
        spans.append((severe_h + chance.uniform(*STEROID_AFTER_TOCILIZUMAB_H), milder_h + 12))
    if course.neuro and not happens(chance, against):
        from_h = course.neuro[0].from_h + chance.uniform(*STEROID_AFTER_NEURO_H)
        spans.append((from_h, course.neuro[-1].until_h))
    if not spans:
        return
    from_h, until_h = min(at for at, _ in spans), max(at for _, at in spans)
    until_h = max(until_h, from_h + 24)
    if happens(chance, against):
        until_h += chance.uniform(*TOO_LONG_H)
    usual = METHYLPREDNISOLONE if happens(chance, 0.15) else DEXAMETHASONE
    yield from course_of(chance, person, usual, from_h, until_h)
    yield from course_of(chance, person, DEXAMETHASONE_TAPER, until_h + 6, until_h + 72)


def rescue(chance: Random, person: Person, course: Course) -> Iterator[Act]:
    """Give hydrocortisone in septic shock and anakinra in HLH or the worst CRS."""
    if course.infection and course.infection.sepsis:
        stages = course.infection.stages
        from_h = stages[0].from_h + chance.uniform(4, 12)
        yield from course_of(chance, person, HYDROCORTISONE, from_h, stages[-1].until_h)
    worst_h = course.hlh.from_h + 12 if course.hlh else from_grade(course, SEVERE + 1)
    if worst_h is not None:
        from_h = worst_h + chance.uniform(4, 24)
        until_h = from_h + chance.uniform(*ANAKINRA_COURSE_H)
        yield from course_of(chance, person, ANAKINRA, from_h, until_h)


def prophylaxis(chance: Random, person: Person, from_h: float, until_h: float) -> Iterator[Act]:
    """Give what most patients get from the first day on."""
    if happens(chance, PROPHYLAXIS_SHARE):
        yield from course_of(chance, person, LEVETIRACETAM, from_h + 1, until_h)
    if happens(chance, ANTIFUNGAL_SHARE):
        yield from course_of(chance, person, MICAFUNGIN, from_h + 2, until_h)
