"""The taper that a regimen prescribes: which of its steps is due, by the doses that were given.

The days count from the first full dose of the course, which goes on while no dose of the drug comes
more than a day after the one before, or than what is charted: one that is missed ends no taper.
Source: CLINICAL.md §4.1; decision 48.
"""

from typing import NamedTuple

from stream.clinical.policies.regimen import Regimen
from stream.clinical.steroids import COVERED_MS, Given, doses_of
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View


class Due(NamedTuple):
    """A step of a taper, and since when it is due."""

    number: int  # the first is 1
    from_ms: int
    mg: float


def step_now(view: View, regimen: Regimen) -> Due | None:
    """Find the step that is due; None where the full dose is."""
    return _step_at(view, regimen, view.at_ms, 0)


def least_mg_at(view: View, regimen: Regimen, at_ms: int) -> float | None:
    """Work out the least amount of a dose of some moment.

    A step counts from half an interval before it is due: no full dose is left before it then.
    """
    step = _step_at(view, regimen, at_ms, _interval_ms(regimen) // 2)
    return regimen.least_mg(view.weight_kg) if step is None else step.mg


def _step_at(view: View, regimen: Regimen, at_ms: int, early_ms: int) -> Due | None:
    began_ms = _began_ms(view, regimen, at_ms) if regimen.steps else None
    if began_ms is None:
        return None
    steps = [
        Due(number, began_ms + each.from_days * DAY_MS, each.mg)
        for number, each in enumerate(regimen.steps, start=1)
    ]
    due = [each for each in steps if each.from_ms - early_ms <= at_ms]
    return due[-1] if due else None


def _began_ms(view: View, regimen: Regimen, at_ms: int) -> int | None:
    """Find the first full dose of the course that goes on at a moment.

    A full dose after a lowered one begins it anew: the patient was worse again.
    """
    began_ms: int | None = None
    is_lowered = False
    until_ms = 0
    for dose in doses_of(view):
        if dose.drug != regimen.drug or dose.at_ms > at_ms:
            continue
        if dose.at_ms > until_ms:
            began_ms = None
        is_full = _is_full(dose, regimen.least_mg(view.weight_kg))
        if is_full and (began_ms is None or is_lowered):
            began_ms = dose.at_ms
        is_lowered = not is_full
        until_ms = max(dose.at_ms + DAY_MS, dose.next_until_ms)
    return began_ms if at_ms <= until_ms else None


def _is_full(dose: Given, least_mg: float | None) -> bool:
    return dose.mg is not None and least_mg is not None and dose.mg >= least_mg


def _interval_ms(regimen: Regimen) -> int:
    return COVERED_MS if regimen.every_h is None else regimen.every_h * HOUR_MS
