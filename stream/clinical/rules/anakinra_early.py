"""ANAKINRA-EARLY: a risk of HLH when the first tocilizumab of an episode is due, or is given.

The risk is a ferritin above 3 000 ng/mL, a transplant before, or active EBV. It is looked for from
the moment that CRS is of grade 2 until the first tocilizumab while that is indicated, and at that
dose; what becomes known of another time does not count. The ferritin is the newest of the stay
that tells, whatever its age, else the baseline. It is a task: anakinra does it; else it ends with
the episode, or after 24 hours where none is open.
Source: CLINICAL.md §1.4 (review line 126), §1.11, DEC-29, DEC-60; decision 79; vectors B04, B15,
B21.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from stream.clinical import anakinra
from stream.clinical.comparators import is_above
from stream.clinical.indication import indicated
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, told_of
from stream.clinical.series import Reading, one_a_moment, up_to
from stream.clinical.signals import (
    ACTIVE_EBV,
    BASELINE_FERRITIN,
    FERRITIN,
    PRIOR_TRANSPLANT,
    Result,
)
from stream.clinical.times import DAY_MS
from stream.clinical.tocilizumab import of_illness
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "ANAKINRA-EARLY"
TASK_MS: Final = DAY_MS  # where no episode is open
FACTS: Final = (PRIOR_TRANSPLANT, ACTIVE_EBV)
RISK_NAMES: Final = frozenset(each.name for each in (FERRITIN, *FACTS, BASELINE_FERRITIN))
NO_RISK: Final = "No high ferritin, transplant or EBV is left."


class Risk(NamedTuple):
    """What shows a risk, since when, and whether it is one at the end of the time looked at."""

    shown: Evidence
    from_ms: int
    goes_on: bool


def judge(view: View) -> Verdict:
    """Hold under each policy by which tocilizumab was due or given while there was a risk."""
    if view.patient.series.keys().isdisjoint(RISK_NAMES):
        return Verdict(None, None, NO_RISK)  # as of many
    windows = _windows(view)
    if not windows:
        return Verdict(None, next_change_ms(view), "No tocilizumab is due.")
    wake_ms = next_change_ms(view)
    if view.course.onset_ms is None:
        begun_ms = min(from_ms for from_ms, _ in windows.values())
        if view.at_ms >= begun_ms + TASK_MS:
            return Verdict(None, wake_ms, "It was open for 24 hours, and no episode is.")
        wake_ms = min(begun_ms + TASK_MS, wake_ms or begun_ms + TASK_MS)
    # Both policies mostly have the same window.
    risks = {window: tuple(_risks(view, *window)) for window in dict.fromkeys(windows.values())}
    counting = {name: _counting(view, name, risks[window]) for name, window in windows.items()}
    held = {name: found for name, found in counting.items() if found}
    if not held:
        return Verdict(None, wake_ms, NO_RISK)
    if anakinra.first_ms(view, min(windows[name][0] for name in held) - DAY_MS) is not None:
        return Verdict(None, wake_ms, "Anakinra was given.")
    shown = {each.signal: each for found in held.values() for each in found.values()}
    finding = Finding(
        priorities=dict.fromkeys(held, Priority.P3),
        because=tuple(shown.values()),
        advice=lambda: texts.joined(
            "A risk of HLH at the first tocilizumab: consider anakinra early "
            f"({anakinra.in_words(view.weight_kg)}), and watch ferritin.",
            texts.adult_doses(view),
        ),
        source="review-2025 L126",
    )
    return Verdict(finding, wake_ms)


def _windows(view: View) -> Mapping[str, tuple[int, int]]:
    """Give by policy the first and the last moment at which a risk counts."""
    doses = of_illness(view)
    until_ms = doses[0].effective_ms if doses else view.at_ms
    begun = view.course.grade_2_from
    if not doses:
        return {name: (from_ms, until_ms) for name, from_ms in begun.items()}
    return {name: (min(begun.get(name, until_ms), until_ms), until_ms) for name in view.crs}


def _counting(view: View, name: str, risks: Iterable[Risk]) -> Mapping[str, Evidence]:
    """Give what counts under a policy, by signal: of several the newest."""
    return {each.shown.signal: each.shown for each in risks if _is_due(view, name, each)}


def _is_due(view: View, name: str, risk: Risk) -> bool:
    """Tell whether tocilizumab was indicated, or given, at a time when there was a risk."""
    if risk.goes_on and (of_illness(view) or name in indicated(view)):
        return True
    at_ms = risk.from_ms
    then = View(view.patient, at_ms, view.management, until_ms=at_ms, course=view.course)
    return name in indicated(then) or name in _open_under(view)


def _open_under(view: View) -> Collection[str]:
    """Name the policies under which it is open now: a task goes on though the grade falls."""
    if view.until_ms is not None:
        return ()
    told = told_of(view, NAME)
    return () if told is None or not told.is_open else told.priorities


def _risks(view: View, from_ms: int, until_ms: int) -> Iterator[Risk]:
    yield from _ferritins(view, from_ms, until_ms)
    for fact in FACTS:
        told = view.patient.newest(fact)
        if told is not None and told.value:
            name = fact.name.partition(":")[2]
            shown = Evidence(name, "yes", None, told.effective_ms, told.event_id)
            yield Risk(shown, from_ms, goes_on=True)


def _ferritins(view: View, from_ms: int, until_ms: int) -> Iterator[Risk]:
    """Find each ferritin that is high in a span of time; the baseline where there is none."""
    baseline, limit = view.patient.newest(BASELINE_FERRITIN), view.site.anakinra_ferritin_ng_ml
    results: list[Reading[Result]] = [
        each
        for each in one_a_moment(up_to(view.readings(FERRITIN), until_ms))
        if is_above(each.value, limit) is not None  # what leaves it open says nothing
    ]
    before = [each for each in results if each.effective_ms <= from_ms]
    if not before and baseline is not None and baseline.value > limit:
        at = baseline.effective_ms, baseline.event_id
        shown = Evidence("baseline_ferritin_ng_ml", baseline.value, "ng/mL", *at)
        yield Risk(shown, from_ms, goes_on=not results)
    for each in results[max(len(before) - 1, 0) :]:
        if is_above(each.value, limit):
            shown = evidence.of_result(FERRITIN.name, each)
            yield Risk(shown, max(each.effective_ms, from_ms), goes_on=each is results[-1])


RULE: Final = Rule(
    NAME,
    Bound.EPISODE,
    (*GRADE_INPUTS, FERRITIN, *FACTS, BASELINE_FERRITIN),
    judge,
)
