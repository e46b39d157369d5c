"""What the hospital's systems say of a stay: who the patient is, what was given, how it ended."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from deploy.simulate.course import HIGHEST_GRADE
from deploy.simulate.events import Scribe, Sent
from deploy.simulate.stay import Stay
from topics.patients import Death, Discharge, Patient

CHARTED_AFTER_S: Final = (0, 600)
WEIGHED_EVERY_H: Final = 48.0


def administration(stay: Stay) -> Iterator[Sent]:
    """Say who the patient is, the weight now and then, and at last the end of the stay."""
    chance = stay.chance("administration")
    person = stay.person
    scribe = Scribe(person.patient_id, "administration")
    yield scribe.write(Patient, person.moment(stay.from_h), **_facts(stay))
    hours = stay.from_h + WEIGHED_EVERY_H
    while hours < stay.until_h:
        weight = round(person.weight_kg * chance.uniform(0.98, 1.03), 1)
        yield scribe.write(Patient, person.moment(hours), weight_kg=weight)
        hours += WEIGHED_EVERY_H
    if stay.until_h < stay.course.ends_h:
        return  # the simulation ends before the stay
    ended_at = person.moment(stay.until_h)
    if stay.course.dies:
        by_crs = stay.course.peak == HIGHEST_GRADE
        yield scribe.write(Death, ended_at, timedelta(minutes=20), cause_crs=by_crs)
    else:
        yield scribe.write(Discharge, ended_at, timedelta(minutes=5))


def _facts(stay: Stay) -> dict[str, Any]:
    person = stay.person
    return {
        "weight_kg": person.weight_kg,
        "height_cm": person.height_cm,
        "age_years": person.age_years,
        "sex": person.sex,
        "product": person.row.product,
        "infused_at": person.infused_at,
        "prior_transplant": person.prior_transplant,
        "active_ebv": person.active_ebv,
        "immunosuppressed": person.immunosuppressed,
        "home_positive_pressure": person.home_positive_pressure,
        "baseline_ferritin_ng_ml": float(person.ferritin_ng_ml),
        "baseline_platelets_10e9_l": float(person.platelets_10e9_l),
        "baseline_hemoglobin_g_dl": person.hemoglobin_g_dl,
        "unit": person.unit,
        "bed": person.bed,
    }


def pharmacy(stay: Stay) -> Iterator[Sent]:
    """Chart what is ordered, given and run, some minutes after it was."""
    chance = stay.chance("pharmacy")
    scribe = Scribe(stay.person.patient_id, "pharmacy")
    for act in stay.care.acts:
        delay = timedelta(seconds=chance.randint(*CHARTED_AFTER_S))
        yield scribe.write(act.model, stay.person.moment(act.at_h), delay, **act.fields)
