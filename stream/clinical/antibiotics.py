"""Antibiotics that were given: which count as empiric ones, and how long a dose covers.

Empiric are a beta-lactam against Pseudomonas and vancomycin, both of them; not ceftriaxone and not
ertapenem, and nothing stands in for vancomycin. By mouth or inhaled neither counts. A dose covers
for as long as it is charted to be one of, else for 8 hours (vancomycin 12): who is covered when CRS
reaches grade 2 needs no new dose. An infusion covers while it runs. Doses that lie more than 48
hours apart are of two courses; that a course goes on is not told by its doses alone, since a feed
may chart the first of them only.
Source: CLINICAL.md §1.5 (review lines 185, 196 and 199), §5.4, DEC-31, DEC-50.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.series import Reading, one_a_moment
from stream.clinical.signals import Signal, given, rate
from stream.clinical.times import DAY_MS, HOUR_MS
from stream.clinical.view import View

BETA_LACTAM: Final = "anti-pseudomonal beta-lactam"
VANCOMYCIN: Final = "vancomycin"
DRUGS_BY_KIND: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        BETA_LACTAM: (
            "piperacillin_tazobactam",
            "cefepime",
            "ceftazidime",
            "meropenem",
            "imipenem",
            "aztreonam",  # where there is an allergy, of which no event tells
        ),
        VANCOMYCIN: (VANCOMYCIN,),
    }
)
COVERED_MS: Final = MappingProxyType({BETA_LACTAM: 8 * HOUR_MS, VANCOMYCIN: 12 * HOUR_MS})
COVERED_MAX_MS: Final = DAY_MS  # however seldom a dose is charted to be given
COURSE_GAP_MS: Final = 2 * DAY_MS  # a longer one, and the next dose begins a course
NOT_SYSTEMIC: Final = ("po", "other")
ANTIBIOTIC_SIGNALS: Final[tuple[Signal[Any], ...]] = tuple(
    signal
    for drugs in DRUGS_BY_KIND.values()
    for drug in drugs
    for signal in (given(drug), rate(drug))
)


class Given(NamedTuple):
    """A dose that was given, or an infusion that ran."""

    at_ms: int
    covers_until_ms: int | None  # the last moment of it; None: it runs
    drug: str
    reading: Reading[Any]


@lru_cache(maxsize=8)  # several rules ask about one view
def given_of(view: View, kind: str) -> tuple[Given, ...]:
    """Give every dose of a kind, of this stay or not, by when it was given."""
    series = view.patient.series
    found = [
        each
        for drug in DRUGS_BY_KIND[kind]
        if given(drug).name in series or rate(drug).name in series
        for each in _given(view, kind, drug)
    ]
    return tuple(sorted(found, key=lambda each: (each.at_ms, each.drug)))


def covering(view: View, kind: str, from_ms: int) -> Given | None:
    """Find the first dose of a kind that covers a moment, or was given after it."""
    return next(
        (
            each
            for each in given_of(view, kind)
            if each.covers_until_ms is None or each.covers_until_ms >= from_ms
        ),
        None,
    )


def course_of(view: View) -> Mapping[str, tuple[Given, ...]]:
    """Give the doses of the newest course, by kind; empty where none was ever given."""
    doses = sorted(
        ((each.at_ms, kind, each) for kind in DRUGS_BY_KIND for each in given_of(view, kind)),
        key=lambda each: each[:2],
    )
    first = 0
    for place in range(1, len(doses)):
        before = doses[place - 1]
        until_ms = before[2].covers_until_ms
        ended_ms = before[0] if until_ms is None else max(before[0], until_ms)
        if until_ms is not None and doses[place][0] - ended_ms > COURSE_GAP_MS:
            first = place
    course: dict[str, tuple[Given, ...]] = {}
    for _, kind, dose in doses[first:]:
        course[kind] = (*course.get(kind, ()), dose)
    return course


def _given(view: View, kind: str, drug: str) -> Iterator[Given]:
    for dose in one_a_moment(view.every(given(drug))):
        if dose.value.route not in NOT_SYSTEMIC:
            covers_ms = COVERED_MS[kind]
            if dose.value.interval_h is not None:
                covers_ms = min(round(dose.value.interval_h * HOUR_MS), COVERED_MAX_MS)
            yield Given(dose.effective_ms, dose.effective_ms + covers_ms, drug, dose)
    rates = list(one_a_moment(view.every(rate(drug))))
    for place, running in enumerate(rates):
        if running.value.value > 0:
            until_ms = rates[place + 1].effective_ms if place + 1 < len(rates) else None
            yield Given(running.effective_ms, until_ms, drug, running)
