"""Oxygen: devices escalate and are weaned, some minutes after the need."""

from collections.abc import Iterator
from random import Random
from typing import Final, NamedTuple

from deploy.simulate.acts import Act, Need
from deploy.simulate.chance import happens
from deploy.simulate.course import HIGHEST_GRADE, Course, Lungs
from deploy.simulate.people import Person
from topics.medications import Drug, Infusion, InfusionAction, RateUnit
from topics.vitals import Oxygen, OxygenDevice, OxygenReason, Ventilator

UP_AFTER_H: Final = (0.03, 0.2)
DOWN_AFTER_H: Final = (0.3, 1.5)
AIRWAY_SHARE: Final = 0.5  # of those who cannot be roused
BLOW_BY_UNTIL_YEARS: Final = 5

ROOM_AIR: Final = Oxygen(device=OxygenDevice.ROOM_AIR)


class Device(NamedTuple):
    """A device in use, and the numbers of a ventilator."""

    oxygen: Oxygen
    ventilator: Ventilator | None = None


NO_DEVICE: Final = Device(ROOM_AIR)


def answers_to_hypoxia(
    chance: Random, person: Person, needs: list[Need], course: Course
) -> list[tuple[float, Device]]:
    """Say which device is used from when; none is room air."""
    changes: list[tuple[float, Lungs]] = []
    level = Lungs.ROOM_AIR
    for need in needs:
        if need.lungs != level:
            changes.append((need.from_h, need.lungs))
            level = need.lungs
    steps: list[tuple[float, Device]] = []
    level = Lungs.ROOM_AIR
    for from_h, lungs in changes:
        at_h = from_h + chance.uniform(*(UP_AFTER_H if lungs > level else DOWN_AFTER_H))
        level = lungs
        while steps and steps[-1][0] >= at_h:
            steps.pop()  # overtaken by what came since
        steps.append((at_h, _device(chance, person, lungs)))
    return steps or _airway(chance, person, course)


def _device(chance: Random, person: Person, lungs: Lungs) -> Device:
    match lungs:
        case Lungs.ROOM_AIR:
            return NO_DEVICE
        case Lungs.LOW_FLOW:
            return Device(_low_flow(chance, person))
        case Lungs.HIGH_FLOW:
            return Device(_high_flow(chance))
        case Lungs.POSITIVE_PRESSURE:
            return _positive_pressure(chance, person)


def _low_flow(chance: Random, person: Person) -> Oxygen:
    if person.age_years <= BLOW_BY_UNTIL_YEARS:
        return Oxygen(device=OxygenDevice.BLOW_BY, flow_l_min=4.0)
    return Oxygen(
        device=OxygenDevice.NASAL_CANNULA,
        flow_l_min=float(chance.choice((1, 2, 2, 3, 4, 6))),
        reason=OxygenReason.HYPOXIA,
    )


def _high_flow(chance: Random) -> Oxygen:
    device, low, high = chance.choice(
        (
            (OxygenDevice.HIGH_FLOW, 30, 60),
            (OxygenDevice.HIGH_FLOW, 30, 60),
            (OxygenDevice.SIMPLE_MASK, 6, 10),
            (OxygenDevice.VENTURI, 8, 12),
            (OxygenDevice.NON_REBREATHER, 12, 15),
        )
    )
    return Oxygen(
        device=device,
        flow_l_min=float(chance.randint(low, high)),
        fio2_fraction=round(chance.uniform(0.40, 0.65), 2),
        reason=OxygenReason.HYPOXIA,
    )


def _positive_pressure(chance: Random, person: Person) -> Device:
    device = chance.choice((OxygenDevice.CPAP, OxygenDevice.BIPAP, OxygenDevice.INVASIVE))
    fio2 = round(chance.uniform(0.40, 0.90), 2)
    oxygen = Oxygen(device=device, fio2_fraction=fio2, reason=OxygenReason.HYPOXIA)
    return Device(oxygen, _ventilator(chance, person) if device is OxygenDevice.INVASIVE else None)


def _ventilator(chance: Random, person: Person) -> Ventilator:
    """Set some 6 mL/kg, of a weight that is only roughly the ideal one: so not always."""
    return Ventilator(
        tidal_volume_ml=float(max(50, round(person.height_cm**2 / 75 * chance.uniform(0.9, 1.3)))),
        plateau_cmh2o=float(chance.randint(18, 33)),
        peep_cmh2o=float(chance.randint(6, 16)),
    )


def _airway(chance: Random, person: Person, course: Course) -> list[tuple[float, Device]]:
    """Intubate some of those who cannot be roused, though their lungs are well."""
    deep = [stage for stage in course.neuro if stage.grade == HIGHEST_GRADE]
    if not deep or not happens(chance, AIRWAY_SHARE):
        return []
    tube = Oxygen(
        device=OxygenDevice.INVASIVE, fio2_fraction=0.3, reason=OxygenReason.AIRWAY_PROTECTION
    )
    return [
        (deep[0].from_h + chance.uniform(0.5, 1.5), Device(tube, _ventilator(chance, person))),
        (deep[-1].until_h + chance.uniform(*DOWN_AFTER_H), NO_DEVICE),
    ]


def sedation(chance: Random, steps: list[tuple[float, Device]]) -> Iterator[Act]:
    """Run propofol as long as a tube is in."""
    running = False
    for at_h, device in steps:
        tube = device.oxygen.device is OxygenDevice.INVASIVE
        if tube and not running:
            rate = {"rate_value": float(chance.randint(80, 240)), "rate_unit": RateUnit.MG_H}
            start = {"drug": Drug.PROPOFOL, "action": InfusionAction.START}
            yield Act(at_h, Infusion, start | rate)
        elif running and not tube:
            yield Act(at_h, Infusion, {"drug": Drug.PROPOFOL, "action": InfusionAction.STOP})
        running = tube
