"""INOTROPE: the heart is weak and the afterload adequate: an inotrope may help.

An ejection fraction below 40 % and a mean pressure of 65 mm[Hg] or more, as measured, in an episode
or while a vasopressor runs. Where a reading has a mean, the mean alone tells, whatever its systolic
pressure; one without leaves the last mean standing unless it is low. Under 18 years the systolic
pressure alone tells, as for hypotension. Dobutamine, milrinone or epinephrine that runs ends it,
and so does a pressure that is more than 5 mm[Hg] too low, or too low for half an hour: one that
lies at the limit ends and raises nothing.
Source: CLINICAL.md §1.6 (review lines 231 and 232), §1.11, DEC-18, DEC-27, DEC-46, DEC-50; vector
B18; decision 62.
"""

from typing import Final, NamedTuple

from stream.clinical.circulation import (
    MEAN_LIMIT_MMHG,
    is_child,
    systolic_limit_mmhg,
    ug_kg_min,
)
from stream.clinical.levels import Level
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import LVEF, PRESSURE, Pressure, Rate, Signal, rate
from stream.clinical.view import View
from topics.alerts import Priority

MARGIN_MMHG: Final = 5.0  # lower than that below a limit, it ends at once
EPINEPHRINE_UG_KG_MIN: Final = (0.01, 0.05)  # both included
ROUNDED: Final = 0.05  # the part by which two digits may differ from the amount
INOTROPES: Final = tuple(rate(drug) for drug in ("dobutamine", "milrinone", "epinephrine"))


class Afterload(NamedTuple):
    """The last adequate pressure, and since when it has been too low; None: it is not."""

    adequate: Reading[Pressure]
    low_from_ms: int | None


def judge(view: View) -> Verdict:
    """Hold while all of it holds and no inotrope runs."""
    echo = view.latest(LVEF)
    weak = view.site.weak_heart_lvef_percent
    if echo is None or echo.value >= weak:
        return Verdict(None, None, f"The ejection fraction is {weak:g} % or more.")
    if any(_runs(view, drug) for drug in INOTROPES):
        return Verdict(None, None, "An inotrope runs.")
    if view.course.onset_ms is None and not view.vasopressors:
        return Verdict(None, None, "No episode is open, and no vasopressor runs.")
    afterload, wake_ms = _afterload(view), None
    if afterload is not None and afterload.low_from_ms is not None:
        wake_ms = afterload.low_from_ms + view.site.inotrope_low_ms
        if view.at_ms >= wake_ms or _since_ms(view, weak) >= afterload.low_from_ms:
            afterload = None
    if afterload is None:
        return Verdict(None, None, "The pressure is too low for it, or not known.")
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(evidence.of_lvef(echo), _shown(afterload.adequate, view.age_years)),
        advice=lambda: _advice(view, echo.value),
        source="review-2025 L231-232",
    )
    return Verdict(finding, wake_ms)


def epinephrine_in_words(weight_kg: float | None) -> str:
    """Write epinephrine at the rate of an inotrope."""
    lowest, highest = EPINEPHRINE_UG_KG_MIN
    amount = f"epinephrine at {lowest:g} to {highest:g} mcg/kg/min"
    if weight_kg is not None:
        amount += f" ({lowest * weight_kg:.2g} to {highest * weight_kg:.2g} mcg/min)"
    return amount


def is_of_inotrope(epinephrine: Rate, weight_kg: float | None) -> bool:
    """Tell whether epinephrine runs at the rate of an inotrope, as it is written."""
    lowest, highest = EPINEPHRINE_UG_KG_MIN
    by_weight = ug_kg_min(epinephrine, weight_kg)
    if by_weight is None:
        return False
    return lowest * (1 - ROUNDED) <= by_weight <= highest * (1 + ROUNDED)


def _runs(view: View, drug: Signal[Rate]) -> bool:
    newest = view.patient.newest(drug, None, view.until_ms)
    return newest is not None and newest.value.value > 0


def _afterload(view: View) -> Afterload | None:
    """Find the last adequate pressure, unless one since was far too low, or all for too long."""
    age_years = view.age_years
    low_from_ms: int | None = None
    for reading in reversed(view.readings(PRESSURE)):
        adequate = _is_adequate(reading.value, age_years)
        if adequate:
            return Afterload(reading, low_from_ms)
        if adequate is None:
            continue
        low_from_ms = reading.effective_ms
        if _far_below(reading.value, age_years):
            return None
        if view.at_ms >= low_from_ms + view.site.inotrope_low_ms:
            return None
    return None


def _is_adequate(pressure: Pressure, age_years: float | None) -> bool | None:
    """Judge a pressure; None where it leaves the one before it standing."""
    systolic, mean = _that_tell(pressure, age_years)
    if mean is not None:
        return mean >= MEAN_LIMIT_MMHG
    if systolic is not None and systolic < systolic_limit_mmhg(age_years):
        return False
    return True if is_child(age_years) else None


def _that_tell(pressure: Pressure, age_years: float | None) -> Pressure:
    """Leave one of the two: the mean, but under 18 years the systolic pressure, if it is there."""
    systolic, mean = pressure
    by_systolic = mean is None or (is_child(age_years) and systolic is not None)
    return Pressure(systolic, None) if by_systolic else Pressure(None, mean)


def _since_ms(view: View, weak_percent: float) -> int:
    """Find since when all but the pressure has held."""
    echos = view.readings(LVEF)
    better = [place for place, each in enumerate(echos) if each.value >= weak_percent]
    weak_from_ms = echos[better[-1] + 1 if better else 0].effective_ms
    stops = [view.patient.newest(drug, None, view.until_ms) for drug in INOTROPES]
    stopped_ms = [each.effective_ms for each in stops if each is not None]
    ill_from_ms = [each.effective_ms for each in view.vasopressors.values()]
    if view.course.onset_ms is not None:
        ill_from_ms.append(view.course.onset_ms)
    return max(weak_from_ms, *stopped_ms, min(ill_from_ms))


def _shown(pressure: Reading[Pressure], age_years: float | None) -> Evidence:
    systolic, mean = _that_tell(pressure.value, age_years)
    at = pressure.effective_ms, pressure.event_id
    if mean is not None:
        return Evidence("mean_arterial_mmhg", mean, "mm[Hg]", *at)
    return Evidence("systolic_mmhg", "unknown" if systolic is None else systolic, "mm[Hg]", *at)


def _far_below(pressure: Pressure, age_years: float | None) -> bool | None:
    """Tell whether it is so low that it ends at once."""
    systolic, mean = _that_tell(pressure, age_years)
    if mean is not None:
        return mean < MEAN_LIMIT_MMHG - MARGIN_MMHG
    return systolic is not None and systolic < systolic_limit_mmhg(age_years) - MARGIN_MMHG


def _advice(view: View, lvef_percent: float) -> str:
    return (
        f"Ejection fraction {lvef_percent:g} % with an adequate pressure: consider dobutamine or "
        f"milrinone, or {epinephrine_in_words(view.weight_kg)}. Stunning mostly reverses in 48 to "
        "72 h."
    )


FAR_BELOW: Final = Level(PRESSURE, _far_below)
RULE: Final = Rule(
    "INOTROPE", Bound.EPISODE, (*GRADE_INPUTS, FAR_BELOW, LVEF, *INOTROPES), judge, settles=True
)
