"""The scores of a status line in words: each with what it is made of and what is not known."""

from collections.abc import Iterable, Iterator
from typing import Final

from alerts.readings import clean, number
from topics.names import called
from topics.status import CriteriaLine, Hlh, Scores

UNKNOWN: Final = "unknown"

Row = tuple[str, str]  # what it is called, and what it is


def of_hlh(hlh: Hlh) -> Iterator[Row]:
    """Write what speaks of HLH."""
    yield "HLH suspected", "yes" if hlh.suspected else "no"
    parts = hlh.hscore_components or {}
    made_of = ", ".join(f"{clean(called(name))} {points}" for name, points in parts.items())
    yield "HScore", _with(hlh.hscore, made_of, hlh.hscore_missing)
    for name, criteria in (("HLH-2004", hlh.hlh_2004), ("carHLH", hlh.car_hlh)):
        if criteria is not None:
            yield name, _criteria(criteria)
    yield "IEC-HS grade", _number(hlh.iec_hs_grade)


def of_scores(scores: Scores) -> Iterator[Row]:
    """Write the other scores; those of which nothing is known are left out."""
    assumed = f"; taken for normal: {_names(scores.news2_missing)}" if scores.news2_missing else ""
    yield "NEWS2", _number(scores.news2) + assumed
    if scores.qsofa is not None:
        yield "qSOFA", _with(scores.qsofa, "", scores.qsofa_missing or ())
    if scores.sofa is not None:
        yield "SOFA", _with(scores.sofa, "", scores.sofa_missing or ())
    if scores.norepinephrine_equivalent_ug_kg_min is not None:
        rate = number(scores.norepinephrine_equivalent_ug_kg_min)
        yield "norepinephrine equivalent", f"{rate} mcg/kg/min"
    yield "EASIX", _number(scores.easix)
    if scores.s_easix is not None:
        yield "s-EASIX", number(scores.s_easix)
    yield "m-EASIX", _number(scores.m_easix)
    yield "CAR-HEMATOTOX", _number(scores.car_hematotox)


def _criteria(criteria: CriteriaLine) -> str:
    met = f"{len(criteria.met)} met ({_names(criteria.met)})"
    verdict = "fulfilled" if criteria.fulfilled else "not fulfilled"
    return "; ".join((f"{verdict}, {met}", *_unknown(criteria.missing)))


def _with(points: int | None, made_of: str, missing: Iterable[str]) -> str:
    return "; ".join((_number(points) + (f": {made_of}" if made_of else ""), *_unknown(missing)))


def _unknown(names: Iterable[str]) -> Iterator[str]:
    if said := _names(names):
        yield f"not known: {said}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(clean(called(name)) for name in names)


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else number(value)
