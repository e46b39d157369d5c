"""INTUB-WINDOW: intubated while ICANS peaks (days 5 to 10), or in an episode of CRS.

On those days dexamethasone 10 mg every 6 hours is always given, with EEG and imaging; in an episode
on another day it is considered. 10 mg of dexamethasone or its equivalent, given from then on, ends
it, and so does extubation; else the episode does, or 24 hours where none is open.
Source: CLINICAL.md §1.7 (review lines 57, 253 and 263), §1.8, §1.11, DEC-50; vectors B06, B33.
"""

from typing import Final

from stream.clinical.levels import INTUBATED
from stream.clinical.products import ICANS_DAYS
from stream.clinical.rules import texts
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import INFUSED_AT, WEIGHT
from stream.clinical.steroids import STEROID_SIGNALS, doses_of
from stream.clinical.times import HOUR_MS, day_of
from stream.clinical.ventilation import intubation, ventilated_from_ms
from stream.clinical.view import View
from topics.alerts import Priority

DEXAMETHASONE_MG: Final = 10.0
TASK_MS: Final = 24 * HOUR_MS  # where no episode is open


def judge(view: View) -> Verdict:
    """Hold from the intubation until a steroid was given."""
    from_ms = ventilated_from_ms(view)
    if from_ms is None:
        return Verdict(None, None, "The patient is not intubated.")
    day, onset_ms = day_of(from_ms, view.patient.stay_from_ms), view.course.onset_ms
    peaks = day is not None and ICANS_DAYS[0] <= day <= ICANS_DAYS[1]
    if not peaks and onset_ms is None:
        return Verdict(None, None, "It is not the peak of ICANS, and no episode of CRS is open.")
    if any(
        dose.at_ms >= from_ms and dose.dexamethasone_mg >= DEXAMETHASONE_MG
        for dose in doses_of(view)
    ):
        return Verdict(None, None, "A steroid was given.")
    end_ms = None if onset_ms is not None else from_ms + TASK_MS
    if end_ms is not None and view.at_ms >= end_ms:
        return Verdict(None, None, "It was 24 hours ago, and no episode of CRS is open.")
    tube = intubation(view, from_ms)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(Evidence("oxygen_device", "invasive", None, tube.effective_ms, tube.event_id),),
        advice=lambda: texts.joined(_advice(day, peaks=peaks), texts.adult_doses(view)),
        source="review-2025 L57, L253, L263",
    )
    return Verdict(finding, end_ms)


def _advice(day: int | None, *, peaks: bool) -> str:
    if peaks:
        return (
            f"Intubated on day {day}, while ICANS peaks: give dexamethasone 10 mg IV every 6 h, "
            "always. EEG for silent seizures, and imaging of the brain (MRI before CT)."
        )
    return (
        "Intubated in an episode of CRS: consider dexamethasone 10 mg IV every 6 h, since the "
        "brain can no longer be examined."
    )


RULE: Final = Rule(
    "INTUB-WINDOW",
    Bound.EPISODE,
    (*GRADE_INPUTS, INTUBATED, *STEROID_SIGNALS, WEIGHT, INFUSED_AT),
    judge,
)
