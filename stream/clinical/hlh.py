"""HLH/MAS after CAR-T: the features of the review, and what the scores are computed from.

Features beside ferritin above 10 000 ng/mL: thrombocytopenia and anemia worse than the baseline,
liver, triglycerides or fibrinogen, hemophagocytosis. AST, ALT and bilirubin count once, and so do
triglycerides and fibrinogen. The HScore is none of them.
Source: CLINICAL.md §1.5 (review lines 176 to 183), DEC-16, DEC-17, DEC-39, DEC-59 to DEC-61.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from stream.clinical.bedside import fact
from stream.clinical.comparators import is_above, is_at_most, is_below
from stream.clinical.kept import Kept
from stream.clinical.results import RESULT_MS, goes_on, newest, value_of
from stream.clinical.scores import hscore
from stream.clinical.series import Reading, fold
from stream.clinical.signals import (
    BASELINE_HEMOGLOBIN,
    BASELINE_PLATELETS,
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

FEATURE_MS: Final = 24 * HOUR_MS  # how old a result may be, the end included
FERRITIN_NG_ML: Final = 10_000.0  # above it, as for the next
TRANSAMINASE_U_L: Final = 500.0
BILIRUBIN_MG_DL: Final = 2.4  # above twice the upper limit of normal, 1.2
TRIGLYCERIDES_MG_DL: Final = 265.0  # above it
FIBRINOGEN_MG_DL: Final = 150.0  # below it
PLATELETS_OF_BASELINE: Final = 0.5  # this or less of it
PLATELETS_10E9_L: Final = 20.0  # below it
HEMOGLOBIN_FALL_G_DL: Final = 2.0  # this or more
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
    dict.fromkeys((*SCORED_SIGNALS, IMMUNOSUPPRESSED), ())
)

Shown = tuple[str, Reading[Any]]  # a signal and its reading


class Suspicion(NamedTuple):
    """Ferritin, and the other features with what shows them, one or more."""

    ferritin: Reading[Result]
    others: Mapping[str, tuple[Shown, ...]]


def suspicion_of(view: View) -> Suspicion | None:
    """Find the features of HLH; None where there is no suspicion."""
    if not fold(
        view.patient.readings(lab("ferritin")),
        _or_high,
        False,
        view.patient.stay_from_ms,
        view.until_ms,
    ):
        return None  # as of nearly everybody
    return goes_on(view, FEATURE_SIGNALS, _suspicion, FEATURE_MS)


def hscore_of(view: View, max_age_ms: int | None = RESULT_MS) -> hscore.HScore | None:
    """Compute the HScore of results up to an age; examinations and marrow hold for the stay."""
    if max_age_ms is not None or view.until_ms is not None:
        return _hscore(view, max_age_ms)
    highest = highest_temperature(view, None)
    celsius = None if highest is None else highest.value.celsius
    return KEPT.of(view.patient, view.at_ms, lambda: _hscore(view, None), celsius)


def _hscore(view: View, max_age_ms: int | None) -> hscore.HScore | None:
    results = {name: value_of(newest(view, name, max_age_ms)) for name in SCORED_ANALYTES}
    temperature = highest_temperature(view, max_age_ms)
    return hscore.hscore(
        hscore.Inputs(
            immunosuppressed=fact(view.patient, IMMUNOSUPPRESSED),
            temperature_c=None if temperature is None else temperature.value.celsius,
            hepatomegaly=value_of(view.latest(exam("hepatomegaly"))),
            splenomegaly=value_of(view.latest(exam("splenomegaly"))),
            hemophagocytosis=value_of(view.latest(MARROW)),
            **results,
        )
    )


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


def _or_high(before: bool, ferritin: Reading[Result]) -> bool:
    return before or is_above(ferritin.value, FERRITIN_NG_ML) is True


def _suspicion(view: View, max_age_ms: int | None) -> Suspicion | None:
    ferritin = newest(view, "ferritin", max_age_ms)
    if ferritin is None or not is_above(ferritin.value, FERRITIN_NG_ML):
        return None
    found = {
        "thrombocytopenia": _thrombocytopenia(view, max_age_ms),
        "anemia": _anemia(view, max_age_ms),
        "liver": tuple(_liver(view, max_age_ms)),
        "triglycerides or fibrinogen": tuple(_lipids_or_fibrinogen(view, max_age_ms)),
        "hemophagocytosis": _marrow(view),
    }
    others = {name: shown for name, shown in found.items() if shown}
    return Suspicion(ferritin, others) if others else None


def _thrombocytopenia(view: View, max_age_ms: int | None) -> tuple[Shown, ...]:
    platelets, baseline = (
        newest(view, "platelets", max_age_ms),
        fact(view.patient, BASELINE_PLATELETS),
    )
    if platelets is None:
        return ()
    halved = baseline is not None and is_at_most(platelets.value, PLATELETS_OF_BASELINE * baseline)
    low = halved or is_below(platelets.value, PLATELETS_10E9_L)
    return (("platelets", platelets),) if low else ()


def _anemia(view: View, max_age_ms: int | None) -> tuple[Shown, ...]:
    hemoglobin, baseline = (
        newest(view, "hemoglobin", max_age_ms),
        fact(view.patient, BASELINE_HEMOGLOBIN),
    )
    if hemoglobin is None or baseline is None:
        return ()
    fallen = is_at_most(hemoglobin.value, baseline - HEMOGLOBIN_FALL_G_DL)
    return (("hemoglobin", hemoglobin),) if fallen else ()


def _liver(view: View, max_age_ms: int | None) -> Iterator[Shown]:
    for analyte, limit in (
        ("ast", TRANSAMINASE_U_L),
        ("alt", TRANSAMINASE_U_L),
        ("bilirubin_total", BILIRUBIN_MG_DL),
    ):
        result = newest(view, analyte, max_age_ms)
        if result is not None and is_above(result.value, limit):
            yield analyte, result


def _lipids_or_fibrinogen(view: View, max_age_ms: int | None) -> Iterator[Shown]:
    lipids = newest(view, "triglycerides", max_age_ms)
    fibrinogen = newest(view, "fibrinogen", max_age_ms)
    if lipids is not None and is_above(lipids.value, TRIGLYCERIDES_MG_DL):
        yield "triglycerides", lipids
    if fibrinogen is not None and is_below(fibrinogen.value, FIBRINOGEN_MG_DL):
        yield "fibrinogen", fibrinogen


def _marrow(view: View) -> tuple[Shown, ...]:
    found = view.latest(MARROW)
    return (("hemophagocytosis", found),) if found is not None and found.value else ()


def _with_temperature(
    highest: tuple[Reading[Temperature], ...], reading: Reading[Temperature]
) -> tuple[Reading[Temperature], ...]:
    """Take in one more: those stay that are higher than all after them."""
    count = len(highest)
    while count and highest[count - 1].value.celsius <= reading.value.celsius:
        count -= 1
    return (*highest[:count], reading)
