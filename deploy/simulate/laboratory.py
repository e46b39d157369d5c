"""The laboratory: panels each day and oftener in the sick, results some time later.

A result says what the laboratory says: some in another accepted unit, those beyond the range of
the assay with a comparator. Cultures are drawn with a new fever and answered days later.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from deploy.simulate.acts import from_grade
from deploy.simulate.chance import happens
from deploy.simulate.events import Scribe, Sent
from deploy.simulate.stay import Stay
from deploy.simulate.values import Findings
from topics.accepted import ACCEPTED
from topics.labs import Analyte, Comparator, Culture, CultureResult, Lab, Specimen

OTHER_UNIT_SHARE: Final = 0.12
A: Final = Analyte
DNA: Final = (A.CMV_DNA, A.EBV_DNA)
GRADE_FOR_CULTURES: Final = 2


class Panel(NamedTuple):
    """Tests that travel in one tube: how often, in hours, and how long they take."""

    analytes: tuple[Analyte, ...]
    well_every_h: float | None  # None: not while the patient is well
    febrile_every_h: float
    severe_every_h: float
    takes_h: tuple[float, float]


PANELS: Final = (
    Panel((A.WBC, A.ANC, A.HEMOGLOBIN, A.PLATELETS), 24, 24, 12, (0.4, 1.2)),
    Panel((A.CREATININE, A.BILIRUBIN_TOTAL, A.AST, A.ALT, A.LDH), 24, 24, 12, (0.8, 2.0)),
    Panel((A.CRP, A.FERRITIN), 24, 12, 12, (1.0, 3.0)),
    Panel((A.INR, A.APTT, A.FIBRINOGEN, A.D_DIMER), 48, 24, 12, (0.8, 2.0)),
    Panel((A.PROCALCITONIN, A.TRIGLYCERIDES), None, 24, 24, (1.5, 4.0)),
    Panel((A.IL6,), None, 24, 24, (4.0, 14.0)),
    Panel((A.SIL2R,), None, 96, 48, (6.0, 15.0)),
    Panel((A.LACTATE,), None, 12, 4, (0.1, 0.4)),
    Panel((A.PAO2, A.PACO2), None, 48, 6, (0.1, 0.3)),
    Panel((A.TROPONIN, A.NT_PROBNP), None, 48, 24, (1.0, 2.5)),
    Panel((A.BNP,), None, 96, 48, (1.0, 2.5)),
    Panel((A.CMV_DNA, A.EBV_DNA), 168, 168, 96, (6.0, 15.0)),
)
FEBRILE: Final = 0.5  # grades
SEVERE: Final = 1.8
ASKED_AGAIN_H: Final = 2.0
# Beyond these an assay gives no number.
ASSAY_MOST: Final = MappingProxyType({A.FERRITIN: 40_000.0, A.D_DIMER: 10_000.0, A.IL6: 50_000.0})
ASSAY_LEAST: Final = MappingProxyType(
    {A.PROCALCITONIN: 0.06, A.CRP: 3.0, A.IL6: 3.0, A.CMV_DNA: 35.0, A.EBV_DNA: 35.0}
)
DILUTES_SHARE: Final = 0.4  # of samples beyond the range are measured all the same
NEGATIVE_AFTER_H: Final = (48.0, 120.0)
POSITIVE_AFTER_H: Final = (14.0, 40.0)
DRAWN_AFTER_H: Final = (0.1, 0.4)
USUAL_SPECIMENS: Final = (Specimen.BLOOD, Specimen.RESPIRATORY, Specimen.URINE)


def results(stay: Stay) -> Iterator[Sent]:
    """Send the results of all panels, in the order in which their samples were drawn."""
    chance = stay.chance("laboratory")
    scribe = Scribe(stay.person.patient_id, "laboratory")
    findings = Findings(chance, stay.person, stay.course, stay.body)
    due_h = [stay.from_h + chance.uniform(0.2, 1.0)] * len(PANELS)
    while (hours := min(due_h)) < stay.until_h:
        place = due_h.index(hours)
        panel = PANELS[place]
        sick = max(stay.sick(hours), 2 * stay.body.hlh(hours))
        every_h = panel.well_every_h
        if sick > FEBRILE:
            every_h = panel.severe_every_h if sick > SEVERE else panel.febrile_every_h
        due_h[place] = hours + (every_h or ASKED_AGAIN_H) * chance.uniform(0.95, 1.05)
        if every_h is not None:
            delay = timedelta(seconds=round(3600 * chance.uniform(*panel.takes_h)))
            blocked = any(at_h < hours for at_h in stay.care.tocilizumab_h)
            for analyte in panel.analytes:
                found = findings.find(analyte, hours, blocked=blocked)
                said = _as_said(chance, analyte, found)
                yield scribe.write(Lab, stay.person.moment(hours), delay, **said)


def _as_said(chance: Random, analyte: Analyte, value: float) -> dict[str, Any]:
    """Say a value as a laboratory does: within its assay, in a unit of its own."""
    said: dict[str, Any] = {"analyte": analyte}
    least, most = ASSAY_LEAST.get(analyte), ASSAY_MOST.get(analyte)
    if least is not None and value < least:
        value, said["comparator"] = least, Comparator.LESS
    elif most is not None and value > most and not happens(chance, DILUTES_SHARE):
        value, said["comparator"] = most, Comparator.MORE
    scale = chance.choice(ACCEPTED[analyte]) if analyte in DNA else ACCEPTED[analyte][0]
    unit = scale.canonical
    if scale.others and happens(chance, OTHER_UNIT_SHARE):
        unit = chance.choice(sorted(scale.others))
        value = scale.others[unit].undo(value)
    return said | {"value": value, "unit": unit}


def cultures(stay: Stay, against: float) -> Iterator[Sent]:
    """Send what was drawn at each suspicion, and days later what grew."""
    chance = stay.chance("cultures")
    scribe = Scribe(stay.person.patient_id, "microbiology")
    infection = stay.course.infection
    # Drawn at a new fever, and again at grade 2: a set from before does not answer that.
    suspected = [from_grade(stay.course, 1), from_grade(stay.course, GRADE_FOR_CULTURES)]
    drawn_h = [at_h for at_h in suspected if at_h is not None and not happens(chance, against)]
    if infection:
        drawn_h.append(infection.stages[0].from_h)
    for at_h in sorted(each + chance.uniform(*DRAWN_AFTER_H) for each in drawn_h):
        if stay.from_h <= at_h < stay.until_h:
            specimens = list(USUAL_SPECIMENS)
            if infection and infection.specimen not in specimens:
                specimens.append(infection.specimen)
            for specimen in specimens:
                yield from _culture(stay, chance, scribe, at_h, specimen)


def _culture(
    stay: Stay, chance: Random, scribe: Scribe, at_h: float, specimen: Specimen
) -> Iterator[Sent]:
    """Draw one specimen and answer it; in an infection, what it came from grows."""
    infection = stay.course.infection
    drawn_at = stay.person.moment(at_h)
    drawn = scribe.write(Culture, drawn_at, specimen=specimen, result=CultureResult.COLLECTED)
    yield drawn
    said: dict[str, Any] = {"result": CultureResult.NEGATIVE}
    after_h = chance.uniform(*NEGATIVE_AFTER_H)
    if infection and specimen is infection.specimen and at_h >= infection.stages[0].from_h:
        said = {"result": CultureResult.POSITIVE, "organism": infection.organism}
        after_h = chance.uniform(*POSITIVE_AFTER_H)
    delay = timedelta(seconds=round(3600 * after_h))
    said |= {"specimen": specimen, "collected_event_id": drawn.fields["event_id"]}
    yield scribe.write(Culture, drawn_at, delay, **said)
