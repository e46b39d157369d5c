"""HScore: how likely reactive haemophagocytic syndrome is.

Components and points as published; the probability is interpolated between the published points.
It is never 1/(1 + e^(4.3 - 0.03 s)), which is half as steep and gives 68 % at 169. Not published
is what to do with a missing input: here it has no points and is named, so a score with something
missing is the least that it can be. Of a result whose comparator leaves points open earlier ones
tell, where they are passed with it (decision 79). Nearly every patient after CAR-T has points for
cytopenia and immunosuppression: the components are to be shown with the sum.
Source: Fardet et al., Arthritis Rheumatol 2014;66:2613-2620, tables 3 and 4,
DOI 10.1002/art.38690; CLINICAL.md §3, DEC-59 to DEC-61.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from stream.clinical.scores.steps import Column, Points, Step, points_of
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
# Lineages and fibrinogen count where they do not reach their step, which is above the limit.
COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "hemoglobin": Column((Step(HEMOGLOBIN_LIMIT_G_DL, False, 1),)),
        "wbc": Column((Step(WBC_LIMIT_10E9_L, False, 1),)),
        "platelets": Column((Step(PLATELETS_LIMIT_10E9_L, False, 1),)),
        "ferritin": Column(FERRITIN_NG_ML),
        "triglycerides": Column(TRIGLYCERIDES_MMOL_L, "mmol/L", MMOL_L_A_MG_DL),
        "fibrinogen": Column((Step(FIBRINOGEN_LIMIT_G_L, False, 1),), "g/L", G_L_A_MG_DL),
        "ast": Column((Step(AST_LIMIT_U_L, True, AST_POINTS),)),
    }
)
LINEAGES: Final = ("hemoglobin", "wbc", "platelets")
NO_EARLIER: Final[Mapping[str, Sequence[Result]]] = MappingProxyType({})

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


def hscore(inputs: Inputs, earlier: Mapping[str, Sequence[Result]] = NO_EARLIER) -> HScore | None:
    """Score what is known; None where nothing at all is.

    `earlier` has results by name, the newest first, that may answer what those of `inputs` do not.
    """
    if all(getattr(inputs, name) is None for name in NAMES):
        return None
    # A comparator may prove some points and leave others open.
    found = {
        name: column.points(getattr(inputs, name), *earlier.get(name, ()))
        for name, column in COLUMNS.items()
    }
    temperature = _temperature(inputs)
    enlarged = (inputs.hepatomegaly, inputs.splenomegaly).count(True)
    low = [_is_low(found[name]) for name in LINEAGES].count(True)
    return HScore(
        MappingProxyType(
            {
                "immunosuppression": IMMUNOSUPPRESSION_POINTS if inputs.immunosuppressed else 0,
                "temperature": temperature.proven,
                "organomegaly": ORGANOMEGALY_POINTS[enlarged],
                "cytopenias": CYTOPENIA_POINTS[low],
                "ferritin": found["ferritin"].proven,
                "triglycerides": found["triglycerides"].proven,
                "fibrinogen": FIBRINOGEN_POINTS if _is_low(found["fibrinogen"]) else 0,
                "ast": found["ast"].proven,
                "hemophagocytosis": HEMOPHAGOCYTOSIS_POINTS if inputs.hemophagocytosis else 0,
            }
        ),
        tuple(_missing(inputs, {**found, "temperature_c": temperature})),
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


def _missing(inputs: Inputs, found: Mapping[str, Points]) -> Iterator[str]:
    """Name what is unknown, in the order of the table."""
    for name in NAMES:
        points = found.get(name)
        if getattr(inputs, name) is None or (points is not None and not points.is_complete):
            yield name


def _temperature(inputs: Inputs) -> Points:
    celsius = inputs.temperature_c
    return points_of(TEMPERATURE_C, None if celsius is None else Result(celsius, None, "Cel"))


def _is_low(points: Points) -> bool:
    """Tell whether a result is proven not to be above its limit."""
    return points.is_complete and points.proven == 0
