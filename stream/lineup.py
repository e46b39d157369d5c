"""Pages that wait for one sink: the sickest first, and what belongs together in one message."""

import heapq
from collections.abc import Collection, Iterator
from itertools import count
from typing import Final, NamedTuple

from alerts.routing import Address
from stream.lives import Order

STORM_FROM: Final = 4  # patients whose pages wait for the same people: from here on in one message
TOGETHER_AT_MOST: Final = 20  # pages in a message; who reads has to see the end of it

Weight = tuple[int, int]  # urgency and grades: the most is tried first


class Lane(NamedTuple):
    """What has one try under way at most: so the end of an alert does not overtake its page."""

    patient_id: str
    alert_id: str
    address: Address


def incident_of(order: Order) -> Lane:
    """Return what has one try under way where a gateway keeps one incident for all roles."""
    return Lane(order.patient_id, order.alert_id, Address("", order.send.address.sink))


class Waiting(NamedTuple):
    """A page that waits for its turn; the least is first."""

    urgency: int
    grades: int
    number: int
    order: Order

    @property
    def lane(self) -> Lane:
        """Where it must not be overtaken."""
        return Lane(self.order.patient_id, self.order.alert_id, self.order.send.address)

    @property
    def to_whom(self) -> tuple[object, ...]:
        """What pages in one message have in common."""
        send = self.order.send
        return send.address, send.part, send.tells_end


class Lineup:
    """What waits for one sink, one page a lane. `bundles` says whether pages travel together."""

    def __init__(self, *, bundles: bool) -> None:
        self._bundles = bundles
        self._numbers = count()
        self._of_lane: dict[Lane, Waiting] = {}
        self._to_whom: dict[tuple[object, ...], dict[Lane, Waiting]] = {}
        self._gathering: dict[int, Waiting] = {}  # those that wait for company
        self._ready: list[Waiting] = []  # a heap; some of it may be gone

    def add(self, weight: Weight, order: Order, *, gathers: bool) -> int:
        """Let a page wait, in place of an older one in its lane, which is no longer true.

        One that gathers goes with others, or once it is `ready`.
        """
        number = next(self._numbers)
        urgency, grades = weight
        waiting = Waiting(-urgency, -grades, number, order)
        if (older := self._of_lane.get(waiting.lane)) is not None:
            self._remove(older)
        self._of_lane[waiting.lane] = waiting
        self._to_whom.setdefault(waiting.to_whom, {})[waiting.lane] = waiting
        self._gathering[number] = waiting
        if not gathers:
            self.ready(number)
        return number

    def ready(self, number: int) -> None:
        """Let a page wait for company no longer."""
        if (waiting := self._gathering.pop(number, None)) is not None:
            heapq.heappush(self._ready, waiting)

    def clear(self) -> None:
        """Forget everything."""
        for waits in (self._of_lane, self._to_whom, self._gathering, self._ready):
            waits.clear()

    def take(self, busy: Collection[Lane]) -> tuple[Order, ...]:
        """Return the pages of the next message, the sickest patient first; empty: none is due."""
        first = self._first(busy)
        if first is None:
            return ()
        company = self._company_of(first, busy) if self._bundles else ()
        chosen = (first, *company)
        for each in chosen:
            self._remove(each)
        return tuple(each.order for each in chosen)

    def _first(self, busy: Collection[Lane]) -> Waiting | None:
        behind = []
        found = None
        while self._ready and found is None:
            each = heapq.heappop(self._ready)
            if self._of_lane.get(each.lane) is not each:
                continue  # gone with others, or replaced
            if each.lane in busy or incident_of(each.order) in busy:
                behind.append(each)
            else:
                found = each
        for each in behind:
            heapq.heappush(self._ready, each)
        return found

    def _company_of(self, first: Waiting, busy: Collection[Lane]) -> Iterator[Waiting]:
        alike = [
            each
            for lane, each in self._to_whom[first.to_whom].items()
            if each is not first and lane not in busy
        ]
        patients = {first.order.patient_id, *(each.order.patient_id for each in alike)}
        if len(patients) < STORM_FROM:
            alike = [each for each in alike if each.order.patient_id == first.order.patient_id]
        yield from heapq.nsmallest(TOGETHER_AT_MOST - 1, alike)

    def _remove(self, waiting: Waiting) -> None:
        del self._of_lane[waiting.lane]
        alike = self._to_whom[waiting.to_whom]
        del alike[waiting.lane]
        if not alike:
            del self._to_whom[waiting.to_whom]
        self._gathering.pop(waiting.number, None)
