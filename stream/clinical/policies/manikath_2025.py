"""`manikath-2025`: the review, taken literally.

It is the policy that the project was asked for, not evidence (CLINICAL.md §1.10).
Source: reference review of 2025, lines 27 to 57 (grading) and 67 to 73 (tocilizumab).
"""

from typing import Final

from stream.clinical import crs, icans
from stream.clinical.policies.policy import GradingPolicy, ManagementProfile, TocilizumabTrigger

NAME: Final = "manikath-2025"

GRADING: Final = GradingPolicy(
    name=NAME,
    source="review-2025 L27-57",
    crs=crs.REVIEW,
    icans=icans.REVIEW,
    honours_attribution=False,  # the review has no word on it (D12)
)

MANAGEMENT: Final = ManagementProfile(
    name=NAME,
    source="review-2025 L73",
    tocilizumab_from_grade=2,
    tocilizumab_trigger=TocilizumabTrigger.GRADE_ALONE,
)
