"""`label-tisa-cel`: the label of tisagenlecleucel, as far as tocilizumab goes.

Mild hypotension or hypoxia is treated with fluids, oxygen and a vasopressor at low dose;
tocilizumab is for instability despite fluids and vasopressors, or worsening breathing with high-
flow oxygen or a ventilator. Left out so far: "rapid clinical deterioration", which no signal
carries.
Source: Kymriah label, table 1 (CLINICAL.md §4.2, vector B37).
"""

from typing import Final

from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger

NAME: Final = "label-tisa-cel"

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="Kymriah label table 1",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.INSTABILITY,
)
