"""Drugs of which the start of an infusion is a dose.

Rules ask of them when a dose was given, and never for a rate: what runs in over an hour is one
dose, given when it starts, of an amount that is not known. A change of the rate and a stop are no
further dose. Vasopressors, steroids, anakinra, sedatives and the antibiotics of ABX-1H, whose rates
rules go by, are none of them.
Source: CLINICAL.md §1.2, §1.5, §5.5, DEC-2, DEC-10; decision 60.
"""

from collections.abc import Iterable
from typing import Final

from stream.clinical.drugs import (
    ANTIFUNGALS,
    ANTIPYRETICS,
    INTERLEUKIN_6_BLOCKERS,
    NARROW_ANTIBIOTICS,
)
from stream.clinical.series import Reading
from stream.clinical.signals import Dose

DOSED_BY_START: Final = frozenset(
    {
        *INTERLEUKIN_6_BLOCKERS,
        *ANTIPYRETICS,
        "etoposide",
        "emapalumab",
        *ANTIFUNGALS,
        *NARROW_ANTIBIOTICS,
    }
)


def one_dose_a_moment(doses: Iterable[Reading[Dose]]) -> tuple[Reading[Dose], ...]:
    """Give one dose of each moment: the last one, but that of an unknown amount before no other.

    An infusion that starts with a charted dose is that dose, and does not say how much it is.
    """
    found: dict[int, Reading[Dose]] = {}
    for dose in doses:
        known = found.get(dose.effective_ms)
        if known is None or known.value.value is None or dose.value.value is not None:
            found[dose.effective_ms] = dose
    return tuple(found.values())
