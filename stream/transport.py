"""Faust's transport, made to commit what is durable and nothing else.

Five things differ from Faust 0.15.3 as it comes, each through a seam that it offers:

- Offsets are committed up to what the committer has called durable. Faust's own rule (acknowledged
  offsets and the gaps between them) commits before the changelog is written.
- A seek to the committed offsets happens in one step of the consumer's thread that no fetch can
  come between, and every fetch says which seek it follows. aiokafka's own awaits in between.
- A worker joins its group with all of its topics, or not at all.
- A jump in offsets is read a second time before it is believed: a log may have holes, a race may
  not make one.
- A fetch waits 20 ms, not Faust's fixed 1500: aiokafka has one fetch a node under way, so that idle
  topics would delay busy ones. While records come the broker gathers some for each answer, and
  while they are worked on for longer (stream/gathering.py).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream import metrics
from stream.ending import end_process
from stream.gathering import Gathering
from stream.gone import tell_gone
from stream.looks import Looks
from stream.runs import TopicPartition
from stream.thread import Fetched, Thread
from stream.ticks import believed

if TYPE_CHECKING:
    from stream.claims import Assignment
    from stream.pipeline import Pipeline

log = logging.getLogger("stormwatch.transport")


class NothingRead(dict[TP, int | None]):
    """Where Faust keeps which offsets it has seen, to drop what is older: it would drop runs.

    A topic that is read again is handed over again; what is known of it already the states say.
    """

    def __getitem__(self, tp: TP) -> None:
        """Have seen nothing."""


class Consumer(driver.Consumer):
    """Commits what is durable, and checks that what is fetched follows what was fetched before."""

    _thread: Thread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scheduler = self.pipeline.scheduler
        self.durable: dict[TP, int] = {}  # the next offset to read after a crash
        self._read_offset = NothingRead()
        self._ends: Mapping[TP, int] = {}  # of changelogs, as Faust last asked
        self._asked = 0  # how many seeks were asked for: their numbers
        self._followed = 0  # the seek that what is read now follows
        self._looks = Looks(self.scheduler)
        self._generation = 0  # of the group, in which that is ours
        self._claim: Assignment | None = None  # what was ours when the last one was asked for
        self.expected: dict[TP, int] = {}  # the offset that the next fetch starts with
        self._doubted: dict[TP, tuple[int, int]] = {}

    @property
    def pipeline(self) -> "Pipeline":
        """The pipeline that this consumer reads for."""
        return cast(Transport, self.transport).pipeline

    def _new_consumer_thread(self) -> Thread:
        thread = Thread(self, loop=self.loop, beacon=self.beacon)
        settings = self.pipeline.settings
        thread.gathering = Gathering(
            fetch_wait_ms=settings.fetch_wait_ms,
            gather_ms=settings.gather_ms,
            left_s=self.pipeline.scheduler.left_s,
        )
        return thread

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Take part in the group with all topics, or not at all.

        Asked to end while it starts, Faust would join with the inputs and without the changelog:
        those that run already would be given halves of partitions.
        """
        asked, pipeline = set(topics), self.pipeline
        if not asked.issuperset((*pipeline.work.inputs, pipeline.table.changelog_topic_name)):
            log.warning("joins_no_group: it was asked to end before its topics were known")
            return
        await super().subscribe(asked)

    # Faust's bookkeeping of acknowledged offsets, replaced by what is durable

    def ack(self, message: Any) -> bool:  # noqa: ANN401, Faust's Message is generic
        """Count a run as handed over; what is durable says the committer."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Ignore gaps: a run's message stands for many offsets, what lies between is no gap."""

    def _filter_tps_with_pending_acks(
        self,
        topics: Any = None,  # noqa: ANN401, ARG002, as Faust calls it
    ) -> Iterator[TP]:
        # In another generation, or in none, others may own what was ours.
        return iter(list(self.durable) if self._thread.generation == self._generation else ())

    def _new_offset(self, tp: TP) -> int | None:
        return self.durable.get(tp)

    # Where reading starts, and what follows what

    async def perform_seek(self) -> None:
        """Seek to where what is durable ends, and start reading anew from there."""
        if self.app.should_stop:
            return  # Faust seeks back even then, and would wait for the brokers
        self._asked += 1
        number, self._thread.wanted = self._asked, 0  # one that is under way counts no more
        await self.pipeline.drain()
        if number != self._asked:
            return  # another one was asked for meanwhile, and starts reading for both
        # Faust also seeks while it rebalances. What those seeks found may be of the assignment
        # before: only those count that begin when what is assigned now is ours.
        self._claim, self._thread.wanted = self.pipeline.claims.claimed, number
        self._thread.known = {
            TP(topic, partition): at
            for partition in (self._claim.partitions if self._claim else ())
            for topic, at in self.pipeline.table.of(partition).positions.items()
        }
        try:
            await super().perform_seek()
            self._begin()
        finally:
            if self._thread.wanted == number:
                self._thread.wanted = 0

    def _begin(self) -> None:
        """Start reading anew, once for each seek, before the first record that follows it.

        A seek that nobody waits for any more starts nothing: nobody has made durable what was
        taken before it.
        """
        number = self._thread.seek_done
        if number != self._thread.wanted or number == self._followed:
            return
        if self._claim is None or self._claim is not self.pipeline.claims.claimed:
            return
        self._followed, self._generation = number, self._claim.generation
        inputs = self.pipeline.work.inputs
        start = {tp: at for tp, at in self._thread.sought.items() if tp.topic in inputs}
        self.expected, self._doubted = dict(start), {}
        for tp in start.keys() & self._thread.gone.keys():
            tell_gone(tp, self._thread.gone[tp], start[tp])
        for tp, at in start.items():
            self.durable[tp] = at  # what is deleted is told once, and the group knows all topics
            self.pipeline.table.of(tp.partition).reach(tp.topic, at)
        self.pipeline.begin({TopicPartition(*tp): at for tp, at in start.items()})

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Make durable what was taken, before another may own it."""
        await self.pipeline.settle()
        await self._commit_all()
        self.durable.clear()  # committed later it would take back what the next owner has done
        await super().on_partitions_revoked(revoked)

    async def on_stop(self) -> None:
        """Make durable what was taken, commit it and leave."""
        await self.pipeline.stop()
        await self._commit_all()
        await super().on_stop()

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        committed: bool = await super()._commit(offsets)
        metrics.COMMITS.inc(int(committed))
        return committed

    async def _commit_all(self) -> None:
        """Commit what is durable by now, not what was when a commit that is under way began."""
        await self.maybe_wait_for_commit_to_finish()
        await self.commit()

    async def verify_all_partitions_active(self) -> None:
        """Leave it to the pipeline: Faust looks at acknowledgements, and fails in a rebalance."""

    def verify_recovery_event_path(self, now: float, tp: TP) -> None:
        """Leave it to health, for the same reasons."""

    # Recovery: ours is in stream.changelog; Faust's finds nothing to read

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """Tell Faust where changelogs end."""
        self._ends = await self._thread.ends(list(partitions))
        return self._ends

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """Tell Faust that they begin there too."""
        return {tp: self._ends[tp] for tp in partitions}

    async def made_anew(self, partition: int, positions: Mapping[str, int]) -> set[str]:
        """Find topics that are shorter than what was read of them: deleted, and made anew.

        Their new records have offsets that the states hold already.
        """
        ends = await self._thread.ends([TP(topic, partition) for topic in positions])
        shorter = {tp.topic for tp, end in ends.items() if end < positions[tp.topic]}
        for topic in sorted(shorter):
            metrics.OFFSET_JUMPS.labels(verdict="made_anew").inc()
            log.error("topic_made_anew %s-%s", topic, partition)
        return shorter

    async def is_member(self, generation: int) -> bool:
        """Ask the group whether this worker is one of its members, in a generation of it."""
        return await self._thread.is_member(generation)

    # Fetching

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:  # noqa: ANN401, ASYNC109, Faust's signature
        fetched = await self._fetch(active_partitions, timeout)
        self._begin()
        # What came before the seek is read again after it.
        stale = not self.pipeline.reading or fetched.seek != self._followed
        followed = {}
        for key, batch in fetched.items():
            tp = TP(*key)
            if tp.topic not in self.pipeline.work.inputs:
                followed[tp] = batch
            elif batch and not stale and await self._follows(tp, batch):
                followed[tp] = believed(tp.topic, batch) if self.pipeline.writes_ticks else batch
                self.pipeline.account.fetched(tp.partition, len(followed[tp]))
        return followed

    async def _fetch(self, active: set[TP] | None, timeout: float) -> Fetched:  # noqa: ASYNC109, as above
        """Fetch what there is room for; None of aiokafka's partitions would mean all of them."""
        full = self.pipeline.scheduler.full()
        wanted = active - full if active else active
        wait_s = self._looks.wait_s(timeout, has_room=not full and self.pipeline.has_room())
        began_s = time.monotonic()
        if full and not wanted:
            await asyncio.sleep(wait_s)
            fetched = Fetched()
        else:
            fetched = cast(Fetched, await super()._getmany(wanted, wait_s))
        self._looks.came_back(time.monotonic() - began_s, wait_s, some=bool(fetched))
        return fetched

    async def _follows(self, tp: TP, batch: list[Any]) -> bool:
        """Read a jump forward a second time before it is believed."""
        expected, first = self.expected.get(tp), batch[0].offset
        if expected is not None and first < expected:
            end_process(f"{tp.topic}-{tp.partition} is shorter than what was read of it")
        if expected is not None and first > expected:
            if self._doubted.get(tp) != (expected, first):
                self._doubted[tp] = (expected, first)
                metrics.OFFSET_JUMPS.labels(verdict="reread").inc()
                log.warning("offset_jump_reread %s-%s at %s", tp.topic, tp.partition, expected)
                seek = self._thread._ensure_consumer().seek  # noqa: SLF001, as Faust does
                with contextlib.suppress(IllegalStateError):  # it was taken from us meanwhile
                    await self._thread.call_thread(seek, tp, expected)
                return False
            tell_gone(tp, expected, first)
        self.expected[tp] = batch[-1].offset + 1
        return True

    def go_on_at(self, tp: TopicPartition, expected: int, begins: int) -> None:
        """Tell of records that were deleted up to where the topic begins now."""
        key = TP(*tp)
        if self.expected.get(key) != expected:
            return  # others were read meanwhile
        tell_gone(tp, expected, begins)
        self.expected[key] = begins
        self.pipeline.positions.gone(tp, expected, begins)
        held = self.pipeline.table.of(tp.partition)
        if held.positions.get(tp.topic) == expected:  # all before it is durable
            self.durable[key] = begins  # committed, it is told once
            held.reach(tp.topic, begins)


class Producer(driver.Producer):
    """Idempotent: a batch that is sent again after a lost answer is written once, in its place."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):
    """Makes the consumer and the producer above; belongs to one pipeline."""

    Consumer = Consumer
    Producer = Producer
    pipeline: "Pipeline"
