"""`label-tisa-cel`: the label of tisagenlecleucel, as far as tocilizumab and steroids for CRS go.

Mild hypotension or hypoxia is treated with fluids, oxygen and a vasopressor at low dose;
tocilizumab is for instability despite fluids and vasopressors, or worsening breathing with high-
flow oxygen or a ventilator, and so ECMO. Methylprednisolone where nothing is better 12 to 18 hours
after the first dose. Left out: "rapid clinical deterioration", which no signal carries; its dose of
methylprednisolone, which is not in CLINICAL.md; ICANS, where the review's advice holds.
Source: Kymriah label, table 1 (CLINICAL.md §4.2, vector B37).
"""

from types import MappingProxyType
from typing import Final

from stream.clinical.policies.manikath_2025 import FOR_ICANS
from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import Regimen
from stream.clinical.policies.thresholds import Site
from stream.clinical.times import HOUR_MS

NAME: Final = "label-tisa-cel"

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="Kymriah label table 1",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.INSTABILITY,
    steroids_for_crs=MappingProxyType(
        dict.fromkeys((2, 3, 4), (Regimen("methylprednisolone", "by the label"),))
    ),
    steroids_for_icans=MappingProxyType(dict.fromkeys((1, 2, 3, 4), FOR_ICANS)),
    site=Site(steroid_after_ms=12 * HOUR_MS),
)
