"""ICE-DUE: in the first 30 days ICE (CAPD in a child) was not done for longer than it may be.

The clock starts at the infusion, and again when ICE can be done after it could not; while it
cannot, ICE-UNABLE speaks. It is a task: an examination does it; else it ends with the episode, or
after 24 hours where none is open.
Source: CLINICAL.md §1.1 (review line 55), §1.11, DEC-30, DEC-53; ASCO 2021 (twice a day).
"""

from typing import Any, Final

from stream.clinical.exams import exam_of
from stream.clinical.policies.register import MANAGEMENT
from stream.clinical.rules.icans_up import UNABLE_INPUTS, of_finding
from stream.clinical.rules.ice_unable import spells_unable
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import CAPD, ICE
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View
from topics.alerts import Priority

TASK_MS: Final = 24 * HOUR_MS  # where no episode is open


def judge(view: View) -> Verdict:
    """Hold once the last examination is older than the profile allows."""
    stay_from_ms = view.patient.stay_from_ms
    if stay_from_ms is None:
        return Verdict(None)
    end_ms = stay_from_ms + (view.site.ice_until_days + 1) * DAY_MS  # the whole of the last day
    unable = spells_unable(view)
    last, exam = last_exam(view), exam_of(view.patient, view.until_ms)
    starts = [stay_from_ms, *(each.until_ms for each in unable if each.until_ms is not None)]
    starts += [] if last is None else [last.effective_ms]
    # "More than": it falls due right after it.
    due_ms = max(starts) + view.site.ice_due_ms + 1
    if any(each.until_ms is None for each in unable) or due_ms >= end_ms or view.at_ms >= end_ms:
        return Verdict(None, None, f"{exam} cannot be done now, or its days are over.")
    if view.at_ms < due_ms:
        return Verdict(None, due_ms, f"{exam} was done.")
    # A site that has it done sooner is not told for a shorter time.
    over_ms = max(starts) + MANAGEMENT[view.management.name].site.ice_due_ms + 1 + TASK_MS
    if view.course.onset_ms is None and view.at_ms >= over_ms:
        return Verdict(None, None, "It was due for 24 hours, and no episode of CRS is open.")
    hours = (view.at_ms - max(starts)) // HOUR_MS
    finding = Finding(
        priorities=under_every_policy(Priority.P3),
        because=(_shown(view, last, stay_from_ms),),
        advice=lambda: (
            f"No {exam} for {hours} hours or more: do it now"
            + (", with a sample of handwriting." if exam == "ICE" else ".")
        ),
        source="review-2025 L55",
    )
    task_ends_ms = over_ms if view.course.onset_ms is None else None
    return Verdict(finding, min(end_ms, task_ends_ms or end_ms))


def last_exam(view: View) -> Reading[Any] | None:
    """Give the newest examination that ICANS can be graded by, of whatever form."""
    by_capd = exam_of(view.patient, view.until_ms) == "CAPD"
    done = [view.latest(ICE), view.latest(CAPD) if by_capd else None]
    return max(
        (each for each in done if each is not None),
        key=lambda each: each.effective_ms,
        default=None,
    )


def _shown(view: View, last: Reading[Any] | None, stay_from_ms: int) -> Evidence:
    if last is None:
        due = CAPD.name if exam_of(view.patient, view.until_ms) == "CAPD" else ICE.name
        return Evidence(due, "none since infusion", None, stay_from_ms, None)
    return of_finding(CAPD.name if last == view.latest(CAPD) else ICE.name, last)


RULE: Final = Rule("ICE-DUE", Bound.STAY, UNABLE_INPUTS, judge)
