"""HScore: how likely reactive haemophagocytic syndrome is.

Components and points as published; the probability is interpolated between the published points.
It is never 1/(1 + e^(4.3 - 0.03 s)), which is half as steep and gives 68 % at 169. Not published
is what to do with a missing input: here it has no points and is named, so a score with something
missing is the least that it can be. Nearly every patient after CAR-T has points for cytopenia and
immunosuppression: the components are to be shown with the sum.
Source: Fardet et al., Arthritis Rheumatol 2014;66:2613-2620, tables 3 and 4,
DOI 10.1002/art.38690; CLINICAL.md §3, DEC-59 to DEC-61.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from stream.clinical.comparators import is_at_least, is_at_most
from stream.clinical.scores.steps import Points, Step, in_unit, points_of
from stream.clinical.signals import Result
from topics.names import called

CUT_OFF: Final = 169  # sensitivity 93 %, specificity 86 %; can be reached exactly
MMOL_L_A_MG_DL: Final = 1 / 88.57  # triglycerides
G_L_A_MG_DL: Final = 0.01  # fibrinogen

IMMUNOSUPPRESSION_POINTS: Final = 18
TEMPERATURE_C: Final = (Step(38.4, True, 33), Step(39.4, False, 49))
FERRITIN_NG_ML: Final = (Step(2000.0, True, 35), Step(6000.0, False, 50))
TRIGLYCERIDES_MMOL_L: Final = (Step(1.5, True, 44), Step(4.0, False, 64))
FIBRINOGEN_LIMIT_G_L: Final = 2.5  # this or less
FIBRINOGEN_POINTS: Final = 30
AST_LIMIT_U_L: Final = 30.0  # this or more
AST_POINTS: Final = 19
ORGANOMEGALY_POINTS: Final = (0, 23, 38)  # by how many of liver and spleen
HEMOPHAGOCYTOSIS_POINTS: Final = 35
CYTOPENIA_POINTS: Final = (0, 0, 24, 34)  # by how many lineages
HEMOGLOBIN_LIMIT_G_DL: Final = 9.2  # this or less, as for the next two
WBC_LIMIT_10E9_L: Final = 5.0
PLATELETS_LIMIT_10E9_L: Final = 110.0
HIGHEST: Final = 337

PROBABILITY_PERCENT: Final[Mapping[int, float]] = MappingProxyType(
    {
        100: 1,
        110: 3,
        120: 5,
        130: 9,
        140: 16,
        150: 25,
        160: 40,
        170: 54,
        180: 70,
        190: 80,
        200: 88,
        210: 93,
        220: 96,
        230: 98,
        240: 99,
    }
)
LESS_THAN_1_PERCENT_AT: Final = 90  # this or less
MORE_THAN_99_PERCENT_AT: Final = 250  # this or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What is known; None is unknown. Results are in their canonical units."""

    immunosuppressed: bool | None
    temperature_c: float | None  # the highest
    hepatomegaly: bool | None
    splenomegaly: bool | None
    hemoglobin: Result | None
    wbc: Result | None
    platelets: Result | None
    ferritin: Result | None
    triglycerides: Result | None
    fibrinogen: Result | None
    ast: Result | None
    hemophagocytosis: bool | None


NAMES: Final[tuple[str, ...]] = tuple(Inputs.__slots__)  # of what is missing where nothing is known


@dataclass(frozen=True, slots=True)
class HScore:
    """The points by component, and the inputs that are missing."""

    components: Mapping[str, int]
    missing: tuple[str, ...]

    @property
    def points(self) -> int:
        """The sum: with something missing, the least that it can be."""
        return sum(self.components.values())


def hscore(inputs: Inputs) -> HScore | None:
    """Score what is known; None where nothing at all is."""
    if all(getattr(inputs, name) is None for name in NAMES):
        return None
    missing = tuple(_missing(inputs))  # a comparator may prove some points and leave others open
    enlarged = (inputs.hepatomegaly, inputs.splenomegaly).count(True)
    return HScore(
        MappingProxyType(
            {
                "immunosuppression": IMMUNOSUPPRESSION_POINTS if inputs.immunosuppressed else 0,
                "temperature": _temperature(inputs).proven,
                "organomegaly": ORGANOMEGALY_POINTS[enlarged],
                "cytopenias": CYTOPENIA_POINTS[list(_lineages(inputs).values()).count(True)],
                "ferritin": _ferritin(inputs).proven,
                "triglycerides": _triglycerides(inputs).proven,
                "fibrinogen": FIBRINOGEN_POINTS if _low_fibrinogen(inputs) else 0,
                "ast": AST_POINTS if _high_ast(inputs) else 0,
                "hemophagocytosis": HEMOPHAGOCYTOSIS_POINTS if inputs.hemophagocytosis else 0,
            }
        ),
        missing,
    )


def probability(points: int) -> str:
    """Give the published probability in words, interpolated: `53 %`."""
    if points <= LESS_THAN_1_PERCENT_AT:
        return "< 1 %"
    if points >= MORE_THAN_99_PERCENT_AT:
        return "> 99 %"
    return f"{_interpolated(points):.0f} %"


def in_words(score: HScore, compared: str = "") -> str:
    """Write the sum, what it is compared with, its components, and what may add to it."""
    parts = [f"{called(name)} {points}" for name, points in score.components.items() if points > 0]
    made_of = f": {', '.join(parts)}" if parts else ""
    missing = ", ".join(map(called, score.missing))
    more = f" It may be higher: {missing} not known." if missing else ""
    return f"HScore {score.points}{compared}{_likely(score)}{made_of}.{more}"


def _likely(score: HScore) -> str:
    """Write the probability; the least of it where something is missing, unless that is nothing."""
    percent = probability(score.points)
    if not score.missing:
        return f" (probability {percent})"
    unlikely = score.points <= LESS_THAN_1_PERCENT_AT
    return "" if unlikely else f" (probability {percent} or more)"


def _interpolated(points: int) -> float:
    within = min(max(points, min(PROBABILITY_PERCENT)), max(PROBABILITY_PERCENT))
    return next(
        at_low + (at_high - at_low) * (within - low) / (high - low)
        for (low, at_low), (high, at_high) in pairwise(PROBABILITY_PERCENT.items())
        if low <= within <= high
    )


def _missing(inputs: Inputs) -> Iterator[str]:
    """Name what is unknown, in the order of the table."""
    open_questions = {
        "immunosuppressed": inputs.immunosuppressed is None,
        "temperature_c": not _temperature(inputs).is_complete,
        "hepatomegaly": inputs.hepatomegaly is None,
        "splenomegaly": inputs.splenomegaly is None,
        **{name: found is None for name, found in _lineages(inputs).items()},
        "ferritin": not _ferritin(inputs).is_complete,
        "triglycerides": not _triglycerides(inputs).is_complete,
        "fibrinogen": _low_fibrinogen(inputs) is None,
        "ast": _high_ast(inputs) is None,
        "hemophagocytosis": inputs.hemophagocytosis is None,
    }
    yield from (name for name, is_open in open_questions.items() if is_open)


def _temperature(inputs: Inputs) -> Points:
    celsius = inputs.temperature_c
    return points_of(TEMPERATURE_C, None if celsius is None else Result(celsius, None, "Cel"))


def _ferritin(inputs: Inputs) -> Points:
    return points_of(FERRITIN_NG_ML, inputs.ferritin)


def _triglycerides(inputs: Inputs) -> Points:
    in_mmol_l = in_unit(inputs.triglycerides, "mmol/L", MMOL_L_A_MG_DL)
    return points_of(TRIGLYCERIDES_MMOL_L, in_mmol_l)


def _low_fibrinogen(inputs: Inputs) -> bool | None:
    in_g_l = in_unit(inputs.fibrinogen, "g/L", G_L_A_MG_DL)
    return None if in_g_l is None else is_at_most(in_g_l, FIBRINOGEN_LIMIT_G_L)


def _high_ast(inputs: Inputs) -> bool | None:
    return None if inputs.ast is None else is_at_least(inputs.ast, AST_LIMIT_U_L)


def _lineages(inputs: Inputs) -> Mapping[str, bool | None]:
    """Tell of each lineage whether it is low."""
    limits = {
        "hemoglobin": (inputs.hemoglobin, HEMOGLOBIN_LIMIT_G_DL),
        "wbc": (inputs.wbc, WBC_LIMIT_10E9_L),
        "platelets": (inputs.platelets, PLATELETS_LIMIT_10E9_L),
    }
    return {
        name: None if result is None else is_at_most(result, limit)
        for name, (result, limit) in limits.items()
    }
