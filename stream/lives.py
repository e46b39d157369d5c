"""The alerts of the patients of one partition, as the pager keeps them."""

import contextlib
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pydantic import TypeAdapter

from alerts.decide import Decision, due_ms, recover
from alerts.life import BEFORE_ANY_TICK, Life, Send, Stage
from alerts.policy import Policy
from stream.guard import logged_on_error
from stream.runs import Kept
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.reserved import is_probe
from topics.ticks import Tick

VERSION: Final = 1
AT_ONCE_MS: Final = 0  # due before any clock: a page may be on its way
AGAIN_MS: Final = 60_000  # after which what failed is tried again: not at every tick
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


def orders_of(partition: int, decision: Decision, what: object) -> list[Order]:
    """Return the pages that were decided upon something that happened."""
    if (life := decision.life) is None:
        return []
    patient_id, alert_id = life.line.patient_id, life.line.alert_id
    return [
        Order(partition, patient_id, alert_id, send, _spoken_of(life, send, what))
        for send in decision.sends
    ]


def _spoken_of(life: Life, send: Send, what: object) -> int | None:
    """Return the time of what is told, where it may have ended since; None: it is about now.

    A line may be of hours ago, and so is what nobody has answered after an outage. A second try is
    of what was found to be true.
    """
    is_first = isinstance(what, Alert | Tick) and send.attempt == 1
    return epoch_ms(life.line.at) if is_first else None


def queued(life: Life, order: Order) -> Send | None:
    """Give the page of an order, where it is still to be sent."""
    send = life.find(order.send.page_id, order.send.address.sink)
    if send is None or (send.stage, send.attempt) != (Stage.QUEUED, order.send.attempt):
        return None
    return send


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
    """One partition: the alerts of its patients, read when somebody asks, and its clock.

    Of a patient whose state is of no use nothing is known: what is told from then on is paged, and
    that somebody has to look, since nobody knows what was open (docs/decisions, 65).
    """

    def __init__(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        policy: Policy,
    ) -> None:
        self.partition = partition
        self.unread: dict[str, bytes] = {}  # states of no use, until that is told
        self.clock_ms = BEFORE_ANY_TICK if clock_ms is None else clock_ms
        self.raised: dict[tuple[str, str], Alert] = {}  # last about ourselves, by patient and rule
        self._states, self._policy = states, policy
        self._lives: dict[str, dict[str, Life]] = {}
        self._pending: dict[str, int] = {}
        self._put_off: dict[tuple[str, str], int] = {}  # alerts that failed, and until when
        self._due_of = {
            key.decode(): due_ms for key, (_, due_ms) in states.items() if due_ms is not None
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
            lives = {}
            if (kept := self._states.get(patient_id.encode())) is not None:
                with self._unread_on_error(patient_id):
                    lives = decode(kept[0])
            self._lives[patient_id] = lives
            self._count(patient_id, lives)
        return lives

    def put(self, patient_id: str, alert_id: str, life: Life | None) -> None:
        """Remember an alert, or forget it."""
        lives = dict(self.of(patient_id))
        if life is None:
            lives.pop(alert_id, None)
        else:
            lives[alert_id] = life
        self._put_off.pop((patient_id, alert_id), None)
        due = self._next_due(patient_id, lives)  # first: where it fails nothing has changed
        self._lives[patient_id] = lives
        self._count(patient_id, lives)
        self._wait(patient_id, due)

    def plan(self, patient_id: str) -> None:
        """Wait for what is next due of a patient."""
        self._wait(patient_id, self._next_due(patient_id, self.of(patient_id)))

    def fall_due(self, until_ms: int) -> list[str]:
        """Return the patients of whom something is due by then; each has to be planned again.

        Where that fails they are due again in a minute: nobody is forgotten.
        """
        found = []
        while self._due and self._due[0][0] <= until_ms:
            due, patient_id = heapq.heappop(self._due)
            if self._due_of.get(patient_id) == due:  # else it was planned anew since
                del self._due_of[patient_id]
                found.append(patient_id)
        for patient_id in found:
            self._wait(patient_id, until_ms + AGAIN_MS)
        return found

    @contextlib.contextmanager
    def put_off_on_error(self, patient_id: str, alert_id: str) -> Iterator[None]:
        """Have an alert wait for a minute where what is done with it fails."""
        self._put_off[patient_id, alert_id] = self.clock_ms + AGAIN_MS
        yield
        self._put_off.pop((patient_id, alert_id), None)

    def recover(self, held_ms: tuple[int, int]) -> Iterator[Order]:
        """Give what was on its way when the state was saved: it goes again.

        What waits for the watchers does so, where it began to between two times.
        One patient with whom that fails keeps no other from it: it would end every worker in turn,
        and nobody would be paged about anybody.
        """
        for patient_id in self.fall_due(self.clock_ms):
            for alert_id, life in list(self.of(patient_id).items()):
                sends: tuple[Send, ...] = ()
                with self._unread_on_error(patient_id):
                    again, sends = recover(life, held_ms)
                    self.put(patient_id, alert_id, again)
                for send in sends:
                    about_ms = epoch_ms(life.line.at) if send.is_held else None
                    yield Order(self.partition, patient_id, alert_id, send, about_ms)

    def kept(self, patient_id: str) -> Kept:
        """Return what has to be saved of a patient, and when it is to be looked at again."""
        lives = self.of(patient_id)
        is_leaving = any(_is_leaving(send) for life in lives.values() for send in life.sends)
        return encode(lives), AT_ONCE_MS if is_leaving else self._next_due(patient_id, lives)

    @contextlib.contextmanager
    def _unread_on_error(self, patient_id: str) -> Iterator[None]:
        """Go on where a saved state is of no use, and have that told."""
        is_read = False
        with logged_on_error(self.partition):
            yield
            is_read = True
        if not is_read:
            self.unread[patient_id] = self._states[patient_id.encode()][0]

    def _next_due(self, patient_id: str, lives: Mapping[str, Life]) -> int | None:
        times = []
        for alert_id, life in lives.items():
            if (due := due_ms(life, self._policy)) is not None:
                times.append(max(due, self._put_off.get((patient_id, alert_id), due)))
        return min(times, default=None)

    def _wait(self, patient_id: str, due: int | None) -> None:
        if due is None:
            self._due_of.pop(patient_id, None)
            return
        if due == self._due_of.get(patient_id):
            return
        self._due_of[patient_id] = due
        if len(self._due) > STALE_MAX + 2 * len(self._due_of):
            self._due = [(each, patient) for patient, each in self._due_of.items()]
            heapq.heapify(self._due)
        else:
            heapq.heappush(self._due, (due, patient_id))

    def _count(self, patient_id: str, lives: Mapping[str, Life]) -> None:
        pending = sum(len(life.sends) for life in lives.values())
        if pending:
            self._pending[patient_id] = pending
        else:
            self._pending.pop(patient_id, None)


def _is_leaving(send: Send) -> bool:
    return send.stage is not Stage.WAITING
