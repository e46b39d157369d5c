"""What ends each alert, in a sentence: only the data do, and each in a way of its own.

Discharge and death end everything; what belongs to an episode ends with it. An input that ages ends
nothing.
Source: CLINICAL.md §1.11, and the sections of each rule.
"""

from types import MappingProxyType
from typing import Final

BETTER: Final = "newer values by which the criteria are no longer met"
CHECK: Final = "the next order or dose that is right, the order left out, or 12 hours"
TASK: Final = "; else the episode, or 24 hours where none is open"
VENTILATION: Final = "newer values within the limits, or extubation"

ENDINGS: Final = MappingProxyType(
    {
        "CRS-UP": f"{BETTER}, or the end of the episode",
        "ICANS-UP": BETTER,
        "FEVER-MASKED": "nothing that hides a fever any more, a fever, or the end of the episode",
        "UNATTRIBUTED-DETERIORATION": (
            "a better pressure and oxygen, a cause that is named, or a grade of CRS that counts "
            "it; where the infusion is planned, its time"
        ),
        "ICE-DUE": f"an ICE assessment (CAPD in a child){TASK}",
        "ICE-SUBTLE": f"an ICE assessment (CAPD in a child), or the sign gone{TASK}",
        "ICE-UNABLE": (
            "an ICE assessment (CAPD in a child), or one that can be done; where no episode is "
            "open, 24 h"
        ),
        "NEURO-EDEMA": "every one of the signs gone",
        "TOCI-IND": (
            "tocilizumab that is given (an order is not enough), a better grade, or the most doses "
            "that are allowed; it comes back when the next dose may be given"
        ),
        "TOCI-DOSE": CHECK,
        "TOCI-INTERVAL": CHECK,
        "TOCI-MAX": CHECK,
        "POST-TOCI-FEVER": "a temperature below 38.0, the next tocilizumab, or three days",
        "IL6-PARADOX": "the end of the episode; where none is open, 24 hours",
        "IL6-RULE": (
            "an infection that is documented, a blocker of interleukin-6 that is given, or no "
            "fever or hypotension any more"
        ),
        "STEROID-CRS": "a steroid that is given, or a better grade",
        "STEROID-ICANS": "a steroid that is given, or a better grade",
        "DUAL": "tocilizumab and a steroid that are given, or one of the two grades at 0",
        "STEROID-TAPER": "a smaller dose, the end of the course, or a higher grade",
        "STEROID-LONG": "the end of the course, or a day below the high dose",
        "STEROID-PROPHYLAXIS": (
            f"an antifungal and a CMV PCR charted, or the end of the course{TASK}"
        ),
        "SHOCK24": "the vasopressor stopped, or a steroid that is given after it was due",
        "REFRACTORY": BETTER,
        "ANAKINRA-SALVAGE": f"anakinra that is given; or {BETTER}",
        "ANAKINRA-EARLY": f"anakinra that is given{TASK}",
        "CYTAPHERESIS": BETTER,
        "HLH-FERRITIN": (
            "a newer ferritin that is not above the lowest threshold; a lower one above it leaves "
            "the priority"
        ),
        "HLH-SUSPECT": BETTER,
        "HSCORE": BETTER,
        "CRS-FEATURES": BETTER,
        "SEPSIS-FEATURES": BETTER,
        "ABX-EMPIRIC": (
            "a beta-lactam against Pseudomonas that is given, or infection that is excluded; else "
            "the episode"
        ),
        "CULTURES": "cultures of blood, airways and urine, all collected; else the episode",
        "ABX-1H": "both antibiotics that are given; else the episode",
        "ABX-NARROW": f"a narrower drug that is given, or one of the two no more{TASK}",
        "REASSESS": "a cause that a clinician names; else the episode",
        "COINFECTION": "CRS below grade 3",
        "FLUID-CAP": "the end of the episode",
        "PRESSOR-PIVOT": "a vasopressor that is started, or a better pressure",
        "PRESSOR-ORDER": "a later rate that is right, a stop, or 12 hours",
        "DOPAMINE-AVOID": "a stop, or 12 hours after its last rate",
        "INOTROPE": "an inotrope that is started, a better ejection fraction, or a low pressure",
        "CARDIAC-MARKER": "the end of the episode",
        "LPV": VENTILATION,
        "PRONE": VENTILATION,
        "INTUB-WINDOW": f"dexamethasone that is given, or extubation{TASK}",
        "DATA-UNIT": "a valid value of the signal that is not older, or 24 hours",
        "DATA-RANGE": "a valid value of the signal that is not older, or 24 hours",
        "OPS-SILENCE": "every vital sign that is silent coming again",
    }
)


def ending_of(rule: str) -> str:
    """Say what ends an alert of a rule; one that has no words yet is ended by the data."""
    return ENDINGS.get(rule, BETTER)
