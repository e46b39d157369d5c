"""Takes over what is assigned: reads its states, and lets nobody else write them from then on.

Faust lets a recovery that a rebalance cut short go on, even while the next one is under way. So a
claim is of one assignment, known from the moment it was assigned, and counts for nothing once that
has ended: what it read is older than what the next owner wrote, and so is its epoch.

A process of which another one has taken the name in the group has lost its assignment and does not
know it, and both are of one generation. So whoever claims asks the group, after it has read and
before it writes, whether it is still a member: an epoch that is higher than the owner's can be made
only of what the owner wrote after it took over. And it reads up to its own marker: where another
one of its epoch lies before it, it claims again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stream import metrics
from stream.committer import Committer
from stream.partition import Partition
from stream.runs import TopicPartition
from stream.table import StateTable
from stream.ticks import Ticker, disbelieve_the_future
from stream.versions import refuse_foreign
from topics import registry

log = logging.getLogger("stormwatch.claims")

MadeAnew = Callable[[int, Mapping[str, int]], Awaitable[set[str]]]
IsMember = Callable[[int], Awaitable[bool]]


@dataclass(frozen=True, eq=False)
class Assignment:
    """What was assigned to us at one time; each is another, even of the same partitions."""

    partitions: frozenset[int]
    generation: int
    claiming: asyncio.Lock = field(default_factory=asyncio.Lock)


class Claims:
    """Claims partitions, as a whole and once for each assignment."""

    def __init__(  # noqa: PLR0913, what a claim asks, and what it gives to whom
        self,
        table: StateTable,
        committer: Committer,
        ticker: Ticker,
        *,
        version: int,
        bootstrap: str,
        writes_ticks: bool,
        fills_ticks: bool,
        made_anew: MadeAnew,
        is_member: IsMember,
        gate: Callable[[TopicPartition, int], None],
    ) -> None:
        self._table, self._committer, self._ticker = table, committer, ticker
        self._version, self._bootstrap = version, bootstrap
        self._writes_ticks, self._fills_ticks = writes_ticks, fills_ticks
        self._made_anew, self._is_member, self._gate = made_anew, is_member, gate
        self.assignment: Assignment | None = None  # what is ours now
        self.claimed: Assignment | None = None  # recovered, and nobody else may write it

    def assigned(self, partitions: Iterable[int], generation: int) -> Assignment:
        """Know what is ours from now on; it can be claimed."""
        self.claimed, self.assignment = None, Assignment(frozenset(partitions), generation)
        return self.assignment

    def release(self) -> None:
        """Know that nothing is ours any more: no claim counts that is under way or begins now."""
        self.claimed = self.assignment = None
        self._committer.release()  # or old states could be written anew until all is durable

    async def claim(self, assignment: Assignment) -> bool:
        """Claim what was assigned, and tell whether this has made it ours.

        Two recoveries may come to it: the second waits for the first, and finds it done.
        """
        async with assignment.claiming:
            if self.claimed is assignment or assignment is not self.assignment:
                return False
            found = await self._table.read(self._bootstrap, assignment.partitions)
            if not await self._is_ours(assignment):
                return False
            refuse_foreign(self._version, found)  # before anything is written
            self._tell_ignored(found)
            if self._writes_ticks:
                disbelieve_the_future(found.values())
            self._table.by_partition.update(found)
            since = await self._since(found)
            claimed = await asyncio.gather(
                *(self._claim_one(each, assignment, since.get(each)) for each in sorted(found))
            )
            if not all(claimed) or assignment is not self.assignment:
                return False
            self.claimed = assignment
            return True

    async def _is_ours(self, assignment: Assignment) -> bool:
        """Tell whether an assignment holds: the group may have ended it without a word to us."""
        if assignment is not self.assignment:  # where the worker ends nobody is left to ask
            return False
        is_member = await self._is_member(assignment.generation)
        if not is_member:
            log.warning("claims_nothing: its group knows another one by its name")
        return is_member and assignment is self.assignment

    async def _since(self, found: Mapping[int, Partition]) -> Mapping[int, int]:
        """Say from when on ticks are missing that we have to write."""
        if not self._writes_ticks:
            return {}
        return await self._ticker.since({each: held.clock_ms for each, held in found.items()})

    async def _claim_one(
        self, partition: int, assignment: Assignment, since_ms: int | None
    ) -> bool:
        if not await self._mark(partition, assignment):
            return False
        held = self._table.of(partition)
        if held.positions and assignment is self.assignment:
            held.made_anew = await self._made_anew(partition, held.positions)
            for topic in held.made_anew:
                del held.positions[topic]  # of the old one
        # The pager too: a tick of now that lies before those of an outage would make the watchers
        # refuse its records as from the future. Where time never was, it is theirs to begin.
        fills = self._fills_ticks or since_ms is not None
        if fills and assignment is self.assignment:
            last = await self._ticker.fill(partition, since_ms)
            if assignment is self.assignment:
                self._gate(TopicPartition(registry.TICKS, partition), last)
        return True

    async def _mark(self, partition: int, assignment: Assignment) -> bool:
        """Write our marker, with a higher epoch for as long as another of that epoch is before."""
        if assignment is not self.assignment:
            return False
        held = self._table.of(partition)
        while True:
            epoch = held.highest.next(assignment.generation)
            at = await self._committer.claim(partition, epoch)
            if assignment is not self.assignment:
                return False
            if at > held.read_to:  # somebody wrote after we had read
                await self._table.read_on(self._bootstrap, partition, at)
                refuse_foreign(self._version, {partition: held})
            if held.highest < epoch:
                held.highest = epoch
                return True
            log.warning("claimed_by_another %s: %s", partition, held.highest)
            if not await self._is_ours(assignment):
                return False

    def _tell_ignored(self, found: Mapping[int, Partition]) -> None:
        for partition, held in found.items():
            if held.ignored:
                metrics.STATES_IGNORED.inc(held.ignored)
                topic = self._table.changelog_topic_name
                log.warning("states_ignored %s-%s: %s", topic, partition, held.ignored)
