"""Invasive ventilation: since when, with which settings, and how well oxygen is taken up.

What was set or measured counts from the moment of intubation on. PaO2 belongs to the FiO2 that was
in use when it was taken, or, where none was charted by then, to the first one after it.
Source: CLINICAL.md §1.7 (review lines 255 to 261), §5.8, DEC-35; decision 79.
"""

from typing import Final, NamedTuple, TypeVar

from stream.clinical.bedside import fact, oxygen_that_decides
from stream.clinical.comparators import is_below
from stream.clinical.oxygen import INVASIVE
from stream.clinical.results import standing
from stream.clinical.scores.lungs import pf_mmhg, predicted_body_weight_kg
from stream.clinical.sedation import intubated
from stream.clinical.series import Reading, since
from stream.clinical.signals import HEIGHT, OXYGEN, SEX, Oxygen, Result, Signal, lab
from stream.clinical.view import View

T = TypeVar("T")
PAO2: Final = lab("pao2")
DECIMALS: Final = 6  # of a ratio


class Uptake(NamedTuple):
    """PaO2 over FiO2, and the readings that it is made of."""

    mmhg: float  # by the value alone, whatever its comparator
    pao2: Reading[Result]
    fio2: Reading[Oxygen]

    def is_below(self, limit_mmhg: float) -> bool | None:
        """Tell whether it is below a limit: `<60` may say so, `>60` cannot. None: left open."""
        if self.pao2.value.comparator is None:
            return self.mmhg < limit_mmhg
        fio2 = self.fio2.value.fio2_fraction
        return None if fio2 is None else is_below(self.pao2.value, limit_mmhg * fio2)


def ventilated_from_ms(view: View) -> int | None:
    """Find since when the patient has been intubated; None where that is not so now."""
    spells = intubated(view.patient, view.until_ms)
    return spells[-1].from_ms if spells and spells[-1].until_ms is None else None


def intubation(view: View, from_ms: int) -> Reading[Oxygen]:
    """Give the record that first named the ventilator."""
    return next(
        each for each in since(view.readings(OXYGEN), from_ms) if each.value.device == INVASIVE
    )


def set_since(view: View, signal: Signal[T], from_ms: int) -> Reading[T] | None:
    """Give the newest reading of a signal since the intubation."""
    return view.patient.newest(signal, from_ms, view.until_ms)


def body_weight_kg(view: View) -> float | None:
    """Compute the predicted body weight; None where sex or height is unknown."""
    sex, height_cm = fact(view.patient, SEX), fact(view.patient, HEIGHT)
    weight_kg = predicted_body_weight_kg(sex=sex, height_cm=height_cm)
    return None if weight_kg is None or weight_kg <= 0 else weight_kg


def uptake_below(view: View, from_ms: int, limit_mmhg: float) -> Uptake | None:
    """Find the newest PaO2/FiO2 since the intubation that tells, where it is below a limit."""
    for pao2 in standing(view, PAO2, from_ms):
        ratio = _uptake(view, pao2)
        below = None if ratio is None else ratio.is_below(limit_mmhg)
        if below is not None:
            return ratio if below else None
    return None


def _uptake(view: View, pao2: Reading[Result]) -> Uptake | None:
    fio2 = _fio2_at(view, pao2.effective_ms)
    if fio2 is None:
        return None
    mmhg = pf_mmhg(pao2_mmhg=pao2.value.value, fio2_fraction=fio2.value.fio2_fraction)
    return None if mmhg is None else Uptake(round(mmhg, DECIMALS), pao2, fio2)


def _fio2_at(view: View, moment_ms: int) -> Reading[Oxygen] | None:
    used = oxygen_that_decides(view.patient, moment_ms)
    if used is not None and used.fio2 is not None:
        return used.fio2
    later = since(view.readings(OXYGEN), moment_ms)
    return next((each for each in later if each.value.fio2_fraction is not None), None)
