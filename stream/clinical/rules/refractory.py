"""REFRACTORY: CRS that goes on despite treatment, organs that fail, or features of HLH/MAS.

(a) CRS of grade 3 or more, 12 hours or more after the second tocilizumab of the illness and after
the first steroid, with a steroid that is high-dose; (b) SOFA that rose by 2 or more in 24 hours
at grade 4; (c) HLH-SUSPECT at P1, or an HScore above its cut-off, whatever was given so far.
The first steroid is that of the course or of the days by which it is high-dose, or of the illness
where that was earlier; no course has to go on, a single dose is high-dose for its day.
Source: CLINICAL.md §1.4 (review lines 105 to 107), §1.11, DEC-12, DEC-13, DEC-14, DEC-30; what
comes after anakinra: §3, IEC-HS.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from stream.clinical import anakinra
from stream.clinical.hlh import FEATURE_FACTS, FEATURE_SIGNALS, SCORED_SIGNALS, suspicion_of
from stream.clinical.levels import INTUBATED, SCORED_TEMPERATURE, Level
from stream.clinical.organs import ORGAN_SIGNALS, SCORED_MEAN, Rise, readings_of, rise_of
from stream.clinical.rules import evidence, h_score, hlh_suspect, texts
from stream.clinical.rules.crs_up import GRADE_INPUTS, next_change_ms
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict
from stream.clinical.sedation import SEDATIVE_RATES
from stream.clinical.series import Reading
from stream.clinical.signals import (
    IMMUNOSUPPRESSED,
    SEDATED,
    Pressure,
    Rate,
    Result,
    Signal,
    Urine,
    given,
)
from stream.clinical.steroids import doses_of, first_since_ms, is_high, next_turn_ms
from stream.clinical.times import HOUR_MS
from stream.clinical.tocilizumab import of_illness
from stream.clinical.view import View
from topics.alerts import Priority

FROM_GRADE: Final = 3
HIGHEST_GRADE: Final = 4
DOSES: Final = 2  # of tocilizumab
RESPONSE_MS: Final = 12 * HOUR_MS  # for a drug to work, its end included

PERSISTS: Final = "grade 3 or more despite two doses of tocilizumab and a high-dose steroid"
FAILING: Final = "organs fail at grade 4"
HLH: Final = "features of HLH/MAS"
# What treats HLH/MAS, in this order; of one step either.
STEPS: Final = (("anakinra",), ("ruxolitinib",), ("etoposide", "emapalumab"))


class Refractory(NamedTuple):
    """Why, by policy, and when to ask again though nothing happens."""

    reasons: Mapping[str, tuple[str, ...]]
    rise: Rise | None  # of SOFA in 24 hours; None where it did not rise enough
    wake_ms: int | None


@lru_cache(maxsize=8)  # ANAKINRA-SALVAGE asks as well
def refractory(view: View) -> Refractory:
    """Find under which policies it holds."""
    worst = max(grade.lowest for grade in view.crs.values())
    due_ms = despite_ms(view) if worst >= FROM_GRADE else None
    rise = rise_of(view) if worst >= HIGHEST_GRADE else None
    despite = due_ms is not None and due_ms <= view.at_ms and is_high(view)
    hlh = _is_hlh(view)
    reasons = {
        name: tuple(
            reason
            for reason, holds in (
                (PERSISTS, despite and grade.lowest >= FROM_GRADE),
                (FAILING, rise is not None and grade.lowest >= HIGHEST_GRADE),
                (HLH, hlh),
            )
            if holds
        )
        for name, grade in view.crs.items()
    }
    wakes = [due_ms, next_turn_ms(view), next_change_ms(view)]
    ahead = [each for each in wakes if each is not None and each > view.at_ms]
    held = {name: found for name, found in reasons.items() if found}
    return Refractory(held, rise, min(ahead, default=None))


def despite_ms(view: View) -> int | None:
    """Find from when on two doses of tocilizumab and a steroid have had their time."""
    doses, onset_ms = of_illness(view), view.course.ill_from_ms
    if len(doses) < DOSES or onset_ms is None:
        return None
    first_ms = first_since_ms(view, onset_ms)
    if first_ms is None:
        return None
    return max(doses[DOSES - 1].effective_ms, first_ms) + RESPONSE_MS


def judge(view: View) -> Verdict:
    """Hold under each policy by which one of the three holds."""
    found = refractory(view)
    if not found.reasons:
        return Verdict(None, found.wake_ms, "The criteria for refractory disease are not met.")
    reasons = frozenset(reason for each in found.reasons.values() for reason in each)
    finding = Finding(
        priorities=dict.fromkeys(found.reasons, Priority.P1),
        because=because(view, reasons),
        advice=lambda: texts.joined(
            _advice(view, reasons, found.rise), h_score.shown(view) if HLH in reasons else ""
        ),
        source="review-2025 L105-107",
    )
    return Verdict(finding, found.wake_ms)


def _advice(view: View, reasons: frozenset[str], rise: Rise | None) -> str:
    """Say why, and what to do; features of HLH/MAS alone say nothing of what was given."""
    failing = "" if rise is None else f" (SOFA up by {_in_words(rise)})"
    named = [f"{each}{failing}" if each == FAILING else each for each in sorted(reasons)]
    why = f"Refractory: {'; '.join(named)}."
    if reasons == {HLH}:
        why = "Features of HLH/MAS: treat as refractory, whatever was given so far."
    return f"{why} Call the CAR-T senior and intensive care: {_next_in_words(view)}"


def _next_in_words(view: View) -> str:
    """Say what comes next: anakinra, or what comes after it where it is given."""
    if anakinra.given_until_ms(view) is None:
        return "anakinra next, and look for HLH/MAS and infection."
    had = {drug for step in STEPS[1:] for drug in step if view.latest(given(drug)) is not None}
    reached = max(place for place, step in enumerate(STEPS) if not place or had & {*step})
    drugs = texts.and_joined(
        ["anakinra", *(drug for step in STEPS for drug in step if drug in had)]
    )
    left = ", then ".join(" or ".join(step) for step in STEPS[reached + 1 :])
    return texts.joined(
        f"{drugs} {'were' if had else 'is'} given already; look for HLH/MAS and infection.",
        f"Against HLH/MAS comes next: {left}." if left else "",
    )


def because(view: View, reasons: Iterable[str]) -> tuple[Evidence, ...]:
    """Name what shows each reason, once."""
    shown: list[Evidence] = []
    if PERSISTS in reasons or FAILING in reasons:
        shown += evidence.of_grade(view)
    if PERSISTS in reasons:
        shown += of_treatment(view)
    rise = refractory(view).rise
    if FAILING in reasons and rise is not None:
        shown += _of_rise(view, rise)
    if HLH in reasons:
        shown += _of_hlh(view)
    return tuple({each.signal: each for each in shown}.values())


def of_treatment(view: View) -> Iterator[Evidence]:
    """Name the last tocilizumab of the illness and the last steroid."""
    yield from (evidence.of_dose("tocilizumab", dose) for dose in of_illness(view)[-1:])
    yield from (evidence.of_steroid("steroid", dose) for dose in doses_of(view)[-1:])


def _of_rise(view: View, rise: Rise) -> Iterator[Evidence]:
    """Name the organs with their points then and now, and the readings that give them."""
    readings = [each for organ in rise.organs for each in readings_of(view, organ)]
    last_ms = max((reading.effective_ms for _, reading in readings), default=view.at_ms)
    yield Evidence("sofa_rise", _in_words(rise), None, last_ms, None)
    yield from (_of_organ(name, reading) for name, reading in readings)


def _of_organ(name: str, reading: Reading[Any]) -> Evidence:
    at = reading.effective_ms, reading.event_id
    match reading.value:
        case Result():
            return evidence.of_result(name, reading)
        case Rate(value, unit):
            return Evidence(name, value, unit, *at)
        case Pressure(_, mean):
            return Evidence("mean_arterial_mmhg", mean, evidence.MMHG, *at)
        case Urine(volume_ml, over_h):
            return Evidence(name, f"{volume_ml:.10g} mL in {over_h:.10g} h", None, *at)
        case points:
            return Evidence(name, points, None, *at)


def _in_words(rise: Rise) -> str:
    organs = (
        f"{organ} {_points(then)} to {_points(now)}" for organ, (then, now) in rise.organs.items()
    )
    return f"{rise.points}: {', '.join(organs)}"


def _points(points: int | None) -> str:
    return "unknown" if points is None else str(points)


def _is_hlh(view: View) -> bool:
    suspicion = suspicion_of(view)
    if suspicion is not None and len(suspicion.others) >= hlh_suspect.URGENT_FROM:
        return True
    return h_score.above(view) is not None


def _of_hlh(view: View) -> list[Evidence]:
    findings = [hlh_suspect.judge(view).finding, h_score.judge(view).finding]
    return [each for found in findings if found is not None for each in found.because]


REFRACTORY_INPUTS: Final[tuple[Signal[Any] | Level[Any], ...]] = tuple(
    dict.fromkeys(
        (
            *GRADE_INPUTS,
            *FEATURE_SIGNALS,
            *FEATURE_FACTS,
            *SCORED_SIGNALS,
            SCORED_TEMPERATURE,
            IMMUNOSUPPRESSED,
            *ORGAN_SIGNALS,
            SCORED_MEAN,
            SEDATED,
            INTUBATED,
            *SEDATIVE_RATES,
        )
    )
)
RULE: Final = Rule("REFRACTORY", Bound.EPISODE, REFRACTORY_INPUTS, judge, settles=True)
