"""HLH-2004: 5 of 8 criteria.

Left out: a molecular diagnosis, which would do alone, and natural killer cells, which no event
speaks of: that criterion is always among the missing. Fasting is not charted with triglycerides.
Its limits are not those of the review, which has TG > 265 mg/dL and fibrinogen < 150.
Source: Henter et al., Pediatr Blood Cancer 2007;48:124-131, table 1, DOI 10.1002/pbc.21039;
CLINICAL.md §3.
"""

from dataclasses import dataclass
from typing import Final

from stream.clinical.comparators import is_at_least, is_at_most, is_below
from stream.clinical.scores.criteria import Criteria, counted, either
from stream.clinical.scores.hscore import G_L_A_MG_DL, MMOL_L_A_MG_DL
from stream.clinical.scores.steps import in_unit
from stream.clinical.signals import Result

NEEDED: Final = 5
FEVER_C: Final = 38.5  # this or more
HEMOGLOBIN_LIMIT_G_DL: Final = 9.0  # below it, as for the next two
PLATELETS_LIMIT_10E9_L: Final = 100.0
ANC_LIMIT_10E9_L: Final = 1.0
CYTOPENIAS_NEEDED: Final = 2
TRIGLYCERIDES_MMOL_L: Final = 3.0  # this or more
FIBRINOGEN_G_L: Final = 1.5  # this or less
FERRITIN_NG_ML: Final = 500.0  # this or more
SIL2R_U_ML: Final = 2400.0  # this or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown. Results are in their canonical units."""

    temperature_c: float | None
    splenomegaly: bool | None
    hemoglobin: Result | None
    platelets: Result | None
    anc: Result | None
    triglycerides: Result | None
    fibrinogen: Result | None
    hemophagocytosis: bool | None
    ferritin: Result | None
    sil2r: Result | None


def hlh_2004(inputs: Inputs) -> Criteria:
    """Count the criteria that are met."""
    celsius, ferritin, sil2r = inputs.temperature_c, inputs.ferritin, inputs.sil2r
    return counted(
        {
            "fever": None if celsius is None else celsius >= FEVER_C,
            "splenomegaly": inputs.splenomegaly,
            "cytopenias": _cytopenias(inputs),
            "triglycerides_or_fibrinogen": _lipids_or_fibrinogen(inputs),
            "hemophagocytosis": inputs.hemophagocytosis,
            "natural_killer_cells": None,
            "ferritin": None if ferritin is None else is_at_least(ferritin, FERRITIN_NG_ML),
            "sil2r": None if sil2r is None else is_at_least(sil2r, SIL2R_U_ML),
        }
    )


def is_fulfilled(criteria: Criteria) -> bool:
    """Tell whether enough criteria are met."""
    return len(criteria.met) >= NEEDED


def _cytopenias(inputs: Inputs) -> bool | None:
    lineages = [
        None if result is None else is_below(result, limit)
        for result, limit in (
            (inputs.hemoglobin, HEMOGLOBIN_LIMIT_G_DL),
            (inputs.platelets, PLATELETS_LIMIT_10E9_L),
            (inputs.anc, ANC_LIMIT_10E9_L),
        )
    ]
    low, unknown = lineages.count(True), lineages.count(None)
    if low >= CYTOPENIAS_NEEDED:
        return True
    return None if low + unknown >= CYTOPENIAS_NEEDED else False


def _lipids_or_fibrinogen(inputs: Inputs) -> bool | None:
    lipids = in_unit(inputs.triglycerides, "mmol/L", MMOL_L_A_MG_DL)
    fibrinogen = in_unit(inputs.fibrinogen, "g/L", G_L_A_MG_DL)
    return either(
        None if lipids is None else is_at_least(lipids, TRIGLYCERIDES_MMOL_L),
        None if fibrinogen is None else is_at_most(fibrinogen, FIBRINOGEN_G_L),
    )
