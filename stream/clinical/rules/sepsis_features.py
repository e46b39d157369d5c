"""SEPSIS-FEATURES: a positive culture, a source, or two results that speak of sepsis.

Procalcitonin above 10 ng/mL, lactate of 4 mmol/L or more, interleukin-6 below 1 000 pg/mL before
any blocker, neutrophils below 0.5 on days 7 to 14. Results are the newest of 48 hours,
interleukin-6 of 24, when it is raised. It withdraws no advice for tocilizumab.
Source: CLINICAL.md §1.5 (review lines 169 to 174), DEC-15, DEC-36, DEC-39, DEC-60;
decision 79.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.blockers import IL6, IL6_MS, proving_il6
from stream.clinical.comparators import is_above, is_at_least, is_below
from stream.clinical.infection import CULTURES, SOURCE, documented
from stream.clinical.masking import BLOCKER_SIGNALS
from stream.clinical.results import RESULT_MS, Features, counting, proving
from stream.clinical.rules import evidence
from stream.clinical.rules.rule import (
    Bound,
    Evidence,
    Finding,
    Rule,
    Verdict,
    under_every_policy,
)
from stream.clinical.signals import INFUSED_AT, Culture, Signal, lab
from stream.clinical.times import day_of
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

NAME: Final = "SEPSIS-FEATURES"
RESULTS_NEEDED: Final = 2
HOW: Final = MappingProxyType(  # what speaks of sepsis speaks; a culture is positive
    {
        "il6": "low",
        "anc": "low",
        "procalcitonin": "high",
        "lactate": "high",
        "infection_source": "a",
    }
)
NEUTROPENIC_DAYS: Final = (7, 14)  # after the infusion, both included
SIGNALS: Final[tuple[Signal[Any], ...]] = (
    IL6,
    *(lab(analyte) for analyte in ("procalcitonin", "lactate", "anc")),
)


def judge(view: View) -> Verdict:
    """Hold while infection is documented, or enough results speak of it."""
    found = list(of_infection(view))
    found += counting(view, FEATURES, _are_enough).values()
    if not found:
        return Verdict(None, None, "Cultures and results no longer speak of sepsis.")
    names = ", ".join(f"{HOW.get(each.signal, 'positive')} {called(each.signal)}" for each in found)
    finding = Finding(
        priorities=under_every_policy(Priority.P2),
        because=tuple(found),
        advice=lambda: (
            f"Features of sepsis: {names}. Treat the infection and look for its source. It may "
            "stand beside CRS: advice on tocilizumab is not withdrawn."
        ),
        source="review-2025 L169-174",
    )
    return Verdict(finding)


def of_infection(view: View) -> Iterator[Evidence]:
    """Name what documents an infection."""
    for name, reading in documented(view):
        if isinstance(reading.value, Culture):
            yield evidence.of_culture(name, reading)
        else:
            yield evidence.of_result(name, reading)


def _are_enough(signals: Collection[str]) -> bool:
    return len(signals) >= RESULTS_NEEDED


def _by_signal(view: View, max_age_ms: int | None) -> Mapping[str, Evidence]:
    return {each.signal: each for each in _features(view, max_age_ms)}


def _features(view: View, max_age_ms: int | None) -> Iterator[Evidence]:
    site = view.site
    il6_ms = None if max_age_ms is None else IL6_MS
    il6 = proving_il6(view, lambda each: is_below(each, site.sepsis_il6_pg_ml), il6_ms)
    if il6 is not None:
        yield evidence.of_result(IL6.name, il6)
    for analyte, asked in (
        ("procalcitonin", lambda each: is_above(each, site.sepsis_procalcitonin_ng_ml)),
        ("lactate", lambda each: is_at_least(each, site.sepsis_lactate_mmol_l)),
    ):
        result = proving(view, analyte, asked, max_age_ms)
        if result is not None:
            yield evidence.of_result(analyte, result)
    anc = proving(view, "anc", lambda each: is_below(each, site.sepsis_anc_10e9_l), max_age_ms)
    if anc is not None:
        day = day_of(anc.effective_ms, view.patient.stay_from_ms)
        if day is not None and NEUTROPENIC_DAYS[0] <= day <= NEUTROPENIC_DAYS[1]:
            yield evidence.of_result("anc", anc)


FEATURES: Final = Features(NAME, SIGNALS, _by_signal, RESULT_MS)
RULE: Final = Rule(
    NAME,
    Bound.EPISODE,
    (*SIGNALS, *CULTURES, SOURCE, *BLOCKER_SIGNALS, INFUSED_AT),
    judge,
)
