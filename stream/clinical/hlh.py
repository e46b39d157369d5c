"""HLH/MAS after CAR-T: the features of the review, and what the scores are computed from.

Features beside ferritin above 10 000 ng/mL: thrombocytopenia and anemia worse than the baseline,
liver, triglycerides or fibrinogen, hemophagocytosis. AST, ALT and bilirubin count once, and so do
triglycerides and fibrinogen. The HScore is none of them.
Source: CLINICAL.md §1.5 (review lines 176 to 183), DEC-16, DEC-17, DEC-39, DEC-59 to DEC-61;
decision 79.
"""

from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.bedside import fact
from stream.clinical.comparators import is_above, is_at_most, is_below
from stream.clinical.kept import Kept
from stream.clinical.results import (
    RESULT_MS,
    Features,
    answering,
    counting,
    oldest_ms,
    proving,
    standing,
    value_of,
)
from stream.clinical.scores import hscore
from stream.clinical.scores.criteria import either
from stream.clinical.series import Reading, fold
from stream.clinical.signals import (
    BASELINE_HEMOGLOBIN,
    BASELINE_PLATELETS,
    FERRITIN,
    IMMUNOSUPPRESSED,
    TEMPERATURE,
    Result,
    Signal,
    Temperature,
    exam,
    lab,
)
from stream.clinical.times import HOUR_MS
from stream.clinical.view import View

SUSPECT: Final = "HLH-SUSPECT"
FEATURE_MS: Final = 24 * HOUR_MS  # how old a result may be, the end included
NO_FERRITIN: Final = (-1.0, False)
HIGHEST_TEMPERATURE_MS: Final = 48 * HOUR_MS

MARROW: Final = exam("hemophagocytosis")
FEATURE_ANALYTES: Final = (
    "ferritin",
    "platelets",
    "hemoglobin",
    "ast",
    "alt",
    "bilirubin_total",
    "triglycerides",
    "fibrinogen",
)
FEATURE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        lab("platelets").name: "thrombocytopenia",
        lab("hemoglobin").name: "anemia",
        **dict.fromkeys((lab(each).name for each in ("ast", "alt", "bilirubin_total")), "liver"),
        lab("triglycerides").name: "triglycerides or fibrinogen",
        lab("fibrinogen").name: "triglycerides or fibrinogen",
        MARROW.name: "hemophagocytosis",
    }
)
DECIMALS: Final = 6  # of a limit that is computed
FEATURE_FACTS: Final = (BASELINE_PLATELETS, BASELINE_HEMOGLOBIN)
FEATURE_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *(lab(analyte) for analyte in FEATURE_ANALYTES),
    MARROW,
)
SCORED_ANALYTES: Final = (
    "hemoglobin",
    "wbc",
    "platelets",
    "ferritin",
    "triglycerides",
    "fibrinogen",
    "ast",
)
SCORED_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *(lab(analyte) for analyte in SCORED_ANALYTES),
    exam("hepatomegaly"),
    exam("splenomegaly"),
    MARROW,
)

# The HScore of the newest results, however old; what it needs of temperatures goes with it.
KEPT: Final[Kept[hscore.HScore | None]] = Kept(
    lambda _: dict.fromkeys((*SCORED_SIGNALS, IMMUNOSUPPRESSED), ())
)

Shown = tuple[str, Reading[Any]]  # a signal and its reading


class Suspicion(NamedTuple):
    """Ferritin, and the other features with what shows them, one or more."""

    ferritin: Reading[Result]
    others: Mapping[str, tuple[Shown, ...]]


def suspicion_of(view: View) -> Suspicion | None:
    """Find the features of HLH; None where there is no suspicion."""
    ferritins, from_ms = view.patient.readings(lab("ferritin")), view.patient.stay_from_ms
    highest = fold(ferritins, _highest_proven, NO_FERRITIN, from_ms, view.until_ms)
    if highest <= (view.site.hlh_suspect_ferritin_ng_ml, False):
        return None  # as of nearly everybody
    found = counting(view, FEATURES, _are_enough)
    if not found:
        return None
    others: dict[str, tuple[Shown, ...]] = {}
    for name, reading in found.items():
        if (feature := FEATURE_OF.get(name)) is not None:
            others[feature] = (*others.get(feature, ()), (name, reading))
    return Suspicion(found[FERRITIN.name], others)


def hscore_of(view: View, max_age_ms: int | None = RESULT_MS) -> hscore.HScore | None:
    """Compute the HScore of results up to an age; examinations and marrow hold for the stay."""
    if max_age_ms is not None or view.until_ms is not None:
        return _hscore(view, max_age_ms)
    highest = highest_temperature(view, None)
    celsius = None if highest is None else highest.value.celsius
    return KEPT.of(view.patient, view.at_ms, view.site, lambda: _hscore(view, None), celsius)


def _hscore(view: View, max_age_ms: int | None) -> hscore.HScore | None:
    from_ms = oldest_ms(view, max_age_ms)
    found = {
        name: tuple(each.value for each in standing(view, lab(name), from_ms))
        for name in SCORED_ANALYTES
    }
    temperature = highest_temperature(view, max_age_ms)
    return hscore.hscore(
        hscore.Inputs(
            immunosuppressed=fact(view.patient, IMMUNOSUPPRESSED),
            temperature_c=None if temperature is None else temperature.value.celsius,
            hepatomegaly=value_of(view.latest(exam("hepatomegaly"))),
            splenomegaly=value_of(view.latest(exam("splenomegaly"))),
            hemophagocytosis=value_of(view.latest(MARROW)),
            **{name: results[0] if results else None for name, results in found.items()},
        ),
        {name: results[1:] for name, results in found.items()},
    )


def scored_by(view: View, signal: Signal[Any]) -> tuple[Reading[Any], ...]:
    """Give the readings by which an input of the HScore is known, the newest first."""
    column = hscore.COLUMNS.get(signal.name)
    if column is not None:
        return answering(standing(view, signal, view.patient.stay_from_ms), column.questions)
    last = view.latest(signal)
    return () if last is None else (last,)


def highest_temperature(view: View, max_age_ms: int | None) -> Reading[Temperature] | None:
    """Find the highest of 48 hours; where any age will do, of those before the newest.

    Of several that are as high it is the newest.
    """
    newest_reading = view.latest(TEMPERATURE)
    if newest_reading is None:
        return None
    until_ms = view.at_ms if max_age_ms is not None else newest_reading.effective_ms
    from_ms = max(until_ms - HIGHEST_TEMPERATURE_MS, view.patient.stay_from_ms or 0)
    temperatures = view.patient.readings(TEMPERATURE)
    nothing: tuple[Reading[Temperature], ...] = ()
    highest = fold(temperatures, _with_temperature, nothing, None, view.until_ms)
    return next((each for each in highest if each.effective_ms >= from_ms), None)


def _highest_proven(before: tuple[float, bool], ferritin: Reading[Result]) -> tuple[float, bool]:
    """Find the highest value that is proven, and whether it is more than that."""
    value, comparator, _ = ferritin.value
    return before if comparator in {"<", "<="} else max(before, (value, comparator == ">"))


def _are_enough(signals: Collection[str]) -> bool:
    """Ask for ferritin and for one thing beside it."""
    return FERRITIN.name in signals and len(signals) > 1


def _features(view: View, max_age_ms: int | None) -> Mapping[str, Reading[Any]]:
    """Give what speaks of HLH."""
    results = {
        lab(analyte).name: result
        for analyte in FEATURE_ANALYTES
        if (result := proving(view, analyte, partial(_speaks_of_hlh, view, analyte), max_age_ms))
        is not None
    }
    marrow = view.latest(MARROW)
    return results | ({MARROW.name: marrow} if marrow is not None and marrow.value else {})


def _speaks_of_hlh(view: View, analyte: str, result: Result) -> bool | None:
    """Tell whether a result is a feature; None where its comparator leaves it open."""
    site = view.site
    match analyte:
        case "platelets":
            part = site.hlh_platelets_of_baseline_percent / 100
            baseline = fact(view.patient, BASELINE_PLATELETS)
            fallen = baseline is not None and is_at_most(result, round(part * baseline, DECIMALS))
            return either(fallen, is_below(result, site.hlh_platelets_10e9_l))
        case "hemoglobin":
            baseline = fact(view.patient, BASELINE_HEMOGLOBIN)
            if baseline is None:
                return False
            # 9.7 - 2 is a little less than 7.7 for a computer.
            limit = round(baseline - site.hlh_hemoglobin_fall_g_dl, DECIMALS)
            return is_at_most(result, limit)
        case "fibrinogen":
            return is_below(result, site.hlh_fibrinogen_mg_dl)
        case _:
            limits = {
                "ferritin": site.hlh_suspect_ferritin_ng_ml,
                "ast": site.hlh_transaminase_u_l,
                "alt": site.hlh_transaminase_u_l,
                "bilirubin_total": site.hlh_bilirubin_mg_dl,
                "triglycerides": site.hlh_triglycerides_mg_dl,
            }
            return is_above(result, limits[analyte])


def _with_temperature(
    highest: tuple[Reading[Temperature], ...], reading: Reading[Temperature]
) -> tuple[Reading[Temperature], ...]:
    """Take in one more: those stay that are higher than all after them."""
    count = len(highest)
    while count and highest[count - 1].value.celsius <= reading.value.celsius:
        count -= 1
    return (*highest[:count], reading)


FEATURES: Final = Features(SUSPECT, FEATURE_SIGNALS, _features, FEATURE_MS)
