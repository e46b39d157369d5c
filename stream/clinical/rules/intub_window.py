"""INTUB-WINDOW: intubated while ICANS peaks (days 5 to 10), or in an episode of CRS.

On those days dexamethasone 10 mg every 6 hours is always given, with EEG and imaging; in an episode
on another day it is considered. 10 mg of dexamethasone or its equivalent, given from then on in one
dose or run in within 6 hours, ends it, and so does extubation; else the episode does, or 24 hours
where none is open.
Source: CLINICAL.md §1.7 (review lines 57, 253 and 263), §1.8, §1.11, DEC-50; vectors B06, B33.
"""

from collections.abc import Sequence
from typing import Final

from stream.clinical.levels import INTUBATED
from stream.clinical.products import ICANS_DAYS
from stream.clinical.rules import texts
from stream.clinical.rules.answered import last_in_words
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
from stream.clinical.steroids import (
    COVERED_MS,
    DECIMALS,
    PART_MS,
    STEROID_SIGNALS,
    Given,
    doses_of,
    next_turn_ms,
)
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
    since = [dose for dose in doses_of(view) if dose.at_ms >= from_ms]
    if any(dose.dexamethasone_mg >= DEXAMETHASONE_MG for dose in since) or _ran_in(since, from_ms):
        return Verdict(None, None, "A steroid was given.")
    end_ms = None if onset_ms is not None else from_ms + TASK_MS
    if end_ms is not None and view.at_ms >= end_ms:
        return Verdict(None, None, "It was 24 hours ago, and no episode of CRS is open.")
    tube = intubation(view, from_ms)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=(Evidence("oxygen_device", "invasive", None, tube.effective_ms, tube.event_id),),
        advice=lambda: texts.joined(
            _advice(day, peaks=peaks), last_in_words(view), texts.adult_doses(view)
        ),
        source="review-2025 L57, L253, L263",
    )
    wakes = [each for each in (end_ms, next_turn_ms(view)) if each is not None]
    return Verdict(finding, min(wakes, default=None))


def _ran_in(since: Sequence[Given], from_ms: int) -> bool:
    """Tell whether as much ran in within 6 hours since the intubation."""
    parts = [dose for dose in since if dose.is_part and dose.at_ms - PART_MS >= from_ms]
    amount_mg, first = 0.0, 0
    for last in parts:
        amount_mg += last.dexamethasone_mg
        while parts[first].at_ms <= last.at_ms - COVERED_MS:
            amount_mg -= parts[first].dexamethasone_mg
            first += 1
        if round(amount_mg, DECIMALS) >= DEXAMETHASONE_MG:
            return True
    return False


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
