"""Every record accounted for: what was fetched is held, handed over and taken, or read again."""

from collections import Counter
from collections.abc import Callable, Iterable


class Account:
    """Counts the records of each partition since reading last started.

    Faust may drop a run between the scheduler and the agent when it rebalances. The next run of
    that topic would show it, but a ferritin may come once a day: so the counts are compared.
    """

    def __init__(self, held: Callable[[int], int]) -> None:
        self._held = held
        self._fetched: Counter[int] = Counter()
        self._taken: Counter[int] = Counter()
        self._short_since_s: dict[int, float] = {}

    def begin(self) -> None:
        """Start anew: what was on its way is read again."""
        self._fetched.clear()
        self._taken.clear()
        self._short_since_s.clear()

    def fetched(self, partition: int, records: int) -> None:
        """Count records that came from the broker, in their place."""
        self._fetched[partition] += records

    def taken(self, partition: int, records: int) -> None:
        """Count records that the work has taken."""
        self._taken[partition] += records
        self._short_since_s.pop(partition, None)

    def partitions(self) -> Iterable[int]:
        """Name the partitions of which something was fetched."""
        return list(self._fetched)

    def all_on_the_way(self) -> int:
        """Count the records of all partitions handed over and not yet taken."""
        return sum(map(self.on_the_way, self.partitions()))

    def on_the_way(self, partition: int) -> int:
        """Count the records handed over and not yet taken."""
        return self._fetched[partition] - self._held(partition) - self._taken[partition]

    def short_for_s(self, partition: int, now_s: float, *, busy: bool) -> float:
        """Return for how many seconds records have been missing while nobody was at work."""
        if busy or self.on_the_way(partition) <= 0:
            self._short_since_s.pop(partition, None)
            return 0.0
        return now_s - self._short_since_s.setdefault(partition, now_s)
