"""ANAKINRA-EARLY: a risk of HLH when the first tocilizumab of an episode is due, or is given.

The risk is a ferritin above 3 000 ng/mL, a transplant before, or active EBV. It is looked for from
the moment that CRS is of grade 2 until the first tocilizumab, and at that dose; what becomes known
of a later time does not count. The ferritin is the newest of the stay, whatever its age, else the
baseline. It is a task: anakinra does it; else it ends with the episode, or after 24 hours where
none is open.
Source: CLINICAL.md §1.4 (review line 126), §1.11, DEC-29, DEC-60; vectors B04, B15, B21.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from stream.clinical import anakinra
from stream.clinical.comparators import is_above
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.series import Reading, one_a_moment, up_to
from stream.clinical.signals import (
    ACTIVE_EBV,
    BASELINE_FERRITIN,
    FERRITIN,
    PRIOR_TRANSPLANT,
    Result,
)
from stream.clinical.times import DAY_MS
from stream.clinical.tocilizumab import of_episode
from stream.clinical.view import View
from topics.alerts import Priority

TASK_MS: Final = DAY_MS  # where no episode is open
FACTS: Final = (PRIOR_TRANSPLANT, ACTIVE_EBV)
RISK_NAMES: Final = frozenset(each.name for each in (FERRITIN, *FACTS, BASELINE_FERRITIN))
NO_RISK: Final = "No high ferritin, transplant or EBV is left."


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
    held = {name: risks[window] for name, window in windows.items() if risks[window]}
    if not held:
        return Verdict(None, wake_ms, NO_RISK)
    if anakinra.first_ms(view, min(windows[name][0] for name in held) - DAY_MS) is not None:
        return Verdict(None, wake_ms, "Anakinra was given.")
    shown = {each.signal: each for found in held.values() for each in found}
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
    doses = of_episode(view)
    until_ms = doses[0].effective_ms if doses else view.at_ms
    begun = view.course.grade_2_from
    if not doses:
        return {name: (from_ms, until_ms) for name, from_ms in begun.items()}
    return {name: (min(begun.get(name, until_ms), until_ms), until_ms) for name in view.crs}


def _risks(view: View, from_ms: int, until_ms: int) -> Iterator[Evidence]:
    ferritin = _ferritin(view, from_ms, until_ms)
    if ferritin is not None:
        yield ferritin
    for fact in FACTS:
        told = view.patient.newest(fact)
        if told is not None and told.value:
            name = fact.name.partition(":")[2]
            yield Evidence(name, "yes", None, told.effective_ms, told.event_id)


def _ferritin(view: View, from_ms: int, until_ms: int) -> Evidence | None:
    """Find the newest ferritin that is high in a span of time; the baseline where there is none."""
    results: list[Reading[Result]] = list(one_a_moment(up_to(view.readings(FERRITIN), until_ms)))
    before = [each for each in results if each.effective_ms <= from_ms]
    since = [each for each in results if each.effective_ms > from_ms]
    limit = view.site.anakinra_ferritin_ng_ml
    high = [each for each in (*before[-1:], *since) if is_above(each.value, limit)]
    if high:
        return evidence.of_result(FERRITIN.name, high[-1])
    baseline = view.patient.newest(BASELINE_FERRITIN)
    if before or baseline is None or baseline.value <= limit:
        return None
    at = baseline.effective_ms, baseline.event_id
    return Evidence("baseline_ferritin_ng_ml", baseline.value, "ng/mL", *at)


RULE: Final = Rule(
    "ANAKINRA-EARLY",
    Bound.EPISODE,
    (*GRADE_INPUTS, FERRITIN, *FACTS, BASELINE_FERRITIN),
    judge,
)
