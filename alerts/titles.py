"""What each rule is called on a pager: a few words that stay true when it has ended.

Source: CLINICAL.md §6, every id of it, and the alerts about Stormwatch itself (DESIGN.md, Sinks).
"""

from types import MappingProxyType
from typing import Final

TITLES: Final = MappingProxyType(
    {
        # Grades.
        "CRS-UP": "CRS criteria met",
        "ICANS-UP": "ICANS criteria met",
        "FEVER-MASKED": "Fever may be masked",
        "UNATTRIBUTED-DETERIORATION": "Low pressure or oxygen, not CRS",
        "ICE-DUE": "ICE assessment due",
        "ICE-SUBTLE": "New neurological sign, ICE needed",
        "ICE-UNABLE": "ICE cannot be done",
        "NEURO-EDEMA": "Signs of brain edema",
        # Tocilizumab.
        "TOCI-IND": "Tocilizumab due, not given",
        "TOCI-DOSE": "Tocilizumab dose out of range",
        "TOCI-INTERVAL": "Tocilizumab less than 8 h apart",
        "TOCI-MAX": "Tocilizumab near or at its limit",
        "POST-TOCI-FEVER": "Fever 12 h after tocilizumab",
        "IL6-PARADOX": "IL-6 not interpretable now",
        "IL6-RULE": "IL-6 supports CRS",
        # Steroids and what comes after them.
        "STEROID-CRS": "Steroid due for CRS, not given",
        "STEROID-ICANS": "Steroid due for ICANS, not given",
        "DUAL": "CRS with ICANS: tocilizumab and steroid",
        "STEROID-TAPER": "Steroid may be tapered",
        "STEROID-LONG": "High-dose steroid for over 72 h",
        "STEROID-PROPHYLAXIS": "Steroid for over 96 h: prophylaxis",
        "SHOCK24": "Shock 24 h after tocilizumab",
        "REFRACTORY": "Refractory to treatment",
        "ANAKINRA-SALVAGE": "Consider anakinra now",
        "ANAKINRA-EARLY": "Consider anakinra early",
        "CYTAPHERESIS": "Consider cytapheresis",
        # HLH/MAS.
        "HLH-FERRITIN": "Ferritin above an HLH threshold",
        "HLH-SUSPECT": "HLH/MAS suspected",
        "HSCORE": "HScore above 169",
        # Infection.
        "CRS-FEATURES": "Features of CRS",
        "SEPSIS-FEATURES": "Features of sepsis",
        "ABX-EMPIRIC": "Antibiotics needed",
        "CULTURES": "Cultures needed",
        "ABX-1H": "Antibiotics within 1 h",
        "ABX-NARROW": "Antibiotics can be narrowed",
        "REASSESS": "Reassess after tocilizumab",
        "COINFECTION": "Infection may be there as well",
        # Circulation and lungs.
        "FLUID-CAP": "Much fluid given: overload",
        "PRESSOR-PIVOT": "Low pressure after fluids: vasopressor",
        "PRESSOR-ORDER": "Unusual choice of vasopressor",
        "DOPAMINE-AVOID": "Dopamine started",
        "INOTROPE": "Weak heart: consider an inotrope",
        "CARDIAC-MARKER": "Cardiac marker raised",
        "LPV": "Ventilation outside protective limits",
        "PRONE": "Consider prone position",
        "INTUB-WINDOW": "Intubated: protect the brain",
        # What was sent to us.
        "DATA-UNIT": "Value refused: wrong unit",
        "DATA-RANGE": "Value refused: impossible",
        # Stormwatch itself.
        "OPS-ENGINE": "Stormwatch failed on an event",
        "OPS-SINK": "A page reached nobody",
        "OPS-SILENCE": "No data from the patient",
        "OPS-REPLICA": "Two watchers disagree",
        "OPS-CATCHUP": "Stormwatch is behind",
    }
)


def title_of(rule: str) -> str:
    """Return what a rule is called; one that has no title yet keeps its id."""
    return TITLES.get(rule, rule)
