"""Reading starts where what is ours was committed, and nothing is committed that is another's."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import LeaderNotAvailableError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from stream import metrics
from stream.claims import Assignment
from stream.gathering import LIMIT_MS, Gathering
from stream.partition import Partition
from stream.runs import TopicPartition
from stream.thread import Thread
from stream.told import Told
from stream.transport import Consumer, NothingRead

LABS, CHANGELOG = "labs", "changelog"
ASSIGNED = Assignment(frozenset([0]), 1)


class Broker:
    """The consumer's thread, as far as it seeks: what is committed, and to what it was assigned."""

    def __init__(self) -> None:
        self.wanted = self.seek_done = self.seeks = 0
        self.generation = ASSIGNED.generation
        self.sought: dict[TP, int] = {}
        self.gone: dict[TP, int] = {}
        self.known: Mapping[TP, int] = {}
        self.committed: dict[TP, int] = {}
        self.subscribed: set[str] = set()
        self.answers = asyncio.Event()
        self.answers.set()

    async def subscribe(self, topics: set[str]) -> None:
        self.subscribed = topics

    async def commit(self, offsets: Mapping[TP, int]) -> bool:
        """Refuse what would take back what is committed, as a stand-in for another generation."""
        taken = all(at >= self.committed.get(tp, 0) for tp, at in offsets.items())
        if taken:
            self.committed.update(offsets)
        return taken

    async def seek_to_committed(self) -> Mapping[TP, int]:
        self.sought, self.seek_done = dict(self.committed), self.wanted
        self.seeks += 1
        await self.answers.wait()
        return self.sought


class Begun:
    """A pipeline that notes where reading began."""

    def __init__(self) -> None:
        self.claims = SimpleNamespace(claimed=None)
        self.writes_ticks = True
        self.work = SimpleNamespace(inputs=(LABS,))
        self.held = Partition()
        self.table = SimpleNamespace(changelog_topic_name=CHANGELOG, of=lambda _: self.held)
        self.starts: list[dict[TopicPartition, int]] = []
        self.drained = asyncio.Event()
        self.drained.set()

    async def drain(self) -> None:
        """Have nothing to make durable, and take as long for it as the test says."""
        await self.drained.wait()

    def begin(self, start: dict[TopicPartition, int]) -> None:
        self.starts.append(start)


class Bench:
    def __init__(self) -> None:
        self.broker, self.pipeline = Broker(), Begun()
        consumer: Any = Consumer.__new__(Consumer)  # without Faust's app around it
        consumer.transport = SimpleNamespace(pipeline=self.pipeline)
        consumer._thread = self.broker
        consumer.app = SimpleNamespace(should_stop=False)
        consumer._read_offset = NothingRead()
        consumer._committed_offset = defaultdict(lambda: None)
        consumer._asked, consumer._followed, consumer._generation = 0, 0, 0
        consumer._claim, consumer.durable = None, {}
        self.consumer = consumer


@pytest.fixture
async def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    ("topics", "joined"),
    [([LABS, CHANGELOG], {LABS, CHANGELOG}), ([LABS], set()), ([CHANGELOG], set())],
)
async def test_a_worker_joins_with_all_of_its_topics_or_not_at_all(
    bench: Bench, topics: list[str], joined: set[str]
) -> None:
    """Asked to end while it starts, it would join without its changelog."""
    await bench.consumer.subscribe(topics)

    assert bench.broker.subscribed == joined


async def test_a_seek_of_the_assignment_before_starts_nothing(bench: Bench) -> None:
    """Faust seeks while it rebalances; what it found then belongs to others by now."""
    bench.broker.committed = {TP(LABS, 0): 5}
    bench.broker.answers.clear()
    early = asyncio.ensure_future(bench.consumer.perform_seek())
    await asyncio.sleep(0)
    bench.pipeline.claims.claimed = ASSIGNED
    bench.broker.answers.set()
    await early
    bench.consumer._begin()  # as each fetch does
    assert bench.pipeline.starts == []

    bench.broker.committed = {TP(LABS, 1): 7}
    await bench.consumer.perform_seek()

    assert bench.pipeline.starts == [{TopicPartition(LABS, 1): 7}]


async def test_a_worker_that_ends_seeks_nothing(bench: Bench) -> None:
    """Faust would have it wait for the brokers, and they may be why it ends."""
    bench.consumer.app.should_stop = True

    await bench.consumer.perform_seek()

    assert bench.broker.seeks == 0


async def test_reading_starts_once_for_each_seek(bench: Bench) -> None:
    """A fetch may find the seek before Faust hears of it."""
    bench.pipeline.claims.claimed = ASSIGNED
    bench.broker.committed = {TP(LABS, 0): 5}
    await bench.consumer.perform_seek()

    bench.consumer._begin()
    assert len(bench.pipeline.starts) == 1
    await bench.consumer.perform_seek()

    assert len(bench.pipeline.starts) == 2


async def test_a_seek_that_nobody_waits_for_starts_nothing(bench: Bench) -> None:
    """It goes on in its thread; by then runs may be taken, and nobody made them durable."""
    bench.pipeline.claims.claimed = ASSIGNED
    bench.broker.answers.clear()
    given_up = asyncio.ensure_future(bench.consumer.perform_seek())
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    bench.consumer._begin()  # as each fetch does
    assert (bench.broker.seeks, bench.pipeline.starts) == (1, [])

    bench.broker.answers.set()
    await bench.consumer.perform_seek()

    assert len(bench.pipeline.starts) == 1


async def test_of_two_seeks_the_one_asked_for_last_starts_reading(bench: Bench) -> None:
    """What the first one found is of before the second one made durable what was taken."""
    bench.pipeline.claims.claimed = ASSIGNED
    bench.broker.answers.clear()
    first = asyncio.ensure_future(bench.consumer.perform_seek())
    await asyncio.sleep(0)
    bench.broker.seek_done = 0  # it has yet to come to it
    bench.pipeline.drained.clear()
    second = asyncio.ensure_future(bench.consumer.perform_seek())
    await asyncio.sleep(0)
    bench.broker.seek_done = 1
    bench.broker.answers.set()
    await first
    after_the_first = list(bench.pipeline.starts)
    bench.pipeline.drained.set()
    await second

    assert (after_the_first, len(bench.pipeline.starts)) == ([], 1)


@pytest.mark.parametrize(("wanted", "sought"), [(7, {TP(LABS, 0): 5}), (0, {}), (8, {})])
async def test_the_thread_seeks_only_for_who_waits(wanted: int, sought: dict[TP, int]) -> None:
    """Its caller may be gone, or ask anew, while the brokers say what is committed."""
    thread: Any = Thread.__new__(Thread)  # without Faust's consumer around it
    thread.wanted, thread._consumer = 7, Committed({TP(LABS, 0): 5})
    thread._shown, thread._leader_of = {}, lambda _: 1
    thread.known = {}
    seeking = asyncio.ensure_future(thread._seek_to_committed(7))
    await asyncio.sleep(0)
    thread.wanted = wanted
    await seeking

    assert (thread._consumer.sought, thread.sought) == (sought, sought)
    assert thread.seek_done == (7 if sought else 0)


@pytest.mark.parametrize(
    ("committed", "known", "begins", "start", "gone"),
    [
        (None, None, 0, 0, None),  # nobody has ever read it
        (None, None, 20, 20, None),  # nor what was deleted before
        (40, None, 0, 40, None),  # states of before they said how far they go
        (None, 50, 0, 50, None),  # the group says for a moment that nothing is committed
        (60, 50, 0, 50, None),  # somebody has moved the group on
        (100, 50, 0, 50, None),
        (40, 50, 0, 40, None),  # or back, to have it read again
        (50, 50, 50, 50, None),
        (50, 50, 70, 70, 50),  # deleted before it was read
        (None, 50, 70, 70, 50),
        (40, None, 70, 70, 40),
        (None, 101, 0, 0, None),  # it ends before, and was made anew
        (101, 101, 0, 0, None),
        (101, 50, 0, 50, None),
        (40, 101, 0, 40, None),
    ],
)
async def test_reading_starts_where_the_states_are_and_no_later_than_what_is_committed(
    committed: int | None, known: int | None, begins: int, start: int, gone: int | None
) -> None:
    """The topic ends at 100. To read again does no harm, to pass over loses."""
    labs = TP(LABS, 0)
    thread: Any = Thread.__new__(Thread)  # without Faust's consumer around it
    thread.wanted, thread._consumer = 7, Committed({labs: committed}, begins, end=100)
    thread._shown, thread._leader_of = {}, lambda _: 1
    thread.known = {} if known is None else {labs: known}

    await thread._seek_to_committed(7)

    assert (thread._consumer.sought, thread.sought) == ({labs: start}, {labs: start})
    assert thread.gone == ({} if gone is None else {labs: gone})


async def test_the_seek_is_told_how_far_the_states_go(bench: Bench) -> None:
    """As of the assignment that was claimed; of what is not ours nothing is known."""
    bench.pipeline.held.positions = {LABS: 5}
    await bench.consumer.perform_seek()
    of_nobody = bench.broker.known
    bench.pipeline.claims.claimed = ASSIGNED
    await bench.consumer.perform_seek()

    assert (of_nobody, bench.broker.known) == ({}, {TP(LABS, 0): 5})


@pytest.mark.parametrize(("generation", "commits"), [(1, [TP(LABS, 0)]), (2, []), (-1, [])])
async def test_nothing_is_committed_in_another_generation(
    bench: Bench, generation: int, commits: list[TP]
) -> None:
    """What was taken is another's by then, or nobody's."""
    bench.pipeline.claims.claimed = ASSIGNED
    await bench.consumer.perform_seek()
    bench.consumer.durable[TP(LABS, 0)] = 7
    bench.broker.generation = generation

    assert list(bench.consumer._filter_tps_with_pending_acks()) == commits


async def test_where_reading_began_is_known_of_a_topic_without_records(bench: Bench) -> None:
    """Moved on by somebody before one came, the group would pass over those that come first."""
    bench.pipeline.claims.claimed = ASSIGNED
    bench.broker.committed = {TP(LABS, 0): 0}

    await bench.consumer.perform_seek()

    assert bench.pipeline.held.positions == {LABS: 0}


async def test_what_was_deleted_before_it_was_read_is_told_once(bench: Bench) -> None:
    """It is committed, and kept with the states."""
    bench.pipeline.claims.claimed = ASSIGNED
    bench.pipeline.held.positions = {LABS: 5}
    bench.broker.committed, bench.broker.gone = {TP(LABS, 0): 9}, {TP(LABS, 0): 5}

    await bench.consumer.perform_seek()

    assert bench.consumer.durable == {TP(LABS, 0): 9}
    assert bench.pipeline.held.positions == {LABS: 9}


class Committed:
    """An aiokafka consumer, as far as it is asked for what is committed."""

    def __init__(self, offsets: Mapping[TP, int | None], begins: int = 0, end: int = 9) -> None:
        self._offsets, self._begins, self._end = offsets, begins, end
        self.sought: dict[TP, int] = {}

    def assignment(self) -> set[TP]:
        return set(self._offsets)

    async def committed(self, tp: TP) -> int | None:
        return self._offsets[tp]

    async def end_offsets(self, tps: list[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, self._end)

    async def beginning_offsets(self, tps: list[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, self._begins)

    def seek(self, tp: TP, offset: int) -> None:
        self.sought[tp] = offset


class Fetcher:
    """aiokafka's fetcher, as far as it notes what an answer tells: by the wall clock."""

    def __init__(self, position: int) -> None:
        self.state = SimpleNamespace(
            has_valid_position=True,
            position=position,
            _position=position,
            highwater=None,
            timestamp=None,
        )
        self.told: int | None = 5
        self._fetch_min_bytes, self._fetch_max_wait_ms = 1, 500

    async def _proc_fetch_request(self, _assignment: Any, _node: int, _request: Any) -> bool:
        if self.told is not None:
            self.state.highwater = self.told
            self.state.timestamp = time.time_ns() // 1_000_000
        return self.told is not None


class Ends:
    """A consumer that asks where a topic ends; None: the leader does not say it yet."""

    def __init__(self) -> None:
        self.answer: int | None = 5
        self.asked = 0

    async def end_offsets(self, tps: list[TP]) -> dict[TP, int]:
        self.asked += 1
        if self.answer is None:
            raise LeaderNotAvailableError
        return dict.fromkeys(tps, self.answer)


class Reader:
    """A thread without a consumer, told that a topic has 5 records."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, position: int) -> None:
        self.now_s, self.wall_ns = 100.0, 1_800_000_000 * 10**9
        self.leader, self.ends = 1, Ends()
        monkeypatch.setattr("stream.thread.ASKED_AGAIN_S", 0.0)
        monkeypatch.setattr("time.monotonic", lambda: self.now_s)
        monkeypatch.setattr("time.time_ns", lambda: self.wall_ns)
        self.fetcher = Fetcher(position)
        thread: Any = Thread.__new__(Thread)
        thread._shown, thread._looking, thread._ends = {}, set(), {}
        thread._told = Told(now=lambda: self.now_s)
        thread.gathering = Gathering(
            fetch_wait_ms=20, gather_ms=10, left_s=lambda: 60.0, now=lambda: self.now_s
        )
        thread._listen(self.fetcher)
        thread._state = lambda _: self.fetcher.state
        thread._leader_of = lambda _: self.leader
        thread._ensure_consumer = lambda: self.ends
        thread.thread_loop = asyncio.get_running_loop()
        self.thread = thread

    async def fetch(self) -> bool:
        assignment = SimpleNamespace(state_value=lambda _: self.fetcher.state)
        request = SimpleNamespace(topics=[(LABS, [(0, 0, 0)])])
        is_new: bool = await self.fetcher._proc_fetch_request(assignment, 1, request)
        return is_new

    def end_told_ms(self) -> int | None:
        told_ms: int | None = self.thread.end_told_ms(TopicPartition(LABS, 0))
        return told_ms

    async def is_at_end(self) -> bool:
        """Fetch, look, let the leader be asked, and look again."""
        await self.fetch()
        self.end_told_ms()
        for _ in range(20):  # turns of the loop: nothing here takes time
            await asyncio.sleep(0)
        return self.end_told_ms() is not None

    def step(self, seconds: float) -> None:
        self.now_s += seconds
        self.wall_ns += int(seconds * 10**9)


async def test_an_answer_is_told_to_all_and_comes_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who waits for what a fetch tells hears of it, and the next one may gather longer."""
    reader = Reader(monkeypatch, 5)
    reader.thread.gathering.handed_over(some=True)
    reader.step(60)

    assert await reader.fetch()
    assert reader.thread._told.at_s(TopicPartition(LABS, 0)) == reader.now_s
    assert reader.fetcher._fetch_max_wait_ms == LIMIT_MS
    reader.fetcher.told = None
    assert not await reader.fetch()


async def test_a_new_leader_is_believed_once_it_has_said_where_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may have records that it does not show yet, however long its followers take."""
    reader = Reader(monkeypatch, 5)
    assert await reader.is_at_end()

    reader.leader, reader.ends.answer = 2, None
    assert not await reader.is_at_end()
    reader.step(60)
    assert not await reader.is_at_end()
    reader.ends.answer = 7  # two more than fetches show by now
    assert not await reader.is_at_end()
    reader.fetcher.told = 7
    assert not await reader.is_at_end()
    reader.fetcher.state.position = 7
    assert await reader.is_at_end()


async def test_a_broker_that_told_nothing_for_a_while_is_asked_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was started anew, and leads again before its followers have what it had."""
    reader = Reader(monkeypatch, 5)
    assert await reader.is_at_end()

    reader.ends.answer = None
    reader.step(2)
    assert not await reader.is_at_end()
    reader.ends.answer = 5
    assert await reader.is_at_end()
    asked = reader.ends.asked
    reader.step(0.1)
    assert await reader.is_at_end()
    assert reader.ends.asked == asked  # once is enough


@pytest.mark.parametrize(
    ("told_s_ago", "position", "is_at_end"), [(0, 5, True), (0, 4, False), (10, 5, False)]
)
async def test_what_a_broker_told_of_an_end_does_not_hold_for_ever(
    monkeypatch: pytest.MonkeyPatch, told_s_ago: int, position: int, *, is_at_end: bool
) -> None:
    """One that is not reached may have what is earlier than all that the others give."""
    reader = Reader(monkeypatch, position)
    await reader.is_at_end()
    reader.step(told_s_ago)

    assert (reader.end_told_ms() == 100_000) is is_at_end


async def test_a_clock_that_is_set_back_makes_no_old_end_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It would be believed until the clock had caught up."""
    reader = Reader(monkeypatch, 5)
    assert await reader.is_at_end()
    reader.wall_ns -= 3600 * 10**9
    reader.fetcher.told = None  # it is not reached any more
    reader.step(10)
    await reader.fetch()
    unreached = reader.end_told_ms()
    reader.fetcher.told = 5
    await reader.is_at_end()

    assert (unreached, reader.end_told_ms()) == (None, 110_000)


async def test_what_waits_is_counted_up_to_the_end_that_was_told_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no fetch tells of a topic its broker is asked; a later fetch knows better."""
    reader, tp = Reader(monkeypatch, 5), TopicPartition(LABS, 0)
    behind = [reader.thread.behind(tp, 5)]
    reader.thread._ends[tp] = 9, 100.0
    behind.append(reader.thread.behind(tp, 5))
    reader.step(1)
    reader.fetcher.told = 12
    await reader.fetch()
    behind.append(reader.thread.behind(tp, 5))

    assert behind == [0, 4, 7]
    assert reader.thread.standing(tp) == (5, 12, 101.0)


async def test_a_fetch_says_when_records_are_waited_for_and_when_they_are_worked_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[object] = []

    async def fetch(_: object) -> dict[TP, list[Any]]:
        said.append("fetches")
        return {TP(LABS, 0): []}

    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_fetch_records", fetch)
    thread: Any = Thread.__new__(Thread)  # without Faust's consumer around it
    thread.gathering = SimpleNamespace(
        waited_for=lambda: said.append("waits"), handed_over=lambda *, some: said.append(some)
    )
    await thread._fetch_records()

    assert said == ["waits", "fetches", True]


def test_a_run_is_never_too_old_for_faust() -> None:
    """It would drop one that begins before what it saw last, without a word."""
    read = NothingRead()
    read[TP(LABS, 0)] = 100

    assert read[TP(LABS, 0)] is None


async def test_only_offsets_that_the_group_took_count_as_committed(bench: Bench) -> None:
    def counted() -> float | None:
        return metrics.REGISTRY.get_sample_value("stormwatch_commits_total")

    before = counted()
    taken = await bench.consumer._commit({TP(LABS, 0): 5})
    after = counted()
    refused = await bench.consumer._commit({TP(LABS, 0): 4})

    assert (taken, refused) == (True, False)
    assert (after, counted()) == ((before or 0) + 1, after)
