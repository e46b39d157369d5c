"""UNATTRIBUTED-DETERIORATION: hypotension or hypoxia without fever, which CRS does not explain.

Source: CLINICAL.md DEC-22, DEC-41, DEC-49, DEC-52.
"""

from typing import Final

from stream.clinical.levels import Level
from stream.clinical.oxygen import is_for_another_reason
from stream.clinical.policies.thresholds import BY_NAME
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.signals import SPO2
from stream.clinical.view import View
from topics.alerts import Priority

MOST_PERCENT: Final = BY_NAME["deterioration_spo2"].highest  # that a site may ask for
ROOM_AIR: Final = "room_air"


def judge(view: View) -> Verdict:
    """Hold where no episode is open, no fever is masked, and no other cause was named."""
    wake_ms = next_change_ms(view)
    graded = any(grade.lowest > 0 for grade in view.crs.values())
    if view.course.onset_ms is not None or graded:
        return Verdict(None, wake_ms, "It counts as CRS now.")
    because: list[Evidence] = []
    if view.hypotension and not view.attributed("hypotension"):
        because += evidence.of_hypotension(view)
    if not view.attributed("hypoxia"):
        because += _of_hypoxia(view)
    if not because:
        return Verdict(None, wake_ms, "Blood pressure and oxygen are well, or a cause was named.")
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


def _of_hypoxia(view: View) -> list[Evidence]:
    oxygen, spo2 = view.oxygen, view.latest(SPO2)
    if oxygen is not None and is_for_another_reason(oxygen.value):
        return []
    if view.hypoxia:
        return [*evidence.of_oxygen(view), *evidence.of_supports(view, ("ecmo_vv", "ecmo_va"))]
    on_room_air = oxygen is None or oxygen.value.device in (None, ROOM_AIR)
    # With no device charted it is hypoxia either way: on room air, or on oxygen.
    if spo2 is not None and on_room_air and spo2.value < view.site.deterioration_spo2_percent:
        return [Evidence(SPO2.name, spo2.value, "%", spo2.effective_ms, spo2.event_id)]
    return []


def _below(spo2_percent: float, _: float | None) -> object:
    """Give the saturation where it may be low at some site."""
    return min(spo2_percent, MOST_PERCENT)


LOW_SPO2: Final = Level(SPO2, _below)
RULE: Final = Rule("UNATTRIBUTED-DETERIORATION", Bound.STAY, (*GRADE_INPUTS, LOW_SPO2), judge)
