"""How long a fetch waits for records, and when all topics count as asked.

While something is held it is looked at again soon: what a fetch tells of an end comes without a
record. Such a short look may find nothing because nobody had the time to answer, so a topic counts
as asked once some fetch has brought something, or after as long as a broker that is well takes.
"""

from typing import Final

from stream.scheduler import Scheduler

FULL_WAIT_S: Final = 0.05  # between two looks at what is held, when there is room for no more
HELD_WAIT_S: Final = 0.02  # when what is held goes as soon as a fetch tells of an end
ASKED_S: Final = 1.0  # within which a broker that is well has answered a fetch


class Looks:
    """The looks of one consumer at what its topics have."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._asked_for_s = 0.0  # since all topics had been asked for once more

    def wait_s(self, most_s: float, *, has_room: bool) -> float:
        """Say how long the next fetch waits for a record."""
        if not has_room:
            return FULL_WAIT_S
        return HELD_WAIT_S if self._scheduler.holds_any() else most_s

    def came_back(self, took_s: float, wait_s: float, *, some: bool) -> None:
        """Know that a fetch came back. One that was held up asked for no longer than it may."""
        self._asked_for_s += min(took_s, wait_s)
        if some or self._asked_for_s >= ASKED_S:
            self._asked_for_s = 0.0
            self._scheduler.asked()
