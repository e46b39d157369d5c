"""POST-TOCI-FEVER: fever more than 12 hours after tocilizumab: an infection, or a second dose.

At 12 hours after a dose the newest temperature, at most 4 hours old, is a fever; or a fever is
measured between 12 and 24 hours after it, with no gap of 8 hours without fever since the dose. Once
a dose: the next temperature below 38.0 ends it, and so does the next dose; a fever that comes back
is not told again. Where a later dose was given before that, the alert goes on, and tells of that
one when its time has come. Three days after a dose its readings are no longer kept, and it ends. A
site may ask from 8 hours on.
Source: CLINICAL.md §1.2 (review line 77), §1.11, DEC-9, DEC-30, DEC-50.
"""

from bisect import bisect_left, bisect_right
from functools import partial
from itertools import product
from typing import Final, NamedTuple

from stream.clinical.crs import FEVER_C
from stream.clinical.levels import FEVER_AFTER_TOCILIZUMAB
from stream.clinical.policies.register import GRADING
from stream.clinical.policies.thresholds import BUILT_IN
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.series import Series, since
from stream.clinical.signals import TEMPERATURE, attribution
from stream.clinical.times import HOUR_MS, in_words
from stream.clinical.tocilizumab import GIVEN, dose_in_words, name_among, next_dose_ms
from stream.clinical.view import View
from topics.alerts import Priority

LAST_MS: Final = 24 * HOUR_MS  # after it a fever begins anew; the end included
AGE_MS: Final = 4 * HOUR_MS  # of the temperature at 12 hours
GAP_MS: Final = 8 * HOUR_MS  # without fever for so long: a later fever is another one
OVER_MS: Final = 72 * HOUR_MS
GONE: Final = "The fever has gone, tocilizumab was given again, or three days have passed."


def judge(view: View) -> Verdict:
    """Hold while a fever persists after one of the doses."""
    doses = view.tocilizumab
    # What a site asks about sooner is asked about at 12 hours as well.
    after_ms = sorted({view.site.post_toci_fever_ms, BUILT_IN.post_toci_fever_ms})
    spans_ms = (*after_ms, OVER_MS)
    recent = since(doses, view.at_ms - max(spans_ms))
    ends = [dose.effective_ms + span_ms for dose in recent for span_ms in spans_ms]
    wake_ms = min((each for each in ends if each > view.at_ms), default=None)
    newest = view.temperature
    if not doses or newest is None or newest.value.celsius < FEVER_C:
        return Verdict(None, wake_ms, GONE)
    # What persists after a dose began at most 24 hours after it, and after the last one.
    asked = since(doses, doses[-1].effective_ms - LAST_MS + 1)
    fevers = fevers_of(since(view.readings(TEMPERATURE), asked[0].effective_ms))
    for dose, span_ms in product(reversed(asked), after_ms):
        if not _persists(view, fevers, dose.effective_ms, dose.effective_ms + span_ms):
            continue
        priorities = {
            policy.name: Priority.P2 for policy in GRADING if view.fever_by(policy) is not False
        }
        finding = Finding(
            priorities=priorities,
            because=(
                evidence.of_temperature(newest),
                evidence.of_dose(name_among(view, dose), dose),
            ),
            advice=partial(_advice, view, span_ms / HOUR_MS),
            source="review-2025 L77",
        )
        return Verdict(finding, wake_ms)
    return Verdict(None, wake_ms, GONE)


class Fevers(NamedTuple):
    """When temperatures were measured, in their order, all in ms; of one moment the last counts."""

    measured: list[int]
    fevers: list[int]
    after_gaps: list[int]  # fevers before which there was none for 8 hours
    afebrile: int  # the last that was no fever; 0 where there is none


def fevers_of(readings: Series) -> Fevers:
    """Tell the fevers among temperatures, and the gaps between them."""
    at_moments = {each.effective_ms: each.value.celsius >= FEVER_C for each in readings}
    found = Fevers(list(at_moments), [at for at, fever in at_moments.items() if fever], [], 0)
    since_ms: int | None = None
    last_ms = 0
    for at_ms, fever in at_moments.items():
        if not fever:
            since_ms, last_ms = at_ms if since_ms is None else since_ms, at_ms
            continue
        if since_ms is not None and at_ms - since_ms >= GAP_MS:
            found.after_gaps.append(at_ms)
        since_ms = None
    return found._replace(afebrile=last_ms)


def _persists(view: View, fevers: Fevers, dose_ms: int, due_ms: int) -> bool:
    """Tell whether a fever has persisted since some hours after a dose, and does."""
    if not due_ms <= view.at_ms < dose_ms + OVER_MS:
        return False
    from_ms = _begins_ms(fevers, dose_ms, due_ms)
    if from_ms is None or view.tocilizumab[-1].effective_ms >= from_ms:
        return False
    return fevers.afebrile <= from_ms and fevers.measured[-1] >= dose_ms


def _begins_ms(fevers: Fevers, dose_ms: int, due_ms: int) -> int | None:
    """Find when it is first met after a dose."""
    at_due = bisect_right(fevers.measured, due_ms) - 1
    if at_due >= 0 and fevers.measured[at_due] >= max(due_ms - AGE_MS, dose_ms):
        at_ms = fevers.measured[at_due]
        fever = bisect_left(fevers.fevers, at_ms)
        if fever < len(fevers.fevers) and fevers.fevers[fever] == at_ms:
            return due_ms
    later = bisect_right(fevers.fevers, due_ms)
    if later == len(fevers.fevers) or fevers.fevers[later] > dose_ms + LAST_MS:
        return None
    begins_ms = fevers.fevers[later]
    first_ms = fevers.fevers[bisect_left(fevers.fevers, dose_ms)]
    measured_ms = fevers.measured[bisect_left(fevers.measured, dose_ms)]
    if first_ms - measured_ms >= GAP_MS:  # it is the same where the first is a fever
        return None
    gap = bisect_right(fevers.after_gaps, first_ms)
    if gap < len(fevers.after_gaps) and fevers.after_gaps[gap] <= begins_ms:
        return None
    return begins_ms


def _advice(view: View, hours: float) -> str:
    words = [
        f"Fever more than {hours:g} hours after tocilizumab,",
        "which mostly ends it within 4 to 8 hours.",
        "Look for an occult infection; see the patient again before antibiotics are added.",
    ]
    next_ms = next_dose_ms(view)
    if next_ms is None:
        words.append("No more tocilizumab may be given in this stay.")
    elif next_ms > view.at_ms:
        words.append(f"The next tocilizumab is allowed from {in_words(next_ms)}.")
    else:
        words.append(f"Or give tocilizumab again: {dose_in_words(view.weight_kg)}.")
    return " ".join(words)


RULE: Final = Rule(
    "POST-TOCI-FEVER",
    Bound.EPISODE,
    (FEVER_AFTER_TOCILIZUMAB, GIVEN, attribution("fever")),
    judge,
)
