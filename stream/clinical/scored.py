"""The scores of a patient that the status line shows, from what is known and fresh.

CAR-HEMATOTOX is scored before the infusion and holds for the stay; NEWS2 needs vital signs that are
fresh, and none is computed for a child.
Source: CLINICAL.md §3, §5.8, DEC-44, DEC-62; CONTRACT (status line).
"""

from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from stream.clinical.bedside import fact
from stream.clinical.circulation import Circulation
from stream.clinical.comparators import exact
from stream.clinical.freshness import is_fresh
from stream.clinical.hlh import (
    FEATURE_FACTS,
    FEATURE_MS,
    FEATURE_SIGNALS,
    SCORED_SIGNALS,
    SUSPECT,
    highest_temperature,
    hscore_of,
    suspicion_of,
)
from stream.clinical.illness import CRRT
from stream.clinical.kept import Kept
from stream.clinical.masking import STEROIDS
from stream.clinical.neuro import arousal_of
from stream.clinical.observe import infusion_ms
from stream.clinical.oxygen import OxygenNeed, breathing_of
from stream.clinical.patient import key_of_alert
from stream.clinical.results import RESULT_MS, newest, value_of
from stream.clinical.scores import car_hematotox, easix, hscore, iec_hs, news2
from stream.clinical.series import Reading, since, up_to
from stream.clinical.signals import (
    BASELINE_FERRITIN,
    CONSCIOUSNESS,
    HEART_RATE,
    HOME_POSITIVE_PRESSURE,
    IMMUNOSUPPRESSED,
    INFUSED_AT,
    OXYGEN,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
    Result,
    Signal,
    given,
    lab,
    neuro_sign,
)
from stream.clinical.times import DAY_MS
from stream.clinical.view import View
from topics.status import Hlh, Scores

HEMATOTOX_ANALYTES: Final = ("platelets", "anc", "hemoglobin", "crp", "ferritin")
HEMATOTOX_MS: Final = 14 * DAY_MS  # before the infusion
HIGH_CREATININE_MG_DL: Final = 2.0  # new kidney injury, where no baseline is known
IEC_HS_DRUGS: Final = ("anakinra", "ruxolitinib", "etoposide", "emapalumab", *STEROIDS)
DECIMALS: Final = 4

LINES_REMEMBERED: Final = 1024  # parts of the status line that need not be made again

T = TypeVar("T")


class Blood(NamedTuple):
    """What speaks of HLH, and the scores, as far as no monitor has a say in them."""

    suspected: bool
    hscore: int | None
    hscore_missing: tuple[str, ...]
    is_iec_hs: bool  # its criteria are met
    easix: float | None
    m_easix: float | None
    car_hematotox: int | None


BLOOD_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *FEATURE_SIGNALS,
    *SCORED_SIGNALS,
    *(lab(analyte) for analyte in (*HEMATOTOX_ANALYTES, "ldh", "creatinine")),
)
KEPT: Final[Kept[Blood]] = Kept(
    lambda _: {
        **dict.fromkeys(BLOOD_SIGNALS, (FEATURE_MS, RESULT_MS)),
        **dict.fromkeys((*FEATURE_FACTS, BASELINE_FERRITIN, IMMUNOSUPPRESSED, INFUSED_AT), ()),
    }
)


def blood_of(view: View) -> Blood:
    """Say what the laboratory says, or said before if nothing came since."""
    highest = highest_temperature(view, RESULT_MS)
    celsius = None if highest is None else highest.value.celsius
    patient = view.patient
    said = patient.alerts.get(key_of_alert(SUSPECT, patient.stay, 0))  # it may rest on that
    return KEPT.of(patient, view.at_ms, view.site, lambda: _blood_of(view), celsius, said)


def hlh_of(view: View, blood: Blood) -> Hlh:
    """Say what speaks of HLH."""
    grade = iec_hs.grade(_severity(view)) if blood.is_iec_hs else None
    return _hlh(blood.suspected, blood.hscore, blood.hscore_missing, grade)


def scores_of(view: View, blood: Blood) -> Scores:
    """Compute the published scores; None where an input is missing."""
    warning = _news2(view)
    points = None if warning is None else warning.points
    assumed = None if warning is None else warning.assumed or None
    return _scores(points, assumed, blood.easix, blood.m_easix, blood.car_hematotox)


@lru_cache(maxsize=LINES_REMEMBERED)
def _hlh(
    suspected: bool, hscore: int | None, missing: tuple[str, ...], iec_hs_grade: int | None
) -> Hlh:
    return Hlh(
        suspected=suspected, hscore=hscore, hscore_missing=missing, iec_hs_grade=iec_hs_grade
    )


@lru_cache(maxsize=LINES_REMEMBERED)
def _scores(
    points: int | None,
    assumed: tuple[str, ...] | None,
    easix: float | None,
    m_easix: float | None,
    car_hematotox: int | None,
) -> Scores:
    return Scores(
        news2=points,
        news2_missing=assumed,
        easix=easix,
        m_easix=m_easix,
        car_hematotox=car_hematotox,
    )


def _blood_of(view: View) -> Blood:
    ldh, creatinine, crp, platelets = (
        exact(value_of(newest(view, name))) for name in ("ldh", "creatinine", "crp", "platelets")
    )
    score = hscore_of(view)
    return Blood(
        suspected=suspicion_of(view) is not None,
        hscore=None if score is None else score.points,
        hscore_missing=hscore.NAMES if score is None else score.missing,
        is_iec_hs=_is_iec_hs(view),
        easix=_rounded(
            easix.easix(ldh_u_l=ldh, creatinine_mg_dl=creatinine, platelets_10e9_l=platelets)
        ),
        m_easix=_rounded(easix.m_easix(ldh_u_l=ldh, crp_mg_l=crp, platelets_10e9_l=platelets)),
        car_hematotox=_car_hematotox(view),
    )


def _news2(view: View) -> news2.News2 | None:
    if view.age_years is not None and view.age_years < news2.FROM_AGE_YEARS:
        return None
    pressure, temperature = _fresh(view, PRESSURE), _fresh(view, TEMPERATURE)
    return news2.news2(
        news2.Inputs(
            respiratory_rate_per_min=value_of(_fresh(view, RESPIRATORY_RATE)),
            spo2_percent=value_of(_fresh(view, SPO2)),
            on_oxygen=_on_oxygen(view),
            systolic_mmhg=None if pressure is None else pressure.value.systolic_mmhg,
            heart_rate_per_min=value_of(_fresh(view, HEART_RATE)),
            is_alert=_is_alert(view),
            temperature_c=None if temperature is None else temperature.value.celsius,
        )
    )


def _fresh(view: View, signal: Signal[T]) -> Reading[T] | None:
    reading = view.latest(signal)
    return (
        reading
        if reading is not None and is_fresh(signal, reading, view.at_ms, view.site)
        else None
    )


def _on_oxygen(view: View) -> bool | None:
    """Tell whether oxygen is given; positive pressure as at home is none (DEC-62)."""
    oxygen = view.oxygen
    if oxygen is None or not is_fresh(OXYGEN, oxygen, view.at_ms, view.site):
        return None
    home = fact(view.patient, HOME_POSITIVE_PRESSURE)
    lowest = breathing_of(oxygen.value, home_positive_pressure=home).lowest
    return None if lowest is None else lowest > OxygenNeed.ROOM_AIR


def _is_alert(view: View) -> bool | None:
    confused = _fresh_sign(view, "confusion")
    consciousness = _fresh(view, CONSCIOUSNESS)
    if confused:
        return False
    return None if consciousness is None else arousal_of(consciousness.value) == 0


def _fresh_sign(view: View, sign: str) -> bool:
    found = view.latest(neuro_sign(sign))
    return (
        found is not None and found.value and is_fresh(CONSCIOUSNESS, found, view.at_ms, view.site)
    )


def _car_hematotox(view: View) -> int | None:
    infused_ms = infusion_ms(view.patient, view.at_ms)
    if infused_ms is None:
        return None
    found: dict[str, Result | None] = {}
    for analyte in HEMATOTOX_ANALYTES:
        results: Any = since(view.every(lab(analyte)), infused_ms - HEMATOTOX_MS)
        before = up_to(results, infused_ms - 1)
        found[analyte] = before[-1].value if before else None
    return car_hematotox.car_hematotox(**found)


def _is_iec_hs(view: View) -> bool:
    criteria = iec_hs.iec_hs(
        iec_hs.Inputs(
            baseline_ferritin_ng_ml=fact(view.patient, BASELINE_FERRITIN),
            **{
                name: value_of(newest(view, name))
                for name in ("ferritin", "ast", "alt", "fibrinogen", "platelets", "anc")
            },
        )
    )
    return iec_hs.is_fulfilled(criteria)


def _severity(view: View) -> iec_hs.Severity:
    need, creatinine = view.breathing.lowest, exact(value_of(newest(view, "creatinine")))
    return iec_hs.Severity(
        died=False,  # nobody is graded after a death
        life_threatened=need == OxygenNeed.POSITIVE_PRESSURE
        or view.is_running(CRRT)
        or view.circulation[0] >= Circulation.ONE_HIGH_DOSE,
        organs_fail=view.hypotension
        or view.hypoxia
        or (creatinine is not None and creatinine >= HIGH_CREATININE_MG_DL),
        treated=any(view.readings(given(drug)) for drug in IEC_HS_DRUGS),
    )


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, DECIMALS)
