"""LPV: a ventilated patient is outside the limits that protect the lungs.

Tidal volume above 6 mL/kg of predicted body weight (0.5 of tolerance, included), plateau pressure
of 30 cm[H2O] or more, PEEP outside 10 to 15, PaCO2 above 60 mm[Hg] (50 to 60 is accepted). Without
sex or height the volume cannot be judged, and the others are. All limits are those of adults, and
a child's page says so. Newer values within the limits end it, and so does extubation.
Source: CLINICAL.md §1.7 (review lines 257 to 259), §1.11, DEC-50, DEC-60; decision 79; vector B24.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.comparators import is_above
from stream.clinical.levels import INTUBATED
from stream.clinical.results import proving_since
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import HEIGHT, PEEP, PLATEAU, SEX, TIDAL_VOLUME, lab
from stream.clinical.ventilation import body_weight_kg, set_since, ventilated_from_ms
from stream.clinical.view import View
from topics.alerts import Priority

TIDAL_ML_KG: Final = 6.0
DECIMALS: Final = 6  # of a volume by weight
PACO2: Final = lab("paco2")

Outside = tuple[Evidence, str]  # what is outside, and how it is to be


def judge(view: View) -> Verdict:
    """Hold while something of the ventilation is outside its limits."""
    from_ms = ventilated_from_ms(view)
    if from_ms is None:
        return Verdict(None, None, "The patient is not ventilated.")
    pressures = [*_pressures(view, from_ms), *_hypercapnia(view, from_ms)]
    outside = [*_volume(view, from_ms), *pressures]
    if not outside:
        return Verdict(None, None, "The ventilation is within its limits.")
    finding = Finding(
        priorities=under_every_policy(Priority.P3),
        because=tuple(shown for shown, _ in outside),
        advice=lambda: texts.joined(
            f"Protect the lungs: {'; '.join(said for _, said in outside)}.",
            texts.adult_doses(view, "limits") if pressures else "",  # of volumes it is said above
        ),
        source="review-2025 L257-259",
    )
    return Verdict(finding)


def _volume(view: View, from_ms: int) -> Iterator[Outside]:
    volume, weight_kg = set_since(view, TIDAL_VOLUME, from_ms), body_weight_kg(view)
    if volume is None or weight_kg is None:
        return
    by_weight = round(volume.value / weight_kg, DECIMALS)
    if by_weight > TIDAL_ML_KG + view.site.lpv_tolerance_ml_kg:
        at = volume.effective_ms, volume.event_id
        said = (
            f"tidal volume {by_weight:.1f} mL/kg: set it to {TIDAL_ML_KG * weight_kg:.0f} mL "
            f"(6 mL/kg at a predicted weight of {weight_kg:.0f} kg)"
        )
        if texts.adult_doses(view):  # at 104 cm it gives 6 kg, and a volume that is dangerous
            said = (
                f"tidal volume {volume.value:g} mL: judge it by a predicted weight for children, "
                "since the source has the formula for adults alone"
            )
        yield Evidence(TIDAL_VOLUME.name, volume.value, "mL", *at), said


def _pressures(view: View, from_ms: int) -> Iterator[Outside]:
    plateau, peep = set_since(view, PLATEAU, from_ms), set_since(view, PEEP, from_ms)
    if plateau is not None and plateau.value >= view.site.lpv_plateau_cmh2o:
        at = plateau.effective_ms, plateau.event_id
        yield (
            Evidence(PLATEAU.name, plateau.value, "cm[H2O]", *at),
            f"keep the plateau pressure below {view.site.lpv_plateau_cmh2o:g} cmH2O",
        )
    least, most = view.site.lpv_peep_least_cmh2o, view.site.lpv_peep_most_cmh2o
    if peep is not None and not least <= peep.value <= most:
        at = peep.effective_ms, peep.event_id
        said = f"set PEEP to {least:g} to {most:g} cmH2O"
        yield Evidence(PEEP.name, peep.value, "cm[H2O]", *at), said


def _hypercapnia(view: View, from_ms: int) -> Iterator[Outside]:
    limit = view.site.lpv_paco2_mmhg
    paco2 = proving_since(view, PACO2, lambda each: is_above(each, limit), from_ms)
    if paco2 is not None:
        said = f"PaCO2 is above {limit:g} mmHg: up to it is accepted for the sake of small volumes"
        yield evidence.of_result(PACO2.name, paco2), said


RULE: Final = Rule(
    "LPV",
    Bound.STAY,
    (INTUBATED, TIDAL_VOLUME, PLATEAU, PEEP, PACO2, SEX, HEIGHT),
    judge,
)
