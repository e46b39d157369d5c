"""What is no longer remembered: everything has a limit, and what it cuts is counted.

Single readings of vitals are kept for 6 hours, then the worst of each signal and hour, and every one
at which the patient began to be well or ill, for 72 hours. The newest of each signal is kept whatever
its age, since what was last known holds. Results of ferritin and doses are kept as such.
Source: DESIGN ("The state of a patient").
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.bedside import fact
from stream.clinical.circulation import MEAN_LIMIT_MMHG, is_hypotension, systolic_limit_mmhg
from stream.clinical.course import walk
from stream.clinical.crs import FEVER_C
from stream.clinical.entries import Entry, Identity
from stream.clinical.masking import HOUR_MS
from stream.clinical.oxygen import NEED_BY_DEVICE
from stream.clinical.patient import Patient, Told
from stream.clinical.rules.hlh_ferritin import walk as walk_ferritin
from stream.clinical.series import Reading, Series, readings_of, with_reading
from stream.clinical.signals import (
    AGE,
    FERRITIN,
    HEART_RATE,
    OXYGEN,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
)

SINGLE_READINGS_MS: Final = 6 * HOUR_MS
WORST_READINGS_MS: Final = 72 * HOUR_MS
TRIM_EVERY_MS: Final = HOUR_MS
READINGS_MAX: Final = 1_500  # of one vital sign
RESULTS_MAX: Final = 200  # of one analyte, drug, rate, support or fact
SILENT_MAX: Final = 200  # records that say nothing: entered in error, demo
ALERTS_MAX: Final = 400  # of this stay and the one before

Mark = tuple[Identity, str]  # one reading: of which record, of which signal


def trimmed(patient: Patient, now_ms: int) -> Patient:
    """Forget what is past its limit; looked at once an hour."""
    if now_ms - patient.trimmed_ms < TRIM_EVERY_MS:
        return patient
    patient = replace(patient, trimmed_ms=now_ms)
    horizon_ms = now_ms - WORST_READINGS_MS
    cut: Counter[str] = Counter(patient.cut)
    before = patient.before
    for _, _, course in walk(patient, before, horizon_ms):
        before = course
    dropped = set(_dropped(patient, now_ms, horizon_ms, cut))
    entries, series = _without(patient.entries, dropped, cut)
    alerts = _alerts_kept(patient, cut)
    return replace(
        patient, before=before, entries=entries, series=series, alerts=alerts, cut=dict(cut)
    )


def _dropped(patient: Patient, now_ms: int, horizon_ms: int, cut: Counter[str]) -> Iterator[Mark]:
    by_signal: dict[str, list[tuple[Reading[Any], Identity]]] = {}
    for identity, entry in patient.entries.items():
        for name, reading in readings_of(entry):
            by_signal.setdefault(name, []).append((reading, identity))
    for name, held in by_signal.items():
        held.sort(key=lambda each: each[0][:3])
        if (badness := _badness(patient).get(name)) is not None:
            gone = list(_vitals_dropped(held, badness, now_ms - SINGLE_READINGS_MS, horizon_ms))
            cut["readings"] += len(gone)
            over = len(held) - len(gone) - READINGS_MAX
        elif name == FERRITIN.name:
            gone = _ferritin_dropped(held)
            cut["results"] += len(gone)
            over = 0
        else:
            gone, over = [], len(held) - RESULTS_MAX
        if over > 0:
            kept = [each for each in held if each not in gone]
            gone += kept[:over]
            cut["over the limit"] += over
        yield from ((identity, name) for _, identity in gone)


def _vitals_dropped(
    held: list[tuple[Reading[Any], Identity]],
    badness: Callable[[Any], tuple[float, object]],
    single_ms: int,
    horizon_ms: int,
) -> Iterator[tuple[Reading[Any], Identity]]:
    """Keep of each hour the worst, and each reading whose kind is not that of the one before."""
    worst: dict[int, tuple[float, int]] = {}
    for place, (reading, _) in enumerate(held):
        hour, bad = reading.effective_ms // HOUR_MS, badness(reading.value)[0]
        if hour not in worst or bad > worst[hour][0]:
            worst[hour] = bad, place
    kept_places = {place for _, place in worst.values()}
    kind_before: object = None
    last = len(held) - 1
    for place, (reading, identity) in enumerate(held):
        kind = badness(reading.value)[1]
        turns, kind_before = kind != kind_before, kind
        following_ms = None if place == last else held[place + 1][0].effective_ms
        if following_ms is None or reading.effective_ms >= single_ms:
            continue
        if following_ms <= horizon_ms or (place not in kept_places and not turns):
            yield reading, identity


def _ferritin_dropped(
    held: list[tuple[Reading[Any], Identity]],
) -> list[tuple[Reading[Any], Identity]]:
    """Beyond the limit, leave out the oldest results that change nothing in the alert."""
    gone: list[tuple[Reading[Any], Identity]] = []
    held = list(held)
    truth = walk_ferritin(reading for reading, _ in held)
    while len(held) > RESULTS_MAX:
        for place in range(len(held)):
            rest = held[:place] + held[place + 1 :]
            if walk_ferritin(reading for reading, _ in rest) == truth:
                break
        else:
            place, rest = 0, held[1:]
        gone.append(held[place])
        held = rest
    return gone


def _badness(patient: Patient) -> Mapping[str, Callable[[Any], tuple[float, object]]]:
    """How bad a reading is, and of which kind, for each vital sign."""
    age_years = fact(patient, AGE)
    limit = systolic_limit_mmhg(age_years)

    def of_pressure(value: Any) -> tuple[float, object]:  # noqa: ANN401, of several signals
        systolic, mean = value
        parts = [systolic / limit] if systolic is not None else []
        parts += [mean / MEAN_LIMIT_MMHG] if mean is not None else []
        return -min(parts), (is_hypotension(value, age_years), systolic is None)

    def of_oxygen(value: Any) -> tuple[float, object]:  # noqa: ANN401
        need = -1 if value.device is None else NEED_BY_DEVICE[value.device]
        return need + (value.fio2_fraction or 0.0), value

    return MappingProxyType(
        {
            TEMPERATURE.name: lambda value: (value.celsius, value.celsius >= FEVER_C),
            PRESSURE.name: of_pressure,
            OXYGEN.name: of_oxygen,
            SPO2.name: lambda value: (-value, None),
            HEART_RATE.name: lambda value: (value, None),
            RESPIRATORY_RATE.name: lambda value: (value, None),
        }
    )


def _without(
    entries: Mapping[Identity, Entry], dropped: set[Mark], cut: Counter[str]
) -> tuple[dict[Identity, Entry], dict[str, Series]]:
    """Leave readings out of their records, and records out that say nothing any more."""
    kept: dict[Identity, Entry] = {}
    series: dict[str, Series] = {}
    silent = [identity for identity, entry in entries.items() if not entry.stated()]
    surplus = set(silent[: max(len(silent) - SILENT_MAX, 0)])
    cut["silent"] += len(surplus)
    for identity, entry in entries.items():
        if identity in surplus:
            continue
        names = [name for name, _ in entry.stated()]
        gone = [name for name in names if (identity, name) in dropped]
        if names and len(gone) == len(names):
            continue
        kept[identity] = entry.leaving_out(gone) if gone else entry
        for name, reading in readings_of(kept[identity]):
            series[name] = with_reading(series.get(name, ()), reading)
    return kept, series


def _alerts_kept(patient: Patient, cut: Counter[str]) -> Mapping[str, Told]:
    """Keep what was told in this stay and the one before: a revision must never be used twice."""
    alerts = {
        identity: told
        for identity, told in patient.alerts.items()
        if told.is_open or told.stay >= patient.stay - 1
    }
    surplus = [identity for identity, told in alerts.items() if not told.is_open]
    for identity in surplus[: max(len(alerts) - ALERTS_MAX, 0)]:
        del alerts[identity]
    cut["alerts"] += len(patient.alerts) - len(alerts)
    return alerts
