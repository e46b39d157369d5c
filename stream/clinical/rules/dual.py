"""DUAL: CRS and ICANS at once: tocilizumab and a steroid, since tocilizumab alone may not do.

Answered where tocilizumab was given in the episode, or no more may be given, and a steroid was
given that answers STEROID-ICANS, or is not due yet by the profile. Whether tocilizumab is due
again TOCI-IND tells.
Source: CLINICAL.md §1.3 (review lines 87 and 97), §1.11.
"""

from typing import Final

from stream.clinical.rules import evidence, texts
from stream.clinical.rules.answered import ICANS, answers_of, given_in_words, last_in_words
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.icans_up import ICANS_INPUTS, of_grade, proven
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.rules.steroid_icans import regimens_of
from stream.clinical.times import DAY_MS, in_words
from stream.clinical.tocilizumab import dose_in_words, in_24_h, next_dose_ms, of_illness
from stream.clinical.view import View
from topics.alerts import Priority


def judge(view: View) -> Verdict:
    """Hold under each policy by which there is both, while one of the two drugs is missing."""
    given = answers_of(view, ICANS, regimens_of(view, proven(view)))
    turns = [each.turns_ms for each in view.icans.values()]
    turns += [given.turns_ms, next_change_ms(view), _toci_ages_ms(view)]
    wake_ms = min((each for each in turns if each is not None), default=None)
    both = [name for name in proven(view) if view.crs[name].lowest > 0]
    if not both:
        return Verdict(None, wake_ms, "The criteria for CRS and ICANS at once are no longer met.")
    none_due = max(proven(view).values()) < view.management.steroid_for_icans_from_grade
    tocilizumab = _has_tocilizumab(view)
    steroid = none_due or all(name in given.by_policy for name in both)
    if tocilizumab and steroid:
        return Verdict(None, wake_ms, "Tocilizumab and a steroid were given.")
    crs = {each.signal: each for each in evidence.of_grade(view)}
    finding = Finding(
        priorities=dict.fromkeys(both, Priority.P2),
        because=(*crs.values(), *(each for each in of_grade(view) if each.signal not in crs)),
        advice=lambda: _advice(view, tocilizumab=tocilizumab, steroid=steroid),
        source="review-2025 L87, L97",
    )
    return Verdict(finding, wake_ms)


def _has_tocilizumab(view: View) -> bool:
    """Tell whether it was given in the episode (else in 24 h), or may not be given any more."""
    if next_dose_ms(view) is None:
        return True
    if view.course.onset_ms is not None:
        return bool(of_illness(view))
    return bool(in_24_h(view.tocilizumab, view.at_ms))


def _toci_ages_ms(view: View) -> int | None:
    """Find when a dose no longer counts, where no episode is open."""
    if view.course.onset_ms is not None:
        return None
    ends = [dose.effective_ms + DAY_MS for dose in view.tocilizumab]
    return min((each for each in ends if each > view.at_ms), default=None)


def _advice(view: View, *, tocilizumab: bool, steroid: bool) -> str:
    profile, worst = view.management, max(proven(view).values())
    least, next_ms = profile.steroid_for_icans_from_grade, next_dose_ms(view)
    both = "Meets criteria for CRS and for ICANS:"
    if worst < least:
        steroid_too = f"by {profile.source} a steroid is for ICANS of grade {least} or more"
        words = [f"{both} tocilizumab is advised; {steroid_too}."]
    else:
        words = [f"{both} both tocilizumab and a steroid are advised."]
    if next_ms is None:
        words.append("No more tocilizumab may be given in this stay.")
    elif tocilizumab:
        words.append("Tocilizumab was given.")
    elif next_ms > view.at_ms:
        words.append(f"Tocilizumab is allowed from {in_words(next_ms)}.")
    else:
        words.append(f"Give tocilizumab: {dose_in_words(view.weight_kg)}.")
    if worst >= least and steroid:
        words.append("A steroid was given.")
    elif worst >= least:
        words.append(last_in_words(view))
        words += given_in_words(view, regimens_of(view, proven(view)))
    return texts.joined(*words)


RULE: Final = Rule(
    "DUAL",
    Bound.EPISODE,
    (*GRADE_INPUTS, *(each for each in ICANS_INPUTS if each not in GRADE_INPUTS)),
    judge,
)
