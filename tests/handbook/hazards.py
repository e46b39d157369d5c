"""What may harm a patient whom nobody warns of, and which rules stand against it."""

from collections.abc import Sequence
from typing import Final, NamedTuple


class Hazard(NamedTuple):
    """One way to come to harm."""

    name: str
    harm: str
    rules: Sequence[str]


HAZARDS: Final = (
    Hazard(
        "CRS gets worse and nobody sees it",
        "shock, respiratory failure, death within hours",
        ("CRS-UP", "UNATTRIBUTED-DETERIORATION"),
    ),
    Hazard(
        "A fever is hidden by a drug or a circuit, and CRS is taken to be over",
        "treatment stops, the grade is too low",
        ("FEVER-MASKED",),
    ),
    Hazard(
        "Tocilizumab is given late, or not at all",
        "CRS goes on to grade 3 or 4",
        ("TOCI-IND", "IL6-RULE"),
    ),
    Hazard(
        "Tocilizumab is given in a wrong dose, too early or too often",
        "infection, toxicity, or no effect",
        ("TOCI-DOSE", "TOCI-INTERVAL", "TOCI-MAX"),
    ),
    Hazard(
        "What a blocked receptor does to a fever or to interleukin-6 is misread",
        "an infection is missed, or treatment is called a failure",
        ("POST-TOCI-FEVER", "IL6-PARADOX"),
    ),
    Hazard(
        "Neurotoxicity is seen late, or cannot be examined",
        "seizures, brain edema, death",
        ("ICANS-UP", "ICE-DUE", "ICE-SUBTLE", "ICE-UNABLE", "NEURO-EDEMA"),
    ),
    Hazard(
        "A steroid that is due is not given",
        "ICANS or CRS goes on; tocilizumab alone does not treat ICANS",
        ("STEROID-CRS", "STEROID-ICANS", "DUAL", "SHOCK24"),
    ),
    Hazard(
        "A steroid is given for too long",
        "mould, CMV and other infections; the CAR-T cells are lost",
        ("STEROID-TAPER", "STEROID-LONG", "STEROID-PROPHYLAXIS"),
    ),
    Hazard(
        "Refractory disease is recognised late",
        "multiple organ failure",
        ("REFRACTORY", "ANAKINRA-SALVAGE", "ANAKINRA-EARLY", "CYTAPHERESIS"),
    ),
    Hazard(
        "HLH/MAS is taken for CRS",
        "death within days",
        ("HLH-FERRITIN", "HLH-SUSPECT", "HSCORE"),
    ),
    Hazard(
        "Sepsis is taken for CRS, or comes with it",
        "septic shock without an antibiotic, or broad antibiotics for too long",
        (
            "ABX-EMPIRIC",
            "ABX-1H",
            "CULTURES",
            "ABX-NARROW",
            "REASSESS",
            "COINFECTION",
            "SEPSIS-FEATURES",
            "CRS-FEATURES",
        ),
    ),
    Hazard(
        "Shock is treated with too much fluid, or with the wrong drug",
        "lung edema, arrhythmia, ischemia",
        (
            "FLUID-CAP",
            "PRESSOR-PIVOT",
            "PRESSOR-ORDER",
            "DOPAMINE-AVOID",
            "INOTROPE",
            "CARDIAC-MARKER",
        ),
    ),
    Hazard(
        "Lungs are ventilated harmfully, or intubation comes too late",
        "ARDS, arrest at intubation",
        ("LPV", "PRONE", "INTUB-WINDOW"),
    ),
    Hazard(
        "A value is refused that was real, or one with a wrong unit is believed",
        "a crisis is not seen, or treated that is none",
        ("DATA-UNIT", "DATA-RANGE"),
    ),
    Hazard(
        "A monitor or a feed stops, and silence is taken for health",
        "everything above",
        ("OPS-SILENCE",),
    ),
)
