"""When open alerts advise by another weight, or beside another dose of tocilizumab, than was told.

A line tells its doses as they are when it is written. A value alone makes no new line; but a dose
for a weight that has been found wrong is a wrong dose, and one that was given since is asked for a
second time. So where one of these changes, the words before and after are compared.
Source: CLINICAL.md §1.2 (review lines 67 to 69); decision 80.
"""

from collections.abc import Collection
from typing import Final

from stream.clinical.patient import Patient
from stream.clinical.signals import WEIGHT
from stream.clinical.tocilizumab import GIVEN, dose_mg

DOSED_BY: Final = frozenset({WEIGHT.name, GIVEN.name})
OTHER_WEIGHT: Final = 0.1  # of the weight, or the dose: one that differs by more is wrong


def is_redosed(known: Patient, patient: Patient, changed: Collection[str]) -> bool:
    """Tell whether doses may be others than before a record; `known` is the patient then."""
    if GIVEN.name in changed:
        return True
    if WEIGHT.name not in changed:
        return False
    before, now = known.newest(WEIGHT), patient.newest(WEIGHT)
    if before is None or now is None:
        return before is not now
    told_mg = dose_mg(before.value)  # per kg it is another one below 30 kg
    return (
        abs(now.value - before.value) > OTHER_WEIGHT * before.value
        or abs(dose_mg(now.value) - told_mg) > OTHER_WEIGHT * told_mg
    )
