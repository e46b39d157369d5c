"""ICE-UNABLE: the patient is intubated or sedated, and ICE (CAPD in a child) cannot be done.

The grade is carried forward and marked as an estimate (`stream.clinical.neuro`); it is P2 where a
grade is carried, and INFO where there is none. A steroid is asked for where none covers now that is
as much. It ends when ICE was done or can be done; where no episode is open, after 24 hours.
Source: CLINICAL.md §1.1 (review line 57), §1.11, DEC-58.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.causes import Spell
from stream.clinical.exams import exam_of
from stream.clinical.oxygen import INVASIVE
from stream.clinical.policies.register import POLICY_NAMES
from stream.clinical.rules import texts
from stream.clinical.rules.answered import last_in_words
from stream.clinical.rules.icans_up import ICANS_INPUTS, of_grade, proven
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.sedation import (
    NEURO_CAUSE,
    SEDATION,
    SEDATIVE_RATES,
    intubated,
    sedated,
)
from stream.clinical.signals import SEDATED
from stream.clinical.steroids import COVERED_MS, covering, dexamethasone_mg_a_day
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View
from topics.alerts import Priority

DEXAMETHASONE_MG: Final = 10.0  # every 6 hours
TASK_MS: Final = 24 * HOUR_MS  # where no episode is open


def judge(view: View) -> Verdict:
    """Hold while the grade is carried forward and the patient cannot be examined."""
    exam = exam_of(view.patient, view.until_ms)
    begun = [each.from_ms for each in spells_unable(view) if each.until_ms is None]
    if not begun or not any(each.estimated for each in view.icans.values()):
        return Verdict(None, None, f"{exam} was done, or can be done.")
    task_ends_ms = None
    if view.course.onset_ms is None:
        task_ends_ms = min(begun) + TASK_MS
        if view.at_ms >= task_ends_ms:
            return Verdict(None, None, "It has been so for 24 hours, and no episode is open.")
    carried = proven(view)
    finding = Finding(
        priorities={
            name: Priority.P2 if name in carried else Priority.INFO for name in POLICY_NAMES
        },
        because=(*_why(view), *of_grade(view)),
        advice=lambda: texts.joined(
            f"{exam} cannot be done: the last ICANS grade stands as an estimate until the next "
            f"{exam}.",
            _steroid_in_words(view),
        ),
        source="review-2025 L57",
    )
    return Verdict(finding, task_ends_ms)


def spells_unable(view: View) -> tuple[Spell, ...]:
    """Give the times in which ICE could not be done."""
    until_ms = view.until_ms
    return (*sedated(view.patient, until_ms), *intubated(view.patient, until_ms))


def _steroid_in_words(view: View) -> str:
    """Name the steroid that covers now, or ask for one; and for what else is looked for."""
    also = "EEG, and imaging of the brain (MRI before CT)."
    if _is_covered(view):
        return texts.joined(last_in_words(view), f"Go on with it; consider {also}")
    return texts.joined(
        last_in_words(view),
        f"Consider dexamethasone {DEXAMETHASONE_MG:g} mg IV every 6 h, {also}",
        texts.adult_doses(view),
    )


def _is_covered(view: View) -> bool:
    """Tell whether no less than what is advised was given, and counts now."""
    last = covering(view)
    if last is None:
        return False
    if last.dexamethasone_mg >= DEXAMETHASONE_MG:
        return True
    return dexamethasone_mg_a_day(view) >= DEXAMETHASONE_MG * DAY_MS / COVERED_MS


def _why(view: View) -> Iterator[Evidence]:
    """Name the tube, what was said of sedation, and the sedatives that run."""
    oxygen, said, cause = view.oxygen, view.latest(SEDATED), view.latest(NEURO_CAUSE)
    if oxygen is not None and oxygen.value.device == INVASIVE:
        yield Evidence("oxygen_device", INVASIVE, None, oxygen.effective_ms, oxygen.event_id)
    if said is not None and said.value:
        yield Evidence("sedated", "yes", None, said.effective_ms, said.event_id)
    if cause is not None and cause.value == SEDATION:
        yield Evidence("neuro_cause", SEDATION, None, cause.effective_ms, cause.event_id)
    for signal in SEDATIVE_RATES:
        running = view.every(signal)
        if running and running[-1].value.value > 0:
            last = running[-1]
            name = signal.name.partition(":")[2]
            amount, unit = last.value
            yield Evidence(name, amount, unit, last.effective_ms, last.event_id)


RULE: Final = Rule("ICE-UNABLE", Bound.STAY, ICANS_INPUTS, judge)
