"""What was made of a patient's readings, kept for as long as none of them changes.

A status line is written for each group of records, and most of what it says does not come from a
monitor. What does not has to declare what it looks at: the signals, and the ages at which a reading
of each comes to count differently. Readings are never changed in place, so what was made of the
same ones at the same ages is the same.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from stream.clinical.patient import Patient
from stream.clinical.policies.thresholds import Site
from stream.clinical.series import place_at
from stream.clinical.signals import Signal

T = TypeVar("T")

PATIENTS_KEPT: Final = 1024  # of one that is no longer among them it is made again
AHEAD_MS: Final = -1  # the age before which a reading lies ahead


class _Made(NamedTuple, Generic[T]):
    """What was made, of what, and from when until when it holds, the end not included."""

    of: tuple[object, ...]
    from_ms: int
    until_ms: int | None
    value: T


class Kept(Generic[T]):
    """Makes something of a patient at a time, or gives what was made.

    `ages_ms` names the signals, the same at each site, each with the oldest ages at which a reading
    still counts as one there.
    """

    def __init__(self, ages_ms: Callable[[Site], Mapping[Signal[Any], Sequence[int]]]) -> None:
        self._ages_ms = ages_ms
        self._names = tuple(signal.name for signal in ages_ms(Site()))
        self._made: dict[str, _Made[T]] = {}

    def of(
        self, patient: Patient, at_ms: int, site: Site, make: Callable[[], T], *also: object
    ) -> T:
        """Give what `make` makes; `also` is what it looks at beside the signals, never changed."""
        of = (site, patient.stay_from_ms, *map(patient.series.get, self._names), *also)
        made = self._made.get(patient.patient_id)
        # The same object is equal to itself at once.
        if (
            made is not None
            and made.from_ms <= at_ms
            and (made.until_ms is None or at_ms < made.until_ms)
            and made.of == of
        ):
            return made.value
        value = make()
        self._made.pop(patient.patient_id, None)
        if len(self._made) >= PATIENTS_KEPT:
            del self._made[next(iter(self._made))]
        self._made[patient.patient_id] = _Made(
            of, at_ms, self._turns_ms(patient, at_ms, site), value
        )
        return value

    def forget(self) -> None:
        """Let everything be made again."""
        self._made.clear()

    def _turns_ms(self, patient: Patient, at_ms: int, site: Site) -> int | None:
        """Find when the next reading comes to count differently though nothing happens."""
        turns = []
        for signal, ages_ms in self._ages_ms(site).items():
            series = patient.series.get(signal.name, ())
            for age_ms in (AHEAD_MS, *ages_ms):
                place = place_at(series, at_ms - age_ms)
                if place < len(series):
                    turns.append(series[place].effective_ms + age_ms + 1)
        return min(turns, default=None)
