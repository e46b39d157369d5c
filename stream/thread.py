"""The thread that talks to Kafka. Seeks and fetches run beside each other in it.

A seek to the committed offsets happens in one step that no fetch can come between, and every fetch
says which seek it follows. aiokafka's own awaits in between.
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, cast

from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream.gathering import Gathering
from stream.runs import TopicPartition
from stream.told import TOLD_FOR_S, Told

ANSWER_LIMIT_S: Final = 5.0  # a broker that says by then where a topic ends counts as reached
ASKED_AGAIN_S: Final = 0.1  # after a broker that does not say it


class Standing(NamedTuple):
    """How far a topic of a partition is read, as fetches told."""

    position: int | None  # the next offset to fetch
    end: int | None
    told_s: float | None  # when one last told anything of it; None: never


class Shown(NamedTuple):
    """Where a partition ended when its leader was asked, and when that was."""

    leader: int | None
    end: int
    asked_s: float


class Fetched(dict[TP, list[Any]]):
    """Records by partition, and the seek that they follow."""

    seek = 0


def _begin_at(committed: int | None, known: int | None, end: int) -> int | None:
    """Say from where on a topic is to be read; None: from its beginning.

    The states say how far they go. What is committed beyond that was moved there, and aiokafka says
    that nothing is where a coordinator that is just starting does not answer. Less may be committed
    to have records read again. A topic that ends before one of them was made anew.
    """
    offsets = (at for at in (committed, known) if at is not None and at <= end)
    return min(offsets, default=None)


class Thread(driver.AIOKafkaConsumerThread):
    """Faust's thread, with seeks and fetches that know of each other."""

    wanted = 0  # the seek that somebody waits for, as the consumer numbers them; 0: none
    seek_done = 0  # the last one that was done
    sought: dict[TP, int] = {}  # noqa: RUF012, replaced as a whole: where the last seek left us
    gone: dict[TP, int] = {}  # noqa: RUF012, likewise: from which offsets on records are deleted
    known: Mapping[TP, int] = {}
    gathering: Gathering

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: dict[TopicPartition, Shown] = {}
        self._looking: set[TopicPartition] = set()  # their leaders are being asked
        self._told = Told()
        self._ends: dict[TopicPartition, tuple[int, float]] = {}  # as asked, and when

    async def on_start(self) -> None:
        """Start the consumer, and listen to its fetches."""
        await super().on_start()
        self._listen(self._ensure_consumer()._fetcher)  # noqa: SLF001, not public

    def _listen(self, fetcher: Any) -> None:  # noqa: ANN401, aiokafka is untyped
        fetch = fetcher._proc_fetch_request  # noqa: SLF001, aiokafka offers no listener
        self.gathering.begin(fetcher)

        async def fetch_and_tell(assignment: Any, node: Any, request: Any) -> Any:  # noqa: ANN401, as above
            is_new = await fetch(assignment, node, request)
            self._told.fetched(assignment, request)
            self.gathering.fetched()
            return is_new

        fetcher._proc_fetch_request = fetch_and_tell  # noqa: SLF001, as above

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek all partitions to where the states are, or to what is committed if that is less.

        It goes on here when its caller is cancelled, and does nothing then: somebody may read.
        """
        sought = await self.call_thread(self._seek_to_committed, self.wanted)
        return cast(Mapping[TP, int], sought)

    async def _seek_to_committed(self, number: int) -> dict[TP, int | None]:
        consumer = self._ensure_consumer()
        assignment = list(consumer.assignment())
        offsets = await asyncio.gather(*map(consumer.committed, assignment))
        committed = dict(zip(assignment, offsets, strict=True))
        leaders, asked_s = {tp: self._leader_of(tp) for tp in assignment}, time.monotonic()
        ends = await consumer.end_offsets(assignment) if assignment else {}
        for tp, leader in leaders.items():
            if self._leader_of(tp) == leader:
                self._shown[TopicPartition(*tp)] = Shown(leader, ends[tp], asked_s)
        earliest = await consumer.beginning_offsets(assignment) if assignment else {}
        if number == self.wanted:  # from here on nothing is awaited
            begin = {
                tp: _begin_at(at, self.known.get(TP(*tp)), ends[tp]) for tp, at in committed.items()
            }
            self._seek(number, begin, earliest)
        return {TP(*tp): offset for tp, offset in committed.items()}

    def _seek(
        self, number: int, begin: Mapping[Any, int | None], earliest: Mapping[Any, int]
    ) -> None:
        start = {tp: max(at or 0, earliest[tp]) for tp, at in begin.items()}
        for tp, offset in start.items():
            self._ensure_consumer().seek(tp, offset)
        self.sought = {TP(*tp): offset for tp, offset in start.items()}
        self.gone = {TP(*tp): at for tp, at in begin.items() if at is not None and at < start[tp]}
        self.seek_done = number

    async def ends(self, partitions: list[TP]) -> Mapping[TP, int]:
        """Ask the brokers where topics end now."""
        found = await self.call_thread(self._ensure_consumer().end_offsets, partitions)
        return {TP(*tp): end for tp, end in found.items()}

    async def is_member(self, generation: int) -> bool:
        """Ask the group whether this worker is one of its members, in a generation of it."""
        answer = asyncio.run_coroutine_threadsafe(self._is_member(generation), self.thread_loop)
        return await asyncio.wrap_future(answer)

    async def _is_member(self, generation: int) -> bool:
        while self.generation == generation:
            await self._coordinator.ensure_coordinator_known()
            if await self._coordinator._do_heartbeat():  # noqa: SLF001, refused it is of none
                return self.generation == generation
            await asyncio.sleep(ASKED_AGAIN_S)
        return False

    @property
    def generation(self) -> int:
        """The generation of its group that this worker is a member of; below 0: of none."""
        # The consumer has no coordinator before it has reached a broker.
        if self._consumer is None or self._coordinator is None:
            return -1
        return int(self._coordinator.generation)

    def takes_part(self, generation: int) -> bool:
        """Tell whether it is a member, as far as it knows, and does what a member must."""
        if self.generation != generation:
            return False
        heartbeat, group = self._coordinator._heartbeat_task, self._coordinator._coordination_task  # noqa: SLF001
        works = all(task is not None and not task.done() for task in (heartbeat, group))
        return works and self._coordinator._error_consumed_fut is None  # noqa: SLF001, it waits then

    @property
    def asks_for_metadata(self) -> bool:
        """Tell whether it will hear of brokers that are new, or that lead what others led."""
        task = self._ensure_consumer()._client._sync_task  # noqa: SLF001, not public
        return task is not None and not task.done()

    @property
    def _coordinator(self) -> Any:  # noqa: ANN401, aiokafka has no types for it
        return self._ensure_consumer()._coordinator  # noqa: SLF001, not public

    async def _fetch_records(self, *args: Any, **kwargs: Any) -> Fetched:
        self.gathering.waited_for()
        fetched = Fetched(await super()._fetch_records(*args, **kwargs))
        fetched.seek = self.seek_done
        self.gathering.handed_over(some=bool(fetched))
        return fetched

    def end_told_ms(self, tp: TopicPartition) -> int | None:
        """Say when a fetch told just now that a partition is read to its end; None: it is not.

        By the monotonic clock.
        """
        if (state := self._state(tp)) is None or not state.has_valid_position:
            return None
        if not self._shows_all(tp, state.position):
            return None
        if state.highwater is None or state.position < state.highwater:
            return None
        told_s = self._told.at_s(tp)
        if told_s is None or time.monotonic() - told_s > TOLD_FOR_S:
            return None
        return int(told_s * 1000)

    def _shows_all(self, tp: TopicPartition, position: int) -> bool:
        """Tell whether a fetch shows all that the leader has, and all of that is read.

        A broker that has just begun to lead, or to run, shows its newest records only once its
        followers have them: until then the partition seems to end before them, for as long as the
        machines are busy. Asked where it ends, it does not answer until then (KIP-207). So it is
        asked once when the leader is a new one, and when fetches have told nothing for a while.
        """
        leader = self._leader_of(tp)
        shown = self._shown.get(tp)
        if shown is not None and shown.leader == leader and shown.asked_s >= self._told.since_s(tp):
            return position >= shown.end
        if tp not in self._looking:
            self._looking.add(tp)
            asyncio.run_coroutine_threadsafe(self._look(tp, leader), self.thread_loop)
        return False

    async def _look(self, tp: TopicPartition, leader: int | None) -> None:
        try:
            asked_s = time.monotonic()
            end = await self._answer(self._ensure_consumer().end_offsets, tp)
            if end is None:
                await asyncio.sleep(ASKED_AGAIN_S)
            elif self._leader_of(tp) == leader:
                self._shown[tp] = Shown(leader, end, asked_s)
        finally:
            self._looking.discard(tp)

    def _leader_of(self, tp: TopicPartition) -> int | None:
        cluster = self._ensure_consumer()._client.cluster  # noqa: SLF001, not public
        return cast(int | None, cluster.leader_for_partition(tp))

    def behind(self, tp: TopicPartition, next_offset: int) -> int:
        """Count the records after an offset, up to the end that was told last."""
        standing, (asked_end, asked_s) = self.standing(tp), self._ends.get(tp, (0, -math.inf))
        end = asked_end if asked_s > (standing.told_s or -math.inf) else standing.end
        return max(0, (end or 0) - next_offset)

    def standing(self, tp: TopicPartition) -> Standing:
        """Say how far a topic is read; asked from any thread."""
        told_s = self._told.at_s(tp)
        if (state := self._state(tp)) is None:
            return Standing(None, None, told_s)
        return Standing(state._position, state.highwater, told_s)  # noqa: SLF001, it may be None

    async def ask_end(self, tp: TopicPartition) -> int | None:
        """Ask the broker where a topic ends, whatever fetches tell; None: it does not answer."""
        end = await self._ask(self._ensure_consumer().end_offsets, tp)
        if end is not None:
            self._ends[tp] = end, time.monotonic()
        return end

    async def ask_beginning(self, tp: TopicPartition) -> int | None:
        """Ask the broker where a topic begins; None: it does not answer."""
        return await self._ask(self._ensure_consumer().beginning_offsets, tp)

    async def _ask(self, ask: Callable[..., Any], tp: TopicPartition) -> int | None:
        """Ask beside the queue of this thread's calls: fetches would wait for the answer."""
        answer = asyncio.run_coroutine_threadsafe(self._answer(ask, tp), self.thread_loop)
        return await asyncio.wrap_future(answer)

    async def _answer(self, ask: Callable[..., Any], tp: TopicPartition) -> int | None:
        with contextlib.suppress(KafkaError, TimeoutError):
            return cast(int, (await asyncio.wait_for(ask([tp]), ANSWER_LIMIT_S))[tp])
        return None

    def _state(self, tp: TopicPartition) -> Any:  # noqa: ANN401, aiokafka has no type for it
        if (consumer := self._consumer) is None:
            return None
        subscription = consumer._subscription.subscription  # noqa: SLF001, not public
        # The watchdog asks too, from its own thread: what is here now may be gone in the next line.
        assignment = None if subscription is None else subscription.assignment
        return None if assignment is None else assignment._tp_state.get(tp)  # noqa: SLF001
