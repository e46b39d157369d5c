"""HLH-FERRITIN: ferritin crosses an HLH threshold, by itself and whatever CRS is.

The results of the stay are walked in the order in which they were collected. Each is judged by
what it proves: `>x` proves more than x, `>=x` at least x, `<x` and `<=x` never cross anything. The
alert is open from the first that crosses 3 000 until one proves 3 000 or less; its priority is
that of the highest threshold crossed since. It does not end because its newest result ages. Where a
site has a lower one than 3 000, a fall to 3 000 leaves it open at P3, so that a rise tells anew.
Source: CLINICAL.md §1.5 (review lines 126, 162, 178), DEC-26, DEC-45, DEC-60, DEC-68.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stream.clinical import anakinra
from stream.clinical.comparators import is_above, is_at_most
from stream.clinical.policies.thresholds import BUILT_IN, Site
from stream.clinical.rules import evidence, texts
from stream.clinical.rules.rule import (
    Bound,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import FERRITIN, Result
from stream.clinical.view import View
from topics.alerts import Priority

ADVICE: Final = MappingProxyType(
    {
        Priority.P1: "Call haematology and look for HLH/MAS now.",
        Priority.P2: "Look for HLH/MAS now.",
        Priority.P3: "Watch for HLH/MAS.",
    }
)


@dataclass(frozen=True, slots=True)
class Crossing:
    """The alert is open: the highest threshold crossed since, and the result that crossed it."""

    threshold_ng_ml: float
    priority: Priority
    highest: Reading[Result]


def judge(view: View) -> Verdict:
    """Hold while the walk over the results of the stay ends above 3 000."""
    results = view.readings(FERRITIN)
    crossing = walk(results, view.site)
    if crossing is None:
        return _ended(results, view.site)
    newest = results[-1]
    finding = Finding(
        priorities=under_every_policy(crossing.priority),
        because=tuple(
            evidence.of_result(FERRITIN.name, each)
            for each in dict.fromkeys((crossing.highest, newest))
        ),
        advice=lambda: _advice(view, crossing, newest),
        source="review-2025 L126, L162, L178",
    )
    return Verdict(finding)


def walk(results: Iterable[Reading[Result]], site: Site) -> Crossing | None:
    """Walk results in the order of `effective_at`; None where the alert is closed at the end."""
    crossing: Crossing | None = None
    for result in one_a_moment(tuple(results)):
        level = _crossed(result.value, site)
        if _proves_end(result.value, site):
            crossing = None
        elif crossing is not None and _proves_end(result.value, BUILT_IN):
            highest = crossing.highest if level is None else result
            crossing = Crossing(site.hlh_ferritin_watch_ng_ml, Priority.P3, highest)
        elif level is not None and (crossing is None or level[0] > crossing.threshold_ng_ml):
            crossing = Crossing(*level, result)
    return crossing


def _crossed(result: Result, site: Site) -> tuple[float, Priority] | None:
    """Find the highest threshold that a result proves to be crossed, by more than it."""
    for threshold, priority in (
        (site.hlh_ferritin_urgent_ng_ml, Priority.P1),
        (site.hlh_ferritin_look_ng_ml, Priority.P2),
        (site.hlh_ferritin_watch_ng_ml, Priority.P3),
    ):
        if is_above(result, threshold):
            return threshold, priority
    return None


def _proves_end(result: Result, site: Site) -> bool:
    """Tell whether a result proves that the lowest threshold is not crossed."""
    return is_at_most(result, site.hlh_ferritin_watch_ng_ml) is True


def _ended(results: Sequence[Reading[Result]], site: Site) -> Verdict:
    """Say what ended it: the last result that proves so, or that none is left above it."""
    watch = f"{site.hlh_ferritin_watch_ng_ml:.10g}"
    never = f"Ferritin was never above {watch} ng/mL."
    ends = [result for result in one_a_moment(results) if _proves_end(result.value, site)]
    if not ends:
        return Verdict(None, None, f"No ferritin above {watch} ng/mL is left.", never)
    ending = f"Ferritin is {_amount(ends[-1])} ng/mL, not above {watch}."
    return Verdict(None, None, ending, never, (evidence.of_result(FERRITIN.name, ends[-1]),))


def _advice(view: View, crossing: Crossing, newest: Reading[Result]) -> str:
    words = [f"Ferritin {_amount(crossing.highest)} ng/mL, above {crossing.threshold_ng_ml:.10g}."]
    if newest != crossing.highest:
        words.append(f"The newest result is {_amount(newest)} ng/mL.")
    words.append(ADVICE[crossing.priority])
    if crossing.priority is Priority.P3 and not view.tocilizumab and not _had_anakinra(view):
        words.append("Consider anakinra early, at the first tocilizumab.")
    return texts.joined(*words, texts.hlh_results(view))


def _had_anakinra(view: View) -> bool:
    """Tell whether anakinra was given in the stay, or so shortly before that it counted in it."""
    return anakinra.counts_from_ms(view, view.patient.stay_from_ms or 0) is not None


def _amount(result: Reading[Result]) -> str:
    return f"{result.value.comparator or ''}{result.value.value:.10g}"


RULE: Final = Rule("HLH-FERRITIN", Bound.STAY, (FERRITIN,), judge, lasting=True)
