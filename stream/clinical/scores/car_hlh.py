"""HLH after CAR-T by the CARTOX group: very high ferritin during CRS, and two organs of four.

Grade 3 by CTCAE 5: AST or ALT above 5 times the upper limit of normal, bilirubin above 3 times,
creatinine above 3 times. No event speaks of pulmonary edema: it is passed where a clinician knows.
Source: Neelapu et al., Nat Rev Clin Oncol 2018;15:47-62, box 3, DOI 10.1038/nrclinonc.2017.148;
CLINICAL.md §3.
"""

from dataclasses import dataclass
from typing import Final

from stream.clinical.comparators import is_above
from stream.clinical.scores.criteria import Criteria, counted, either
from stream.clinical.signals import Result

FERRITIN_NG_ML: Final = 10_000.0  # above it
ORGANS_NEEDED: Final = 2
TRANSAMINASE_LIMIT_U_L: Final = 200.0  # 5 times 40
BILIRUBIN_LIMIT_MG_DL: Final = 3.6  # 3 times 1.2 (DEC-59)
CREATININE_LIMIT_MG_DL: Final = 3.6  # 3 times 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown. Results are in their canonical units."""

    ferritin_of_crs: Result | None  # the highest of the episode
    ast: Result | None
    alt: Result | None
    bilirubin_total: Result | None
    creatinine: Result | None
    pulmonary_edema: bool | None
    hemophagocytosis: bool | None


def car_hlh(inputs: Inputs) -> Criteria:
    """Count what is met; `ferritin` is needed beside two of the others."""
    return counted(
        {
            "ferritin": _above(inputs.ferritin_of_crs, FERRITIN_NG_ML),
            "liver": either(
                _above(inputs.ast, TRANSAMINASE_LIMIT_U_L),
                _above(inputs.alt, TRANSAMINASE_LIMIT_U_L),
                _above(inputs.bilirubin_total, BILIRUBIN_LIMIT_MG_DL),
            ),
            "kidneys": _above(inputs.creatinine, CREATININE_LIMIT_MG_DL),
            "lungs": inputs.pulmonary_edema,
            "hemophagocytosis": inputs.hemophagocytosis,
        }
    )


def is_fulfilled(criteria: Criteria) -> bool:
    """Tell whether ferritin and enough organs are met."""
    return "ferritin" in criteria.met and len(criteria.met) - 1 >= ORGANS_NEEDED


def _above(result: Result | None, limit: float) -> bool | None:
    return None if result is None else is_above(result, limit)
