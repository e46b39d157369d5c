"""Every grading policy and every management profile that is built in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream.clinical.policies import asco_2021, astct_2019, label_tisa_cel, manikath_2025
from stream.clinical.policies.policy import GradingPolicy, ManagementProfile

GRADING: Final[tuple[GradingPolicy, ...]] = (manikath_2025.GRADING, astct_2019.GRADING)
POLICY_NAMES: Final = tuple(policy.name for policy in GRADING)
MANAGEMENT: Final[Mapping[str, ManagementProfile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            manikath_2025.MANAGEMENT,
            asco_2021.MANAGEMENT,
            label_tisa_cel.MANAGEMENT,
        )
    }
)
