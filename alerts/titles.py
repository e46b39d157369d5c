"""What each rule is called on a pager, and what it says of a patient in half a sentence.

A title is a few words that stay true when it has ended, whatever thresholds a site has set. A
saying goes on from the name of the patient: it says what is so now, and never that somebody has a
disease, a clinician's word.
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
        "UNATTRIBUTED-DETERIORATION": "Low pressure or oxygen, not graded",
        "ICE-DUE": "ICE or CAPD due",
        "ICE-SUBTLE": "New neurological sign: ICE or CAPD",
        "ICE-UNABLE": "ICE or CAPD cannot be done",
        "NEURO-EDEMA": "Signs of brain edema",
        # Tocilizumab.
        "TOCI-IND": "Tocilizumab due, not given",
        "TOCI-DOSE": "Tocilizumab dose out of range",
        "TOCI-INTERVAL": "Tocilizumab too soon after the last",
        "TOCI-MAX": "Tocilizumab near or at its limit",
        "POST-TOCI-FEVER": "Fever 12 h after tocilizumab",
        "IL6-PARADOX": "IL-6 not interpretable now",
        "IL6-RULE": "IL-6 supports CRS",
        # Steroids and what comes after them.
        "STEROID-CRS": "Steroid due for CRS, not given",
        "STEROID-ICANS": "Steroid due for ICANS, not given",
        "DUAL": "CRS with ICANS: a drug is due",
        "STEROID-TAPER": "Steroid may be tapered",
        "STEROID-LONG": "High-dose steroid for long",
        "STEROID-PROPHYLAXIS": "Steroid for long: prophylaxis",
        "SHOCK24": "Shock 24 h after tocilizumab",
        "REFRACTORY": "Refractory CRS or suspected HLH/MAS",
        "ANAKINRA-SALVAGE": "Consider anakinra now",
        "ANAKINRA-EARLY": "Consider anakinra early",
        "CYTAPHERESIS": "Consider cytapheresis",
        # HLH/MAS.
        "HLH-FERRITIN": "Ferritin above an HLH threshold",
        "HLH-SUSPECT": "HLH/MAS suspected",
        "HSCORE": "High HScore",
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
        "OPS-SILENCE": "Expected data do not come",
        "OPS-REPLICA": "Two watchers disagree",
    }
)


SAYINGS: Final = MappingProxyType(
    {
        "CRS-UP": "meets criteria for a new grade",
        "ICANS-UP": "meets criteria for a new grade",
        "FEVER-MASKED": "may have a fever that a drug hides",
        "UNATTRIBUTED-DETERIORATION": "has low pressure or oxygen, which is not graded as CRS",
        "ICE-DUE": "had no ICE (CAPD in a child) in the time that the policy asks for",
        "ICE-SUBTLE": "shows a new neurological sign: do ICE (CAPD in a child) now",
        "ICE-UNABLE": "cannot do ICE (CAPD in a child): the last grade stands",
        "NEURO-EDEMA": "shows signs of brain edema",
        "TOCI-IND": "meets criteria for tocilizumab, and none was given",
        "TOCI-DOSE": "is ordered or was given tocilizumab outside the dose by weight",
        "TOCI-INTERVAL": "is ordered or was given tocilizumab too soon after the last",
        "TOCI-MAX": "is near or at the greatest number of tocilizumab doses",
        "POST-TOCI-FEVER": "has a fever more than 12 h after tocilizumab",
        "IL6-PARADOX": "has an IL-6 that says nothing since tocilizumab",
        "IL6-RULE": "has an IL-6 that supports CRS",
        "STEROID-CRS": "meets criteria for a steroid for CRS, and none was given",
        "STEROID-ICANS": "meets criteria for a steroid for ICANS, and none was given",
        "DUAL": "meets criteria for CRS and ICANS: tocilizumab or steroid due",
        "STEROID-TAPER": "may have the steroid tapered",
        "STEROID-LONG": "has had a high-dose steroid for long",
        "STEROID-PROPHYLAXIS": "has had a steroid for long: think of prophylaxis",
        "SHOCK24": "is in shock 24 h after tocilizumab",
        "REFRACTORY": "meets criteria for refractory CRS or suspected HLH/MAS",
        "ANAKINRA-SALVAGE": "meets criteria to consider anakinra now",
        "ANAKINRA-EARLY": "meets criteria to consider anakinra early",
        "CYTAPHERESIS": "meets criteria to consider cytapheresis",
        "HLH-FERRITIN": "has a ferritin above an HLH threshold",
        "HLH-SUSPECT": "meets criteria to suspect HLH/MAS",
        "HSCORE": "has a high HScore",
        "CRS-FEATURES": "shows features of CRS",
        "SEPSIS-FEATURES": "shows features of sepsis",
        "ABX-EMPIRIC": "needs antibiotics, and none were given",
        "CULTURES": "needs cultures, and none were taken",
        "ABX-1H": "needs antibiotics within 1 h",
        "ABX-NARROW": "may have the antibiotics narrowed",
        "REASSESS": "is to be reassessed after tocilizumab",
        "COINFECTION": "may have an infection as well",
        "FLUID-CAP": "has had much fluid: overload",
        "PRESSOR-PIVOT": "has low pressure after fluids: start a vasopressor",
        "PRESSOR-ORDER": "has an unusual choice of vasopressor",
        "DOPAMINE-AVOID": "was started on dopamine",
        "INOTROPE": "has a weak heart: consider an inotrope",
        "CARDIAC-MARKER": "has a raised cardiac marker",
        "LPV": "is ventilated outside the protective limits",
        "PRONE": "meets criteria to consider the prone position",
        "INTUB-WINDOW": "was intubated: protect the brain",
        "DATA-UNIT": "has a value that was refused for its unit: check it",
        "DATA-RANGE": "has a value that was refused as impossible: check it",
        "OPS-ENGINE": "may not be watched: Stormwatch failed on an event. Look at the patient",
        "OPS-SINK": "has an alert that nobody could be told: look at the patient",
        "OPS-SILENCE": "has vital signs that come no more: look at the patient",
        "OPS-REPLICA": "is seen differently by two watchers",
    }
)


def title_of(rule: str) -> str:
    """Return what a rule is called; one that has no title yet keeps its id."""
    return TITLES.get(rule, rule)


def saying_of(rule: str) -> str:
    """Return what a rule says of a patient; one that has no words yet names itself."""
    return SAYINGS.get(rule, f"has an alert {rule}")
