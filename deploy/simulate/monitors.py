"""What monitors and nurses' rounds make of a body: readings with noise, the sicker the oftener.

On the ward a round of readings comes every 4 h, hourly in a fever, every 15 min while somebody is
low or needs oxygen; in intensive care every 1 to 5 min, with an arterial line and a core probe.
"""

import math
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, Final

from deploy.simulate.breathing import ROOM_AIR
from deploy.simulate.course import Shock
from deploy.simulate.events import Scribe, Sent
from deploy.simulate.stay import Stay
from topics.vitals import Oxygen, TemperatureSite, Vitals

WELL_EVERY_MIN: Final = 240.0
FEVER_EVERY_MIN: Final = 60.0
UNSTABLE_EVERY_MIN: Final = 15.0
INTENSIVE_EVERY_MIN: Final = (1.0, 5.0)
UNSTABLE: Final = 1  # level of need from which a patient is watched closely
INTENSIVE: Final = 2
FEBRILE: Final = 0.5  # grades

# Systolic pressure beside its limit, in mm[Hg], by what is needed and what is treated.
WELL_ABOVE: Final = 27.0
RESTORED_ABOVE: Final = 11.0
FLUIDS_BELOW: Final = -9.0
UNTREATED_BELOW: Final = -16.0
SYSTOLIC_NOISE: Final = 2.2
DIASTOLIC_PART: Final = 0.6
NORMAL_SPO2: Final = 97.0
TREATED_SPO2: Final = 94.0
UNTREATED_SPO2: Final = 87.0
TEMPERATURE_NOISE_C: Final = 0.08
CORE_NOISE_LASTS_H: Final = 0.5  # of a probe that stays where it is; each cuff and ear is new
SITES: Final = (
    (TemperatureSite.TYMPANIC, 0.0),
    (TemperatureSite.ORAL, 0.0),
    (TemperatureSite.AXILLARY, -0.4),
    (TemperatureSite.RECTAL, 0.2),
)
SITE_WEIGHTS: Final = (60, 25, 10, 5)


def vitals(stay: Stay, every_min: float | None) -> Iterator[Sent]:
    """Measure at an interval, or as the patient's state asks for."""
    chance = stay.chance("monitor")
    patient_id = stay.person.patient_id
    monitor, rounds = Scribe(patient_id, "monitor"), Scribe(patient_id, "rounds")
    probe = _CoreProbe()
    intensive_min = chance.uniform(*INTENSIVE_EVERY_MIN)
    hours = stay.from_h + chance.uniform(0.1, 0.3)
    while hours < stay.until_h:
        closeness = _closeness(stay, hours)
        intensive = closeness >= INTENSIVE
        # Machines send at once, nurses chart a little later.
        delay_s = chance.randint(0, 4) if intensive else chance.randint(10, 240)
        yield (monitor if intensive else rounds).write(
            Vitals,
            stay.person.moment(hours),
            timedelta(seconds=delay_s),
            **_readings(stay, chance, hours, probe if intensive else None),
        )
        if every_min is not None:
            hours += every_min / 60
        elif intensive:
            hours += intensive_min / 60
        else:
            hours += _rounds_min(stay, hours, closeness) * chance.uniform(0.85, 1.15) / 60


def _closeness(stay: Stay, hours: float) -> int:
    """Say how closely the patient is watched: not specially, often, or in intensive care."""
    oxygen = stay.care.devices.at(hours).oxygen
    by_oxygen = 0 if oxygen == ROOM_AIR else UNSTABLE
    if oxygen.fio2_fraction is not None:
        by_oxygen = INTENSIVE
    return max(stay.care.circulation.at(hours), by_oxygen)


def _rounds_min(stay: Stay, hours: float, closeness: int) -> float:
    if closeness >= UNSTABLE:
        return UNSTABLE_EVERY_MIN
    return FEVER_EVERY_MIN if stay.sick(hours) > FEBRILE else WELL_EVERY_MIN


class _CoreProbe:
    """What it reads beside the truth goes up and down slowly, not from minute to minute."""

    def __init__(self) -> None:
        self._beside_c = 0.0
        self._at_h = -math.inf

    def reads_c(self, chance: Random, warm: float, hours: float) -> float:
        """Measure a true temperature at a time."""
        left = math.exp((self._at_h - hours) / CORE_NOISE_LASTS_H)
        anew_c = chance.gauss(0.0, TEMPERATURE_NOISE_C)
        self._beside_c = left * self._beside_c + math.sqrt(1 - left**2) * anew_c
        self._at_h = hours
        return warm + self._beside_c


def _readings(stay: Stay, chance: Random, hours: float, probe: _CoreProbe | None) -> dict[str, Any]:
    oxygen, ventilator = stay.care.devices.at(hours)
    spo2 = _saturation_percent(stay, hours, oxygen)
    warm = stay.body.temperature_c(hours)
    sick = stay.sick(hours)
    person = stay.person
    pulse = person.resting_pulse_per_min + 9 * max(0.0, warm - 37) + 7 * sick
    breaths = person.resting_breaths_per_min + 2.2 * sick
    readings: dict[str, Any] = {
        "heart_rate_per_min": float(round(chance.gauss(pulse, 3))),
        "respiratory_rate_per_min": float(max(6, round(chance.gauss(breaths, 1.2)))),
        "spo2_percent": float(min(100, round(chance.gauss(spo2, 0.8)))),
        "oxygen": oxygen,
        **_pressures(stay, chance, hours, intensive=probe is not None),
        **_temperature(chance, warm, hours, probe),
    }
    if ventilator is not None:
        readings["ventilator"] = ventilator
    return readings


def _temperature(
    chance: Random, warm: float, hours: float, probe: _CoreProbe | None
) -> dict[str, Any]:
    if probe is not None:
        site, measured_c = TemperatureSite.CORE, probe.reads_c(chance, warm, hours)
    else:
        ((site, reads_c),) = chance.choices(SITES, SITE_WEIGHTS)
        measured_c = chance.gauss(warm + reads_c, TEMPERATURE_NOISE_C)
    return {"temperature_c": round(measured_c, 1), "temperature_site": site}


def _pressures(stay: Stay, chance: Random, hours: float, *, intensive: bool) -> dict[str, float]:
    """Measure by cuff, some of which say a mean, or by an arterial line."""
    needed = stay.care.needs.at(hours).shock
    treated = stay.care.circulation.at(hours)
    if treated >= Shock.VASOPRESSOR:
        beside = RESTORED_ABOVE
    elif needed >= Shock.VASOPRESSOR:
        beside = UNTREATED_BELOW
    else:
        beside = FLUIDS_BELOW if needed else WELL_ABOVE
    systolic = round(stay.person.systolic_limit_mmhg + chance.gauss(beside, SYSTOLIC_NOISE))
    diastolic = round(systolic * DIASTOLIC_PART + chance.gauss(0, 1.5))
    pressures = {"systolic_mmhg": float(systolic), "diastolic_mmhg": float(diastolic)}
    if intensive or stay.person.cuff_says_mean:
        pressures["mean_arterial_mmhg"] = float(round(diastolic + (systolic - diastolic) / 3))
    return pressures


def _saturation_percent(stay: Stay, hours: float, oxygen: Oxygen) -> float:
    if oxygen != ROOM_AIR:
        return TREATED_SPO2
    return UNTREATED_SPO2 if stay.care.needs.at(hours).lungs else NORMAL_SPO2
