"""CARDIAC-MARKER: troponin or a natriuretic peptide rose in an episode; it is a mark, not a page.

Common in CRS and not necessarily ischemia. A rise is a result above an earlier one of the stay; no
number is published for it. The mark stays for the episode: where the lower result is no longer
kept, what was told of the rise stands.
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
    told_of,
    under_every_policy,
)
from stream.clinical.signals import Result, Signal, lab
from stream.clinical.thinning import RESULTS_MS
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "CARDIAC-MARKER"
MARKERS: Final[tuple[Signal[Result], ...]] = tuple(
    lab(analyte) for analyte in ("troponin", "bnp", "nt_probnp")
)


def judge(view: View) -> Verdict:
    """Hold from a rise in an episode until the episode ends."""
    onset_ms = view.course.onset_ms
    if onset_ms is None:
        return Verdict(None, None, "No episode is open.")
    told = _told(view)
    found = [
        each
        for marker in MARKERS
        for each in _risen(view, marker, onset_ms) or _still_marked(view, marker, told)
    ]
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


def _risen(view: View, marker: Signal[Result], onset_ms: int) -> list[Evidence]:
    """Find the highest result of the episode that lies above an earlier one of the stay."""
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


def _told(view: View) -> tuple[Evidence, ...]:
    """Give what was last told of a mark that is open; nothing where the past is looked at."""
    if view.until_ms is not None or view.episode is None:
        return ()
    told = told_of(view, NAME)
    return () if told is None else tuple(evidence.as_told(told.because))


def _still_marked(view: View, marker: Signal[Result], told: tuple[Evidence, ...]) -> list[Evidence]:
    """Find a rise that was told and is still known, or no longer kept."""
    kept_from_ms = view.at_ms - RESULTS_MS
    if (view.patient.stay_from_ms or 0) >= kept_from_ms:
        return []  # every result of the stay is kept
    known = {(each.event_id, each.value.value) for each in view.readings(marker)}
    return [
        each
        for each in told
        if each.signal == marker.name
        and (each.effective_ms < kept_from_ms or (each.event_id, each.value) in known)
    ]


RULE: Final = Rule(NAME, Bound.EPISODE, MARKERS, judge)
