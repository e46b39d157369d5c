"""CARDIAC-MARKER: troponin or a natriuretic peptide rose in an episode; it is a mark, not a page.

Common in CRS and not necessarily ischemia. A rise is a result above an earlier one of the stay; no
number is published for it. The mark stays for the episode.
Source: CLINICAL.md §1.6 (review lines 213 and 214), §1.11.
"""

from typing import Final

from stream.clinical.comparators import exact
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import Result, Signal, lab
from stream.clinical.view import View
from topics.alerts import Priority

MARKERS: Final[tuple[Signal[Result], ...]] = tuple(
    lab(analyte) for analyte in ("troponin", "bnp", "nt_probnp")
)


def judge(view: View) -> Verdict:
    """Hold from a rise in an episode until the episode ends."""
    found = [each for marker in MARKERS for each in _risen(view, marker)]
    if not found:
        return Verdict(None, None, "No cardiac marker has risen in this episode.")
    finding = Finding(
        priorities=under_every_policy(Priority.INFO),
        because=tuple(found),
        advice=lambda: (
            "A cardiac marker has risen in CRS: common, and not necessarily ischemia. Stunning "
            "mostly reverses in 48 to 72 h; an ECG and an echocardiography tell more."
        ),
        source="review-2025 L213-214",
    )
    return Verdict(finding)


def _risen(view: View, marker: Signal[Result]) -> list[Evidence]:
    """Find the highest result of the episode that lies above an earlier one of the stay."""
    onset_ms = view.course.onset_ms
    if onset_ms is None:
        return []
    lowest: float | None = None
    risen: list[tuple[float, Evidence]] = []
    for reading in view.readings(marker):
        value = exact(reading.value)
        if value is None:
            continue
        if lowest is not None and value > lowest and reading.effective_ms >= onset_ms:
            risen.append((value, evidence.of_result(marker.name, reading)))
        lowest = value if lowest is None else min(lowest, value)
    return [max(risen, key=lambda each: each[0])[1]] if risen else []


RULE: Final = Rule("CARDIAC-MARKER", Bound.EPISODE, MARKERS, judge)
