"""HSCORE: the HScore is above 169.

The review writes "above"; 169 itself can be reached, and does not count. What is missing has no
points and is named. Results are at most 48 hours old when it is raised; it does not end because
they age. Nearly every patient after CAR-T has points for cytopenia and immunosuppression.
Source: CLINICAL.md §1.5 (review line 183), §3, DEC-35, DEC-60, DEC-61; decision 79.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from stream.clinical.hlh import (
    HIGHEST_TEMPERATURE_MS,
    SCORED_SIGNALS,
    highest_temperature,
    hscore_of,
    scored_by,
)
from stream.clinical.levels import SCORED_TEMPERATURE
from stream.clinical.policies.thresholds_laboratory import AT_LEAST
from stream.clinical.results import RESULT_MS, Features, counting
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.scores.hscore import CUT_OFF, HScore, in_words
from stream.clinical.signals import IMMUNOSUPPRESSED
from stream.clinical.view import View
from topics.alerts import Priority

NAME: Final = "HSCORE"
SCORE: Final = "hscore"


def judge(view: View) -> Verdict:
    """Hold while the score is above the cut-off."""
    score = above(view)
    if score is None:
        return Verdict(None, None, f"The HScore is not {_reaching(view)} {CUT_OFF}.")
    finding = Finding(
        priorities=under_every_policy(Priority.P1),
        because=tuple(_because(view, score)),
        advice=lambda: _advice(view),
        source="review-2025 L183; Fardet 2014",
    )
    return Verdict(finding)


@lru_cache(maxsize=8)  # REFRACTORY asks as well
def above(view: View) -> HScore | None:
    """Give the score where it is above the cut-off: of young results, else of the newest ones."""
    found = counting(view, FEATURES, bool)
    if not found:
        return None
    return _above(view, RESULT_MS).get(SCORE, found[SCORE])


def _above(view: View, max_age_ms: int | None) -> Mapping[str, HScore]:
    score = hscore_of(view, max_age_ms)
    if score is None or score.points < CUT_OFF:
        return {}
    counts = score.points > CUT_OFF or view.site.hscore_comparison == AT_LEAST
    return {SCORE: score} if counts else {}


def _reaching(view: View) -> str:
    return "at least" if view.site.hscore_comparison == AT_LEAST else "above"


def _because(view: View, score: HScore) -> Iterator[Evidence]:
    """Name the score, and what has points in it."""
    newest = [
        (each.name, reading)
        for each in SCORED_SIGNALS
        if each.name not in score.missing
        for reading in scored_by(view, each)
    ]
    last_ms = max(reading.effective_ms for _, reading in newest)  # 169 needs more than a fever
    yield Evidence(SCORE, score.points, None, last_ms, None)
    for name, reading in newest:
        if reading.value is not False:
            yield evidence.of_result(name, reading)
    immunosuppressed = view.patient.newest(IMMUNOSUPPRESSED)
    if immunosuppressed is not None and immunosuppressed.value:
        at = immunosuppressed.effective_ms, immunosuppressed.event_id
        yield Evidence("immunosuppressed", "yes", None, *at)
    temperature = highest_temperature(view, None)
    if temperature is not None and score.components["temperature"] > 0:
        yield evidence.of_temperature(temperature)


def shown(view: View) -> str:
    """Write the score with its components where it is above the cut-off, for other rules."""
    score = above(view)
    return "" if score is None else in_words(score, f", {_reaching(view)} {CUT_OFF}")


def _advice(view: View) -> str:
    return f"{shown(view)} Call haematology; consider a bone marrow examination."


FEATURES: Final = Features(NAME, SCORED_SIGNALS, _above, RESULT_MS, HIGHEST_TEMPERATURE_MS)
RULE: Final = Rule(NAME, Bound.STAY, (*SCORED_SIGNALS, SCORED_TEMPERATURE, IMMUNOSUPPRESSED), judge)
