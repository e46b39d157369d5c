"""What belongs into the advice of other alerts and is never raised by itself.

Each gives whole sentences, or nothing where they do not fit the patient.
Source: CLINICAL.md §1.5 to §1.8, §6.
"""

from stream.clinical.severity import FROM_GRADE
from stream.clinical.tocilizumab import dose_in_words, next_dose_ms
from stream.clinical.view import View


def joined(*said: str) -> str:
    """Join what is said, and leave out what says nothing."""
    return " ".join(each for each in said if each)


def toci_with_abx(view: View) -> str:
    """TOCI-WITH-ABX: tocilizumab waits neither for cultures nor for antibiotics.

    Source: review lines 187, 197 and 201.
    """
    next_ms = next_dose_ms(view)
    graded = any(grade.lowest >= FROM_GRADE for grade in view.crs.values())
    if not graded or next_ms is None or next_ms > view.at_ms:
        return ""
    return (
        f"Give tocilizumab as well ({dose_in_words(view.weight_kg)}): hold it neither for cultures "
        "nor because antibiotics run."
    )
