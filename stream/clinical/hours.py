"""Vital signs of an hour: which of them say something that the others do not.

Of each hour the worst is kept, of mean pressures the worst on each side of the limit of SOFA and
the last where there are both, each one of another kind than the one before it (a fever after none),
and each after which nothing came for an hour. So a walk over what is kept finds the same episodes.
Source: DESIGN ("The state of a patient").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.circulation import MEAN_LIMIT_MMHG, is_hypotension, systolic_limit_mmhg
from stream.clinical.crs import FEVER_C
from stream.clinical.organs import is_low_mean
from stream.clinical.oxygen import NEED_BY_DEVICE
from stream.clinical.series import Reading, Series
from stream.clinical.signals import (
    HEART_RATE,
    OXYGEN,
    PEEP,
    PLATEAU,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
    TIDAL_VOLUME,
    Oxygen,
    Pressure,
)
from stream.clinical.times import HOUR_MS

SINGLE_READINGS_MS: Final = 6 * HOUR_MS


class Badness(NamedTuple):
    """How bad a reading is, of which kind, and on which side of a limit; None: it has no sides."""

    degree: float
    kind: object
    side: bool | None = None


Judge = Callable[[Any], Badness]


def thinned_until(now_ms: int) -> int:
    """Find up to when vital signs are thinned: by whole hours."""
    return (now_ms - SINGLE_READINGS_MS) // HOUR_MS * HOUR_MS


def judges(age_years: float | None) -> Mapping[str, Judge]:
    """Say for each vital sign how to judge a reading."""
    systolic_limit = systolic_limit_mmhg(age_years)

    def of_pressure(pressure: Pressure) -> Badness:
        systolic, mean = pressure
        parts = [] if systolic is None else [systolic / systolic_limit]
        parts += [] if mean is None else [mean / MEAN_LIMIT_MMHG]
        kind = is_hypotension(pressure, age_years), systolic is None
        return Badness(-min(parts), kind, is_low_mean(pressure, age_years))

    return MappingProxyType(
        {
            TEMPERATURE.name: lambda value: Badness(value.celsius, value.celsius >= FEVER_C),
            PRESSURE.name: of_pressure,
            OXYGEN.name: _of_oxygen,
            SPO2.name: lambda value: Badness(-value, None),
            HEART_RATE.name: lambda value: Badness(value, None),
            RESPIRATORY_RATE.name: lambda value: Badness(value, None),
            TIDAL_VOLUME.name: lambda value: Badness(value, None),
            PLATEAU.name: lambda value: Badness(value, None),
            PEEP.name: lambda value: Badness(value, None),
        }
    )


def _of_oxygen(oxygen: Oxygen) -> Badness:
    need = -1 if oxygen.device is None else NEED_BY_DEVICE[oxygen.device]
    return Badness(need + (oxygen.fio2_fraction or 0.0), oxygen)


def thinned(
    series: Series, start: int, end: int, judge: Judge, others: set[tuple[str, str]]
) -> Iterator[Reading[Any]]:
    """Choose what goes of some hours: all but the worst of each, turns, and what stands alone.

    Of several that are as bad, the one stays whose record stays for `others`.
    """
    if start >= end:
        return
    judged = [judge(reading.value) for reading in series[start:end]]
    kept = _worst(series, start, judged, others)
    others |= {(series[place].source, series[place].event_id) for place in kept}
    kind = judge(series[start - 1].value).kind if start else None
    for place in range(start, end):
        reading, before = series[place], kind
        kind = judged[place - start].kind
        turns = place == 0 or kind != before
        alone = series[place + 1].effective_ms - reading.effective_ms > HOUR_MS
        if not (turns or alone or place in kept):
            yield reading


def _worst(
    series: Series, start: int, judged: Sequence[Badness], others: set[tuple[str, str]]
) -> set[int]:
    """Name the places of the worst of each hour and side, and of the last where both are there."""
    worst: dict[tuple[int, bool | None], tuple[float, bool, int]] = {}
    last: dict[int, int] = {}  # of an hour, with a side
    for place, (degree, _, side) in enumerate(judged, start):
        reading = series[place]
        hour, shared = reading.effective_ms // HOUR_MS, (reading.source, reading.event_id) in others
        if (hour, side) not in worst or (degree, shared) > worst[hour, side][:2]:
            worst[hour, side] = degree, shared, place
        if side is not None:
            last[hour] = place
    both = [hour for hour in last if (hour, True) in worst and (hour, False) in worst]
    return {place for _, _, place in worst.values()} | {last[hour] for hour in both}
