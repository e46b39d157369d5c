"""Groups of drugs that several parts go by.

Source: CLINICAL.md §5.4, §5.5, DEC-2, DEC-10.
"""

from typing import Final

ASPIRIN: Final = "aspirin"
ANTIPYRETICS: Final = (
    "acetaminophen",
    "ibuprofen",
    "ketorolac",
    "naproxen",
    "diclofenac",
    "celecoxib",
    ASPIRIN,
    "metamizole",
)
INTERLEUKIN_6_BLOCKERS: Final = ("tocilizumab", "siltuximab")
ANTIFUNGALS: Final = ("fluconazole", "voriconazole", "posaconazole", "micafungin")
NARROW_ANTIBIOTICS: Final = ("ceftriaxone", "ertapenem", "levofloxacin", "ciprofloxacin")
