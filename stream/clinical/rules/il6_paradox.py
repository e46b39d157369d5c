"""IL6-PARADOX: an interleukin-6 was collected after its blocker, and says nothing.

It is a mark on the result, not a failure of the treatment; the result is left out of IL6-RULE and
of the features. It stays for the episode in which the sample was collected, and for a day where
none is open.
Source: CLINICAL.md §1.2 (review line 75), §1.11, DEC-10.
"""

from typing import Final

from stream.clinical.blockers import IL6, last_blocker
from stream.clinical.masking import BLOCKER_SIGNALS
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import since
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View
from topics.alerts import Priority

MARK_MS: Final = 24 * HOUR_MS  # where no episode is open


def judge(view: View) -> Verdict:
    """Hold where the newest result of the episode was collected under a blocker."""
    onset_ms = view.course.onset_ms
    # What was collected in an episode that is over was marked in it.
    from_ms = onset_ms or max((end + 1 for _, end in view.course.closed), default=None)
    results = since(view.readings(IL6), from_ms)
    result = results[-1] if results else None
    dose = None if result is None else last_blocker(view.patient, result.effective_ms)
    if result is None or dose is None:
        return Verdict(None, None, "The interleukin-6 was not collected under a blocker.")
    ends_ms = None if onset_ms is not None else result.effective_ms + MARK_MS
    if ends_ms is not None and view.at_ms >= ends_ms:
        return Verdict(None, None, "It was collected a day ago, and no episode is open.")
    finding = Finding(
        priorities=under_every_policy(Priority.INFO),
        because=(evidence.of_result(IL6.name, result), evidence.of_dose(*dose)),
        advice=lambda: (
            f"This interleukin-6 cannot be interpreted: {dose[0]} was given before it was "
            "collected, and it may rise 10 to 100 times. It is no sign that treatment failed."
        ),
        source="review-2025 L75",
    )
    return Verdict(finding, ends_ms)


RULE: Final = Rule("IL6-PARADOX", Bound.EPISODE, (IL6, *BLOCKER_SIGNALS), judge)
