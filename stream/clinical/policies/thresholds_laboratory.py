"""From which laboratory results on HLH/MAS, CRS and sepsis are spoken of.

A site may only widen them: what is crossed sooner is told sooner. Each is exclusive ("above",
"below") but where it says otherwise.
Source: CLINICAL.md §1.5 (review lines 126 and 158 to 187), DEC-15 to DEC-17, DEC-26, DEC-36,
DEC-59, DEC-60, DEC-61.
"""

from dataclasses import dataclass
from typing import Final

from stream.clinical.policies.bounds import choice, number

ABOVE: Final = ">"
AT_LEAST: Final = ">="
WIDER: Final = "too wide: a feature of nearly everybody after CAR-T tells nothing"


@dataclass(frozen=True)
class Laboratory:
    """Results in the canonical units of CLINICAL.md §5.1."""

    hlh_ferritin_watch_ng_ml: float = number(
        3_000,
        "ng/mL",
        500,
        3_000,
        source="review-2025 L126; DEC-26",
        wrong="too low: HLH-FERRITIN P3 for most patients with CRS; at it or below it ends",
    )
    hlh_ferritin_look_ng_ml: float = number(
        10_000,
        "ng/mL",
        3_000,
        10_000,
        source="review-2025 L162, L178; DEC-26",
        wrong="too low: HLH-FERRITIN P2 for a ferritin that CRS explains",
    )
    hlh_ferritin_urgent_ng_ml: float = number(
        50_000,
        "ng/mL",
        10_000,
        50_000,
        source="review-2025 L178; DEC-26",
        wrong="too low: HLH-FERRITIN P1 where P2 would do",
    )
    hlh_suspect_ferritin_ng_ml: float = number(
        10_000, "ng/mL", 2_000, 10_000, source="review-2025 L178", wrong=WIDER
    )
    hlh_transaminase_u_l: float = number(
        500, "U/L", 100, 500, source="review-2025 L180", wrong=WIDER
    )
    hlh_bilirubin_mg_dl: float = number(
        2.4, "mg/dL", 1.2, 2.4, source="DEC-16, DEC-59: twice the upper limit", wrong=WIDER
    )
    hlh_triglycerides_mg_dl: float = number(
        265, "mg/dL", 150, 265, source="review-2025 L181", wrong=WIDER
    )
    hlh_fibrinogen_mg_dl: float = number(
        150, "mg/dL", 150, 250, source="review-2025 L181 (below it)", wrong=WIDER
    )
    hlh_platelets_10e9_l: float = number(
        20, "10*9/L", 20, 100, source="DEC-16 (below it)", wrong=WIDER
    )
    hlh_platelets_of_baseline_percent: float = number(
        50, "%", 50, 75, source="DEC-16 (this or less)", wrong=WIDER
    )
    hlh_hemoglobin_fall_g_dl: float = number(
        2, "g/dL", 1, 2, source="DEC-16 (this or more)", wrong=WIDER
    )
    hscore_comparison: str = choice(
        ABOVE,
        (ABOVE, AT_LEAST),
        source="review-2025 L183 writes >; most users of the score write >= 169",
        wrong=">: a score of exactly 169 is not told",
    )

    il6_rule_pg_ml: float = number(
        1_000,
        "pg/mL",
        100,
        1_000,
        source="review-2025 L187",
        wrong="too low: IL6-RULE supports CRS by a level that infection explains",
    )
    crs_il6_pg_ml: float = number(
        1_000, "pg/mL", 100, 1_000, source="review-2025 L161", wrong=WIDER
    )
    crs_crp_mg_l: float = number(100, "mg/L", 30, 100, source="review-2025 L163", wrong=WIDER)
    iec_hs_common_features: int = number(
        2,
        "features",
        1,
        2,
        source="CLINICAL.md §3: ferritin and two of the three common ones; no count is published",
        wrong="one: IEC-HS is graded for a transaminase or platelets that CRS explains",
    )
    crs_ferritin_ng_ml: float = number(
        500, "ng/mL", 300, 500, source="DEC-36 (this or more)", wrong=WIDER
    )
    sepsis_procalcitonin_ng_ml: float = number(
        10,
        "ng/mL",
        0.4,
        10,
        source="review-2025 L172; Powell 2023: median 0.4 with infection",
        wrong="too low: SEPSIS-FEATURES for the procalcitonin of CRS",
    )
    sepsis_lactate_mmol_l: float = number(
        4, "mmol/L", 2, 4, source="DEC-15 (this or more)", wrong=WIDER
    )
    sepsis_il6_pg_ml: float = number(
        1_000, "pg/mL", 1_000, 5_000, source="review-2025 L173 (below it)", wrong=WIDER
    )
    sepsis_anc_10e9_l: float = number(
        0.5, "10*9/L", 0.5, 1, source="DEC-36 (below it, on days 7 to 14)", wrong=WIDER
    )
