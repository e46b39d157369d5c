"""When fluids are enough or too many, a heart is weak, and ventilation harms.

A site may only be told sooner.
Source: CLINICAL.md §1.6 (review lines 218 to 232), §1.7 (review lines 257 to 260), DEC-18, DEC-50.
"""

from dataclasses import dataclass

from stream.clinical.policies.bounds import hours, number


@dataclass(frozen=True)
class Support:
    """Volumes by weight, pressures, the ejection fraction, and lengths of time in ms."""

    fluid_enough_ml_kg: float = number(
        30,
        "mL/kg",
        20,
        30,
        source="review-2025 L219 (this or more)",
        wrong="too low: PRESSOR-PIVOT while fluid may still do",
    )
    fluid_much_ml_kg: float = number(
        50,
        "mL/kg",
        30,
        50,
        source="review-2025 L218 (above it)",
        wrong="too low: FLUID-CAP P2 for what is usually given",
    )
    fluid_too_much_ml_kg: float = number(
        75,
        "mL/kg",
        50,
        75,
        source="review-2025 L218 (above it)",
        wrong="too low: FLUID-CAP P1 where P2 would do",
    )
    weak_heart_lvef_percent: float = number(
        40,
        "%",
        40,
        50,
        source="review-2025 L226, L231 (below it)",
        wrong="too high: INOTROPE and PRESSOR-ORDER for a heart that is nearly well",
    )
    inotrope_low_ms: int = hours(
        0.5,
        0.5,
        2,
        source="decision 62: DEC-18 with a delay of the end",
        wrong="too long: INOTROPE goes on for a pressure that is too low for it",
    )
    lpv_tolerance_ml_kg: float = number(
        0.5,
        "mL/kg",
        0,
        0.5,
        source="CLINICAL 1.7: above 6 mL/kg of predicted weight",
        wrong="too narrow: LPV for a volume that is rounded",
    )
    lpv_plateau_cmh2o: float = number(
        30,
        "cm[H2O]",
        25,
        30,
        source="review-2025 L258 (this or more)",
        wrong="too low: LPV for a stiff chest wall",
    )
    lpv_peep_least_cmh2o: float = number(
        10,
        "cm[H2O]",
        10,
        12,
        source="review-2025 L258 (below it)",
        wrong="too high: LPV for a PEEP that is enough",
    )
    lpv_peep_most_cmh2o: float = number(
        15,
        "cm[H2O]",
        13,
        15,
        source="review-2025 L258 (above it)",
        wrong="too low: LPV for a PEEP that stiff lungs need",
    )
    lpv_paco2_mmhg: float = number(
        60,
        "mm[Hg]",
        50,
        60,
        source="review-2025 L259 (above it)",
        wrong="too low: LPV for the hypercapnia that small volumes bring",
    )
    deterioration_spo2_percent: float = number(
        90,
        "%",
        90,
        94,
        source="DEC-41 (below it, on room air)",
        wrong="too high: UNATTRIBUTED-DETERIORATION for lungs that are chronically ill",
    )
    prone_mmhg: float = number(
        150,
        "mm[Hg]",
        150,
        200,
        source="review-2025 L260 (below it)",
        wrong="too high: PRONE for ARDS that is mild",
    )
