"""Partitions are claimed once, as a whole, and by the assignment that recovered them."""

import asyncio
import time
from collections.abc import Collection
from typing import Never

import pytest
from faust.types import TP
from pipelinebench import Bench, Nothing, start

from stream import committer as committers
from stream import metrics
from stream.app import build
from stream.health import Health
from stream.partition import Epoch, Partition, Stamp, head_of, write
from stream.pipeline import Pipeline
from stream.settings import Settings


class EndedError(Exception):
    """The process would have ended here."""


def end(reason: str) -> Never:
    raise EndedError(reason)


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(committers, "end_process", end)
    return Bench(monkeypatch)


def answering() -> asyncio.Event:
    answers = asyncio.Event()
    answers.set()
    return answers


def ours(bench: Bench) -> Collection[int] | None:
    claimed = bench.pipeline.claims.claimed
    return None if claimed is None else claimed.partitions


async def test_a_claim_that_a_rebalance_cut_short_changes_nothing_any_more(bench: Bench) -> None:
    """Faust lets it go on: an epoch it put in place now would be older than the newer owner's."""
    bench.paper.broker_answers.clear()
    stale = bench.claim(0, 1)
    await asyncio.sleep(0)
    await bench.pipeline.settle()
    bench.paper.broker_answers.set()
    await stale
    of_the_stale_one = ours(bench)
    await bench.claim(1, generation=2)

    assert (of_the_stale_one, ours(bench)) == (None, {1})
    assert bench.paper.epochs[1] == Epoch(0, 2)


async def test_a_clock_that_was_moved_into_the_future_is_not_believed(bench: Bench) -> None:
    """The machine of the last owner had a wrong one; time would stand still until then."""
    bench.write_ticks()
    bench.of(0).clock_ms = time.time_ns() // 1_000_000 + 3_600_000
    bench.of(1).clock_ms = right_ms = time.time_ns() // 1_000_000

    await bench.claim(0, 1)

    clocks = [bench.pipeline.table.of(each).clock_ms for each in (0, 1)]
    assert clocks == [None, right_ms]


async def test_a_recovery_that_a_rebalance_cut_short_brings_nothing(bench: Bench) -> None:
    """What it read may be of before the last owner; the next one reads anew."""
    bench.of(0).states[b"p"] = (b"old", None)
    bench.table.broker_answers.clear()
    stale = bench.claim(0)
    await asyncio.sleep(0)
    await bench.pipeline.settle()
    bench.table.changelog = {0: Partition(states={b"p": (b"new", None)})}
    bench.table.broker_answers.set()
    await bench.claim(0)
    await stale

    assert bench.pipeline.table.of(0).states == {b"p": (b"new", None)}
    assert len(bench.paper.sent) == 1


async def test_a_recovery_that_goes_on_after_the_end_asks_the_group_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that would ask has ended before it: the worker ends as it was asked to."""
    bench.table.broker_answers.clear()
    stale = bench.claim(0)
    await asyncio.sleep(0)
    await bench.pipeline.settle()

    async def is_member(_: int) -> bool:
        raise RuntimeError

    monkeypatch.setattr(bench.pipeline.claims, "_is_member", is_member)
    bench.table.broker_answers.set()
    await stale

    assert bench.paper.sent == []


async def test_a_recovery_that_goes_on_while_the_group_is_joined_anew_claims_nothing(
    bench: Bench,
) -> None:
    """It would end after the next assignment has claimed, and put older states and epochs back."""
    before = bench.assign(0, 1, generation=5)
    await bench.pipeline.settle()
    slow = bench.table.broker_answers = asyncio.Event()
    late = bench.recover(before)
    await asyncio.sleep(0)
    bench.table.broker_answers = answering()
    await bench.claim(1, generation=6)
    bench.pipeline.begin(start(1))
    held = bench.table.of(1)
    slow.set()
    await late

    assert ours(bench) == {1}
    assert bench.paper.epochs == {1: Epoch(0, 6)}
    assert bench.table.of(1) is held


async def test_a_late_recovery_does_not_take_the_next_assignment_s_place(bench: Bench) -> None:
    """It was asked what its changelog holds before the next one was, and is answered after."""
    slow = bench.table.broker_answers = asyncio.Event()
    late = bench.claim(0, 1, generation=5)
    await asyncio.sleep(0)
    bench.table.broker_answers = answering()
    await bench.pipeline.settle()
    await bench.claim(1, generation=6)
    held = bench.table.of(1)
    slow.set()
    await late

    assert (ours(bench), bench.paper.epochs) == ({1}, {1: Epoch(0, 6)})
    assert bench.table.of(1) is held


async def test_one_whose_place_in_the_group_is_taken_writes_nothing(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It reads what the next owner wrote; its epoch would be higher, and hide what comes then."""
    bench.is_member = False

    await bench.claim(0)

    assert (bench.paper.sent, ours(bench)) == ([], None)
    assert "claims_nothing: its group knows another one by its name" in caplog.messages


async def test_two_recoveries_of_one_assignment_claim_it_once(bench: Bench) -> None:
    """One that a rebalance cut short may end under the next one: the second finds it done."""
    assignment = bench.assign(0, generation=5)
    bench.table.broker_answers.clear()
    both = [bench.recover(assignment), bench.recover(assignment)]
    await asyncio.sleep(0)
    bench.table.broker_answers.set()
    await asyncio.gather(*both)
    held = bench.table.of(0)
    await bench.recover(assignment)

    assert ours(bench) == {0}
    assert len(bench.paper.sent) == 1
    assert bench.table.of(0) is held


async def test_faust_s_recoveries_claim_what_was_assigned_when_they_were_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is assigned once they are complete may be another's."""
    settings = Settings(role="watch", kafka="127.0.0.1:1", ticks="topic")
    pipeline = Pipeline(Nothing(), settings, Health(), fills_ticks=False)
    app, table = build(pipeline), pipeline.table
    app.consumer_generation_id = 5
    read: list[Collection[int]] = []

    async def note(_: str, partitions: Collection[int]) -> dict[int, Partition]:
        read.append(partitions)
        return {}

    async def is_member(_: int) -> bool:
        return True

    monkeypatch.setattr(table, "read", note)
    monkeypatch.setattr(pipeline.claims, "_is_member", is_member)
    ours = {TP(table.changelog_topic_name, 3)}
    await table.on_rebalance(ours, set(), ours, 5)
    await table.on_recovery_completed(ours, set())
    of_the_first = list(read)
    await pipeline.settle()
    await table.on_recovery_completed(ours, set())

    assert of_the_first == read == [{3}]


async def test_an_epoch_that_does_not_grow_is_refused(bench: Bench) -> None:
    """What was read of the changelog is then older than what we wrote ourselves."""
    await bench.paper.claim(0, Epoch(0, 6))

    for epoch in (Epoch(0, 5), Epoch(0, 6)):
        with pytest.raises(EndedError, match="partition 0 was ours"):
            await bench.paper.claim(0, epoch)

    assert (bench.paper.epochs, len(bench.paper.sent)) == ({0: Epoch(0, 6)}, 1)


async def test_nothing_is_written_under_an_epoch_that_is_over(bench: Bench) -> None:
    """Its states would be ignored and its offsets committed: lost without a word."""
    await bench.claim(0, generation=5)
    bench.table.of(0).highest = Epoch(0, 6)
    bench.paper.group.keep(0, b"p", (b"{}", None))

    with pytest.raises(EndedError, match="partition 0 is of"):
        await bench.paper._write(bench.paper.group)

    assert len(bench.paper.sent) == 1  # the marker


async def test_states_that_were_passed_over_are_counted_and_told(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """As a rule their owner was paused past its session, and what it took was taken again."""
    bench.of(0).highest = Epoch(0, 6)
    bench.of(0).apply(b"p", write(head_of(Stamp(Epoch(0, 5), 1)), (b"{}", None)))
    before = metrics.REGISTRY.get_sample_value("stormwatch_states_ignored_total")

    await bench.claim(0, 1, generation=7)

    after = metrics.REGISTRY.get_sample_value("stormwatch_states_ignored_total")
    assert (before, after) == (0.0, 1.0)
    assert "states_ignored changelog-0: 1" in caplog.messages


@pytest.mark.parametrize("saved", [b'{"version":8,"patient_id":"p"}', b'{ "version" : 6 }'])
async def test_a_worker_ends_before_it_claims_states_of_another_version(
    bench: Bench, saved: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written: whoever can read them goes on with them as they are."""
    bench.of(0).states[b"p"] = (b'{"version":7,"patient_id":"p"}', None)
    bench.of(1).states |= {b"q": (saved, None), b"r": (saved, None)}
    monkeypatch.setattr("stream.versions.end_process", end)

    with pytest.raises(EndedError) as ended:
        await bench.claim(0, 1)

    other = 8 if b"8" in saved else 6
    assert str(ended.value) == (
        f"2 states of partitions 1 are of version {other}, and this program knows 7 alone: "
        "start the one that wrote them"
    )
    assert (bench.paper.sent, ours(bench)) == ([], None)


async def test_a_state_that_says_no_version_keeps_no_partition_from_being_claimed(
    bench: Bench,
) -> None:
    """It is damaged, and of one patient; the work tells of it."""
    damaged = (b"", b"{}", b'{"version":null}', b"\xff", b'{"version":7', b'{"version":7777777777}')
    bench.of(0).states |= {b"%d" % number: (each, None) for number, each in enumerate(damaged)}

    await bench.claim(0)

    assert ours(bench) == {0}
