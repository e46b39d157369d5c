"""`label-liso-cel`, and those of ide-cel and cilta-cel, which have the same scheme for CRS.

Tocilizumab and a steroid from grade 2 on. At grade 1 the onset decides: less than 72 hours after
the infusion both are considered, later it is treated by its symptoms. ICANS is left out: the
review's advice holds.
Source: Breyanzi, Abecma and Carvykti labels (CLINICAL.md §4.2).
"""

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from stream.clinical.policies.manikath_2025 import FOR_ICANS
from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import DEXAMETHASONE_10_Q12H, Regimen

NAME: Final = "label-liso-cel"

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="Breyanzi label",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    steroids_for_crs=MappingProxyType(
        {
            1: (Regimen("dexamethasone", "daily", mg=10, every_h=24),),
            2: (Regimen("dexamethasone", "every 12 to 24 h", mg=10, every_h=24),),
            3: (DEXAMETHASONE_10_Q12H,),
            4: (Regimen("dexamethasone", "every 6 h", mg=20),),
        }
    ),
    steroids_for_icans=MappingProxyType(dict.fromkeys((1, 2, 3, 4), FOR_ICANS)),
    considered_at_grade_1_until=timedelta(hours=72),
    steroid_at_once_from_grade=2,
)
