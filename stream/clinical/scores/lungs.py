"""What ventilation is measured by: predicted body weight, and PaO2 over FiO2.

Source: ARDS Network, N Engl J Med 2000;342:1301-1308, DOI 10.1056/NEJM200005043421801 (predicted
body weight); ARDS Definition Task Force, JAMA 2012;307:2526-2533 (PaO2/FiO2); CLINICAL.md §1.7.
"""

from types import MappingProxyType
from typing import Final

BASE_KG: Final = MappingProxyType({"male": 50.0, "female": 45.5})
BASE_HEIGHT_CM: Final = 152.4
KG_A_CM: Final = 0.91


def predicted_body_weight_kg(*, sex: str | None, height_cm: float | None) -> float | None:
    """Compute the weight that lungs grow by; None where sex or height is unknown."""
    if sex is None or height_cm is None:
        return None
    return BASE_KG[sex] + KG_A_CM * (height_cm - BASE_HEIGHT_CM)


def pf_mmhg(*, pao2_mmhg: float | None, fio2_fraction: float | None) -> float | None:
    """Compute PaO2/FiO2 in mm[Hg]; FiO2 is a fraction, 0.45 and never 45."""
    if pao2_mmhg is None or fio2_fraction is None:
        return None
    return pao2_mmhg / fio2_fraction
