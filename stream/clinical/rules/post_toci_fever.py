"""POST-TOCI-FEVER: fever more than 12 hours after tocilizumab: an infection, or a second dose.

At 12 hours after a dose the newest temperature, at most 4 hours old, is a fever; or a fever is
measured between 12 and 24 hours after it, with no gap of 8 hours without fever since the dose. Once
a dose: the next temperature below 38.0 ends it, and so does the next dose; a fever that comes back
is not told again. Three days after a dose its readings are no longer kept, and it ends. A site may
ask from 8 hours on.
Source: CLINICAL.md §1.2 (review line 77), §1.11, DEC-9, DEC-30, DEC-50.
"""

from functools import partial
from itertools import product
from typing import Final

from stream.clinical.crs import FEVER_C
from stream.clinical.levels import FEVER_AFTER_TOCILIZUMAB
from stream.clinical.policies.register import GRADING
from stream.clinical.policies.thresholds import BUILT_IN
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.series import Reading, since
from stream.clinical.signals import TEMPERATURE, Dose, Temperature, attribution
from stream.clinical.times import HOUR_MS, in_words
from stream.clinical.tocilizumab import GIVEN, NAME, dose_in_words, next_dose_ms
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
    ends = [dose.effective_ms + span for dose in doses for span in (*after_ms, OVER_MS)]
    wake_ms = min((each for each in ends if each > view.at_ms), default=None)
    for dose, span_ms in product(reversed(doses), after_ms):
        fever = persisting(view, dose, dose.effective_ms + span_ms)
        if fever is None:
            continue
        priorities = {
            policy.name: Priority.P2 for policy in GRADING if view.fever_by(policy) is not False
        }
        finding = Finding(
            priorities=priorities,
            because=(evidence.of_temperature(fever), evidence.of_dose(NAME, dose)),
            advice=partial(_advice, view, span_ms / HOUR_MS),
            source="review-2025 L77",
        )
        return Verdict(finding, wake_ms)
    return Verdict(None, wake_ms, GONE)


def persisting(view: View, dose: Reading[Dose], due_ms: int) -> Reading[Temperature] | None:
    """Find the newest fever where it has persisted since some hours after a dose."""
    if not due_ms <= view.at_ms < dose.effective_ms + OVER_MS:
        return None
    measured = since(view.readings(TEMPERATURE), dose.effective_ms)
    # Of one moment the last counts.
    at_moments = {each.effective_ms: each.value.celsius >= FEVER_C for each in measured}
    fevers = list(at_moments.items())
    from_ms = _begins_ms(fevers, dose.effective_ms, due_ms)
    if from_ms is None or view.tocilizumab[-1].effective_ms >= from_ms:
        return None
    lasting = [fever for at_ms, fever in fevers if at_ms > from_ms]
    return None if False in lasting else measured[-1]


def _begins_ms(fevers: list[tuple[int, bool]], dose_ms: int, due_ms: int) -> int | None:
    """Find when it is first met after a dose; of each temperature when, and whether a fever."""
    at_due = [each for each in fevers if each[0] <= due_ms]
    if at_due and at_due[-1][0] >= due_ms - AGE_MS and at_due[-1][1]:
        return due_ms
    afebrile_ms: int | None = None
    for at_ms, fever in fevers:
        if at_ms > dose_ms + LAST_MS:
            break
        if not fever:
            afebrile_ms = at_ms if afebrile_ms is None else afebrile_ms
            continue
        if afebrile_ms is not None and at_ms - afebrile_ms >= GAP_MS:
            break
        if at_ms > due_ms:
            return at_ms
        afebrile_ms = None
    return None


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
