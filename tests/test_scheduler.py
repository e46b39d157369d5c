"""Records are handed over in order of time, and never before what may be earlier."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from stream import metrics
from stream.clinical.engine import AHEAD_MS
from stream.runs import Run, TopicPartition
from stream.scheduler import FEWEST_RECORDS, RUN_S, Scheduler

INPUTS = ("patients", "medications", "vitals", "ticks")


class Bench:
    """A scheduler with a clock moved by hand, and topics read to their end when a test says so."""

    def __init__(self, **settings: Any) -> None:
        self.now_s, self.fetched = 0.0, 0
        self.at_end = set(INPUTS)
        self.told_ms = 0  # when a fetch told of their ends
        self.scheduler = Scheduler(
            INPUTS,
            run_records=settings.get("run_records", 100),
            align_wait_s=2.0,
            end_told_ms=lambda tp: self.told_ms if tp.topic in self.at_end else None,
            now=lambda: self.now_s,
            has_room=settings.get("has_room", lambda: True),
            handed_over=lambda _: self.fetched - self.scheduler.held_records(0),
            ticks="ticks",
        )
        self.scheduler.begin(
            {TopicPartition(topic, 0): 0 for topic in INPUTS}, {0: settings.get("clock_ms")}
        )

    def fetch(self, **batches: list[tuple[int, int]]) -> list[Run]:
        """Fetch records given as (offset, timestamp), and return the runs handed over."""
        return list(self.runs(**batches))

    def told_again(self, **batches: list[tuple[int, int]]) -> list[Run]:
        """Fetch, and hear once more that topics are read to their ends."""
        self.told_ms += 20
        return self.fetch(**batches)

    def runs(self, **batches: list[tuple[int, int]]) -> Iterator[Run]:
        self.scheduler.asked()
        self.fetched += sum(map(len, batches.values()))
        fetched = {
            TP(topic, 0): [record(topic, offset, at_ms) for offset, at_ms in batch]
            for topic, batch in batches.items()
        }
        return (handed.value for _, handed in self.scheduler.iterate(fetched))

    def runs_of(self, vitals: dict[int, int]) -> Iterator[Run]:
        """Fetch so many vitals of each of these partitions."""
        fetched = {
            TP("vitals", partition): [record("vitals", at, at, partition) for at in range(count)]
            for partition, count in vitals.items()
        }
        return (handed.value for _, handed in self.scheduler.iterate(fetched))


def record(topic: str, offset: int, timestamp_ms: int, partition: int = 0) -> Any:
    return SimpleNamespace(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp_ms,
        key=b"p",
        value=b"{}",
    )


def names(run: Run) -> list[tuple[str, int]]:
    return [(each.topic, each.offset) for each in run.records]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_dose_given_before_a_reading_is_handed_over_before_it(bench: Bench) -> None:
    """Whatever the order in which the topics were fetched."""
    (run,) = bench.fetch(vitals=[(0, 200)], medications=[(0, 100)])

    assert names(run) == [("medications", 0), ("vitals", 0)]


def test_at_the_same_time_the_rank_of_the_topic_decides(bench: Bench) -> None:
    """A tick comes last: what happened at a time counts before what falls due at it."""
    (run,) = bench.fetch(ticks=[(0, 100)], vitals=[(0, 100)], patients=[(0, 100)])

    assert names(run) == [("patients", 0), ("vitals", 0), ("ticks", 0)]


def test_records_of_a_topic_stay_as_they_lie_in_it(bench: Bench) -> None:
    """A late record does not overtake those that its source sent before."""
    (run,) = bench.fetch(vitals=[(0, 300), (1, 100)], medications=[(0, 200)])

    assert names(run) == [("medications", 0), ("vitals", 0), ("vitals", 1)]


def test_a_run_says_how_many_records_were_handed_over_by_then(bench: Bench) -> None:
    """Those that are held count once they are handed over."""
    bench.at_end -= {"medications"}
    first = bench.fetch(medications=[(0, 100)], vitals=[(0, 90), (1, 200), (2, 300)])
    second = bench.fetch(medications=[(1, 250)])

    assert [(len(run.records), run.handed_over) for run in first + second] == [(2, 2), (2, 4)]


def test_a_reading_waits_for_a_topic_that_is_not_read_to_its_end(bench: Bench) -> None:
    """What that topic still holds may be earlier."""
    bench.at_end -= {"medications"}

    assert bench.fetch(vitals=[(0, 200)]) == []
    (run,) = bench.fetch(medications=[(0, 100), (1, 300)])

    assert names(run) == [("medications", 0), ("vitals", 0), ("medications", 1)]


def test_a_run_ends_where_the_next_record_of_a_topic_may_be_earlier(bench: Bench) -> None:
    """The medications at 100 may be followed by others at 110, not fetched yet."""
    bench.at_end -= {"medications"}

    (run,) = bench.fetch(medications=[(0, 100)], vitals=[(0, 200)])

    assert names(run) == [("medications", 0)]
    assert bench.scheduler.held_records(0) == 1


def test_waiting_ends_after_its_limit(bench: Bench) -> None:
    """A topic whose broker is gone must not silence the others."""
    bench.at_end -= {"medications"}
    assert bench.fetch(vitals=[(0, 200)]) == []
    bench.now_s = 1.9
    assert bench.fetch() == []
    bench.now_s = 2.0

    (run,) = bench.fetch()

    assert names(run) == [("vitals", 0)]


def test_no_record_waits_for_longer_than_the_limit_however_many_come() -> None:
    """Far more than one run takes, of a topic whose broker is gone for minutes."""
    bench, came, delays_s = Bench(run_records=2_000), 0, [0.0]
    bench.at_end -= {"medications"}
    while bench.now_s < 60:
        batch = range(came, came := int(bench.now_s * 125))
        for run in bench.runs(vitals=[(offset, offset * 8) for offset in batch]):
            with bench.scheduler.timed(run):
                bench.now_s += len(run.records) / 2_000
            delays_s.append(bench.now_s - run.records[0].offset / 125)
        bench.now_s += 0.02

    assert 2.0 <= max(delays_s) <= 2.0 + 0.25
    assert bench.scheduler.held_records(0) <= 2.1 * 125


def test_what_comes_after_a_wait_in_vain_waits_by_itself(bench: Bench) -> None:
    """The topic may be back by then: what was there goes, in however many runs, and no more."""
    bench.scheduler.begin({TopicPartition(topic, 0): 0 for topic in INPUTS}, {})
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(offset, offset) for offset in range(120)])
    bench.fetch()
    bench.now_s = 2.0

    runs = bench.fetch()
    later = [bench.fetch(vitals=[(120, 120)])]
    bench.now_s = 3.9
    later.append(bench.fetch())
    bench.now_s = 4.0

    assert [len(run.records) for run in runs] == [50, 50, 20]
    assert later == [[], []]
    assert [names(run) for run in bench.fetch()] == [[("vitals", 120)]]


def test_once_the_topic_speaks_again_its_records_take_their_places(bench: Bench) -> None:
    """Even while records go that were waited for long enough."""
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(offset, offset * 10) for offset in range(120)])
    bench.fetch()
    bench.now_s = 2.0
    next(bench.runs())

    first = [each for run in bench.fetch(medications=[(0, 605)]) for each in names(run)]

    assert first == [*(("vitals", offset) for offset in range(50, 61)), ("medications", 0)]
    assert bench.fetch() == []
    (second, *_) = bench.fetch(medications=[(1, 705)])
    assert names(second)[:11] == [
        *(("vitals", offset) for offset in range(61, 71)),
        ("medications", 1),
    ]


def test_a_topic_that_gets_on_is_waited_for_again_from_each_of_its_records(bench: Bench) -> None:
    """After an outage of hours it may take minutes: nothing is handed over out of order for it."""
    bench.at_end -= {"medications"}
    hour = 3_600_000
    bench.fetch(vitals=[(0, 10 * hour)])
    handed = []
    for number in range(9):
        bench.now_s += 1.9
        bench.fetch()
        handed += bench.fetch(medications=[(number, number * hour)])

    assert [names(run) for run in handed] == [[("medications", number)] for number in range(9)]
    assert bench.scheduler.held_records(0) == 1


def test_what_is_held_in_plenty_waits_for_no_topic_that_was_waited_for_in_vain() -> None:
    """No more of it would be fetched, and what is not would wait at the broker for ever longer."""
    bench = Bench(run_records=10)
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(offset, offset) for offset in range(20)])
    bench.fetch()
    bench.now_s = 2.0
    assert len(bench.fetch()) == 2

    few = bench.fetch(vitals=[(offset, offset) for offset in range(20, 39)])
    (run,) = bench.fetch(vitals=[(39, 39)])

    assert few == []
    assert names(run)[0] == ("vitals", 20)
    assert bench.scheduler.full() == set()


def test_a_wait_begins_with_the_first_record_that_waits(bench: Bench) -> None:
    """Not with one that was forced long before it."""
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(0, 100)])
    bench.fetch()
    bench.now_s = 2.0
    assert len(bench.fetch()) == 1
    bench.fetch()
    bench.now_s = 60.0
    bench.fetch()
    bench.fetch(vitals=[(1, 200)])
    bench.fetch()
    bench.now_s = 61.9

    assert bench.fetch() == []
    bench.now_s = 62.0
    assert len(bench.fetch()) == 1


def test_a_gate_holds_everything_back_for_as_long_as_it_takes(bench: Bench) -> None:
    """Records of a time without ticks wait for the ticks that their new owner has written."""
    bench.scheduler.gate(TopicPartition("ticks", 0), 5)
    assert bench.fetch(vitals=[(0, 200)]) == []
    bench.now_s = 3600
    (first,) = bench.fetch(ticks=[(4, 100)])
    (second,) = bench.fetch(ticks=[(5, 150)])

    assert names(first) == [("ticks", 4)]
    assert names(second) == [("ticks", 5), ("vitals", 0)]


def test_ticks_that_were_filled_in_take_their_places(bench: Bench) -> None:
    """A record of the time without ticks comes after those before it, not after all of them."""
    bench.scheduler.gate(TopicPartition("ticks", 0), 1)

    (run,) = bench.fetch(ticks=[(0, 100), (1, 300)], vitals=[(0, 200), (1, 400)])

    assert names(run) == [("ticks", 0), ("vitals", 0), ("ticks", 1), ("vitals", 1)]


def test_a_topic_that_nobody_asked_for_is_not_late(bench: Bench) -> None:
    """The worker itself was busy for longer than the wait: nothing was fetched meanwhile."""
    bench.at_end -= {"medications"}
    assert bench.fetch(vitals=[(0, 200)]) == []
    bench.now_s = 30

    assert bench.fetch() == []
    (run,) = bench.fetch()

    assert names(run) == [("vitals", 0)]


def test_no_more_is_fetched_of_what_is_held_in_plenty() -> None:
    """One topic that lies weeks behind does not fill the memory with the others."""
    bench = Bench(run_records=2)
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(i, 200) for i in range(3)])
    assert bench.scheduler.full() == set()

    bench.fetch(vitals=[(3, 200)])

    assert bench.scheduler.full() == {TP("vitals", 0)}


def test_nothing_is_handed_over_while_there_is_no_room() -> None:
    """The order of what waits is found when it is handed over, not before."""
    room: list[str] = []
    bench = Bench(has_room=lambda: bool(room))
    assert bench.fetch(vitals=[(0, 200)]) == []
    room.append("some")

    (run,) = bench.fetch(medications=[(0, 100)])

    assert names(run) == [("medications", 0), ("vitals", 0)]


def test_a_partition_far_behind_keeps_no_other_waiting() -> None:
    """Each is served a run in its turn, and where room ends the turns go on from there."""
    served: list[int] = []
    room = 3
    bench = Bench(run_records=2, has_room=lambda: len(served) < room)
    served += (run.partition for run in bench.runs_of({0: 10, 1: 2, 2: 2, 3: 2}))
    room = 7

    served += (run.partition for run in bench.runs_of({}))

    assert served == [0, 1, 2, 3, 0, 0, 0]


def test_how_long_what_is_held_will_take_is_told_by_the_runs_before() -> None:
    bench = Bench(run_records=200)
    runs = bench.runs_of({0: 300, 1: 300})
    left_s = [bench.scheduler.left_s()]
    for run in runs:
        with bench.scheduler.timed(run):
            bench.now_s += 0.1  # for FEWEST_RECORDS
        left_s.append(bench.scheduler.left_s())

    each_s = 0.1 / FEWEST_RECORDS
    held = range(600, -1, -FEWEST_RECORDS)
    # What is known of it is half of what the run before says, and half of what was known.
    known_s = [each_s * (1 - 0.5**runs) for runs in range(len(held))]
    assert left_s == pytest.approx([count * s for count, s in zip(held, known_s, strict=True)])


def test_each_run_names_the_offset_that_it_follows(bench: Bench) -> None:
    """So that a run whose predecessor was dropped is noticed."""
    (first,) = bench.fetch(vitals=[(0, 100), (1, 110)])
    (second,) = bench.fetch(vitals=[(2, 120)])

    vitals = TopicPartition("vitals", 0)
    assert first.span == {vitals: (-1, 1)}
    assert second.span == {vitals: (1, 2)}


def test_a_hole_in_the_log_shows_in_no_span(bench: Bench) -> None:
    """The span follows what was handed over, not what the offsets promise."""
    bench.fetch(vitals=[(0, 100)])

    (run,) = bench.fetch(vitals=[(7, 120)])

    assert run.span == {TopicPartition("vitals", 0): (0, 7)}


def test_a_run_is_no_longer_than_its_limit() -> None:
    """One long run would keep the pages of the next waiting."""
    bench = Bench(run_records=2)

    runs = bench.fetch(vitals=[(i, 100 + i) for i in range(5)])

    assert [len(run.records) for run in runs] == [2, 2, 1]
    assert [run.at_end for run in runs] == [False, False, True]


def test_what_was_held_is_forgotten_when_reading_starts_anew(bench: Bench) -> None:
    """It is read again, from what is committed."""
    bench.at_end -= {"medications"}
    bench.fetch(vitals=[(3, 200)])
    bench.scheduler.begin({TopicPartition(topic, 0): 3 for topic in INPUTS}, {})
    bench.at_end |= {"medications"}

    (run,) = bench.fetch(vitals=[(3, 200)])

    assert names(run) == [("vitals", 3)]
    assert run.span == {TopicPartition("vitals", 0): (2, 3)}


def test_an_iteration_left_standing_ends_when_reading_starts_anew() -> None:
    """Its runs belong to the assignment before."""
    bench = Bench(run_records=1)
    runs = bench.runs(vitals=[(0, 100), (1, 110)])
    first = next(runs)
    bench.scheduler.begin({TopicPartition(topic, 0): 0 for topic in INPUTS}, {})

    assert list(runs) == []
    assert first.start != bench.scheduler.start


def test_a_changelog_passes_record_by_record(bench: Bench) -> None:
    """Faust's recovery reads it, not the agent."""
    changelog = [record("changelog", 0, 1), record("changelog", 1, 2)]

    passed = list(bench.scheduler.iterate({TP("changelog", 0): changelog}))

    assert [each.offset for _, each in passed] == [0, 1]


# Alignment, as it is met


def test_at_the_live_edge_a_record_goes_at_once(bench: Bench) -> None:
    """The other topics are read to their ends: there is nothing to wait for."""
    for number in range(3):
        (run,) = bench.fetch(vitals=[(number, 100 + number)])

        assert names(run) == [("vitals", number)]


def test_an_idle_topic_keeps_nobody_waiting(bench: Bench) -> None:
    """A ferritin comes once a day."""
    bench.fetch(medications=[(0, 100)])
    bench.now_s = 24 * 3600

    (run,) = bench.fetch(vitals=[(0, 86_400_000)])

    assert names(run) == [("vitals", 0)]


def test_a_topic_that_never_speaks_keeps_nobody_waiting(bench: Bench) -> None:
    """It is empty, and read to its end from the first fetch on."""
    (run,) = bench.fetch(vitals=[(0, 100)], ticks=[(0, 200)])

    assert names(run) == [("vitals", 0), ("ticks", 0)]


def test_after_an_outage_of_hours_all_topics_go_in_order_of_time(bench: Bench) -> None:
    """However much of one topic a fetch brings before the first of another."""
    bench.at_end.clear()
    hour = 3_600_000
    assert bench.fetch(vitals=[(i, i * hour) for i in range(4)]) == []
    bench.fetch(medications=[(0, hour // 2)], ticks=[(i, i * hour + 1) for i in range(4)])
    bench.at_end.update(INPUTS)

    handed = [each for run in bench.fetch(patients=[(0, 2 * hour)]) for each in names(run)]

    assert handed[:3] == [("vitals", 0), ("ticks", 0), ("medications", 0)]
    assert handed.index(("patients", 0)) < handed.index(("vitals", 2))
    assert handed[-2:] == [("vitals", 3), ("ticks", 3)]


def test_a_feed_whose_clock_runs_ahead_holds_nobody_up_at_the_live_edge(bench: Bench) -> None:
    (ahead,) = bench.fetch(vitals=[(0, 7_200_000)])
    (after,) = bench.fetch(vitals=[(1, 100)], medications=[(0, 100)])

    assert names(ahead) == [("vitals", 0)]
    assert names(after) == [("medications", 0), ("vitals", 1)]


def test_a_feed_whose_clock_is_behind_holds_nobody_up(bench: Bench) -> None:
    (run,) = bench.fetch(vitals=[(0, 100), (1, -7_200_000)], medications=[(0, 200)])

    assert names(run) == [("vitals", 0), ("vitals", 1), ("medications", 0)]


def test_while_catching_up_a_record_from_the_future_waits_for_the_others(bench: Bench) -> None:
    """And those behind it with it, in the order in which a replay takes them."""
    (run,) = bench.fetch(vitals=[(0, 7_200_000), (1, 300)], medications=[(0, 200), (1, 400)])

    assert names(run) == [("medications", 0), ("medications", 1), ("vitals", 0), ("vitals", 1)]


# The clock: a record ahead of it may have a tick that was not read yet


def test_a_record_ahead_of_the_clock_waits_for_the_tick_written_before_it() -> None:
    """Two brokers are asked, and the one with the record answers first."""
    bench = Bench(clock_ms=0)

    assert bench.fetch(vitals=[(0, AHEAD_MS + 1)]) == []
    (run,) = bench.fetch(ticks=[(0, AHEAD_MS)])
    assert names(run) == [("ticks", 0), ("vitals", 0)]


def test_a_record_ahead_of_the_clock_goes_once_no_tick_can_have_come_before_it() -> None:
    """A device whose clock runs ahead holds nobody up for longer than two fetches."""
    bench = Bench(clock_ms=0)
    assert bench.fetch(vitals=[(0, 7_200_000)]) == []
    assert bench.told_again() == []

    (run,) = bench.told_again()

    assert names(run) == [("vitals", 0)]


def test_what_is_no_further_ahead_than_may_be_goes_at_once() -> None:
    bench = Bench(clock_ms=0)

    (run,) = bench.fetch(vitals=[(0, AHEAD_MS), (1, AHEAD_MS + 1)])

    assert names(run) == [("vitals", 0)]


def test_a_tick_of_a_slow_clock_takes_no_time_back() -> None:
    """Ticks of two writers lie in turn: a record of now waits for none of the right one."""
    bench, hour = Bench(clock_ms=0), 3_600_000
    bench.fetch(ticks=[(0, hour)])
    bench.fetch(ticks=[(1, hour - 2 * AHEAD_MS)])
    (at_once,) = bench.fetch(vitals=[(0, hour)])
    bench.fetch(ticks=[(2, 2 * hour), (3, hour)])

    (together,) = bench.fetch(vitals=[(1, 2 * hour)])

    assert names(at_once) == [("vitals", 0)]
    assert names(together) == [("vitals", 1)]


def test_others_go_while_one_waits_for_its_tick() -> None:
    bench = Bench(clock_ms=0)
    assert bench.fetch(vitals=[(0, AHEAD_MS + 1)]) == []

    (run,) = bench.fetch(medications=[(0, 100)])

    assert names(run) == [("medications", 0)]


def test_what_comes_after_a_tick_waits_for_its_own() -> None:
    """Where time is played fast, each record lies ahead of the tick of the one before it."""
    bench = Bench(clock_ms=0)
    assert bench.fetch(vitals=[(0, 7_200_000), (1, 14_400_000)]) == []
    assert bench.told_again() == []
    (first,) = bench.fetch(ticks=[(0, 7_199_999)])
    assert names(first) == [("ticks", 0), ("vitals", 0)]
    assert bench.told_again() == []

    (second,) = bench.fetch(ticks=[(1, 14_399_999)])

    assert names(second) == [("ticks", 1), ("vitals", 1)]


def test_a_record_that_came_while_another_waited_waits_by_itself() -> None:
    bench = Bench(clock_ms=0)
    bench.fetch(vitals=[(0, 7_200_000)])
    bench.told_again()

    (first,) = bench.told_again(vitals=[(1, 14_400_000)])

    assert names(first) == [("vitals", 0)]
    assert bench.told_again() == []
    (second,) = bench.told_again()
    assert names(second) == [("vitals", 1)]


def test_of_two_clocks_in_one_topic_the_later_one_is_waited_for_no_longer() -> None:
    """The record that is ahead is not the last one held: others of the right time lie behind it."""
    bench = Bench(clock_ms=0)
    assert bench.fetch(vitals=[(0, 7_200_000), (1, 1_000), (2, 2_000)]) == []
    assert bench.told_again() == []

    (run,) = bench.told_again()

    assert names(run) == [("vitals", 0), ("vitals", 1), ("vitals", 2)]


def test_a_broker_that_tells_nothing_of_the_ticks_keeps_nobody_for_longer_than_the_limit() -> None:
    bench = Bench(clock_ms=0)
    bench.at_end.remove("ticks")
    bench.fetch(vitals=[(0, AHEAD_MS + 1)])
    bench.fetch()
    bench.now_s = 2.0

    (run,) = bench.fetch()

    assert names(run) == [("vitals", 0)]


def waited_s(topic: str) -> float:
    value: float = metrics.ALIGNMENT_WAITED_SECONDS.labels(topic=topic)._value.get()
    return value


def test_what_is_waited_for_and_how_long_is_counted(bench: Bench) -> None:
    bench.at_end -= {"medications"}
    before = waited_s("medications"), waited_s("patients")
    forced = metrics.FORCED_ALIGNMENTS.labels(topic="medications")._value.get()
    for bench.now_s in (0.0, 0.5, 1.5, 2.0):
        bench.fetch(vitals=[(0, 200)] if not bench.now_s else [])

    assert waited_s("medications") - before[0] == 2.0
    assert waited_s("patients") == before[1]
    assert metrics.FORCED_ALIGNMENTS.labels(topic="medications")._value.get() == forced + 1


def test_waiting_for_the_ticks_of_an_outage_is_counted_too(bench: Bench) -> None:
    """A gate has no limit: a wait without an end has to be seen."""
    before = waited_s("ticks")
    bench.scheduler.gate(TopicPartition("ticks", 0), 5)
    bench.fetch(vitals=[(0, 200)])
    bench.now_s = 60

    bench.fetch()

    assert waited_s("ticks") - before == 60


def test_runs_grow_until_they_take_as_long_as_a_run_should() -> None:
    """Records that cost little are handed over many at a time, and never more than may be."""
    bench = Bench(run_records=2_000)

    sizes = [len(run.records) for run in _timed(bench, 30_000, record_s=RUN_S / 400)]

    assert sizes[0] == FEWEST_RECORDS
    assert max(sizes) <= 400
    assert sizes[8] > 390


def test_runs_of_slow_records_are_short() -> None:
    """So that what was taken before is written meanwhile."""
    bench = Bench(run_records=2_000)

    sizes = [len(run.records) for run in _timed(bench, 1_000, record_s=1.0)]

    assert set(sizes) == {FEWEST_RECORDS}


def _timed(bench: Bench, records: int, *, record_s: float) -> Iterator[Run]:
    for run in bench.runs(vitals=[(offset, offset) for offset in range(records)]):
        with bench.scheduler.timed(run):
            bench.now_s += len(run.records) * record_s
        yield run
