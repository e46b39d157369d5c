"""`manikath-2025`: the review, taken literally.

It is the policy that the project was asked for, not evidence (CLINICAL.md §1.10).
Source: reference review of 2025, lines 27 to 57 (grading), 67 to 73 (tocilizumab) and 85 to
97 (steroids).
"""

from types import MappingProxyType
from typing import Final

from stream.clinical import crs, icans
from stream.clinical.policies.policy import GradingPolicy, ManagementProfile, TocilizumabTrigger
from stream.clinical.policies.regimen import DEXAMETHASONE_10_Q6H, Regimen

NAME: Final = "manikath-2025"

GRADING: Final = GradingPolicy(
    name=NAME,
    source="review-2025 L27-57",
    crs=crs.REVIEW,
    icans=icans.REVIEW,
    honours_attribution=False,  # the review has no word on it (D12)
)

FOR_ICANS: Final = (DEXAMETHASONE_10_Q6H,)
# The two are not equipotent: 40 mg of dexamethasone a day are 213 mg of methylprednisolone.
FOR_CRS: Final = (
    DEXAMETHASONE_10_Q6H,
    Regimen("methylprednisolone", "every 12 h", mg_kg=(0.5, 1)),  # 1 to 2 mg/kg a day
)
MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="review-2025 L73",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
    steroids_for_crs=MappingProxyType(dict.fromkeys((2, 3, 4), FOR_CRS)),
    steroids_for_icans=MappingProxyType(dict.fromkeys((1, 2, 3, 4), FOR_ICANS)),
)
