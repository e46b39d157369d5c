"""SOFA: six organs, 0 to 4 points each; a rise by 2 or more in 24 h is organ failure that goes on.

An organ with no input has no points and is named: the sum is then the least that it can be. A
ventilated patient alone has 3 or 4 points for breathing. Rates of catecholamines are in ug/kg/min;
vasopressin, phenylephrine and angiotensin II are not in the published table and count as
norepinephrine at a low dose, since the patient is not without a vasopressor. Of a result whose
comparator leaves a band open earlier ones tell, where they are passed with it (decision 79).
Source: Vincent et al., Intensive Care Med 1996;22:707-710, table 3, DOI 10.1007/BF01709751;
CLINICAL.md §3.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from stream.clinical.comparators import is_at_least, is_below
from stream.clinical.signals import Result

Bands = tuple[tuple[float, int], ...]

RISE: Final = 2  # in 24 h
NO_EARLIER: Final[Mapping[str, Sequence[Result]]] = MappingProxyType({})
# Below each limit the points beside it; the first that is met counts.
PF_VENTILATED_MMHG: Final = ((100.0, 4), (200.0, 3))
PF_MMHG: Final = ((300.0, 2), (400.0, 1))
PLATELETS_10E9_L: Final = ((20.0, 4), (50.0, 3), (100.0, 2), (150.0, 1))
GCS: Final = ((6, 4), (10, 3), (13, 2), (15, 1))
URINE_ML_A_DAY: Final = ((200.0, 4), (500.0, 3))
# From each limit on the points beside it.
BILIRUBIN_MG_DL: Final = ((12.0, 4), (6.0, 3), (2.0, 2), (1.2, 1))
CREATININE_MG_DL: Final = ((5.0, 4), (3.5, 3), (2.0, 2), (1.2, 1))
MEAN_LIMIT_MMHG: Final = 70.0
DOPAMINE_UG_KG_MIN: Final[Bands] = ((15.0, 4), (5.0, 3), (0.0, 2))  # above each
CATECHOLAMINE_UG_KG_MIN: Final[Bands] = ((0.1, 4), (0.0, 3))  # above each
CATECHOLAMINES: Final = ("norepinephrine", "epinephrine")
UNLISTED: Final = ("vasopressin", "phenylephrine", "angiotensin_ii")
UNLISTED_POINTS: Final = 3


# What is asked of a result: whether it is in each of its bands.
QUESTIONS: Final[Mapping[str, tuple[Callable[[Result], bool | None], ...]]] = MappingProxyType(
    {
        "platelets": tuple(partial(is_below, limit=limit) for limit, _ in PLATELETS_10E9_L),
        "bilirubin_total": tuple(partial(is_at_least, limit=limit) for limit, _ in BILIRUBIN_MG_DL),
        "creatinine": tuple(partial(is_at_least, limit=limit) for limit, _ in CREATININE_MG_DL),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown. Results are in their canonical units."""

    pf_mmhg: float | None
    ventilated: bool | None
    platelets: Result | None
    bilirubin_total: Result | None
    mean_arterial_mmhg: float | None
    running_ug_kg_min: Mapping[str, float | None]  # None: it runs, and the rate is unknown
    gcs: int | None
    creatinine: Result | None
    urine_ml_a_day: float | None


@dataclass(frozen=True, slots=True)
class Sofa:
    """The points by organ, and the organs of which nothing is known."""

    organs: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def points(self) -> int:
        """The sum: with something missing, the least that it can be."""
        return sum(self.organs.values())


def sofa(inputs: Inputs, earlier: Mapping[str, Sequence[Result]] = NO_EARLIER) -> Sofa:
    """Score each organ of which something is known.

    `earlier` has results by name, the newest first, that may answer what those of `inputs` do not.
    """
    found = {name: (getattr(inputs, name), *earlier.get(name, ())) for name in QUESTIONS}
    organs = {
        "respiration": _respiration(inputs),
        "coagulation": _worst(PLATELETS_10E9_L, is_below, found["platelets"]),
        "liver": _worst(BILIRUBIN_MG_DL, is_at_least, found["bilirubin_total"]),
        "circulation": _circulation(inputs),
        "brain": None if inputs.gcs is None else _below(GCS, inputs.gcs),
        "kidneys": _kidneys(inputs, found["creatinine"]),
    }
    known = {organ: points for organ, points in organs.items() if points is not None}
    return Sofa(MappingProxyType(known), tuple(each for each in organs if each not in known))


def _respiration(inputs: Inputs) -> int | None:
    if inputs.pf_mmhg is None:
        return None
    bands = (*PF_VENTILATED_MMHG, *PF_MMHG) if inputs.ventilated else PF_MMHG
    return _below(bands, inputs.pf_mmhg)


def _circulation(inputs: Inputs) -> int | None:
    points = [_vasoactive(drug, rate) for drug, rate in inputs.running_ug_kg_min.items()]
    if inputs.mean_arterial_mmhg is not None:
        points.append(int(inputs.mean_arterial_mmhg < MEAN_LIMIT_MMHG))
    return max(points, default=None)


def _vasoactive(drug: str, ug_kg_min: float | None) -> int:
    if drug in UNLISTED:
        return UNLISTED_POINTS
    if drug in CATECHOLAMINES:
        bands = CATECHOLAMINE_UG_KG_MIN
    elif drug == "dopamine":
        bands = DOPAMINE_UG_KG_MIN
    else:
        return 2 if drug == "dobutamine" else 0
    if ug_kg_min is None:
        return bands[-1][1]
    return next((points for limit, points in bands if ug_kg_min > limit), 0)


def _kidneys(inputs: Inputs, creatinine: Sequence[Result | None]) -> int | None:
    found = [_worst(CREATININE_MG_DL, is_at_least, creatinine)]
    if inputs.urine_ml_a_day is not None:
        found.append(_below(URINE_ML_A_DAY, inputs.urine_ml_a_day))
    return max((each for each in found if each is not None), default=None)


def _below(bands: Bands, value: float) -> int:
    return next((points for limit, points in bands if value < limit), 0)


def _worst(
    bands: Bands, is_in: Callable[[Result, float], bool | None], results: Sequence[Result | None]
) -> int | None:
    """Look a result up, by those before it where it leaves a band open; what all do is none."""
    known = [each for each in results if each is not None]
    if not known:
        return None
    for limit, points in bands:
        answers = (is_in(each, limit) for each in known)
        if next((answer for answer in answers if answer is not None), None):
            return points
    return 0
