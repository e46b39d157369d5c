"""CAR-HEMATOTOX: how likely long neutropenia is, scored once before the lymphodepletion.

CRP counts in mg/dL; the other public calculators that take mg/L, or a sum to 10, are wrong.
Source: Rejeski et al., Blood 2021;138:2499-2513, table 3, DOI 10.1182/blood.2020010543;
CLINICAL.md §3.
"""

from typing import Final

from stream.clinical.scores.steps import Step, in_unit, points_of
from stream.clinical.signals import Result

HIGH_RISK_FROM: Final = 2
HIGHEST: Final = 7
ANC_LIMIT_10E9_L: Final = 1.2  # below it
HEMOGLOBIN_LIMIT_G_DL: Final = 9.0  # below it
CRP_MG_DL: Final = (Step(3.0, True, 1),)
FERRITIN_NG_ML: Final = (Step(650.0, True, 1), Step(2000.0, False, 2))
# These three fall: the points are for what is not reached.
PLATELETS_10E9_L: Final = (Step(75.0, True, 1), Step(175.0, False, 2))
ANC_10E9_L: Final = (Step(ANC_LIMIT_10E9_L, True, 1),)
HEMOGLOBIN_G_DL: Final = (Step(HEMOGLOBIN_LIMIT_G_DL, True, 1),)
MG_DL_A_MG_L: Final = 0.1


def car_hematotox(
    *,
    platelets: Result | None,
    anc: Result | None,
    hemoglobin: Result | None,
    crp: Result | None,
    ferritin: Result | None,
) -> int | None:
    """Sum the points of five results in their canonical units; None where one is missing."""
    rising = (
        points_of(CRP_MG_DL, in_unit(crp, "mg/dL", MG_DL_A_MG_L)),
        points_of(FERRITIN_NG_ML, ferritin),
    )
    falling = (
        (2, points_of(PLATELETS_10E9_L, platelets)),
        (1, points_of(ANC_10E9_L, anc)),
        (1, points_of(HEMOGLOBIN_G_DL, hemoglobin)),
    )
    if not all(each.is_complete for each in (*rising, *(each for _, each in falling))):
        return None
    return sum(each.proven for each in rising) + sum(most - each.proven for most, each in falling)
