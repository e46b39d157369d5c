"""INOTROPE: the heart is weak and the afterload adequate: an inotrope may help.

An ejection fraction below 40 % and a mean pressure of 65 mm[Hg] or more, as measured, in an episode
or while a vasopressor runs. A pressure without a mean leaves the last one standing unless it is
low. Dobutamine, milrinone or epinephrine that runs ends it.
Source: CLINICAL.md §1.6 (review lines 231 and 232), §1.11, DEC-18, DEC-27, DEC-50; vector B18.
"""

from typing import Final

from stream.clinical.circulation import MEAN_LIMIT_MMHG
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import LVEF, PRESSURE, Pressure, Rate, Signal, rate
from stream.clinical.view import View
from topics.alerts import Priority

EPINEPHRINE_UG_KG_MIN: Final = (0.01, 0.05)
INOTROPES: Final = tuple(rate(drug) for drug in ("dobutamine", "milrinone", "epinephrine"))


def judge(view: View) -> Verdict:
    """Hold while all of it holds and no inotrope runs."""
    echo = view.latest(LVEF)
    weak = view.site.weak_heart_lvef_percent
    if echo is None or echo.value >= weak:
        return Verdict(None, None, f"The ejection fraction is {weak:g} % or more.")
    if any(_runs(view, drug) for drug in INOTROPES):
        return Verdict(None, None, "An inotrope runs.")
    mean = _mean(view)
    if mean is None or view.low_pressure is True:
        return Verdict(None, None, "The mean pressure is below 65 mmHg, or not known.")
    if view.course.onset_ms is None and not view.vasopressors:
        return Verdict(None, None, "No episode is open, and no vasopressor runs.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(evidence.of_lvef(echo), _shown(mean)),
        advice=lambda: _advice(view, echo.value),
        source="review-2025 L231-232",
    )
    return Verdict(finding)


def _runs(view: View, drug: Signal[Rate]) -> bool:
    newest = view.patient.newest(drug, None, view.until_ms)
    return newest is not None and newest.value.value > 0


def _mean(view: View) -> Reading[Pressure] | None:
    """Find the last measured mean pressure, where it is adequate."""
    for reading in reversed(view.readings(PRESSURE)):
        mean = reading.value.mean_arterial_mmhg
        if mean is not None:
            return reading if mean >= MEAN_LIMIT_MMHG else None
    return None


def _shown(pressure: Reading[Pressure]) -> Evidence:
    mean = pressure.value.mean_arterial_mmhg
    at = pressure.effective_ms, pressure.event_id
    return Evidence("mean_arterial_mmhg", "unknown" if mean is None else mean, "mm[Hg]", *at)


def _advice(view: View, lvef_percent: float) -> str:
    lowest, highest = EPINEPHRINE_UG_KG_MIN
    weight_kg = view.weight_kg
    amount = f"{lowest:g} to {highest:g} mcg/kg/min"
    if weight_kg is not None:
        amount += f" ({lowest * weight_kg:.2g} to {highest * weight_kg:.2g} mcg/min)"
    return (
        f"Ejection fraction {lvef_percent:g} % with an adequate mean pressure: consider dobutamine "
        f"or milrinone, or epinephrine at {amount}. Stunning mostly reverses in 48 to 72 h."
    )


RULE: Final = Rule("INOTROPE", Bound.EPISODE, (*GRADE_INPUTS, LVEF, *INOTROPES), judge)
