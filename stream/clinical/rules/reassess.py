"""REASSESS: 12 to 24 hours after the first tocilizumab of an illness it is asked what it was.

A task from 12 hours on (P3), overdue at 24 (P2), each exactly then. A cause that a clinician names
for fever, hypotension, hypoxia or the brain since it is due ends it; else the illness does.
Source: CLINICAL.md §1.5 (review line 198), §1.11, DEC-30, DEC-42; vector B10.
"""

from collections.abc import Iterator
from typing import Final

from stream.clinical.crs import FEVER_C
from stream.clinical.infection import CULTURES, POSITIVE, answers
from stream.clinical.rules import evidence
from stream.clinical.rules.crs_up import GRADE_INPUTS
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import attribution
from stream.clinical.times import HOUR_MS
from stream.clinical.tocilizumab import GIVEN, NAME, of_illness
from stream.clinical.view import View
from topics.alerts import Priority

WELL_UP_TO_GRADE: Final = 1
CAUSES: Final = tuple(attribution(each) for each in ("fever", "hypotension", "hypoxia", "neuro"))


def judge(view: View) -> Verdict:
    """Hold from 12 hours after the dose until somebody says what it was."""
    doses = of_illness(view)
    if not doses:
        why = "No tocilizumab was given for this illness."
        return Verdict(None, None, why, can_never_have_held=not view.tocilizumab)
    first = doses[0]
    due_ms = first.effective_ms + view.site.reassess_ms
    overdue_ms = first.effective_ms + view.site.reassess_overdue_ms
    if view.at_ms < due_ms:
        return Verdict(None, due_ms, "It is too soon after tocilizumab.")
    named = [view.latest(cause) for cause in CAUSES]
    if any(each is not None and each.effective_ms >= due_ms for each in named):
        return Verdict(None, None, "The patient was reassessed: a cause is named.")
    overdue = view.at_ms >= overdue_ms
    finding = Finding(
        priorities=under_every_policy(Priority.P2 if overdue else Priority.P3),
        because=(evidence.of_dose(NAME, first), *_seen(view)),
        advice=lambda: _advice(view, overdue=overdue),
        source="review-2025 L198",
    )
    return Verdict(finding, None if overdue else overdue_ms)


def _seen(view: View) -> Iterator[Evidence]:
    """Name what speaks for the one or the other: the temperature, and what grew."""
    if view.temperature is not None:
        yield evidence.of_temperature(view.temperature)
    for name, answer in answers(view):
        if answer.value.result == POSITIVE:
            yield evidence.of_culture(name, answer)


def _advice(view: View, *, overdue: bool) -> str:
    fever = view.temperature is not None and view.temperature.value.celsius >= FEVER_C
    grown = any(answer.value.result == POSITIVE for _, answer in answers(view))
    well = all(grade.lowest <= WELL_UP_TO_GRADE for grade in view.crs.values())
    if fever and grown:
        said = "Fever goes on and a culture is positive: this supports infection."
    elif well and not fever and view.temperature is not None:
        said = "Better and without fever: this supports CRS."
    else:
        said = "So far neither CRS nor infection is supported alone."
    from_h, until_h = view.site.reassess_ms / HOUR_MS, view.site.reassess_overdue_ms / HOUR_MS
    hours = f"More than {until_h:g}" if overdue else f"{from_h:g} to {until_h:g}"
    return (
        f"{hours} hours after the first tocilizumab: reassess, and record the cause (CRS or "
        f"infection). {said}"
    )


RULE: Final = Rule("REASSESS", Bound.EPISODE, (*GRADE_INPUTS, GIVEN, *CULTURES, *CAUSES), judge)
