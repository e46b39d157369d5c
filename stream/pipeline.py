"""Puts the parts of a worker together: what it reads, what it takes, what it has made durable."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any, Final, NoReturn

from faust.types import TP

from stream import garbage, metrics
from stream.accounting import Account, Positions
from stream.claims import Assignment, Claims
from stream.committer import Committer
from stream.ending import Parts, end_process
from stream.gone import Gone
from stream.health import Health
from stream.membership import Membership
from stream.pulse import Pulse
from stream.runs import Group, Row, Run, TopicPartition, Work
from stream.scheduler import Scheduler
from stream.settings import Settings
from stream.stacks import end_stuck
from stream.table import StateTable
from stream.ticks import Ticker
from stream.unread import Unread
from stream.watchdog import Watchdog
from topics import registry

STALLS_ENDURED: Final = 2  # after one /healthz says so, after as many the process ends
OBSERVE_S: Final = 1.0


class Pipeline:
    """One worker of one app. Everything here runs in the event loop of the app."""

    def __init__(
        self, work: Work, settings: Settings, health: Health, *, fills_ticks: bool
    ) -> None:
        self.work, self.settings, self.health = work, settings, health
        self.writes_ticks = settings.ticks == "write"
        self.fills_ticks = self.writes_ticks and fills_ticks
        self.scheduler = Scheduler(
            work.inputs,
            run_records=settings.run_records,
            align_wait_s=settings.align_wait_s,
            end_told_ms=self._end_told_ms,
            now=time.monotonic,
            has_room=self.has_room,
            handed_over=lambda each: self.account.handed_over(each),  # noqa: PLW0108, made below
        )
        self.pulse = Pulse(
            stopped_limit_s=settings.session_timeout_s,
            hanging_limit_s=STALLS_ENDURED * settings.stall_s,
            end_stuck=self.end_stuck,
        )
        self.unread = Unread(self, STALLS_ENDURED * settings.stall_s)
        self.membership = Membership(self)
        self.watchdog = Watchdog(
            waiting=lambda: self.waiting() if self.reading else {},  # else there is no consumer yet
            in_turn=self.in_turn,
            ill=lambda: self.unread.reason or self.membership.reason,
            unready_s=health.unready_s,
            stall_limit_s=STALLS_ENDURED * settings.stall_s,
            unready_limit_s=STALLS_ENDURED * settings.recovery_limit_s,
            end=self.end_stuck,
        )
        self.account, self.positions = Account(self.scheduler.held_records), Positions()
        self.owned: set[int] = set()
        self.reading = False  # from the committed offsets on
        self._busy = self._closed = self._started = False
        self._recovery_began_s = time.monotonic()
        self._parts = Parts(on_purpose=lambda: self.app.should_stop)

    def attach(self, app: Any) -> StateTable:  # noqa: ANN401, Faust's App is untyped
        """Belong to an app, and give it the table of states."""
        self.app = app
        self.table = StateTable(app, self.work.table, assign=self._assigned, claim=self._claim)
        self.committer = Committer(
            self.work,
            self.table,
            # Made later than this, and not public: Faust sends no batches itself.
            producer=lambda: self.app.producer._ensure_producer(),  # noqa: SLF001, PLW0108
            on_durable=self._on_durable,
            check_alive=self.pulse.check,
            pending_records=self.settings.pending_records,
            rewrite_after_s=self.settings.compaction_lag_h * 3600 / 2,
        )
        kafka = self.settings.kafka
        self.ticker = Ticker(self.committer.send, bootstrap=kafka, interval_s=self.settings.tick_s)
        self.claims = Claims(
            self.table,
            self.committer,
            self.ticker,
            version=self.work.version,
            bootstrap=kafka,
            writes_ticks=self.writes_ticks,
            fills_ticks=self.fills_ticks,
            made_anew=lambda *asked: self.app.consumer.made_anew(*asked),  # noqa: PLW0108, as above
            is_member=lambda generation: self.app.consumer.is_member(generation),  # noqa: PLW0108
            gate=self.scheduler.gate,
        )
        return self.table

    def watch(self) -> None:
        """Watch this process from now on: what starts next may wait for its brokers for ever."""
        self.pulse.start()
        self.watchdog.start()

    def turn(self) -> None:
        """Know from now on that the event loop turns."""
        self._parts.run(self.pulse.turn(self.health.beat))

    def start(self) -> None:
        """Start what runs beside the agent. Whatever of it ends, ends the process."""
        if self._started:
            end_process("the agent was started a second time")
        self._started = True
        self._parts.run(self.committer.run(), self._observe(), garbage.run())
        self._parts.run(self.unread.run(), self.membership.run(), Gone(self).run())
        if self.writes_ticks:
            self._parts.run(self.ticker.run(lambda: self.owned))

    # Owning partitions

    def _assigned(self, partitions: set[int], generation: int) -> Assignment:
        self.health.assigned(len(partitions))
        return self.claims.assigned(partitions, generation)

    async def _claim(self, assignment: Assignment) -> None:
        """Take over what was recovered: from now on what other owners write is ignored."""
        if await self.claims.claim(assignment) and not assignment.partitions:
            self.begin({})  # Faust seeks where it is assigned something

    def begin(self, start: Mapping[TopicPartition, int]) -> None:
        """Start reading at these offsets, from the states that the changelog holds."""
        owned = {tp.partition for tp in start}
        claimed, whole = self.claims.claimed, len(owned) * len(self.work.inputs)
        if claimed is None or owned != claimed.partitions or len(start) != whole:
            end_process("what is assigned is not whole: a patient's topics belong to one worker")
        if not self.committer.is_idle:  # its states would be older than the offsets beside them
            end_process("reading would start anew before what was taken is durable")
        self.scheduler.begin(start, {each: self.table.of(each).clock_ms for each in owned})
        self.account.begin()
        self.positions.begin(start)
        self.work.revoked()
        self.owned = owned
        metrics.keep_partitions(owned)
        for partition in sorted(self.owned):
            held = self.table.of(partition)
            self.work.recovered(partition, held.states, held.clock_ms, held.made_anew)
            if held.made_anew:
                self.committer.touch_all(partition)
        self.reading = True
        metrics.RECOVERY_SECONDS.set(time.monotonic() - self._recovery_began_s)
        self.health.recovered()

    async def settle(self) -> None:
        """Take nothing more, and make durable what was taken: another may own it next."""
        self.claims.release()
        await self.drain()
        await self.committer.hand_over(self.owned)
        garbage.look_at_all()
        self.owned = set()
        metrics.keep_partitions(self.owned)
        self.scheduler.open_gates()
        self.health.revoked()
        self._recovery_began_s = time.monotonic()

    async def stop(self) -> None:
        """End: what was taken is made durable, and the work lets go of what it holds, once."""
        await self.settle()
        if not self._closed:
            self._closed = True
            await self.work.close()

    async def produce(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        """Write one record beside the groups; confirmed when it returns."""
        await self.committer.send(TopicPartition(topic, partition), [Row(key, value, None, ())])

    async def drain(self) -> None:
        """Take nothing until reading starts anew; make durable what was taken."""
        self.scheduler.abandon()
        self.reading = False
        self.health.drained()
        limit_s = self.settings.session_timeout_s
        try:
            await asyncio.wait_for(self.committer.drained(), limit_s)
        except TimeoutError:
            end_process(f"what was taken is not durable after {limit_s} s")
        self.work.revoked()

    # Taking records

    async def take(self, run: Run) -> None:
        """Take a run, unless it was handed over before reading last started."""
        if run.start != self.scheduler.start:
            return
        self._busy = True
        try:
            with self.scheduler.timed(run):
                self._take(run, self.committer.group)
            await self.committer.taken()
        finally:
            self._busy = False

    def _take(self, run: Run, group: Group) -> None:
        self.account.take(run)
        self.positions.check(run)
        self.work.take(run, group)
        group.positions.update(self.positions.take(run))
        group.records += len(run.records)
        self.health.moved()
        self.watchdog.moved(run.partition)
        for topic, records in Counter(map(attrgetter("topic"), run.records)).items():
            metrics.RECORDS.labels(topic=topic).inc(records)

    def _on_durable(self, positions: Mapping[TopicPartition, int]) -> None:
        self.app.consumer.durable.update((TP(*tp), offset) for tp, offset in positions.items())
        for partition in {tp.partition for tp in positions}:
            progress = metrics.PARTITION_PROGRESS_TIMESTAMP_SECONDS.labels(partition=partition)
            progress.set_to_current_time()

    # Watching itself

    def _end_told_ms(self, tp: TopicPartition) -> Any:  # noqa: ANN401, Faust's consumer is untyped
        return self.app.consumer._thread.end_told_ms(tp)  # noqa: SLF001, our own thread

    def has_room(self) -> bool:
        """Tell whether more may be handed over before what was is taken."""
        return self.account.all_on_the_way() < self.settings.pending_records

    async def _observe(self) -> None:
        while True:
            await asyncio.sleep(OBSERVE_S)
            if self.reading:  # or it would no longer be idle when reading starts anew
                self.committer.rewrite_old()
            for partition in sorted(self.owned):
                self._observe_partition(partition, time.monotonic())
            self.health.unwritten(self.committer.unconfirmed_for_s())
            lag = self._lag()
            for tp, records in lag.items():
                metrics.PARTITION_LAG_RECORDS.labels(*tp).set(records)
            self.health.pending(sum(lag.values()))
            metrics.TASKS.set(len(asyncio.all_tasks()))
            metrics.PATIENTS.set(sum(self.table.of(each).patients for each in self.owned))

    def _observe_partition(self, partition: int, now_s: float) -> None:
        missing = self.account.on_the_way(partition)
        short_s = self.account.short_for_s(partition, now_s, busy=self._busy)
        unaccounted = metrics.PARTITION_UNACCOUNTED_RECORDS.labels(partition=partition)
        unaccounted.set(missing if short_s else 0)
        held = self.scheduler.held_records(partition)
        metrics.PARTITION_HELD_RECORDS.labels(partition=partition).set(held)
        if short_s > self.settings.unaccounted_s:
            end_process(
                f"{missing} records of partition {partition} were handed over and not taken"
            )

    def waiting(self) -> dict[int, int]:
        """Count what waits in each partition of ours; asked from any thread."""
        total = dict.fromkeys(self.owned, 0)
        for tp, records in self._lag().items():
            if tp.partition in total:
                total[tp.partition] += records
        return total

    def _lag(self) -> dict[TopicPartition, int]:
        """Count what waits in each topic; a fetch that never comes back tells of nothing there.

        The ticks that we wrote do.
        """
        thread, lag = self.app.consumer._thread, {}  # noqa: SLF001, our own thread
        for tp, following in self.positions.next_offsets() if self.reading else ():
            lag[tp] = thread.behind(tp, following)
            if tp.topic == registry.TICKS:
                written = self.ticker.written.get(tp.partition, -1)
                lag[tp] = max(lag[tp], written + 1 - following)
        return lag

    def in_turn(self, partition: int) -> bool:
        """Tell whether a partition waits for what was handed over; asked from any thread."""
        return self.account.on_the_way(partition) > 0 or not self.has_room()

    def end_stuck(self, reason: str) -> NoReturn:
        """End, and say where everything was; called from a thread that is not stuck itself."""
        end_stuck(reason, self._loops)

    def _loops(self) -> Iterator[asyncio.AbstractEventLoop]:
        yield self.app.loop
        yield self.app.consumer._thread.thread_loop  # noqa: SLF001, our own thread
