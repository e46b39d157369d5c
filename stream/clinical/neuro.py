"""ICANS of a patient under one policy: each domain with the readings that make it, and the grade.

While ICE cannot be done the grade is carried forward: it is an estimate, and nothing lowers it
until the next ICE. What was found under sedation says nothing. What was found while a clinician
held another cause stays out where a policy honours that; a finding that was there before comes
back.
Source: CLINICAL.md §1.1 (review line 57), §2.3, DEC-35, DEC-44, DEC-52 to DEC-58.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical import icans
from stream.clinical.bedside import readings_of_stay
from stream.clinical.causes import Spell, lies_in, spells
from stream.clinical.exams import is_capd_without_age, scores_of
from stream.clinical.freshness import is_fresh
from stream.clinical.grade import GradeRange, look_up, worst
from stream.clinical.icans import Arousal, IcansTable
from stream.clinical.kept import Kept
from stream.clinical.patient import Patient
from stream.clinical.policies.register import GRADING
from stream.clinical.policies.thresholds import Site
from stream.clinical.sedation import NEURO_CAUSE, SEDATIVE_RATES, intubated, sedated
from stream.clinical.seizures import GOES_ON_MS, NO_CONVULSIONS, convulsions_of, fits_of
from stream.clinical.series import Reading, Series, one_a_moment, since, up_to
from stream.clinical.signals import (
    AGE,
    CAPD,
    CONSCIOUSNESS,
    ICE,
    SEDATED,
    SEIZURE,
    Consciousness,
    Signal,
    neuro_sign,
)

AROUSAL_BY_LEVEL: Final[Mapping[str, Arousal]] = MappingProxyType(
    {
        "alert": Arousal.ALERT,
        "voice": Arousal.VOICE,
        "tactile": Arousal.TACTILE,
        "unarousable": Arousal.UNAROUSABLE,
    }
)
RASS_ALERT_FROM: Final = 0
RASS_VOICE_FROM: Final = -3
RASS_TACTILE_FROM: Final = -4


class Domain(NamedTuple):
    """The grade of one domain, and what makes it: signals with their readings."""

    grade: GradeRange
    shown: tuple[tuple[str, Reading[Any]], ...]


class Neuro(NamedTuple):
    """The grade of ICANS under one policy."""

    grade: GradeRange
    estimated: bool  # carried forward, since no ICE can be done
    domains: tuple[Domain, ...]
    turns_ms: int | None = None  # when it rises though nothing happens: a seizure goes on


class Known(NamedTuple):
    """What the domains are graded from."""

    patient: Patient
    table: IcansTable
    site: Site
    at_ms: int
    until_ms: int | None
    others: tuple[Spell, ...]  # when another cause held
    asleep: tuple[Spell, ...]  # when the patient was sedated
    scores: Series  # of ICE or CAPD, as far as they count
    carried_from_ms: int | None  # since when no ICE can be done; None: the last one holds


# What ICANS is graded from, beside the airway; a seizure that is not over turns at an age.
TURNS_MS: Final[Mapping[Signal[Any], Sequence[int]]] = MappingProxyType(
    {
        **dict.fromkeys((AGE, ICE, CAPD, CONSCIOUSNESS), ()),
        SEIZURE: (GOES_ON_MS - 1,),
        **dict.fromkeys((SEDATED, NEURO_CAUSE, *SEDATIVE_RATES), ()),
        **{neuro_sign(sign): () for policy in GRADING for sign in policy.icans.by_sign},
    }
)
KEPT: Final[Kept[Mapping[str, Neuro]]] = Kept(
    lambda site: {
        **TURNS_MS,
        ICE: (site.fresh_ice_ms,),
        CAPD: (site.fresh_capd_ms,),
        CONSCIOUSNESS: (site.fresh_consciousness_ms,),
    }
)


def neuro_of(
    patient: Patient, at_ms: int, site: Site, until_ms: int | None = None
) -> Mapping[str, Neuro]:
    """Grade ICANS under each policy from what is known of the stay."""
    airways = intubated(patient, until_ms)
    if until_ms is not None:
        return _neuro_of(patient, at_ms, site, until_ms, airways)
    return KEPT.of(
        patient, at_ms, site, lambda: _neuro_of(patient, at_ms, site, None, airways), airways
    )


def _neuro_of(
    patient: Patient, at_ms: int, site: Site, until_ms: int | None, airways: tuple[Spell, ...]
) -> Mapping[str, Neuro]:
    asleep = sedated(patient, until_ms)
    unable = (*asleep, *airways)
    graded = {}
    for policy in GRADING:
        scores = scores_of(patient, policy.icans.ice_schemes, until_ms)
        others = spells(patient, "neuro", until_ms) if policy.honours_attribution else ()
        carried_from_ms = _carried_from_ms(scores, unable)
        table = policy.icans
        graded[policy.name] = _graded(
            Known(patient, table, site, at_ms, until_ms, others, asleep, scores, carried_from_ms)
        )
    return graded


def arousal_of(found: Consciousness) -> Arousal:
    """Find to what a patient awakens; a RASS counts where no level is charted (DEC-54)."""
    if found.level is not None:
        return AROUSAL_BY_LEVEL[found.level]
    rass = RASS_ALERT_FROM if found.rass is None else found.rass
    if rass >= RASS_ALERT_FROM:
        return Arousal.ALERT
    if rass >= RASS_VOICE_FROM:
        return Arousal.VOICE
    return Arousal.TACTILE if rass >= RASS_TACTILE_FROM else Arousal.UNAROUSABLE


def _graded(known: Known) -> Neuro:
    others, carried_from_ms = known.others, known.carried_from_ms
    estimated = carried_from_ms is not None
    # What is carried forward from before the other cause was named is not lowered by it.
    if (
        others
        and others[-1].until_ms is None
        and (carried_from_ms is None or others[-1].from_ms < carried_from_ms)
    ):
        return Neuro(GradeRange(0, 0), estimated, ())
    convulsion, turns_ms = _convulsion(known)
    domains = (_score(known), _arousal(known), convulsion, _signs(known))
    grade = icans.grade_icans(*(domain.grade for domain in domains), estimated=estimated)
    return Neuro(grade, estimated, domains, turns_ms)


def _carried_from_ms(scores: Series, unable: Sequence[Spell]) -> int | None:
    """Find since when ICE cannot be done; a score from then on shows that it can."""
    last_ms = scores[-1].effective_ms if scores else None
    since = [each.from_ms for each in unable if last_ms is None or each.from_ms >= last_ms]
    return min(since, default=None)


def _score(known: Known) -> Domain:
    table = known.table
    unknown = icans.grade_level(table.by_ice, None, fresh=False)
    without_age = is_capd_without_age(known.patient, known.until_ms)

    def grade(reading: Reading[Any]) -> GradeRange:
        if isinstance(reading.value, int):
            fresh = is_fresh(CAPD, reading, known.at_ms, known.site)
            found = icans.grade_level(table.by_capd, icans.capd_of(reading.value), fresh=fresh)
            # It proves what it shows. It rules nothing out: who is 12 or older had no ICE.
            return worst(found, unknown) if without_age else found
        fresh = is_fresh(ICE, reading, known.at_ms, known.site)
        return icans.grade_level(table.by_ice, icans.ice_of(reading.value.points), fresh=fresh)

    name = CAPD.name if known.scores and isinstance(known.scores[-1].value, int) else ICE.name
    return _domain(known, name, known.scores, grade, unknown)


def _arousal(known: Known) -> Domain:
    table = known.table.by_arousal

    def grade(reading: Reading[Consciousness]) -> GradeRange:
        fresh = is_fresh(CONSCIOUSNESS, reading, known.at_ms, known.site)
        return icans.grade_level(table, arousal_of(reading.value), fresh=fresh)

    unknown = icans.grade_level(table, None, fresh=False)
    return _domain(known, CONSCIOUSNESS.name, _awake(known), grade, unknown)


def _awake(known: Known) -> Series:
    """Give what was found of consciousness without sedation."""
    found = one_a_moment(readings_of_stay(known.patient, CONSCIOUSNESS, known.until_ms))
    return [each for each in found if not lies_in(each.effective_ms, known.asleep)]


def _domain(
    known: Known,
    name: str,
    readings: Series,
    grade: Callable[[Reading[Any]], GradeRange],
    unknown: GradeRange,
) -> Domain:
    """Grade by the newest reading; while the grade is carried forward, by the worst since."""
    begun = up_to(readings, known.carried_from_ms)
    found = [] if not begun else [_as_of(known, begun, grade, unknown)]
    if known.carried_from_ms is not None:
        later = since(readings, known.carried_from_ms)
        found += [
            (grade(each), each) for each in later if not lies_in(each.effective_ms, known.others)
        ]
    if not found:
        return Domain(unknown, ())
    severest, reading = max(found, key=lambda each: (each[0].lowest, each[1].effective_ms))
    return Domain(severest, ((name, reading),))


def _as_of(
    known: Known,
    readings: Series,
    grade: Callable[[Reading[Any]], GradeRange],
    unknown: GradeRange,
) -> tuple[GradeRange, Reading[Any]]:
    """Grade the newest reading; what was found under another cause proves nothing by itself."""
    newest = readings[-1]
    if not lies_in(newest.effective_ms, known.others) or grade(newest).lowest == 0:
        return grade(newest), newest
    outside = [each for each in readings if not lies_in(each.effective_ms, known.others)]
    before = grade(outside[-1]).lowest if outside else 0
    return GradeRange(min(grade(newest).lowest, before), unknown.highest), newest


def _convulsion(known: Known) -> tuple[Domain, int | None]:
    seizures = tuple(one_a_moment(readings_of_stay(known.patient, SEIZURE, known.until_ms)))
    found = NO_CONVULSIONS
    if seizures:  # as in few
        # While the grade is carried forward no examination lowers it.
        awake = up_to(_awake(known), known.carried_from_ms)
        examined_ms = known.scores[-1].effective_ms if known.scores else None
        aroused_ms = awake[-1].effective_ms if awake else None
        fits = [
            fit for fit in fits_of(seizures) if not lies_in(fit.reading.effective_ms, known.others)
        ]
        found = convulsions_of(fits, known.at_ms, examined_ms, aroused_ms)
    grade = look_up(known.table.by_convulsion, found.lowest, found.highest)
    shown = tuple((SEIZURE.name, fit.reading) for fit in found.counting)
    return Domain(grade, shown), found.turns_ms


def _signs(known: Known) -> Domain:
    shown = [
        (sign, reading)
        for sign in known.table.by_sign
        if (reading := _present(known, neuro_sign(sign))) is not None
    ]
    signs = frozenset([sign for sign, _ in shown])
    return Domain(icans.grade_signs(known.table, signs), tuple(shown))


def _present(known: Known, signal: Signal[bool]) -> Reading[bool] | None:
    """Find what shows that a sign is there, or was while the grade is carried forward."""
    if signal.name not in known.patient.series:
        return None
    readings = tuple(one_a_moment(readings_of_stay(known.patient, signal, known.until_ms)))
    begun = up_to(readings, known.carried_from_ms)
    run = list(takewhile(lambda each: each.value, reversed(begun)))
    if known.carried_from_ms is not None:
        run += [each for each in since(readings, known.carried_from_ms) if each.value]
    outside = [each for each in run if not lies_in(each.effective_ms, known.others)]
    return max(outside, key=lambda each: each.effective_ms, default=None)
