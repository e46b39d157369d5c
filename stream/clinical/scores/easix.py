"""EASIX and its family: endothelial activation and stress, from three results each.

CRP counts in mg/dL, while the canonical unit of this project, and of most laboratories, is mg/L: a
missed conversion gives ten times too much. Usually log2 of it is shown. No cut-off for alerts is
validated: a trend, no rule. Results with a comparator give no score. Left out: EASIX-F and
EASIX-FC, of which our source has three groups, by ferritin and CRP, and not how they are formed.
Source: Luft et al., Lancet Haematol 2017;4:e414-e423, DOI 10.1016/S2352-3026(17)30108-4;
Pennisi et al., Blood Adv 2021;5:3397-3406 (m-EASIX), DOI 10.1182/bloodadvances.2020003885; Korell
et al., Front Immunol 2022;13:877477; CLINICAL.md §3.
"""

from math import log2
from typing import Final

MG_L_A_MG_DL: Final = 10.0


def easix(
    *, ldh_u_l: float | None, creatinine_mg_dl: float | None, platelets_10e9_l: float | None
) -> float | None:
    """Compute LDH x creatinine / platelets; None where a result is missing."""
    return _a_platelet(ldh_u_l, creatinine_mg_dl, platelets_10e9_l)


def s_easix(*, ldh_u_l: float | None, platelets_10e9_l: float | None) -> float | None:
    """Compute the simplified one, LDH / platelets."""
    return _a_platelet(ldh_u_l, 1.0, platelets_10e9_l)


def m_easix(
    *, ldh_u_l: float | None, crp_mg_l: float | None, platelets_10e9_l: float | None
) -> float | None:
    """Compute the modified one, LDH x CRP / platelets, with CRP in mg/dL."""
    crp_mg_dl = None if crp_mg_l is None else crp_mg_l / MG_L_A_MG_DL
    return _a_platelet(ldh_u_l, crp_mg_dl, platelets_10e9_l)


def in_log2(score: float | None) -> float | None:
    """Give log2 of a score, as it is mostly shown; 0 has none."""
    return None if score is None or score <= 0 else log2(score)


def _a_platelet(
    ldh_u_l: float | None, factor: float | None, platelets_10e9_l: float | None
) -> float | None:
    if ldh_u_l is None or factor is None or platelets_10e9_l is None or platelets_10e9_l <= 0:
        return None
    return ldh_u_l * factor / platelets_10e9_l
