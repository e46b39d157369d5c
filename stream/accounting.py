"""Every record accounted for: what was fetched is held, handed over and taken, or read again."""

from collections import Counter
from collections.abc import Callable, Iterable

from stream.runs import Run


class MissingRecordsError(Exception):
    """Records were handed over with others before them missing."""


class Account:
    """Counts the records of each partition since reading last started.

    Faust may drop a run between the scheduler and the agent when it rebalances. The next run of
    that topic would show it, but a ferritin may come once a day: so each run says how many records
    of its partition were handed over by then, and the next tick shows it. Where no run comes any
    more a clock does, which whatever is taken sets back: there may be many in the queue.
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

    def take(self, run: Run) -> None:
        """Count a run that is taken. Raise MissingRecordsError if one before it was not."""
        taken = self._taken[run.partition] + len(run.records)
        if taken != run.handed_over:
            raise MissingRecordsError(
                f"{run.handed_over} records of partition {run.partition} were handed over, "
                f"and {taken} would be taken"
            )
        self._taken[run.partition] = taken
        self._short_since_s.pop(run.partition, None)

    def handed_over(self, partition: int) -> int:
        """Count the records that are not held any more."""
        return self._fetched[partition] - self._held(partition)

    def partitions(self) -> Iterable[int]:
        """Name the partitions of which something was fetched."""
        return list(self._fetched)

    def all_on_the_way(self) -> int:
        """Count the records of all partitions handed over and not yet taken."""
        return sum(map(self.on_the_way, self.partitions()))

    def on_the_way(self, partition: int) -> int:
        """Count the records handed over and not yet taken."""
        return self.handed_over(partition) - self._taken[partition]

    def short_for_s(self, partition: int, now_s: float, *, busy: bool) -> float:
        """Return for how many seconds records have been missing while nobody was at work."""
        if busy or self.on_the_way(partition) <= 0:
            self._short_since_s.pop(partition, None)
            return 0.0
        return now_s - self._short_since_s.setdefault(partition, now_s)
