"""Interleukin-6 and the drugs that block it: after one of them its level says nothing.

Tocilizumab blocks the receptor, and free interleukin-6 may rise 10 to 100 times. A level from
after it takes the place of none from before it (decision 79).
Source: CLINICAL.md §1.2 (review line 75), §1.5, DEC-10, DEC-60.
"""

from typing import Any, Final

from stream.clinical.masking import BLOCKED_MS, BLOCKER_SIGNALS
from stream.clinical.patient import Patient
from stream.clinical.results import Question, oldest_ms
from stream.clinical.series import Reading, up_to
from stream.clinical.signals import Result, lab
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

IL6: Final = lab("il6")
IL6_MS: Final = 24 * HOUR_MS  # how old it may be, the end included


def last_blocker(patient: Patient, before_ms: int) -> tuple[str, Reading[Any]] | None:
    """Find the newest dose of a blocker up to a moment that still locks interleukin-6 then."""
    given = [
        (signal.name.partition(":")[2], dose)
        for signal in BLOCKER_SIGNALS
        for dose in up_to(patient.readings(signal), before_ms)[-1:]
        if before_ms <= dose.effective_ms + BLOCKED_MS
    ]
    return max(given, key=lambda each: each[1].effective_ms, default=None)


def proving_il6(
    view: View, asked: Question, max_age_ms: int | None = IL6_MS
) -> Reading[Result] | None:
    """Find the newest interleukin-6 from before any blocker that answers a question with yes."""
    from_ms, until_ms = oldest_ms(view, max_age_ms), view.until_ms
    while (result := view.patient.newest(IL6, from_ms, until_ms)) is not None:
        blocker = last_blocker(view.patient, result.effective_ms)
        if blocker is not None:
            until_ms = blocker[1].effective_ms - 1  # what was collected since says nothing either
        elif (answer := asked(result.value)) is not None:
            return result if answer else None
        else:
            until_ms = result.effective_ms - 1
    return None
