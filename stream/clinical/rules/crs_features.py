"""CRS-FEATURES: three or more of what is typical of CRS, for telling it from sepsis and HLH.

The day of onset (by product), interleukin-6 above 1 000 pg/mL before any blocker, ferritin from 500
to below 10 000 ng/mL, CRP above 100 mg/L, procalcitonin of 0.5 to 10 ng/mL, negative cultures, and
capillary leak. Results are the newest of 48 hours, interleukin-6 of 24, when it is raised.
Source: CLINICAL.md §1.5 (review lines 158 to 165), DEC-36, DEC-39, DEC-60; decision 79.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any, Final

from stream.clinical.bedside import fact
from stream.clinical.blockers import IL6, IL6_MS, proving_il6
from stream.clinical.comparators import is_above, is_at_least, is_at_most, is_below
from stream.clinical.infection import CULTURES, POSITIVE, answers
from stream.clinical.masking import BLOCKER_SIGNALS
from stream.clinical.products import is_typical_day
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
from stream.clinical.signals import INFUSED_AT, PRODUCT, Result, Signal, exam, lab
from stream.clinical.times import day_of, in_words
from stream.clinical.view import View
from topics.alerts import Priority
from topics.names import called

NAME: Final = "CRS-FEATURES"
NEEDED: Final = 3
FERRITIN_BELOW_NG_ML: Final = 10_000.0
PROCALCITONIN_FROM_NG_ML: Final = 0.5
PROCALCITONIN_UP_TO_NG_ML: Final = 10.0
HIGH: Final = ("il6", "crp")  # the others are in a range
LEAK_SIGNS: Final = ("edema", "pleural_effusion", "ascites")
LEAKS: Final = tuple(exam(sign) for sign in LEAK_SIGNS)
SIGNALS: Final[tuple[Signal[Any], ...]] = (
    IL6,
    *(lab(analyte) for analyte in ("ferritin", "crp", "procalcitonin")),
    *CULTURES,
    *LEAKS,
)


def judge(view: View) -> Verdict:
    """Hold while enough features stand."""
    onset_ms = view.course.onset_ms
    day = day_of(view.at_ms if onset_ms is None else onset_ms, view.patient.stay_from_ms)
    needed = NEEDED - is_typical_day(day, fact(view.patient, PRODUCT))

    def enough(signals: Collection[str]) -> bool:
        return len(set(map(_feature_of, signals))) >= needed

    because = tuple(counting(view, FEATURES, enough).values())
    if not because:
        return Verdict(None, None, "Fewer than three features of CRS are left.")
    days = f"day {day} after the infusion" if needed < NEEDED else ""
    names = ", ".join(filter(None, (*map(_said, because), days)))
    finding = Finding(
        priorities=under_every_policy(Priority.INFO),
        because=(*because, *(_of_infusion(view) if days else ())),
        advice=lambda: f"Typical of CRS: {names}. It does not exclude infection or HLH.",
        source="review-2025 L158-165",
    )
    return Verdict(finding)


def _said(feature: Evidence) -> str:
    name = called(feature.signal)
    if feature.signal.endswith("culture"):
        return f"negative {name}"
    return f"high {name}" if feature.signal in HIGH else name


def _of_infusion(view: View) -> Iterator[Evidence]:
    """Name what said when the stay began: the day is counted from it."""
    from_ms = view.patient.stay_from_ms
    told = [each for each in view.patient.readings(INFUSED_AT) if each.value == from_ms]
    for each in told[-1:]:
        at = each.effective_ms, each.event_id
        yield Evidence("infused_at", in_words(each.value), None, *at)


def _by_signal(view: View, max_age_ms: int | None) -> Mapping[str, Evidence]:
    return {each.signal: each for each in _features(view, max_age_ms)}


def _features(view: View, max_age_ms: int | None) -> Iterator[Evidence]:
    site, il6_ms = view.site, None if max_age_ms is None else IL6_MS
    il6 = proving_il6(view, lambda each: is_above(each, site.crs_il6_pg_ml), il6_ms)
    if il6 is not None:
        yield evidence.of_result(IL6.name, il6)
    for analyte in ("ferritin", "crp", "procalcitonin"):
        result = proving(view, analyte, partial(_is_typical, view, analyte), max_age_ms)
        if result is not None:
            yield evidence.of_result(analyte, result)
    answered = answers(view)
    if answered and all(answer.value.result != POSITIVE for _, answer in answered):
        yield from (evidence.of_culture(name, answer) for name, answer in answered)
    for leak in LEAKS:
        found = view.latest(leak)
        if found is not None and found.value:
            yield evidence.of_result(leak.name, found)


def _is_typical(view: View, analyte: str, result: Result) -> bool | None:
    match analyte:
        case "ferritin":
            return is_at_least(result, view.site.crs_ferritin_ng_ml) and is_below(
                result, FERRITIN_BELOW_NG_ML
            )
        case "crp":
            return is_above(result, view.site.crs_crp_mg_l)
        case _:
            return is_at_least(result, PROCALCITONIN_FROM_NG_ML) and is_at_most(
                result, PROCALCITONIN_UP_TO_NG_ML
            )


def _feature_of(signal: str) -> str:
    """Cultures count once, and so do the signs of capillary leak."""
    if signal.endswith("culture"):
        return "culture"
    return "leak" if signal in LEAK_SIGNS else signal


FEATURES: Final = Features(NAME, SIGNALS, _by_signal, RESULT_MS)
RULE: Final = Rule(NAME, Bound.EPISODE, (*SIGNALS, *BLOCKER_SIGNALS, PRODUCT, INFUSED_AT), judge)
