"""HLH-FERRITIN: ferritin crosses an HLH threshold, by itself and whatever CRS is.

The results of the stay are walked in the order in which they were collected. Each is judged by
what it proves: `>x` proves more than x, `>=x` at least x, `<x` and `<=x` never cross anything. The
alert is open from the first that crosses 3 000 until one proves 3 000 or less; its priority is
that of the highest threshold crossed since. It does not end because its newest result ages.
Source: CLINICAL.md §1.5 (review lines 126, 162, 178), DEC-26, DEC-45, DEC-60, DEC-68.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from stream.clinical.comparators import is_above, is_at_most
from stream.clinical.rules import evidence
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

# Each is crossed by more than it: 3 000 exactly is not crossed. Highest first.
THRESHOLDS_NG_ML: Final = (
    (50_000.0, Priority.P1),
    (10_000.0, Priority.P2),
    (3_000.0, Priority.P3),
)
END_NG_ML: Final = 3_000.0  # this or less ends the alert
ADVICE: Final = MappingProxyType(
    {
        50_000.0: "Call haematology and look for HLH/MAS now.",
        10_000.0: "Look for HLH/MAS now.",
        3_000.0: "Watch for HLH/MAS; consider anakinra early, at the first tocilizumab.",
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
    crossing = walk(results)
    if crossing is None:
        return _ended(results)
    newest = results[-1]
    finding = Finding(
        priorities=under_every_policy(crossing.priority),
        because=tuple(
            evidence.of_result(FERRITIN.name, each)
            for each in dict.fromkeys((crossing.highest, newest))
        ),
        advice=lambda: _advice(crossing, newest),
        source="review-2025 L126, L162, L178",
    )
    return Verdict(finding)


def walk(results: Iterable[Reading[Result]]) -> Crossing | None:
    """Walk results in the order of `effective_at`; None where the alert is closed at the end."""
    crossing: Crossing | None = None
    for result in one_a_moment(tuple(results)):
        level = crossed(result.value)
        if level is not None:
            threshold, priority = level
            if crossing is None or threshold > crossing.threshold_ng_ml:
                crossing = Crossing(threshold, priority, result)
        elif proves_end(result.value):
            crossing = None
    return crossing


def crossed(result: Result) -> tuple[float, Priority] | None:
    """Find the highest threshold that a result proves to be crossed."""
    for threshold, priority in THRESHOLDS_NG_ML:
        if is_above(result, threshold):
            return threshold, priority
    return None


def proves_end(result: Result) -> bool:
    """Tell whether a result proves 3 000 or less."""
    return is_at_most(result, END_NG_ML) is True


def _ended(results: Sequence[Reading[Result]]) -> Verdict:
    """Say what ended it: the last result that proves so, or that none is left above 3 000."""
    never = f"Ferritin was never above {END_NG_ML:.10g} ng/mL."
    ends = [result for result in one_a_moment(results) if proves_end(result.value)]
    if not ends:
        return Verdict(None, None, f"No ferritin above {END_NG_ML:.10g} ng/mL is left.", never)
    ending = f"Ferritin is {_amount(ends[-1])} ng/mL, not above {END_NG_ML:.10g}."
    return Verdict(None, None, ending, never, (evidence.of_result(FERRITIN.name, ends[-1]),))


def _advice(crossing: Crossing, newest: Reading[Result]) -> str:
    words = [f"Ferritin {_amount(crossing.highest)} ng/mL, above {crossing.threshold_ng_ml:.10g}."]
    if newest != crossing.highest:
        words.append(f"The newest result is {_amount(newest)} ng/mL.")
    words.append(ADVICE[crossing.threshold_ng_ml])
    words.append("Order triglycerides, fibrinogen, LDH and sIL-2R, and compute the HScore.")
    return " ".join(words)


def _amount(result: Reading[Result]) -> str:
    return f"{result.value.comparator or ''}{result.value.value:.10g}"


RULE: Final = Rule("HLH-FERRITIN", Bound.STAY, (FERRITIN,), judge)
