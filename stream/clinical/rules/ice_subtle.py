"""ICE-SUBTLE: a nurse notes a subtle sign, and no ICE has been done since.

Word-finding difficulty, new confusion or aphasia; below 12 years CAPD stands for ICE. A sign that
is noted again and again counts from when it was first noted. It is a task: ICE does it, or the sign
goes; else it ends with the episode, or after 24 hours where none is open.
Source: CLINICAL.md §1.1 (review line 55), §1.11, DEC-28.
"""

from itertools import takewhile
from typing import Any, Final

from stream.clinical.exams import exam_of
from stream.clinical.rules.icans_up import of_finding
from stream.clinical.rules.ice_due import TASK_MS, last_exam
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import AGE, CAPD, ICE, neuro_sign
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

SUBTLE: Final = ("word_finding_difficulty", "confusion", "aphasia")


def judge(view: View) -> Verdict:
    """Hold while a sign is newer than the last examination."""
    last, exam = last_exam(view), exam_of(view.patient, view.until_ms)
    examined_ms = None if last is None else last.effective_ms
    onsets = {sign: _onset(view, sign) for sign in SUBTLE}
    new = {
        sign: onset
        for sign, onset in onsets.items()
        if onset is not None and (examined_ms is None or onset.effective_ms > examined_ms)
    }
    if not new:
        return Verdict(None, None, f"{exam} was done, or the sign has gone.")
    task_ends_ms = None
    if view.course.onset_ms is None:
        task_ends_ms = max(onset.effective_ms for onset in new.values()) + TASK_MS
        if view.at_ms >= task_ends_ms:
            return Verdict(None, None, "It was noted 24 hours ago, and no episode is open.")
    names = " and ".join(called(sign) for sign in new)
    finding = Finding(
        priorities=under_every_policy(Priority.P3),
        because=tuple(of_finding(sign, onset) for sign, onset in new.items()),
        advice=lambda: f"Do {exam} now: {names}, and no {exam} since.",
        source="review-2025 L55",
    )
    return Verdict(finding, task_ends_ms)


def _onset(view: View, sign: str) -> Reading[Any] | None:
    """Find when a sign that is there now was first noted."""
    readings = tuple(one_a_moment(view.readings(neuro_sign(sign))))
    run = list(takewhile(lambda each: each.value, reversed(readings)))
    return run[-1] if run else None


RULE: Final = Rule(
    "ICE-SUBTLE",
    Bound.STAY,
    (ICE, CAPD, AGE, *(neuro_sign(sign) for sign in SUBTLE)),
    judge,
    lasting=True,
)
