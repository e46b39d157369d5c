"""OPS-SILENCE: a vital sign of a patient that was measured before comes no more.

It never changes a grade. It names each sign that is silent, comes anew where another one falls
silent or speaks again, and ends when all of them do. P2 where the patient is no longer watched: no
vital sign comes any more, or in an open episode one by which an episode is graded; else P3. What
was never measured is not missed, and a new stay has to begin before anything of it can be late.
Whoever waits for a planned infusion is watched too.

What is charted by hand comes a little late now and then. Of a sign whose last readings mostly came
a third of the built-in interval apart or more, a part of its interval is waited for in addition;
one that a monitor feeds is missed without any delay, and so is one of which too little is known.

Of patients who are made up, and stand for a feed or for the way of pages, see `beats`.
Source: CLINICAL.md DEC-35, DEC-50, §5.8; DESIGN ("The pager"); decision 61.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

from stream.clinical.levels import Level
from stream.clinical.patient import Patient
from stream.clinical.policies.thresholds import BUILT_IN, Site
from stream.clinical.rules import beats
from stream.clinical.rules.rule import Bound, Evidence, Finding, Rule, Verdict, under_every_policy
from stream.clinical.series import Reading
from stream.clinical.signals import (
    HEART_RATE,
    PRESSURE,
    RESPIRATORY_RATE,
    SPO2,
    TEMPERATURE,
    Pressure,
    Signal,
    Temperature,
)
from stream.clinical.times import HOUR_MS, MINUTE_MS
from stream.clinical.view import View
from topics.alerts import Priority
from topics.reserved import is_made_up

NAME: Final = "OPS-SILENCE"
# Nothing else of a patient is fed by a machine: ICE has a rule of its own, and what else is charted
# by hand or sent by the laboratory comes when there is something to say.
EXPECTED_MS: Final[Mapping[Signal[Any], Callable[[Site], int]]] = MappingProxyType(
    {
        TEMPERATURE: attrgetter("silence_temperature_ms"),
        PRESSURE: attrgetter("silence_pressure_ms"),
        SPO2: attrgetter("silence_spo2_ms"),
        HEART_RATE: attrgetter("silence_heart_rate_ms"),
        RESPIRATORY_RATE: attrgetter("silence_respiratory_rate_ms"),
    }
)
LAST_GAPS: Final = 4  # by which it is told how a sign comes
LEAST_GAPS: Final = 2
THIRD: Final = 3  # of the built-in interval: a monitor, and what is kept of it, comes oftener
PERCENT: Final = 100
GRADED_BY: Final = frozenset({TEMPERATURE.name, PRESSURE.name, SPO2.name})
WORDS: Final = {
    "temperature_c": "temperature",
    "pressure": "blood pressure",
    "spo2_percent": "SpO2",
    "heart_rate_per_min": "pulse",
    "respiratory_rate_per_min": "respiration",
}
UNITS: Final = {
    "spo2_percent": "%",
    "heart_rate_per_min": "/min",
    "respiratory_rate_per_min": "/min",
}


def judge(view: View) -> Verdict:
    """Hold while a sign is older than it may be; be asked again when the next one comes to be."""
    if is_made_up(view.patient.patient_id):
        return beats.judge(view)
    silent: dict[str, Reading[Any]] = {}
    wakes_ms: list[int] = []
    for signal, newest, late_ms in _measured(view):
        if view.at_ms < late_ms:
            wakes_ms.append(late_ms)
        else:
            silent[signal.name] = newest
    wake_ms = min(wakes_ms, default=None)
    if not silent:
        return Verdict(None, wake_ms, "What is expected comes again.")
    in_episode = view.course.onset_ms is not None and not GRADED_BY.isdisjoint(silent)
    is_watched = bool(wakes_ms) and not in_episode
    names = ", ".join(f"{WORDS[name]} ({_since(view, each)})" for name, each in silent.items())
    finding = Finding(
        priorities=under_every_policy(Priority.P3 if is_watched else Priority.P2),
        because=tuple(_shown(name, newest) for name, newest in silent.items()),
        advice=lambda: (
            f"Look at the patient: nothing has come of {names}. The grade stays what it was, and "
            "cannot rise by what is not measured. Then look for the monitor and its feed."
        ),
        source="Stormwatch DEC-35, CLINICAL 5.8",
    )
    return Verdict(finding, wake_ms)


def is_open(patient: Patient) -> bool:
    """Tell whether a silence was told: then each reading may end it."""
    told = patient.told(NAME)
    return told is not None and told.is_open


def _measured(view: View) -> Iterator[tuple[Signal[Any], Reading[Any], int]]:
    """Give each sign that was ever measured, its newest reading, and when that is too old."""
    for signal, expected_ms in EXPECTED_MS.items():
        newest = view.patient.newest(signal, None, view.until_ms)
        if newest is not None:
            since_ms = max(newest.effective_ms, view.patient.without_plan().stay_from_ms or 0)
            # "Longer than": it falls due right after it.
            yield signal, newest, since_ms + _allowed_ms(view, signal, expected_ms) + 1


def _allowed_ms(view: View, signal: Signal[Any], expected: Callable[[Site], int]) -> int:
    """Give how old the newest reading of a sign may be, by how those before it came."""
    expected_ms = expected(view.site)
    slow_ms = expected(BUILT_IN) / THIRD  # whatever the site has, so that a shorter one is sooner
    moments_ms: list[int] = []
    for reading in reversed(view.every(signal)):
        if reading.effective_ms not in moments_ms[-1:]:
            moments_ms.append(reading.effective_ms)
        if len(moments_ms) > LAST_GAPS:
            break
    gaps_ms = [later - earlier for later, earlier in pairwise(moments_ms)]
    slow = [gap_ms for gap_ms in gaps_ms if gap_ms >= slow_ms]
    if len(gaps_ms) < LEAST_GAPS or len(slow) * 2 <= len(gaps_ms):
        return expected_ms
    return expected_ms + round(expected_ms * view.site.silence_by_hand_percent / PERCENT)


def _since(view: View, newest: Reading[Any]) -> str:
    minutes = (view.at_ms - newest.effective_ms) // MINUTE_MS
    hours, rest = divmod(minutes, HOUR_MS // MINUTE_MS)
    return f"for {hours} h {rest} min" if hours else f"for {rest} min"


def _shown(name: str, newest: Reading[Any]) -> Evidence:
    at, value = (newest.effective_ms, newest.event_id), newest.value
    if isinstance(value, Temperature):
        return Evidence(name, value.celsius, "Cel", *at)
    if isinstance(value, Pressure):
        measured = zip(value._fields, value, strict=True)
        name, value = next((each, mmhg) for each, mmhg in measured if mmhg is not None)
        return Evidence(name, value, "mm[Hg]", *at)
    return Evidence(name, value, UNITS[name], *at)


def _alike(_: object, __: float | None) -> object:
    """Give the same for all: a sign that goes on coming says nothing new, whatever it is."""
    return None


def _beats(pulse: float, _: float | None) -> object:
    """Turn where a pulse stops or comes again: so the silence of a feed looks."""
    return pulse > 0


COMES: Final = tuple(
    Level(signal, _beats if signal is HEART_RATE else _alike) for signal in EXPECTED_MS
)
RULE: Final = Rule(NAME, Bound.STAY, COMES, judge, never_retracts=True, before_infusion=True)
