"""`label-axi-cel`: a later label of axicabtagene ciloleucel, on tocilizumab and steroids for CRS.

Tocilizumab from grade 2, and at grade 1 that is no better after 24 hours. A steroid goes with
tocilizumab from grade 2 on, and is given once at grade 1 that is no better after 3 days. "No
better" at grade 1 is read as a fever that lasts. ICANS is left out: the review's advice holds.
Source: Yescarta label, a later version than that of 2017 (CLINICAL.md §4.2).
"""

from datetime import timedelta
from types import MappingProxyType
from typing import Final

from stream.clinical.policies.manikath_2025 import FOR_ICANS
from stream.clinical.policies.policy import ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import ONCE, Regimen

NAME: Final = "label-axi-cel"

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="Yescarta label, later than 2017",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    steroids_for_crs=MappingProxyType(
        {
            1: (Regimen("dexamethasone", ONCE, mg=10, every_h=24, most_doses=1),),
            2: (Regimen("dexamethasone", "daily", mg=10, every_h=24),),
            3: (Regimen("dexamethasone", "3 times a day", mg=10, every_h=8),),
            4: (Regimen("methylprednisolone", "daily", mg=1000, every_h=24),),
        }
    ),
    steroids_for_icans=MappingProxyType(dict.fromkeys((1, 2, 3, 4), FOR_ICANS)),
    fever_as_grade_2_after=timedelta(hours=24),
    steroid_at_once_from_grade=2,
    steroid_after_fever=timedelta(days=3),
)
