"""SHOCK24: a vasopressor is still needed 24 hours after the first tocilizumab of the illness.

A steroid often helps within 6 to 12 hours. A vasopressor that was off at 24 hours and is started
again is not this. Steroids that were begun before do not answer it; one that is given afterwards
does, for as long as a dose counts. A site may ask from 12 hours on, within which shock often ends.
The two regimens are not equal, and no less is advised than what is given.
Source: CLINICAL.md §1.3 (review line 236), §1.11, §5.6, DEC-30, DEC-42.
"""

from functools import partial
from typing import Final

from stream.clinical.bedside import VASOPRESSOR_RATES
from stream.clinical.circulation import Circulation
from stream.clinical.policies.register import GRADING
from stream.clinical.policies.thresholds import BUILT_IN
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict
from stream.clinical.series import Series, place_after, place_at
from stream.clinical.steroids import (
    Given,
    covering,
    day_of_doses,
    dexamethasone_mg_a_day,
    doses_of,
    next_turn_ms,
)
from stream.clinical.times import DAY_MS, HOUR_MS, in_words
from stream.clinical.tocilizumab import NAME, of_illness
from stream.clinical.view import View
from topics.alerts import Priority

DEXAMETHASONE: Final = "dexamethasone 10 mg IV every 6 h"
EITHER: Final = f"{DEXAMETHASONE}, or hydrocortisone 50 mg IV every 6 h"
# What these are a day, as dexamethasone. They are not the same.
DEXAMETHASONE_MG_A_DAY: Final = 40.0
HYDROCORTISONE_MG_A_DAY: Final = 7.5


def judge(view: View) -> Verdict:
    """Hold while a vasopressor goes on that ran 24 hours after the first dose, or as a site says.

    One that a site asks about sooner is asked about at 24 hours as well.
    """
    doses = of_illness(view)
    if not doses:
        why = "No tocilizumab was given for this illness."
        return Verdict(None, None, why, can_never_have_held=not view.tocilizumab)
    spans_ms = {view.site.shock_after_ms, BUILT_IN.shock_after_ms}
    dues_ms = sorted(doses[0].effective_ms + span_ms for span_ms in spans_ms)
    due_next_ms = next((each for each in dues_ms if each > view.at_ms), None)
    reached_ms = [each for each in dues_ms if each <= view.at_ms]
    if not reached_ms:
        hours = view.site.shock_after_ms / HOUR_MS
        why = f"It is less than {hours:g} hours since the first tocilizumab."
        return Verdict(None, due_next_ms, why)
    wakes_ms = [each for each in (due_next_ms, next_turn_ms(view)) if each is not None]
    wake_ms = min(wakes_ms, default=None)
    needed_ms = [each for each in reached_ms if view.vasopressors and _is_still_needed(view, each)]
    if not needed_ms:
        return Verdict(None, wake_ms, "The vasopressor was stopped.")
    steroid = covering(view)
    if steroid is not None and steroid.reading.effective_ms >= needed_ms[-1]:
        return Verdict(None, wake_ms, f"{steroid.drug.capitalize()} was given.")
    priorities = {
        policy.name: Priority.P1
        for policy in GRADING
        if view.circulation_by(policy)[0] > Circulation.STABLE
    }
    hours = (needed_ms[-1] - doses[0].effective_ms) / HOUR_MS
    finding = Finding(
        priorities=priorities,
        because=(*evidence.of_hypotension(view), evidence.of_dose(NAME, doses[0])),
        advice=partial(_advice, view, hours),
        source="review-2025 L236",
    )
    return Verdict(finding, wake_ms)


def _is_still_needed(view: View, due_ms: int) -> bool:
    """Tell whether some vasopressor ran at a moment and at all times since."""
    known = view.patient.series.keys()
    changes = sorted(
        (reading.effective_ms, drug, reading.value.value > 0)
        for drug, signal in VASOPRESSOR_RATES
        if signal.name in known
        for reading in _since_running(view.every(signal), due_ms)
    )
    if not changes or changes[0][0] > due_ms:
        return False  # the first vasopressor began afterwards
    running: set[str] = set()
    for place, (at_ms, drug, runs) in enumerate(changes):
        running = running | {drug} if runs else running - {drug}
        holds_until_ms = changes[place + 1][0] if place + 1 < len(changes) else view.at_ms + 1
        if holds_until_ms > max(due_ms, at_ms) and not running:
            return False
    return bool(running)


def _since_running(rates: Series, due_ms: int) -> Series:
    """Give what was charted since a moment, and what held then."""
    place = place_after(rates, due_ms)
    return rates[place_at(rates, rates[place - 1].effective_ms) :] if place else rates


def _advice(view: View, hours: float) -> str:
    given = [dose for dose in doses_of(view) if _is_recent(view, dose)]
    last = ""
    if given:
        dose = evidence.of_steroid("steroid", given[-1])
        last = f"Last given: {dose.value}, {in_words(given[-1].at_ms)}."
    needed = f"A vasopressor is still needed {hours:g} hours after tocilizumab"
    enough = dexamethasone_mg_a_day(view) >= DEXAMETHASONE_MG_A_DAY
    return texts.joined(
        f"{needed}{_what_to_give(view, given[-1] if given else None)}",
        texts.adult_doses(view),
        last,
        "A steroid answers within 6 to 12 hours: where it does not, think of septic shock, and of "
        "refractory CRS."
        if enough
        else "Expect an answer within 6 to 12 hours; without one think of septic shock.",
    )


def _what_to_give(view: View, last: Given | None) -> str:
    """Say it so that no less is advised than what is given."""
    if last is None or max(last.at_ms + DAY_MS, last.next_until_ms) < view.at_ms:
        return f": begin {EITHER}."
    mg_a_day = dexamethasone_mg_a_day(view)
    today = day_of_doses(doses_of(view), view.at_ms)
    least = " or more" if any(dose.mg is None for dose in today) else ""
    despite = f", despite a steroid (as {round(mg_a_day, 1):g} mg{least} of dexamethasone in a day)"
    less = f"hydrocortisone 50 mg every 6 h is as {HYDROCORTISONE_MG_A_DAY:g} mg of dexamethasone"
    if mg_a_day >= DEXAMETHASONE_MG_A_DAY:
        enough = f"It is no less than {DEXAMETHASONE}, as advised"
        return f"{despite}: go on with it. {enough}; {less} a day."
    if mg_a_day >= HYDROCORTISONE_MG_A_DAY:
        return f"{despite}: go on with it, at no less than {DEXAMETHASONE}; {less} a day."
    return f": go on with a steroid, at no less than {EITHER}; {less} a day."


def _is_recent(view: View, dose: Given) -> bool:
    """Tell whether a steroid was given in the illness, or within a day before it."""
    onset_ms = view.course.ill_from_ms
    return onset_ms is not None and onset_ms - DAY_MS < dose.at_ms <= view.at_ms


RULE: Final = Rule("SHOCK24", Bound.EPISODE, GRADE_INPUTS, judge)
