"""SOFA of a patient, and whether it rises: organs that fail one after the other.

What is compared are organs of which something was known at both times, by the newest results,
however old. The circulation is known by the last measured mean pressure, never derived (DEC-27),
or a vasopressor; where neither says anything it has 1 point at most. Under 18 years a mean says
nothing (DEC-46). A GCS under sedation is none. Urine counts where it was collected for 12 hours or
more. FiO2 is that in use when PaO2 was taken; room air is 0.21. A result whose comparator leaves
points open takes none away that an older one has (decision 79).
Source: CLINICAL.md §1.4 DEC-14, §3, DEC-60; Vincent et al., Intensive Care Med 1996;22:707-710,
table 3.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.bedside import VASOPRESSOR_RATES, oxygen_that_decides
from stream.clinical.circulation import is_child, ug_kg_min
from stream.clinical.levels import Level
from stream.clinical.oxygen import NEED_BY_DEVICE, ROOM_AIR, OxygenNeed
from stream.clinical.results import answering, as_of, standing, value_of
from stream.clinical.scores.lungs import pf_mmhg
from stream.clinical.scores.sofa import MEAN_LIMIT_MMHG, QUESTIONS, RISE, Inputs, Sofa, sofa
from stream.clinical.sedation import sedated
from stream.clinical.series import Reading, up_to
from stream.clinical.signals import (
    GCS,
    PRESSURE,
    URINE,
    Pressure,
    Rate,
    Result,
    Signal,
    lab,
    rate,
)
from stream.clinical.times import DAY_MS
from stream.clinical.view import View

PAO2: Final = lab("pao2")
ROOM_AIR_FIO2_FRACTION: Final = 0.21
COLLECTED_H: Final = 12.0  # urine of a shorter time says little of a day
HOURS_A_DAY: Final = 24.0
CIRCULATION: Final = "circulation"
MOST_BY_PRESSURE: Final = 1  # point; more has only who has a vasopressor
VASOACTIVE: Final = (*VASOPRESSOR_RATES, ("dobutamine", rate("dobutamine")))
SIGNALS_OF: Final[Mapping[str, tuple[Signal[Any], ...]]] = MappingProxyType(
    {
        "respiration": (PAO2,),
        "coagulation": (lab("platelets"),),
        "liver": (lab("bilirubin_total"),),
        CIRCULATION: (),  # the drugs that run, else the mean pressure
        "brain": (GCS,),
        "kidneys": (lab("creatinine"), URINE),
    }
)
ORGAN_SIGNALS: Final[tuple[Signal[Any], ...]] = (
    *(lab(analyte) for analyte in ("pao2", "platelets", "bilirubin_total", "creatinine")),
    GCS,
    URINE,
    *(signal for _, signal in VASOACTIVE),
)

Turn = tuple[int, bool | None]  # when, and whether the mean is low from then on


def is_low_mean(pressure: Pressure, age_years: float | None) -> bool | None:
    """Tell on which side of its limit a measured mean is; None where it says nothing."""
    mean = pressure.mean_arterial_mmhg
    return None if mean is None or is_child(age_years) else mean < MEAN_LIMIT_MMHG


SCORED_MEAN: Final = Level(PRESSURE, is_low_mean)


class Rise(NamedTuple):
    """By how many points SOFA has risen, and the organs that changed: their points then and now."""

    points: int
    organs: Mapping[str, tuple[int | None, int | None]]  # None: nothing was known


def rise_of(view: View) -> Rise | None:
    """Find by how much SOFA has risen in 24 hours; None where that is not enough.

    These are the 24 hours until something was last charted of an organ: silence ends nothing. A
    mean pressure is something where it comes to lie on the other side of its limit; the first that
    is kept is compared with, but it may have lain there before.
    """
    charted = sorted(
        {
            reading.effective_ms
            for signal in ORGAN_SIGNALS
            for reading in view.every(signal)
            if reading.effective_ms <= view.at_ms
        }
    )
    first, turns = _turns_of_mean(view)
    moments = sorted({*charted, *(at_ms for at_ms, _ in (*first, *turns))})
    last_ms = max([*charted, *(at_ms for at_ms, _ in turns)], default=view.at_ms)
    from_ms = last_ms - DAY_MS
    held_then = max(bisect_left(moments, from_ms) - 1, 0)
    # Between two moments at which something else is charted, one adequate mean says all.
    ends = _adequate((*first, *turns), from_ms)
    adequate = {bisect_right(charted, at_ms): at_ms for at_ms in ends}
    compared = {*moments[held_then : held_then + 1], *adequate.values()}
    compared |= {each for each in charted if each >= from_ms}
    now = sofa_of(view)
    rises = [_rise(sofa_of(as_of(view, each)), now) for each in sorted(compared)]
    steepest = max(rises, key=lambda each: each.points, default=None)
    return None if steepest is None or steepest.points < RISE else steepest


def readings_of(view: View, organ: str) -> Iterator[tuple[str, Reading[Any]]]:
    """Give the readings by which an organ has its points now, with what they are of."""
    for signal in SIGNALS_OF[organ]:
        last: Reading[Any] | None = pao2_of(view) if signal is PAO2 else view.latest(signal)
        if (questions := QUESTIONS.get(signal.name)) is not None and last is not None:
            results = standing(view, signal, view.patient.stay_from_ms)
            yield from ((signal.name, each) for each in answering(results, questions))
            continue
        if last is not None and not (signal is URINE and last.value.over_h < COLLECTED_H):
            yield signal.name, last
    if organ == CIRCULATION:
        running = list(_running(view))
        mean = _mean(view)
        yield from running
        if mean is not None and not running:
            yield PRESSURE.name, mean


def sofa_of(view: View) -> Sofa:
    """Score what is known at the time of a view."""
    pao2, urine = pao2_of(view), view.latest(URINE)
    fio2 = None if pao2 is None else _fio2_at(view, pao2.effective_ms)
    device = None if view.oxygen is None else view.oxygen.value.device
    need = None if device is None else NEED_BY_DEVICE[device]
    mean = _mean(view)
    from_ms = view.patient.stay_from_ms
    found = {
        name: tuple(each.value for each in standing(view, lab(name), from_ms)) for name in QUESTIONS
    }
    running = {drug: ug_kg_min(each.value, view.weight_kg) for drug, each in _running(view)}
    return sofa(
        Inputs(
            pf_mmhg=pf_mmhg(
                pao2_mmhg=None if pao2 is None else pao2.value.value, fio2_fraction=fio2
            ),
            ventilated=None if need is None else need is OxygenNeed.POSITIVE_PRESSURE,
            mean_arterial_mmhg=None if mean is None else mean.value.mean_arterial_mmhg,
            running_ug_kg_min=running,
            gcs=None if _is_sedated(view) else value_of(view.latest(GCS)),
            urine_ml_a_day=None
            if urine is None or urine.value.over_h < COLLECTED_H
            else urine.value.volume_ml / urine.value.over_h * HOURS_A_DAY,
            **{name: results[0] if results else None for name, results in found.items()},
        ),
        {name: results[1:] for name, results in found.items()},
    )


def pao2_of(view: View) -> Reading[Result] | None:
    """Find the newest PaO2 of the stay of which something can be computed."""
    results = standing(view, PAO2, view.patient.stay_from_ms)
    return next((each for each in results if each.value.comparator is None), None)


def _turns_of_mean(view: View) -> tuple[list[Turn], list[Turn]]:
    """Give the first pressure and mean, and where the mean came to lie on the other side."""
    first: list[Turn] = []
    turns: list[Turn] = []
    before: bool | None = None
    age_years = view.age_years
    for reading in up_to(view.readings(PRESSURE), view.at_ms):
        low = is_low_mean(reading.value, age_years)
        if not first or (before is None and low is not None):
            first.append((reading.effective_ms, low))
        elif low not in {before, None}:
            turns.append((reading.effective_ms, low))
        before = before if low is None else low
    return first, turns


def _adequate(turns: tuple[Turn, ...], from_ms: int) -> list[int]:
    """Give the moments since one at which the mean became adequate, the newest first."""
    return [at_ms for at_ms, low in reversed(turns) if low is False and at_ms >= from_ms]


def _running(view: View) -> Iterator[tuple[str, Reading[Rate]]]:
    for drug, signal in VASOACTIVE:
        reading = view.patient.newest(signal, None, view.until_ms)
        if reading is not None and reading.value.value > 0:
            yield drug, reading


def _mean(view: View) -> Reading[Pressure] | None:
    """Find the last mean pressure; a reading without one says nothing of it."""
    if is_child(view.age_years):
        return None
    for reading in reversed(view.readings(PRESSURE)):
        if reading.value.mean_arterial_mmhg is not None:
            return reading
    return None


def _rise(then: Sofa, now: Sofa) -> Rise:
    before, after = then.organs, now.organs
    rises = {
        organ: points - before[organ]
        for organ, points in after.items()
        if organ in before and organ != CIRCULATION
    }
    rises[CIRCULATION] = _rise_of_circulation(before.get(CIRCULATION), after.get(CIRCULATION))
    changed = {
        organ: (before.get(organ), after.get(organ)) for organ, rise in rises.items() if rise
    }
    return Rise(sum(rises.values()), changed)


def _rise_of_circulation(then: int | None, now: int | None) -> int:
    """Compare the points, by what is proven where one of the two is unknown."""
    if then is not None:
        return (0 if now is None else now) - then
    return 0 if now is None else max(now - MOST_BY_PRESSURE, 0)


def _fio2_at(view: View, moment_ms: int) -> float | None:
    used = oxygen_that_decides(view.patient, moment_ms)
    if used is None:
        return None
    held = used.held()
    if held.fio2_fraction is None and held.device == ROOM_AIR:
        return ROOM_AIR_FIO2_FRACTION
    return held.fio2_fraction


def _is_sedated(view: View) -> bool:
    spells = sedated(view.patient, view.until_ms)
    return any(spell.until_ms is None for spell in spells)
