"""Which readings of a series are forgotten.

Single readings of vital signs are kept for 6 hours and until their hour is over; then the worst of
each hour, of mean pressures the worst on each side of the limit of SOFA and the last where there
are both, each one of another kind than the one before it (a fever after none), and each after which
nothing came for an hour; for 72 hours. So a walk over what is kept finds the same episodes.
The newest is kept whatever its age, since what was last known holds. Laboratory results are kept
for 72 hours, and the one that held when they began; ferritin, doses, fluids, cultures, ICE and
seizures as such; of a state that is charted again and again (a rate, a support, a finding) each
change; of consciousness the first and the last of each level and day. The last result before the
infusion is kept for the stay, and so is each start and end of an intubation, and what was last
charted of the oxygen device in use.
Source: DESIGN ("The state of a patient").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from stream.clinical.bedside import oxygen_in_use
from stream.clinical.circulation import MEAN_LIMIT_MMHG, is_hypotension, systolic_limit_mmhg
from stream.clinical.crs import FEVER_C
from stream.clinical.organs import is_low_mean
from stream.clinical.oxygen import INVASIVE, NEED_BY_DEVICE
from stream.clinical.patient import KEPT_MS
from stream.clinical.policies.thresholds import Site
from stream.clinical.rules.hlh_ferritin import walk as walk_ferritin
from stream.clinical.series import Reading, Series, place_after, place_at
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
    fluid,
)
from stream.clinical.times import DAY_MS, HOUR_MS

SINGLE_READINGS_MS: Final = 6 * HOUR_MS
WORST_READINGS_MS: Final = KEPT_MS
RESULTS_MS: Final = KEPT_MS
READINGS_MAX: Final = 600  # of one vital sign, and of volumes that raise a blood pressure
RESULTS_MAX: Final = 200  # of one analyte, drug, rate, support, finding or fact
# Of these each one counts for the stay, and what was given or found is never said twice.
ONE_BY_ONE: Final = ("given", "ordered", "not_given", "fluid", "culture")
RESUSCITATION: Final = fluid("resuscitation").name
LASTING: Final = frozenset({ICE.name, CAPD.name, SEIZURE.name, LVEF.name})


class Badness(NamedTuple):
    """How bad a reading is, of which kind, and on which side of a limit; None: it has no sides."""

    degree: float
    kind: object
    side: bool | None = None


Judge = Callable[[Any], Badness]


class Forgetting:
    """One look at the series of a patient: what each no longer needs."""

    def __init__(
        self,
        now_ms: int,
        site: Site,
        age_years: float | None,
        thinned_ms: int,
        infused_ms: int | None,
    ) -> None:
        self._site = site
        self._now_ms = now_ms
        self._infused_ms = infused_ms
        self._judges = judges(age_years)
        self._thinned_ms = thinned_ms  # what is from before it was thinned before
        self._kept: set[tuple[str, str]] = set()  # records that are kept for another signal

    def of(self, name: str, series: Series) -> list[Reading[Any]]:
        """Choose what a series no longer needs, the oldest first."""
        limit, horizon_ms = RESULTS_MAX, self._now_ms - RESULTS_MS
        if (judge := self._judges.get(name)) is not None:
            gone, limit = self._of_vital_sign(series, judge), READINGS_MAX
        elif name == FERRITIN.name:
            return _ferritin(series, self._site)
        elif name == CONSCIOUSNESS.name:
            gone, limit = list(_between(series, horizon_ms)), READINGS_MAX
        elif name == RESUSCITATION:  # a whole episode of them is added up
            gone, limit = [], READINGS_MAX
        elif name.partition(":")[0] in ONE_BY_ONE or name in LASTING:
            gone = []
        elif ":" in name or name == SEDATED.name:
            gone = _repeated(series, horizon_ms)
        else:
            gone = self._of_results(series, horizon_ms)
        if gone and name == OXYGEN.name:
            kept = _turns_of_intubation(series) | _in_use(series, self._now_ms - WORST_READINGS_MS)
            gone = [reading for reading in gone if id(reading) not in kept]
        over = len(series) - len(gone) - limit
        if over > 0:
            known = set(map(id, gone))
            left = (reading for reading in series if id(reading) not in known)
            gone += islice(left, over)
        return gone

    def _of_results(self, series: Series, horizon_ms: int) -> list[Reading[Any]]:
        """Choose what is past; the last one before the infusion stays, for CAR-HEMATOTOX."""
        gone = _past(series, horizon_ms)
        if self._infused_ms is None:
            return gone
        place = place_at(series, self._infused_ms) - 1
        return [*gone[:place], *gone[place + 1 :]] if 0 <= place < len(gone) else gone

    def _of_vital_sign(self, series: Series, judge: Judge) -> list[Reading[Any]]:
        """Choose what is past, and thin the hours that are over since the last look."""
        past = _followed_until(series, self._now_ms - WORST_READINGS_MS)
        until_ms = thinned_until(self._now_ms)
        start = max(place_at(series, self._thinned_ms), past)
        end = min(place_at(series, until_ms), len(series) - 1)
        return [*series[:past], *_thinned(series, start, end, judge, self._kept)]


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


def _followed_until(series: Series, horizon_ms: int) -> int:
    """Count the readings that another one follows by then; the newest is none of them."""
    return max(place_after(series, horizon_ms) - 1, 0)


def _thinned(
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


def _past(series: Series, horizon_ms: int) -> list[Reading[Any]]:
    """Choose what is too old; what was the newest at the horizon, and holds from there, is not."""
    return list(series[: _followed_until(series, horizon_ms)])


def _turns_of_intubation(series: Series) -> frozenset[int]:
    """Name the readings at which an intubation begins or ends."""
    found = []
    before: bool | None = None
    for reading in series:
        if reading.value.device is not None:
            invasive = reading.value.device == INVASIVE
            if invasive != before and (invasive or before):
                found.append(id(reading))
            before = invasive
    return frozenset(found)


def _in_use(series: Series, horizon_ms: int) -> frozenset[int]:
    """Name the readings that say which oxygen was in use at a time: it may go on being so."""
    used = oxygen_in_use(series, until_ms=horizon_ms)
    return frozenset(map(id, used or ()))


def _repeated(series: Series, horizon_ms: int) -> list[Reading[Any]]:
    """Choose what said the same as the one before and the one after it."""
    if series[0].effective_ms >= horizon_ms:
        return []
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


def _ferritin(series: Series, site: Site) -> list[Reading[Any]]:
    """Beyond the limit, choose the oldest results that change nothing in the alert."""
    gone: list[Reading[Any]] = []
    if len(series) <= RESULTS_MAX:
        return gone
    truth = walk_ferritin(series, site)
    while len(series) > RESULTS_MAX:
        # One result decides the alert at most, so there is always another that can go.
        place = next(
            place
            for place in range(len(series))
            if walk_ferritin((*series[:place], *series[place + 1 :]), site) == truth
        )
        gone.append(series[place])
        series = (*series[:place], *series[place + 1 :])
    return gone
