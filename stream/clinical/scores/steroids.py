"""Steroids as dexamethasone: 20 mg of hydrocortisone are 0.75 mg of it.

Source: Meikle and Tyler, Am J Med 1977;63:200-207 (equivalent doses); CLINICAL.md §5.6, DEC-12.
"""

from types import MappingProxyType
from typing import Final

# Equivalent doses in mg.
EQUIVALENT_MG: Final = MappingProxyType(
    {
        "hydrocortisone": 20.0,
        "prednisone": 5.0,
        "prednisolone": 5.0,
        "methylprednisolone": 4.0,
        "dexamethasone": 0.75,
    }
)
HIGH_DEXAMETHASONE_MG_A_DAY: Final = 40.0  # this or more is high-dose
HIGH_METHYLPREDNISOLONE_MG_KG_A_DAY: Final = 1.0  # this or more is


def dexamethasone_mg(drug: str, mg: float) -> float:
    """Convert a dose to dexamethasone."""
    return mg * EQUIVALENT_MG["dexamethasone"] / EQUIVALENT_MG[drug]


def is_high_dose(
    *, dexamethasone_mg_a_day: float, methylprednisolone_mg_a_day: float, weight_kg: float | None
) -> bool:
    """Tell whether a day's steroid is high-dose; without a weight the first clause decides."""
    if dexamethasone_mg_a_day >= HIGH_DEXAMETHASONE_MG_A_DAY:
        return True
    if weight_kg is None:
        return False
    return methylprednisolone_mg_a_day >= HIGH_METHYLPREDNISOLONE_MG_KG_A_DAY * weight_kg
