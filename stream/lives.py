"""The alerts of the patients of one partition, as the pager keeps them."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from alerts.decide import due_ms, recover
from alerts.life import BEFORE_ANY_TICK, Life, Send, Stage
from alerts.policy import Policy
from stream.runs import Kept
from topics.alerts import Alert
from topics.reserved import is_probe

VERSION: Final = 1
AT_ONCE_MS: Final = 0  # due before any clock: a page may be on its way
STALE_MAX: Final = 10_000  # times that nothing is due at any more, before they are thrown away


class Order(NamedTuple):
    """A page to be tried now, and where to find the alert that it is about."""

    partition: int
    patient_id: str
    alert_id: str
    send: Send
    about_ms: int | None = None  # the time of the alert line that asked for it, if one did

    @property
    def is_probe(self) -> bool:
        """Whether it is about nobody, and so no measure of how soon people are told."""
        return is_probe(self.patient_id)


class UnknownVersionError(ValueError):
    """The state was written by a later version of this program."""


@dataclass(frozen=True, slots=True)
class _Saved:
    version: int
    lives: tuple[Life, ...]


_SAVED: Final = TypeAdapter(_Saved)


def encode(lives: Mapping[str, Life]) -> bytes:
    """Write what is remembered of a patient's alerts."""
    return _SAVED.dump_json(_Saved(VERSION, tuple(lives.values())))


def decode(saved: bytes) -> dict[str, Life]:
    """Read it back; what was added to it since has a default."""
    read = _SAVED.validate_json(saved)
    if read.version != VERSION:
        raise UnknownVersionError(f"version {read.version} of a saved state")
    return {life.line.alert_id: life for life in read.lives}


class Desk:
    """One partition: the alerts of its patients, read when somebody asks, and its clock."""

    def __init__(self, states: Mapping[bytes, Kept], clock_ms: int | None, policy: Policy) -> None:
        self.clock_ms = BEFORE_ANY_TICK if clock_ms is None else clock_ms
        self.raised: dict[tuple[str, str], Alert] = {}  # last about ourselves, by patient and rule
        self._states, self._policy = states, policy
        self._lives: dict[str, dict[str, Life]] = {}
        self._pending: dict[str, int] = {}
        self._due_of = {
            key.decode(): kept.due_ms for key, kept in states.items() if kept.due_ms is not None
        }
        self._due = [(due, patient_id) for patient_id, due in self._due_of.items()]
        heapq.heapify(self._due)

    @property
    def pending(self) -> int:
        """How many pages are on their way."""
        return sum(self._pending.values())

    def of(self, patient_id: str) -> Mapping[str, Life]:
        """Return the alerts of a patient by their ids."""
        lives = self._lives.get(patient_id)
        if lives is None:
            kept = self._states.get(patient_id.encode())
            lives = self._lives[patient_id] = {} if kept is None else decode(kept.value)
            self._count(patient_id, lives)
        return lives

    def put(self, patient_id: str, alert_id: str, life: Life | None) -> None:
        """Remember an alert, or forget it."""
        lives = dict(self.of(patient_id))
        if life is None:
            lives.pop(alert_id, None)
        else:
            lives[alert_id] = life
        self._lives[patient_id] = lives
        self._count(patient_id, lives)
        self.plan(patient_id)

    def plan(self, patient_id: str) -> None:
        """Wait for what is next due of a patient."""
        due = self._next_due(patient_id)
        if due is None or due == self._due_of.get(patient_id):
            return
        self._due_of[patient_id] = due
        if len(self._due) > STALE_MAX + 2 * len(self._due_of):
            self._due = [(each, patient) for patient, each in self._due_of.items()]
            heapq.heapify(self._due)
        else:
            heapq.heappush(self._due, (due, patient_id))

    def fall_due(self, until_ms: int) -> Iterator[str]:
        """Give the patients of whom something is due by then; each has to be planned again."""
        while self._due and self._due[0][0] <= until_ms:
            due, patient_id = heapq.heappop(self._due)
            if self._due_of.get(patient_id) == due:  # else it was planned anew since
                del self._due_of[patient_id]
                yield patient_id

    def recover(self, partition: int) -> Iterator[Order]:
        """Give what was on its way when the state was saved: it goes again."""
        for patient_id in list(self.fall_due(self.clock_ms)):
            for alert_id, life in list(self.of(patient_id).items()):
                again, sends = recover(life)
                self.put(patient_id, alert_id, again)
                yield from (Order(partition, patient_id, alert_id, send) for send in sends)

    def kept(self, patient_id: str) -> Kept:
        """Return what has to be saved of a patient, and when it is to be looked at again."""
        lives = self.of(patient_id)
        is_leaving = any(_is_leaving(send) for life in lives.values() for send in life.sends)
        return Kept(encode(lives), AT_ONCE_MS if is_leaving else self._next_due(patient_id))

    def _next_due(self, patient_id: str) -> int | None:
        each = (due_ms(life, self._policy) for life in self.of(patient_id).values())
        return min((due for due in each if due is not None), default=None)

    def _count(self, patient_id: str, lives: Mapping[str, Life]) -> None:
        pending = sum(len(life.sends) for life in lives.values())
        if pending:
            self._pending[patient_id] = pending
        else:
            self._pending.pop(patient_id, None)


def _is_leaving(send: Send) -> bool:
    return send.stage is not Stage.WAITING
