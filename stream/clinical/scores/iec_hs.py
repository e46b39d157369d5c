"""IEC-HS, the hyperinflammation after CAR-T that looks like HLH, and its grade.

No fixed count of criteria is published. Here: ferritin, which is required, and as many of the
three most common (transaminases, fibrinogen, cytopenia of grade 4) as the site's policy asks for,
two where it says nothing. Left out: the judgement that it is
independent of CRS and ICANS, and that nothing else explains it, which is a clinician's.
Source: Hines et al., Transplant Cell Ther 2023;29:438.e1-438.e16, tables 2 and 3,
DOI 10.1016/j.jtct.2023.03.006; CLINICAL.md §3.
"""

from dataclasses import dataclass
from typing import Final

from stream.clinical.comparators import is_above, is_below
from stream.clinical.scores.criteria import Criteria, counted, either
from stream.clinical.signals import Result

FERRITIN_NORMAL_NG_ML: Final = 400.0
FERRITIN_FACTOR: Final = 2.0  # above twice the baseline or twice the upper limit of normal
TRANSAMINASE_LIMIT_U_L: Final = 200.0  # above 5 times 40 U/L
FIBRINOGEN_LIMIT_MG_DL: Final = 150.0  # below it
PLATELETS_GRADE_4_10E9_L: Final = 25.0  # CTCAE 5, below it, as for the next
ANC_GRADE_4_10E9_L: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown. Results are in their canonical units."""

    ferritin: Result | None
    baseline_ferritin_ng_ml: float | None
    ast: Result | None
    alt: Result | None
    fibrinogen: Result | None
    platelets: Result | None
    anc: Result | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """How ill the patient is; each is proven or not."""

    died: bool
    life_threatened: bool  # ventilator, dialysis, vasopressors at high dose or several
    organs_fail: bool  # hypotension, a need of oxygen, new kidney injury, bleeding
    treated: bool  # a drug for it was given


def iec_hs(inputs: Inputs) -> Criteria:
    """Count what is met; `ferritin` is required beside two of the others."""
    baseline = inputs.baseline_ferritin_ng_ml
    usual = FERRITIN_NORMAL_NG_ML if baseline is None else min(baseline, FERRITIN_NORMAL_NG_ML)
    ferritin, fibrinogen = inputs.ferritin, inputs.fibrinogen
    return counted(
        {
            "ferritin": None if ferritin is None else is_above(ferritin, FERRITIN_FACTOR * usual),
            "transaminases": either(
                *(
                    None if result is None else is_above(result, TRANSAMINASE_LIMIT_U_L)
                    for result in (inputs.ast, inputs.alt)
                )
            ),
            "fibrinogen": None
            if fibrinogen is None
            else is_below(fibrinogen, FIBRINOGEN_LIMIT_MG_DL),
            "cytopenia": either(
                _grade_4(inputs.platelets, PLATELETS_GRADE_4_10E9_L),
                _grade_4(inputs.anc, ANC_GRADE_4_10E9_L),
            ),
        }
    )


def is_fulfilled(criteria: Criteria, common_needed: int) -> bool:
    """Tell whether ferritin and enough of the common features are met."""
    return "ferritin" in criteria.met and len(criteria.met) - 1 >= common_needed


def grade(severity: Severity) -> int:
    """Grade 1 to 5, where the criteria are met."""
    if severity.died:
        return 5
    if severity.life_threatened:
        return 4
    if severity.organs_fail:
        return 3
    return 2 if severity.treated else 1


def _grade_4(result: Result | None, limit: float) -> bool | None:
    return None if result is None else is_below(result, limit)
