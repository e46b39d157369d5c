"""Every record accounted for: what was fetched is held, handed over and taken, or read again."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from stream.runs import Run, TopicPartition


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


class Positions:
    """Which record of each topic was taken last, since reading last started."""

    def __init__(self) -> None:
        self._last: dict[TopicPartition, int] = {}
        self._gone: dict[TopicPartition, tuple[int, int]] = {}  # from and to, once all before is

    def begin(self, start: Mapping[TopicPartition, int]) -> None:
        """Start anew at these offsets."""
        self._last = {tp: offset - 1 for tp, offset in start.items()}
        self._gone.clear()

    def check(self, run: Run) -> None:
        """Raise MissingRecordsError if a run follows one that was not taken."""
        for tp, (before, _) in run.span.items():
            if tp not in self._last or before > self._last[tp]:
                raise MissingRecordsError(
                    f"{tp}: the run follows {before}, taken is {self._last.get(tp)}"
                )

    def take(self, run: Run) -> dict[TopicPartition, int]:
        """Count a run as taken, and return where its topics go on."""
        for tp, (_, last) in run.span.items():
            self._last[tp] = max(self._last[tp], last)
            self._pass_over(tp)
        return {tp: self._last[tp] + 1 for tp in run.span}

    def gone(self, tp: TopicPartition, expected: int, begins: int) -> None:
        """Know that the records from one offset up to another were deleted: none of them waits.

        They are passed over once all before them is taken.
        """
        first, until = self._gone.get(tp, (expected, expected))
        self._gone[tp] = (first if until == expected else expected), begins
        self._pass_over(tp)

    def next_offsets(self) -> list[tuple[TopicPartition, int]]:
        """Return where each topic goes on; asked from any thread."""
        return [(tp, last + 1) for tp, last in list(self._last.items())]

    def _pass_over(self, tp: TopicPartition) -> None:
        if tp in self._gone and self._last.get(tp) == self._gone[tp][0] - 1:
            self._last[tp] = self._gone.pop(tp)[1] - 1
