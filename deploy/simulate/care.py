"""The care of a patient: every act of treatment, and what it does to the body and the monitors."""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from deploy.simulate.acts import NO_NEED, Act, Need, Steps, needs_of
from deploy.simulate.body import Heat
from deploy.simulate.breathing import NO_DEVICE, Device, answers_to_hypoxia, sedation
from deploy.simulate.chance import chance_of, happens
from deploy.simulate.circulation import answers_to_shock, circulation, maintenance
from deploy.simulate.course import Course, Shock
from deploy.simulate.drugs import antibiotics, antipyretics, prophylaxis, rescue, steroids
from deploy.simulate.people import Person
from deploy.simulate.tocilizumab import tocilizumab
from topics.medications import DoseAction, Drug

ANTIPYRETICS: Final = (Drug.ACETAMINOPHEN, Drug.IBUPROFEN)
PARACETAMOL: Final = (1.0, 1.0, 6.0)  # degrees, hours to set in, hours in all
RESPONDER_SHARE: Final = 0.8
RESPONSE: Final = (2.4, 6.0, 72.0)
NO_RESPONSE: Final = (0.4, 6.0, 24.0)


class Care(NamedTuple):
    """What is done, in order of time, and what follows from it."""

    acts: tuple[Act, ...]
    cooled: tuple[Heat, ...]
    needs: Steps[Need]
    circulation: Steps[Shock]  # what is treated, some time after it is needed
    devices: Steps[Device]
    tocilizumab_h: tuple[float, ...]


def plan_care(
    seed: object, person: Person, course: Course, stay_h: tuple[float, float], against: float
) -> Care:
    """Treat a patient as people do: after a delay, and in some share against the rules."""
    chance = chance_of(seed, person.patient_id, "care")
    needs = needs_of(course)
    pressors = answers_to_shock(chance, needs, against)
    oxygen = answers_to_hypoxia(chance, person, needs, course)
    acts = [
        *tocilizumab(chance, person, course, against),
        *circulation(chance, person, pressors, against),
        *sedation(chance, oxygen),
        *antipyretics(chance, person, course),
        *antibiotics(chance, person, course, against),
        *steroids(chance, person, course, against),
        *rescue(chance, person, course),
        *prophylaxis(chance, person, *stay_h),
        *maintenance(chance, person, *stay_h),
    ]
    acts.sort(key=lambda act: act.at_h)
    return Care(
        acts=tuple(each for each in acts if stay_h[0] <= each.at_h < stay_h[1]),
        cooled=tuple(_cooling(chance, acts)),
        needs=Steps(NO_NEED, [(need.from_h, need) for need in needs]),
        circulation=Steps(Shock.NONE, pressors),
        devices=Steps(NO_DEVICE, oxygen),
        tocilizumab_h=tuple(each.at_h for each in acts if _is_given(each, Drug.TOCILIZUMAB)),
    )


def _is_given(act: Act, *drugs: Drug) -> bool:
    return act.fields.get("action") is DoseAction.GIVEN and act.fields["drug"] in drugs


def _cooling(chance: Random, acts: list[Act]) -> Iterator[Heat]:
    responds = happens(chance, RESPONDER_SHARE)
    for act in acts:
        if _is_given(act, *ANTIPYRETICS):
            yield Heat(act.at_h, *PARACETAMOL)
        elif _is_given(act, Drug.TOCILIZUMAB):
            yield Heat(act.at_h, *(RESPONSE if responds else NO_RESPONSE))
