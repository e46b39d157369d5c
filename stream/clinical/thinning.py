"""Which readings of a series are forgotten.

Single readings of vital signs are kept for 6 hours; then the worst of each hour, each one of
another kind than the one before it (a fever after none), and each after which nothing came for an
hour; for 72 hours. So a walk over what is kept finds the same episodes. The newest is kept
whatever its age, since what was last known holds. Laboratory results are kept for 72 hours,
ferritin, doses, fluids, cultures, ICE and seizures as such; of a state that is charted again and
again (a rate, a support, a finding) each change; of consciousness the first and the last of each
level and day.
Source: DESIGN ("The state of a patient").
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.circulation import MEAN_LIMIT_MMHG, is_hypotension, systolic_limit_mmhg
from stream.clinical.crs import FEVER_C
from stream.clinical.oxygen import NEED_BY_DEVICE
from stream.clinical.rules.hlh_ferritin import walk as walk_ferritin
from stream.clinical.series import Reading, Series
from stream.clinical.signals import (
    CAPD,
    CONSCIOUSNESS,
    FERRITIN,
    HEART_RATE,
    ICE,
    LVEF,
    OXYGEN,
    PEEP,
    PLATEAU,
    PRESSURE,
    RESPIRATORY_RATE,
    SEDATED,
    SEIZURE,
    SPO2,
    TEMPERATURE,
    TIDAL_VOLUME,
    Oxygen,
    Pressure,
)
from stream.clinical.times import DAY_MS, HOUR_MS

SINGLE_READINGS_MS: Final = 6 * HOUR_MS
WORST_READINGS_MS: Final = 72 * HOUR_MS
RESULTS_MS: Final = 72 * HOUR_MS
READINGS_MAX: Final = 600  # of one vital sign
RESULTS_MAX: Final = 200  # of one analyte, drug, rate, support, finding or fact
# Of these each one counts for the stay, and what was given or found is never said twice.
ONE_BY_ONE: Final = ("given", "ordered", "not_given", "fluid", "culture")
LASTING: Final = frozenset({ICE.name, CAPD.name, SEIZURE.name, LVEF.name})


class Badness(NamedTuple):
    """How bad a reading is, and of which kind."""

    degree: float
    kind: object


Judge = Callable[[Any], Badness]


def forgotten(
    name: str, series: Series, now_ms: int, age_years: float | None
) -> list[Reading[Any]]:
    """Choose what a series no longer needs, the oldest first."""
    limit = RESULTS_MAX
    if (judge := judges(age_years).get(name)) is not None:
        gone, limit = list(_thinned(series, judge, now_ms)), READINGS_MAX
    elif name == FERRITIN.name:
        return _ferritin(series)
    elif name == CONSCIOUSNESS.name:
        gone, limit = list(_between(series, now_ms - RESULTS_MS)), READINGS_MAX
    elif name.partition(":")[0] in ONE_BY_ONE or name in LASTING:
        gone = []
    elif ":" in name or name == SEDATED.name:
        gone = _repeated(series, now_ms - RESULTS_MS)
    else:
        gone = _past(series, now_ms - RESULTS_MS)
    over = len(series) - len(gone) - limit
    if over > 0:
        known = set(map(id, gone))
        gone += [reading for reading in series if id(reading) not in known][:over]
    return gone


def judges(age_years: float | None) -> Mapping[str, Judge]:
    """Say for each vital sign how to judge a reading."""
    systolic_limit = systolic_limit_mmhg(age_years)

    def of_pressure(pressure: Pressure) -> Badness:
        systolic, mean = pressure
        parts = [] if systolic is None else [systolic / systolic_limit]
        parts += [] if mean is None else [mean / MEAN_LIMIT_MMHG]
        return Badness(-min(parts), (is_hypotension(pressure, age_years), systolic is None))

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


def _thinned(series: Series, judge: Judge, now_ms: int) -> Iterator[Reading[Any]]:
    horizon_ms, single_ms = now_ms - WORST_READINGS_MS, now_ms - SINGLE_READINGS_MS
    judged = [judge(reading.value) for reading in series]
    worst: dict[int, int] = {}  # by hour, the place of the worst
    for place, reading in enumerate(series):
        hour = reading.effective_ms // HOUR_MS
        if hour not in worst or judged[place].degree > judged[worst[hour]].degree:
            worst[hour] = place
    kept = set(worst.values())
    old = [reading for reading in series[:-1] if reading.effective_ms < single_ms]
    for place, reading in enumerate(old):
        following_ms = series[place + 1].effective_ms
        turns = place == 0 or judged[place].kind != judged[place - 1].kind
        alone = following_ms - reading.effective_ms > HOUR_MS
        if following_ms <= horizon_ms or not (turns or alone or place in kept):
            yield reading


def _past(series: Series, horizon_ms: int) -> list[Reading[Any]]:
    """Choose what is too old; the newest is none of it."""
    return [reading for reading in series[:-1] if reading.effective_ms < horizon_ms]


def _repeated(series: Series, horizon_ms: int) -> list[Reading[Any]]:
    """Choose what said the same as the one before and the one after it."""
    return [
        reading
        for before, reading, after in zip(series, series[1:], series[2:], strict=False)
        if reading.effective_ms < horizon_ms and before.value == reading.value == after.value
    ]


def _between(series: Series, horizon_ms: int) -> Iterator[Reading[Any]]:
    """Choose what lies between the first and the last that said the same on the same day."""
    places: dict[object, list[int]] = {}
    for place, reading in enumerate(series[:-1]):
        if reading.effective_ms < horizon_ms:
            same = reading.effective_ms // DAY_MS, reading.value
            places.setdefault(same, []).append(place)
    for found in places.values():
        yield from (series[place] for place in found[1:-1])


def _ferritin(series: Series) -> list[Reading[Any]]:
    """Beyond the limit, choose the oldest results that change nothing in the alert."""
    gone: list[Reading[Any]] = []
    truth = walk_ferritin(series)
    while len(series) > RESULTS_MAX:
        # One result decides the alert at most, so there is always another that can go.
        place = next(
            place
            for place in range(len(series))
            if walk_ferritin((*series[:place], *series[place + 1 :])) == truth
        )
        gone.append(series[place])
        series = (*series[:place], *series[place + 1 :])
    return gone
