"""ABX-NARROW: empiric antibiotics are narrowed when a culture is final, or after 48 to 72 hours.

It falls due 48 hours after the first dose of a course, or with a final culture before that. A
narrower drug that is given for the first time since then ends it, or that one of the two empiric
kinds is given no more: where it was charted regularly, for 24 hours. It is a task: else it ends
with the episode, or after 24 hours where none is open.
Source: CLINICAL.md §1.5 (review line 199), §1.11, DEC-30, DEC-38.
"""

from typing import Final

from stream.clinical.antibiotics import ANTIBIOTIC_SIGNALS, Given, course_of
from stream.clinical.drugs import NARROW_ANTIBIOTICS
from stream.clinical.infection import CULTURES, POSITIVE, SOURCE, final_answers
from stream.clinical.rules import evidence
from stream.clinical.rules.infection_task import TASK_MS
from stream.clinical.rules.rule import Bound, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import Culture, given
from stream.clinical.times import DAY_MS, HOUR_MS, in_words
from stream.clinical.view import View
from topics.alerts import Priority

DUE_MS: Final = 48 * HOUR_MS
LATEST_MS: Final = 72 * HOUR_MS
SET_BEFORE_MS: Final = DAY_MS  # before the first dose: a set that was collected for it
STOPPED_MS: Final = DAY_MS  # without a dose of a kind that was charted regularly
NARROWER: Final = tuple(given(drug) for drug in NARROW_ANTIBIOTICS)


def judge(view: View) -> Verdict:
    """Hold from when it falls due until something was narrowed."""
    course = course_of(view)
    doses = [dose for kind in course.values() for dose in kind]
    onset_ms = view.course.onset_ms
    if not doses or (onset_ms is not None and _covers_until(doses) < onset_ms):
        return Verdict(None, None, "No empiric antibiotics are given.")
    first_ms = min(dose.at_ms for dose in doses)
    answers = final_answers(view, first_ms - SET_BEFORE_MS)
    told = [max(each.effective_ms, each.recorded_ms, first_ms) for _, each in answers]
    due_ms = min([*told, first_ms + DUE_MS])
    if view.at_ms < due_ms:
        return Verdict(None, due_ms, "No culture is final, and 48 hours have not passed.")
    stops = [stop_ms for stop_ms in map(_stopped_ms, course.values()) if stop_ms is not None]
    if any(stop_ms <= view.at_ms for stop_ms in stops) or _is_narrowed(view, due_ms):
        return Verdict(None, None, "The antibiotics were narrowed or stopped.")
    ends = [] if onset_ms is not None else [due_ms + TASK_MS]
    if any(end_ms <= view.at_ms for end_ms in ends):
        return Verdict(None, None, "It was due for 24 hours, and no episode of CRS is open.")
    finding = Finding(
        priorities=under_every_policy(Priority.P3),
        because=(
            *(evidence.of_dose(kind[0].drug, kind[0].reading) for kind in course.values()),
            *(evidence.of_culture(name, answer) for name, answer in answers),
        ),
        advice=lambda: _advice(first_ms, answers),
        source="review-2025 L199",
    )
    return Verdict(finding, min([*stops, *ends], default=None))


def _covers_until(doses: list[Given]) -> float:
    return max(
        float("inf") if dose.covers_until_ms is None else dose.covers_until_ms for dose in doses
    )


def _stopped_ms(kind: tuple[Given, ...]) -> int | None:
    """Find when a kind counts as stopped; None where it runs, or only one dose was charted."""
    last = max(kind, key=lambda each: each.at_ms)
    if last.covers_until_ms is None or len(kind) == 1:
        return None
    return max(last.at_ms, last.covers_until_ms) + STOPPED_MS + 1


def _is_narrowed(view: View, due_ms: int) -> bool:
    """Tell whether a narrower drug was begun since; one that was given before prevents."""
    firsts = [doses[0].effective_ms for drug in NARROWER if (doses := view.readings(drug))]
    return any(first_ms >= due_ms for first_ms in firsts)


def _advice(first_ms: int, answers: tuple[tuple[str, Reading[Culture]], ...]) -> str:
    grown = [each.value.organism or "" for _, each in answers if each.value.result == POSITIVE]
    if grown:
        what = f"Narrow them to what grew: {', '.join(grown)}."
    elif answers:
        what = "Cultures stayed sterile: stop vancomycin, and think of stopping the rest."
    else:
        what = f"By {in_words(first_ms + LATEST_MS)} narrow them by cultures and course."
    return f"Empiric antibiotics since {in_words(first_ms)}. {what}"


RULE: Final = Rule(
    "ABX-NARROW",
    Bound.EPISODE,
    (*CULTURES, SOURCE, *ANTIBIOTIC_SIGNALS, *NARROWER),
    judge,
)
