"""Which readings of a series are forgotten.

Single readings of vital signs are kept for 6 hours and until their hour is over; then what says
most of each hour (`hours`), for 72 hours. The newest is kept whatever its age, since what was last
known holds. Laboratory results are kept for 72 hours, and the one that held when they began;
ferritin, doses, fluids, cultures, ICE and seizures as such; of a state that is charted again and
again (a rate, a support, a finding) each change; of consciousness the first and the last of each
level and day. The last result before the infusion is kept for the stay. `lasting` names what is
kept for longer since something is still known by it.

Where more is left than a limit allows, what says least goes first, however young: of a state what
was said before and after it as well, of rates then those between others by which nothing starts,
stops or changes a grade; of vital signs what the hour will not need, but for the newest half of the
limit; of consciousness what its day will not need. Of what says least a sixth of the limit goes at
once: to choose it costs as much as many records. Only at the very last the oldest go, and what was
before them is known no more.
Source: DESIGN ("The state of a patient").
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from stream.clinical import lasting
from stream.clinical.bedside import fact
from stream.clinical.circulation import is_high_dose
from stream.clinical.hours import Judge, judges, thinned, thinned_until
from stream.clinical.patient import KEPT_MS, Patient
from stream.clinical.policies.thresholds import Site
from stream.clinical.rules.hlh_ferritin import walk as walk_ferritin
from stream.clinical.series import Reading, Series, place_after, place_at
from stream.clinical.signals import (
    AGE,
    CAPD,
    CONSCIOUSNESS,
    FERRITIN,
    ICE,
    LVEF,
    OXYGEN,
    SEDATED,
    SEIZURE,
    TEMPERATURE,
    WEIGHT,
    Rate,
    Result,
    fluid,
)
from stream.clinical.times import DAY_MS

WORST_READINGS_MS: Final = KEPT_MS
RESULTS_MS: Final = KEPT_MS
READINGS_MAX: Final = 600  # of one vital sign, and of volumes that raise a blood pressure
RESULTS_MAX: Final = 200  # of one analyte, drug, rate, support, finding or fact
AT_ONCE: Final = 6  # of a limit that is reached so much goes, of what says least
# Of these each one counts for the stay, and what was given or found is never said twice.
ONE_BY_ONE: Final = ("given", "ordered", "not_given", "fluid", "culture")
RATE: Final = "rate"
RESUSCITATION: Final = fluid("resuscitation").name
LASTING: Final = frozenset({ICE.name, CAPD.name, SEIZURE.name, LVEF.name})


class Forgetting:
    """One look at the series of a patient: what each no longer needs."""

    def __init__(self, patient: Patient, now_ms: int, site: Site) -> None:
        self._patient, self._now_ms, self._site = patient, now_ms, site
        self._judges = judges(fact(patient, AGE))
        self._kept: set[tuple[str, str]] = set()  # records that are kept for another signal
        self.cut_ms: dict[str, int] = {}  # by signal: the newest of what a limit made unknown

    def of(self, name: str, series: Series) -> list[Reading[Any]]:
        """Choose what a series no longer needs."""
        if name == FERRITIN.name:
            return _ferritin(series, self._site)
        past, limit = self._past(name, series)
        kept = self._lasting(name, series)
        gone = [reading for reading in past if id(reading) not in kept]
        if len(series) - len(gone) > limit:
            self._cut(name, series, gone, kept, limit)
        return gone

    def _past(self, name: str, series: Series) -> tuple[Iterable[Reading[Any]], int]:
        """Choose what is past, and say how many may be left."""
        limit, horizon_ms = RESULTS_MAX, self._now_ms - RESULTS_MS
        past: Iterable[Reading[Any]] = ()
        if (judge := self._judges.get(name)) is not None:
            past, limit = self._of_vital_sign(series, judge), READINGS_MAX
        elif name == CONSCIOUSNESS.name:
            past, limit = _between(series, horizon_ms), READINGS_MAX
        elif name == RESUSCITATION:  # a whole episode of them is added up
            limit = READINGS_MAX
        elif _is_state(name):
            past = _repeated(series, horizon_ms)
        elif name.partition(":")[0] not in ONE_BY_ONE and name not in LASTING:
            past = self._of_results(name, series)
        return past, limit

    def _of_results(self, name: str, series: Series) -> list[Reading[Any]]:
        """Choose what is past; the last one before the infusion stays, for CAR-HEMATOTOX."""
        gone = list(series[: _followed_until(series, self._past_ms(name))])
        if self._patient.stay_from_ms is None:
            return gone
        place = place_at(series, self._patient.stay_from_ms) - 1
        return [*gone[:place], *gone[place + 1 :]] if 0 <= place < len(gone) else gone

    def _past_ms(self, name: str) -> int:
        """Find the moment at which the result that held last is kept, and each one since."""
        return lasting.compared_from_ms(self._patient, name, self._now_ms - RESULTS_MS)

    def _of_vital_sign(self, series: Series, judge: Judge) -> list[Reading[Any]]:
        """Choose what is past, and thin the hours that are over since the last look."""
        past = _followed_until(series, self._now_ms - WORST_READINGS_MS)
        end = min(place_at(series, thinned_until(self._now_ms)), len(series) - 1)
        return [*series[:past], *self._thinned(series, end, judge)]

    def _thinned(self, series: Series, end: int, judge: Judge) -> Iterator[Reading[Any]]:
        start = max(
            place_at(series, self._patient.thinned_ms),
            _followed_until(series, self._now_ms - WORST_READINGS_MS),
        )
        return thinned(series, start, end, judge, self._kept)

    def _lasting(self, name: str, series: Series) -> frozenset[int]:
        """Name the readings by which something is known for longer."""
        horizon_ms = self._now_ms - WORST_READINGS_MS
        if name == OXYGEN.name:
            return lasting.of_oxygen(self._patient, horizon_ms)
        if name == TEMPERATURE.name:
            return lasting.of_temperature(self._patient, horizon_ms)
        if isinstance(series[-1].value, Result):
            return lasting.of_results(self._patient, name, self._past_ms(name))
        return lasting.NONE

    def _cut(
        self,
        name: str,
        series: Series,
        gone: list[Reading[Any]],
        kept: frozenset[int],
        limit: int,
    ) -> None:
        """Choose more until a limit is kept: what says least, and then the oldest."""
        known = {*kept, *map(id, gone)}
        left = limit - limit // AT_ONCE
        for spare in self._spare(name, series):
            over = max(len(series) - len(gone) - left, 0)
            more = list(islice((each for each in spare if id(each) not in known), over))
            gone += more
            known |= set(map(id, more))
            left = limit  # what says more goes only where it must
        over = len(series) - len(gone) - limit
        if over > 0:
            # What lasts goes at the very last, and the newest never.
            rest = [each for each in series[:-1] if id(each) not in known]
            rest += [each for each in series[:-1] if id(each) in kept]
            gone += rest[:over]
            self.cut_ms[name] = max(each.effective_ms for each in rest[:over])

    def _spare(self, name: str, series: Series) -> Iterator[Iterable[Reading[Any]]]:
        """Give what says least, and then what says little, the oldest first."""
        if (judge := self._judges.get(name)) is not None:
            yield self._thinned(series, len(series) - READINGS_MAX // 2, judge)
        elif name == CONSCIOUSNESS.name:
            yield _between(series, self._now_ms)
        elif _is_state(name):
            yield _repeated(series, self._now_ms)
            if name.partition(":")[0] == RATE:
                yield _repeated(series, self._now_ms, self._graded(name))
                yield _repeated(series, self._now_ms, _runs)

    def _graded(self, name: str) -> Callable[[Rate], object]:
        """Say what a grade makes of a rate."""
        drug, weight_kg = name.partition(":")[2], fact(self._patient, WEIGHT)
        return lambda rate: (_runs(rate), is_high_dose(drug, rate, weight_kg))


def _followed_until(series: Series, horizon_ms: int) -> int:
    """Count the readings that another one follows by then; the newest is none of them."""
    return max(place_after(series, horizon_ms) - 1, 0)


def _is_state(name: str) -> bool:
    """Tell whether a signal holds until it is charted anew."""
    kind, colon, _ = name.partition(":")
    return (bool(colon) and kind not in ONE_BY_ONE) or name == SEDATED.name


def _runs(rate: Rate) -> object:
    return rate.value > 0


def _same(value: object) -> object:
    return value


def _repeated(
    series: Series, until_ms: int, said: Callable[[Any], object] = _same
) -> list[Reading[Any]]:
    """Choose from before a moment what said the same as the one before and the one after it."""
    if series[0].effective_ms >= until_ms:
        return []
    return [
        reading
        for before, reading, after in zip(series, series[1:], series[2:], strict=False)
        if reading.effective_ms < until_ms
        and said(before.value) == said(reading.value) == said(after.value)
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
