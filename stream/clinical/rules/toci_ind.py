"""TOCI-IND: CRS of grade 2 or more, and tocilizumab may be given and was not.

An order is not a dose. A dose ends it; 8 hours later it comes back if the grade is still 2 or
more. Unmet it is said again every 8 hours. At 4 doses a stay it ends; at 3 in 24 hours it ends
until the oldest of them is 24 hours old.
Source: CLINICAL.md §1.2 (review lines 67 to 73), §4, DEC-34, DEC-42, DEC-64.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from stream.clinical.circulation import Circulation
from stream.clinical.oxygen import OxygenNeed
from stream.clinical.policies.policy import TocilizumabTrigger
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, in_words
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.signals import given, rate
from stream.clinical.times import DAY_MS, HOUR_MS, moment
from stream.clinical.view import View
from topics.alerts import Priority
from topics.base import MILLISECOND

INTERVAL_MS: Final = 8 * HOUR_MS  # exactly 8 h after a dose the next is due
MAX_A_STAY: Final = 4
MAX_IN_24_H: Final = 3  # a dose exactly 24 h old no longer counts
LIGHT_WEIGHT_KG: Final = 30.0  # below it 12 mg/kg; 30 kg gets 8
LIGHT_DOSE_MG_KG: Final = 12.0
DOSE_MG_KG: Final = 8.0
MAX_DOSE_MG: Final = 800.0
PRIORITY_BY_GRADE: Final = MappingProxyType(
    {1: Priority.P2, 2: Priority.P2, 3: Priority.P1, 4: Priority.P1}  # 1: as grade 2
)


def judge(view: View) -> Verdict:
    """Hold under each policy by whose grade it is indicated, while no dose stands in the way."""
    next_ms = next_dose_ms(view)
    if next_ms is None:
        return Verdict(None, None, "No more tocilizumab: 4 doses were given in this stay.")
    if next_ms > view.at_ms:
        until = f"{moment(next_ms).day} {moment(next_ms):%b %H:%M} UTC"
        return Verdict(None, next_ms, f"Tocilizumab was given; not to be repeated before {until}.")
    grades, long_ms = _grades(view), _long_fever_ms(view)
    wake_ms = long_ms if long_ms is not None and long_ms > view.at_ms else None
    if not grades:
        return Verdict(None, wake_ms, "The criteria for tocilizumab are no longer met.")
    finding = Finding(
        priorities={name: PRIORITY_BY_GRADE[grade] for name, grade in grades.items()},
        because=(*evidence.of_grade(view), *_last_dose(view)),
        advice=lambda: _advice(view, grades),
        source=f"review-2025 L73; {view.management.source}"
        if view.management.source != "review-2025 L73"
        else view.management.source,
        grades=grades,
        repeat_after_ms=INTERVAL_MS,
    )
    return Verdict(finding, wake_ms)


def next_dose_ms(view: View) -> int | None:
    """Find when the next dose is allowed; None where there is no more in this stay.

    A moment in the past means: now. Doses of the stay count, and any dose for the interval.
    """
    given_ms = [dose.effective_ms for dose in view.tocilizumab]
    if len(given_ms) >= MAX_A_STAY:
        return None
    before = [dose.effective_ms for dose in view.every(given("tocilizumab"))]
    earliest_ms = before[-1] + INTERVAL_MS if before else view.at_ms
    if len(given_ms) >= MAX_IN_24_H:
        earliest_ms = max(earliest_ms, given_ms[-MAX_IN_24_H] + DAY_MS)
    return earliest_ms


def dose_mg(weight_kg: float) -> float:
    """Compute the dose: weight decides, not age."""
    by_weight = LIGHT_DOSE_MG_KG if weight_kg < LIGHT_WEIGHT_KG else DOSE_MG_KG
    return min(by_weight * weight_kg, MAX_DOSE_MG)


def _grades(view: View) -> Mapping[str, int]:
    profile = view.management
    if profile.tocilizumab_trigger is TocilizumabTrigger.INSTABILITY and not _is_unstable(view):
        return {}
    long_ms = _long_fever_ms(view)
    from_grade = profile.tocilizumab_from_grade
    if long_ms is not None and long_ms <= view.at_ms:
        from_grade = 1
    return {name: grade.lowest for name, grade in view.crs.items() if grade.lowest >= from_grade}


def _long_fever_ms(view: View) -> int | None:
    """Find from when on the fever that lasts has lasted for too long, by the profile."""
    limit, fever_from_ms = view.management.fever_as_grade_2_after, view.fever_from_ms
    if limit is None or fever_from_ms is None:
        return None
    return fever_from_ms + limit // MILLISECOND + 1  # "more than": right after it


def _is_unstable(view: View) -> bool:
    """Tell whether fluids, oxygen and a vasopressor at low dose are not enough."""
    if view.vasopressors and (
        view.circulation[0] >= Circulation.ONE_HIGH_DOSE or _is_low_despite_vasopressor(view)
    ):
        return True
    need = view.breathing.lowest
    return need is not None and need >= OxygenNeed.HIGH_FLOW


def _is_low_despite_vasopressor(view: View) -> bool:
    """Tell whether the pressure is low that was measured after the first vasopressor began."""
    began_ms = min(_began_ms(view, drug) for drug in view.vasopressors)
    return view.low_pressure is True and (
        view.pressure is not None and view.pressure.effective_ms > began_ms
    )


def _began_ms(view: View, drug: str) -> int:
    """Find when an infusion that runs was started."""
    began_ms = view.vasopressors[drug].effective_ms
    for reading in reversed(view.every(rate(drug))):
        if reading.value.value <= 0:
            break
        began_ms = reading.effective_ms
    return began_ms


def _last_dose(view: View) -> tuple[Evidence, ...]:
    doses = view.tocilizumab
    if not doses:
        return ()
    last = doses[-1]
    value = "given" if last.value.value is None else last.value.value
    return (Evidence("tocilizumab", value, last.value.unit, last.effective_ms, last.event_id),)


def _advice(view: View, grades: Mapping[str, int]) -> str:
    number = len(view.tocilizumab) + 1
    which = "Give tocilizumab now" if number == 1 else f"Repeat tocilizumab now (dose {number})"
    words = [
        f"Meets criteria for CRS {in_words(grades)}.",
        f"{which}: {_dose_in_words(view.weight_kg)}.",
        "Do not wait for a higher grade or for cultures.",
    ]
    if number > 1:
        words.append("The last dose is 8 hours old or more and the grade is still 2 or more.")
    if number == MAX_A_STAY:
        words.append("It is the last one of this stay.")
    return " ".join(words)


def _dose_in_words(weight_kg: float | None) -> str:
    if weight_kg is None:
        return "8 mg/kg IV (12 mg/kg below 30 kg), at most 800 mg; the weight is unknown"
    mg_kg = LIGHT_DOSE_MG_KG if weight_kg < LIGHT_WEIGHT_KG else DOSE_MG_KG
    capped = ", capped at 800 mg" if mg_kg * weight_kg > MAX_DOSE_MG else ""
    return f"{dose_mg(weight_kg):g} mg IV ({mg_kg:g} mg/kg at {weight_kg:g} kg{capped})"


RULE: Final = Rule("TOCI-IND", Bound.EPISODE, (*GRADE_INPUTS, given("tocilizumab")), judge)
