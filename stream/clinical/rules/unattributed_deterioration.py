"""UNATTRIBUTED-DETERIORATION: hypotension or hypoxia that no grade of CRS counts.

Without fever none counts anything. With it a grade counts hypoxia by the oxygen that is given: a
low SpO2 on room air is told here until oxygen is charted, or SpO2 is well.

Before a planned infusion nothing counts as CRS, fever or no fever, and the time of it may be wrong:
so hypotension and hypoxia are told then as if no infusion were known, with that time.
Source: CLINICAL.md DEC-22, DEC-41, DEC-44, DEC-49, DEC-52; decisions 53 and 63.
"""

from typing import Final

from stream.clinical.levels import Level
from stream.clinical.oxygen import OxygenNeed, is_for_another_reason
from stream.clinical.patient import Course
from stream.clinical.policies.thresholds import BY_NAME
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.signals import INFUSED_AT, SPO2
from stream.clinical.times import in_words
from stream.clinical.view import View
from topics.alerts import Priority

MOST_PERCENT: Final = BY_NAME["deterioration_spo2"].highest  # that a site may ask for
NO_EPISODE: Final = Course()
WELL: Final = "Blood pressure and oxygen are well, or a cause was named."
COUNTED: Final = "What is low counts as CRS now, or a cause was named."


def judge(view: View) -> Verdict:
    """Hold where no grade counts what is found, and no other cause was named."""
    if (planned_ms := view.patient.planned_ms) is not None:
        return _before_infusion(view, planned_ms)
    wake_ms = next_change_ms(view)
    graded = any(grade.lowest > 0 for grade in view.crs.values())
    if view.course.onset_ms is not None or graded:
        return _beside_crs(view, wake_ms)
    because = _found(view)
    if not because:
        return Verdict(None, wake_ms, WELL)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=tuple(because),
        advice=lambda: (
            "Hypotension or hypoxia without fever or anything that hides it: not CRS by either "
            "policy. Look for another cause (bleeding, infection, heart, lungs, volume) and "
            "record it."
        ),
        source="Stormwatch DEC-22, DEC-41",
    )
    return Verdict(finding, wake_ms)


def _beside_crs(view: View, wake_ms: int | None) -> Verdict:
    """Judge SpO2 where CRS is graded: on room air the grade does not see it."""
    low = [] if view.hypoxia or view.attributed("hypoxia") else _of_low_spo2(view)
    if not low:
        is_counted = view.hypotension or view.hypoxia
        return Verdict(None, wake_ms, COUNTED if is_counted else WELL)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(*low, *evidence.of_fever(view)),
        advice=lambda: (
            "Low SpO2 on room air, or with no oxygen device charted: no CRS grade counts it by "
            "either policy. See the patient now. Give oxygen, and chart its device and flow: the "
            "grade follows from them. If it has another cause, record that."
        ),
        source="Stormwatch DEC-41",
    )
    return Verdict(finding, wake_ms)


def awaited_in_words(planned_ms: int) -> str:
    """Say when the infusion is charted for that has not come, and what follows of that."""
    when = in_words(planned_ms)
    return f"The infusion is charted for {when}, which has not come: nothing before it counts"


def _before_infusion(view: View, planned_ms: int) -> Verdict:
    """Judge as if no infusion were known, and whatever fever there is."""
    patient = view.patient.without_plan()
    without = View(patient, view.at_ms, view.management, until_ms=view.until_ms, course=NO_EPISODE)
    because = _found(without)
    if not because:
        return Verdict(None, None, WELL)
    told = patient.readings(INFUSED_AT)[-1]
    plan = "infused_at", in_words(planned_ms), None, told.effective_ms, told.event_id
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(*because, Evidence(*plan)),
        advice=lambda: (
            f"Hypotension or hypoxia. {awaited_in_words(planned_ms)} as CRS. If the cells were "
            "given already, correct that time now: until then no CRS, ICANS or HLH is graded. Look "
            "for the cause (bleeding, infection, heart, lungs, volume) and record it."
        ),
        source="Stormwatch DEC-22, DEC-41, DEC-44",
    )
    return Verdict(finding)


def _found(view: View) -> list[Evidence]:
    """Name what proves hypotension or hypoxia that no other cause explains."""
    because: list[Evidence] = []
    if view.hypotension and not view.attributed("hypotension"):
        because += evidence.of_hypotension(view)
    if not view.attributed("hypoxia"):
        because += _of_hypoxia(view)
    return because


def _of_hypoxia(view: View) -> list[Evidence]:
    if not view.hypoxia:
        return _of_low_spo2(view)
    if _is_excused(view):
        return []
    return [*evidence.of_oxygen(view), *evidence.of_supports(view, ("ecmo_vv", "ecmo_va"))]


def _of_low_spo2(view: View) -> list[Evidence]:
    """Name a low SpO2 of a patient of whom no need of oxygen is charted."""
    spo2 = view.latest(SPO2)
    # With no device charted it is hypoxia either way: on room air, or on oxygen. Positive pressure
    # as at home is no oxygen.
    on_room_air = view.breathing.lowest in {None, OxygenNeed.ROOM_AIR}
    if spo2 is None or not on_room_air or _is_excused(view):
        return []
    if spo2.value >= view.site.deterioration_spo2_percent:
        return []
    return [Evidence(SPO2.name, spo2.value, "%", spo2.effective_ms, spo2.event_id)]


def _is_excused(view: View) -> bool:
    return view.oxygen is not None and is_for_another_reason(view.oxygen.value)


def _below(spo2_percent: float, _: float | None) -> object:
    """Give the saturation where it may be low at some site."""
    return min(spo2_percent, MOST_PERCENT)


LOW_SPO2: Final = Level(SPO2, _below)
RULE: Final = Rule(
    "UNATTRIBUTED-DETERIORATION",
    Bound.STAY,
    (*GRADE_INPUTS, LOW_SPO2),
    judge,
    settles=True,
    before_infusion=True,
)
