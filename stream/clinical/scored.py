"""The scores of a patient that the status line shows: what the laboratory says, and the rest.

CAR-HEMATOTOX is scored before the infusion and holds for the stay; the others are made of results
of 48 hours. HLH-2004 and carHLH are shown once a criterion of theirs is met.
Source: CLINICAL.md §3, §5.8, DEC-44; CONTRACT (status line).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from stream.clinical.bedside import fact
from stream.clinical.bedside_scores import AtBedside, at_bedside
from stream.clinical.circulation import Circulation
from stream.clinical.comparators import exact, is_above
from stream.clinical.hlh import (
    FEATURE_FACTS,
    FEATURE_MS,
    FEATURE_SIGNALS,
    MARROW,
    SCORED_SIGNALS,
    SUSPECT,
    highest_temperature,
    hscore_of,
    suspicion_of,
)
from stream.clinical.illness import CRRT
from stream.clinical.kept import Kept
from stream.clinical.masking import STEROIDS
from stream.clinical.observe import infusion_ms
from stream.clinical.oxygen import OxygenNeed
from stream.clinical.results import RESULT_MS, newest, value_of
from stream.clinical.scores import car_hematotox, car_hlh, easix, hlh_2004, hscore, iec_hs
from stream.clinical.scores.criteria import Criteria
from stream.clinical.series import since, up_to
from stream.clinical.signals import (
    BASELINE_FERRITIN,
    FERRITIN,
    IMMUNOSUPPRESSED,
    INFUSED_AT,
    Result,
    Signal,
    exam,
    given,
    lab,
)
from stream.clinical.times import DAY_MS
from stream.clinical.view import View
from topics.status import CriteriaLine, Hlh, Scores

SPLEEN: Final = exam("splenomegaly")
HEMATOTOX_ANALYTES: Final = ("platelets", "anc", "hemoglobin", "crp", "ferritin")
HEMATOTOX_MS: Final = 14 * DAY_MS  # before the infusion
HIGH_CREATININE_MG_DL: Final = 2.0  # new kidney injury, where no baseline is known
IEC_HS_DRUGS: Final = ("anakinra", "ruxolitinib", "etoposide", "emapalumab", *STEROIDS)
DECIMALS: Final = 4

LINES_REMEMBERED: Final = 1024  # parts of the status line that need not be made again


class Blood(NamedTuple):
    """What speaks of HLH, and the scores, as far as no monitor has a say in them."""

    suspected: bool
    hscore: int | None
    hscore_missing: tuple[str, ...]
    is_iec_hs: bool  # its criteria are met
    easix: float | None
    s_easix: float | None
    m_easix: float | None
    car_hematotox: int | None
    hscore_components: tuple[tuple[str, int], ...]  # those that have points
    hlh_2004: Criteria | None
    car_hlh: Criteria | None


BLOOD_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *FEATURE_SIGNALS,
    *SCORED_SIGNALS,
    *(lab(analyte) for analyte in (*HEMATOTOX_ANALYTES, "ldh", "creatinine", "sil2r")),
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
    patient, onset_ms = view.patient, view.course.onset_ms
    said = patient.told(SUSPECT)  # it may rest on that
    return KEPT.of(
        patient, view.at_ms, view.site, lambda: _blood_of(view, celsius), celsius, onset_ms, said
    )


def hlh_of(view: View, blood: Blood) -> Hlh:
    """Say what speaks of HLH."""
    return _hlh(blood, iec_hs.grade(_severity(view)) if blood.is_iec_hs else None)


def scores_of(view: View, blood: Blood) -> Scores:
    """Compute the published scores; None where an input is missing."""
    return _scores(at_bedside(view), blood.easix, blood.s_easix, blood.m_easix, blood.car_hematotox)


@lru_cache(maxsize=LINES_REMEMBERED)
def _hlh(blood: Blood, iec_hs_grade: int | None) -> Hlh:
    return Hlh(
        suspected=blood.suspected,
        hscore=blood.hscore,
        hscore_components=dict(blood.hscore_components) or None,
        hscore_missing=blood.hscore_missing,
        iec_hs_grade=iec_hs_grade,
        hlh_2004=_criteria(blood.hlh_2004, hlh_2004.is_fulfilled),
        car_hlh=_criteria(blood.car_hlh, car_hlh.is_fulfilled),
    )


def _criteria(
    found: Criteria | None, is_fulfilled: Callable[[Criteria], bool]
) -> CriteriaLine | None:
    if found is None:
        return None
    return CriteriaLine(met=found.met, missing=found.missing, fulfilled=is_fulfilled(found))


@lru_cache(maxsize=LINES_REMEMBERED)
def _scores(
    bedside: AtBedside,
    easix: float | None,
    s_easix: float | None,
    m_easix: float | None,
    car_hematotox: int | None,
) -> Scores:
    return Scores(
        **bedside._asdict(),
        easix=easix,
        s_easix=s_easix,
        m_easix=m_easix,
        car_hematotox=car_hematotox,
    )


def _blood_of(view: View, celsius: float | None) -> Blood:
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
        s_easix=_rounded(easix.s_easix(ldh_u_l=ldh, platelets_10e9_l=platelets)),
        m_easix=_rounded(easix.m_easix(ldh_u_l=ldh, crp_mg_l=crp, platelets_10e9_l=platelets)),
        car_hematotox=_car_hematotox(view),
        hscore_components=()
        if score is None
        else tuple((name, points) for name, points in score.components.items() if points),
        hlh_2004=_if_met(_hlh_2004(view, celsius)),
        car_hlh=_if_met(_car_hlh(view)),
    )


def _if_met(criteria: Criteria) -> Criteria | None:
    return criteria if criteria.met else None


def _hlh_2004(view: View, celsius: float | None) -> Criteria:
    results = {
        name: value_of(newest(view, name))
        for name in (
            "hemoglobin",
            "platelets",
            "anc",
            "triglycerides",
            "fibrinogen",
            "ferritin",
            "sil2r",
        )
    }
    return hlh_2004.hlh_2004(
        hlh_2004.Inputs(
            temperature_c=celsius,
            splenomegaly=value_of(view.latest(SPLEEN)),
            hemophagocytosis=value_of(view.latest(MARROW)),
            **results,
        )
    )


def _car_hlh(view: View) -> Criteria:
    results = {
        name: value_of(newest(view, name))
        for name in ("ast", "alt", "bilirubin_total", "creatinine")
    }
    return car_hlh.car_hlh(
        car_hlh.Inputs(
            ferritin_of_crs=_ferritin_of_crs(view),
            pulmonary_edema=None,
            hemophagocytosis=value_of(view.latest(MARROW)),
            **results,
        )
    )


def _ferritin_of_crs(view: View) -> Result | None:
    """Give the highest result of the open episode, one that proves a high value before others."""
    onset_ms = view.course.onset_ms
    if onset_ms is None:
        return None
    results: list[Result] = [each.value for each in since(view.readings(FERRITIN), onset_ms)]
    return max(
        results,
        key=lambda each: (is_above(each, car_hlh.FERRITIN_NG_ML) is True, each.value),
        default=None,
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
    return iec_hs.is_fulfilled(criteria, view.site.iec_hs_common_features)


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
