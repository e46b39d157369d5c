"""`label-brexu-cel`: the label of brexucabtagene autoleucel, on tocilizumab and steroids for CRS.

It is that of axi-cel of 2017: tocilizumab from grade 2, a steroid with it from grade 3 on. At grade
2 it is silent about steroids and the review's 24 hours hold, as for ICANS.
Source: Tecartus label, as the Yescarta label of 2017 (CLINICAL.md §4.2).
"""

from types import MappingProxyType
from typing import Final

from stream.clinical.policies.manikath_2025 import FOR_CRS, FOR_ICANS
from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import DEXAMETHASONE_10_Q6H, Regimen

NAME: Final = "label-brexu-cel"

SEVERE: Final = (
    Regimen("methylprednisolone", "every 12 h", mg_kg=(1, 1), every_h=12),
    DEXAMETHASONE_10_Q6H,
)

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="Tecartus label, as Yescarta 2017",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    steroids_for_crs=MappingProxyType({2: FOR_CRS, 3: SEVERE, 4: SEVERE}),
    steroids_for_icans=MappingProxyType(dict.fromkeys((1, 2, 3, 4), FOR_ICANS)),
    steroid_at_once_from_grade=3,
)
