"""Every grading policy and every management profile that is built in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream.clinical.policies import (
    asco_2021,
    astct_2019,
    label_axi_cel,
    label_brexu_cel,
    label_cilta_cel,
    label_ide_cel,
    label_liso_cel,
    label_tisa_cel,
    manikath_2025,
)
from stream.clinical.policies.policy import GradingPolicy, ManagementProfile

GRADING: Final[tuple[GradingPolicy, ...]] = (manikath_2025.GRADING, astct_2019.GRADING)
POLICY_NAMES: Final = tuple(policy.name for policy in GRADING)
MANAGEMENT: Final[Mapping[str, ManagementProfile]] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            manikath_2025.MANAGEMENT,
            asco_2021.MANAGEMENT,
            label_axi_cel.MANAGEMENT,
            label_brexu_cel.MANAGEMENT,
            label_cilta_cel.MANAGEMENT,
            label_ide_cel.MANAGEMENT,
            label_liso_cel.MANAGEMENT,
            label_tisa_cel.MANAGEMENT,
        )
    }
)
