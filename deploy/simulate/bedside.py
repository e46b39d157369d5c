"""What nurses and doctors find: ICE or CAPD, consciousness, seizures, signs, urine, causes."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any, Final

from deploy.simulate.acts import Act, from_grade, until_grade
from deploy.simulate.chance import happens
from deploy.simulate.course import HIGHEST_GRADE, SEVERE, Shock
from deploy.simulate.events import Scribe, Sent
from deploy.simulate.stay import Stay
from topics.assessments import (
    ICE_ITEMS,
    ICE_POINTS,
    AttributedCause,
    AttributedDomain,
    Attribution,
    Capd,
    Consciousness,
    ConsciousnessLevel,
    Echo,
    Exam,
    ExamSign,
    Gcs,
    Ice,
    IceScheme,
    NeuroFinding,
    NeuroSign,
    Seizure,
    SeizureType,
    Support,
    SupportAction,
    SupportDevice,
    UrineOutput,
)

ICE_FROM_YEARS: Final = 12  # below it CAPD (Lee 2019)
WELL_EVERY_H: Final = 12.0
NEURO_EVERY_H: Final = 4.0
CHARTED_AFTER_S: Final = (30, 900)
# By grade of neurotoxicity: lowest and highest ICE, then CAPD (CLINICAL.md §2.3).
ICE_BY_GRADE: Final = ((10, 10), (7, 9), (3, 6), (0, 2), (0, 0))
CAPD_BY_GRADE: Final = ((0, 0), (1, 8), (1, 8), (9, 18), (20, 28))
LEVEL_BY_GRADE: Final = (
    ConsciousnessLevel.ALERT,
    ConsciousnessLevel.ALERT,
    ConsciousnessLevel.VOICE,
    ConsciousnessLevel.TACTILE,
    ConsciousnessLevel.UNAROUSABLE,
)
GCS_BY_GRADE: Final = (15, 15, 13, 10, 5)
SEIZURE_SHARE: Final = 0.5  # of grade 3 and more
CRRT_SHARE: Final = 0.4  # of CRS grade 4
COOLING_SHARE: Final = 0.1  # of CRS grade 3 and more
ATTRIBUTED_SHARE: Final = 0.6  # of infections that are found
ATTRIBUTED_AFTER_H: Final = (16.0, 44.0)
URINE_EVERY_H: Final = 8.0
URINE_ML_KG_H: Final = 1.1


def assessments(stay: Stay) -> Iterator[Sent]:
    """Send what is found on rounds and what is found once, in the order in which it was found."""
    chance = stay.chance("bedside")
    scribe = Scribe(stay.person.patient_id, "bedside")
    acts = [*_rounds(stay, chance), *_seizures(stay, chance), *_signs(stay, chance)]
    acts += [*_supports(stay, chance), *_causes(stay, chance)]
    acts.sort(key=lambda act: act.at_h)
    for act in acts:
        if stay.from_h <= act.at_h < stay.until_h:
            delay = timedelta(seconds=chance.randint(*CHARTED_AFTER_S))
            yield scribe.write(act.model, stay.person.moment(act.at_h), delay, **act.fields)


def _rounds(stay: Stay, chance: Random) -> Iterator[Act]:
    hours = stay.from_h + 0.5
    urine_h = stay.from_h + URINE_EVERY_H
    while hours < stay.until_h:
        grade = stay.body.neuro(hours)
        yield _score(stay, chance, hours, grade)
        yield Act(hours + 0.05, Consciousness, _consciousness(chance, grade))
        if grade or happens(chance, 0.3):
            yield Act(hours + 0.08, Gcs, {"total": GCS_BY_GRADE[grade]})
        while urine_h <= hours:
            rate = URINE_ML_KG_H / (1 + 0.5 * stay.sick(urine_h))
            volume = round(stay.person.weight_kg * rate * URINE_EVERY_H * chance.uniform(0.7, 1.3))
            yield Act(urine_h, UrineOutput, {"volume_ml": float(volume), "over_h": URINE_EVERY_H})
            urine_h += URINE_EVERY_H
        hours += (NEURO_EVERY_H if grade else WELL_EVERY_H) * chance.uniform(0.9, 1.1)


def _score(stay: Stay, chance: Random, hours: float, grade: int) -> Act:
    if stay.person.age_years < ICE_FROM_YEARS:
        return Act(hours, Capd, {"total": chance.randint(*CAPD_BY_GRADE[grade])})
    scheme = IceScheme.ZERO_TO_TWO if stay.person.ice_of_the_review else IceScheme.ASTCT
    total = chance.randint(*ICE_BY_GRADE[grade])
    if happens(chance, 0.15):
        return Act(hours, Ice, {"scheme": scheme, "total": total})
    items = list(ICE_POINTS[scheme])
    for _ in range(sum(items) - total):  # points are lost here and there
        items[chance.choice([place for place, points in enumerate(items) if points])] -= 1
    return Act(hours, Ice, {"scheme": scheme, **dict(zip(ICE_ITEMS, items, strict=True))})


def _consciousness(chance: Random, grade: int) -> dict[str, Any]:
    if happens(chance, 0.2):
        return {"rass": (0, 0, -2, -4, -5)[grade]}
    return {"level": LEVEL_BY_GRADE[grade]}


def _seizures(stay: Stay, chance: Random) -> Iterator[Act]:
    severe = [each for each in stay.course.neuro if each.grade >= SEVERE]
    if not severe or not happens(chance, SEIZURE_SHARE):
        return
    worst = max(severe, key=lambda each: each.grade)
    long = worst.grade == HIGHEST_GRADE
    yield Act(
        worst.from_h + chance.uniform(0.1, 1.0),
        Seizure,
        {
            "seizure_type": chance.choice(list(SeizureType)),
            "duration_s": float(chance.randint(320, 900) if long else chance.randint(20, 200)),
            "resolved": True,
            "returned_to_baseline": not long,
        },
    )


def _signs(stay: Stay, chance: Random) -> Iterator[Act]:
    """Find signs in the brain, in the body and in the heart."""
    neuro = stay.course.neuro
    if neuro:
        for sign in (NeuroSign.TREMOR, NeuroSign.WORD_FINDING_DIFFICULTY, NeuroSign.CONFUSION):
            if happens(chance, 0.6):
                found_h = neuro[0].from_h + chance.uniform(0, 3)
                yield Act(found_h, NeuroFinding, {"finding": sign})
                gone_h = neuro[-1].until_h + 2
                yield Act(gone_h, NeuroFinding, {"finding": sign, "present": False})
    if any(each.grade == HIGHEST_GRADE for each in neuro) and happens(chance, 0.4):
        deep_h = next(each.from_h for each in neuro if each.grade == HIGHEST_GRADE)
        yield Act(deep_h + 6, NeuroFinding, {"finding": NeuroSign.DIFFUSE_EDEMA})
    severe_h = from_grade(stay.course, SEVERE)
    if severe_h is not None:
        yield Act(
            severe_h + 4, Exam, {"finding": chance.choice([ExamSign.EDEMA, ExamSign.ASCITES])}
        )
        stunned = happens(chance, 0.25)
        lvef = chance.uniform(25, 39) if stunned else chance.uniform(48, 65)
        yield Act(severe_h + chance.uniform(3, 12), Echo, {"lvef_percent": float(round(lvef))})
    if stay.course.hlh:
        found_h = stay.course.hlh.from_h + 30
        yield Act(found_h, Exam, {"finding": ExamSign.SPLENOMEGALY})
        if happens(chance, 0.4):
            yield Act(found_h + 20, Exam, {"finding": ExamSign.HEMOPHAGOCYTOSIS})


def _supports(stay: Stay, chance: Random) -> Iterator[Act]:
    for grade, share, device in (
        (HIGHEST_GRADE, CRRT_SHARE, SupportDevice.CRRT),
        (SEVERE, COOLING_SHARE, SupportDevice.COOLING),
    ):
        from_h, until_h = from_grade(stay.course, grade), until_grade(stay.course, grade)
        if from_h is not None and until_h is not None and happens(chance, share):
            begins_h = from_h + chance.uniform(0.2, 0.8) * (until_h - from_h)
            yield Act(begins_h, Support, {"support": device, "action": SupportAction.START})
            yield Act(until_h + 1, Support, {"support": device, "action": SupportAction.STOP})


def _causes(stay: Stay, chance: Random) -> Iterator[Act]:
    """Find some infections, say what is due to them, and later that it no longer is."""
    infection = stay.course.infection
    if infection is None or not happens(chance, ATTRIBUTED_SHARE):
        return
    found_h = infection.stages[0].from_h + chance.uniform(*ATTRIBUTED_AFTER_H)
    yield Act(found_h, Exam, {"finding": ExamSign.INFECTION_SOURCE})
    domains = [AttributedDomain.FEVER]
    if any(each.shock > Shock.NONE for each in infection.stages):
        domains.append(AttributedDomain.HYPOTENSION)
    for domain in domains:
        for at_h, cause in (
            (found_h, AttributedCause.INFECTION),
            (infection.stages[-1].until_h + 12, AttributedCause.CRS),
        ):
            yield Act(at_h, Attribution, {"domain": domain, "cause": cause, "by": "ward doctor"})
