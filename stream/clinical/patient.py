"""What is remembered of a patient: a plain record that is never changed in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

from stream.clinical.entries import Identity, Version
from stream.clinical.ledger import Ledger
from stream.clinical.series import Reading, Readings, newest_of
from stream.clinical.signals import Signal
from stream.clinical.times import HOUR_MS
from stream.clinical.trail import Trail

T = TypeVar("T")
NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
EMPTY: Final = Ledger()
KEPT_MS: Final = 72 * HOUR_MS  # for so long each result is kept, and of vital signs the worst


class Response(NamedTuple):
    """The grade of CRS at the first tocilizumab of an episode, and the lowest since."""

    first: int
    lowest: int


class Course(NamedTuple):
    """How an illness went up to a moment: the open episode, and those that are closed."""

    at_ms: int | None = None  # the last moment that is in it
    onset_ms: int | None = None  # of the open episode
    clean_ms: int | None = None  # since when the open episode, or what a mask graded, is clean
    counting: tuple[int, float] | None = None  # the last temperature that can close it: when, Cel
    fever: Reading[float] | None = None  # the last temperature of the open episode that is a fever
    fever_from_ms: int | None = None  # since when there was no gap of 8 hours without fever
    afebrile_from_ms: int | None = None  # since when there was none; None while there is fever
    closed: tuple[tuple[int, int], ...] = ()  # onset and end of the latest closed episodes
    grade_2_from: Mapping[str, int] = NOTHING  # by policy: since when CRS was of grade 2 or more
    response: Mapping[str, Response] = NOTHING  # by policy, from the first tocilizumab on
    masked_ms: int | None = None  # since when a mask had CRS graded, before any episode was open
    mild_from: Mapping[str, int] = NOTHING  # by policy: since when CRS is below grade 2 again
    again_from: Mapping[str, int] = NOTHING  # by policy: when it last rose to 2 after a day below

    @property
    def ill_from_ms(self) -> int | None:
        """The onset of the illness: of the open episode, or of what a mask had graded before it."""
        return self.onset_ms if self.masked_ms is None else self.masked_ms


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode with its number, which it keeps."""

    number: int
    onset_ms: int
    closed_ms: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """What was last said of an alert: enough to know whether there is anything new to say."""

    rule: str
    stay: int
    episode: int
    state: str
    revision: int
    priority: str
    priorities: Mapping[str, str]
    grades: Mapping[str, int] | None
    because: tuple[Mapping[str, Any], ...]
    source: str
    since_ms: int  # from when on it was true
    raised_ms: int
    repeat_ms: int | None  # when it is said again

    @property
    def is_open(self) -> bool:
        """True until it ends."""
        return self.state in ("raised", "changed")


def key_of_alert(rule: str, stay: int, episode: int) -> str:
    """Name an alert within its patient; the id that others know is made from it."""
    return f"{stay}|{rule}|{episode}"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that was refused, and whether it may be that of a dying patient."""

    at_ms: int  # when it was refused
    event_id: str | None
    value: float | None
    urgent: bool
    effective_ms: int | None = None  # when it was true; None where that could not be read


class Patient(NamedTuple):
    """Everything that is remembered of one patient. Times are epoch milliseconds."""

    patient_id: str
    entries: Ledger = EMPTY
    replaced: Mapping[Identity, Version] = NOTHING  # of forgotten entries that replaced others
    series: Mapping[str, Readings[Any]] = NOTHING  # of the entries, by signal
    before: Course = Course()  # up to where single readings are no longer kept
    front: Course = Course()  # up to the moment before the latest
    course: Course = Course()  # up to the latest moment
    trail: Trail = Trail(Course())
    episodes: tuple[Episode, ...] = ()
    alerts: Mapping[str, Told] = NOTHING  # by `key_of_alert`; the ended ones too
    doubts: Mapping[str, Mapping[str, Doubt]] = NOTHING  # by rule, signal and urgency
    wakes: Mapping[str, int] = NOTHING  # by rule: when it is to be looked at
    applied: Mapping[str, int] = NOTHING  # by topic: the last offset taken
    cut: Mapping[str, int] = NOTHING  # by limit: how much it has cut
    changed_ms: int = 0  # the latest time it was looked at
    asked_ms: int = 0  # the latest time a rule was asked
    charted_ms: int = 0  # the latest moment of anything that is no vital sign
    thinned_ms: int = 0  # of vital signs from before it only what is worst is kept
    stay: int = 0  # counts the infusions; 0 before any is known
    stay_from_ms: int | None = None  # when it begins; readings from before do not count for it

    @property
    def planned_ms(self) -> int | None:
        """When the first infusion is planned for, while it is: nothing counts before its time."""
        return None if self.stay else self.stay_from_ms

    def without_plan(self) -> "Patient":
        """Give the patient as if no infusion were known, while the first one is planned."""
        return self if self.planned_ms is None else self._replace(stay_from_ms=None)

    @property
    def due_ms(self) -> int | None:
        """The next moment at which something falls due."""
        return min(self.wakes.values(), default=None)

    def with_cut(self, limit: str, count: int) -> "Patient":
        """Count what a limit has cut."""
        return self._replace(cut={**self.cut, limit: self.cut.get(limit, 0) + count})

    def readings(self, signal: Signal[T]) -> Sequence[Reading[T]]:
        """All readings of a signal, by when they were true."""
        return self.series.get(signal.name, ())

    def newest(
        self, signal: Signal[T], from_ms: int | None = None, until_ms: int | None = None
    ) -> Reading[T] | None:
        """Give the newest reading of a signal in a span, both ends included; None is no limit."""
        series = self.series.get(signal.name)
        return None if series is None else newest_of(series, from_ms, until_ms)

    def told(self, rule: str, episode: int = 0) -> Told | None:
        """Give what was last said of an alert: that of an episode, or of the stay."""
        return self.alerts.get(key_of_alert(rule, self.stay, episode))
