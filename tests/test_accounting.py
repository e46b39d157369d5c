"""Every record that was fetched is accounted for."""

from typing import Any, cast

import pytest

from stream.accounting import Account, MissingRecordsError, Positions
from stream.runs import Run, TopicPartition

LABS = TopicPartition("labs", 0)


def run_of(records: int, *, handed_over: int, partition: int = 0) -> Run:
    return Run(partition, cast(Any, range(records)), {}, 1, at_end=False, handed_over=handed_over)


def test_a_record_that_is_held_or_taken_is_accounted_for() -> None:
    """Nothing is on its way then."""
    account = Account(held=lambda _: 2)
    account.fetched(0, 5)
    account.take(run_of(3, handed_over=3))

    assert account.on_the_way(0) == 0
    assert account.short_for_s(0, 100.0, busy=False) == 0


def test_a_record_that_nobody_took_is_missed_after_a_while() -> None:
    """Counted from when it was first seen to be missing."""
    account = Account(held=lambda _: 0)
    account.fetched(0, 5)
    account.take(run_of(4, handed_over=4))

    assert account.on_the_way(0) == 1
    assert account.short_for_s(0, 100.0, busy=False) == 0
    assert account.short_for_s(0, 111.0, busy=False) == 11


def test_records_wait_while_the_worker_is_at_work() -> None:
    """They are behind the run that is being taken, or behind a broker that is slow."""
    account = Account(held=lambda _: 0)
    account.fetched(0, 5)
    account.short_for_s(0, 100.0, busy=False)

    assert account.short_for_s(0, 111.0, busy=True) == 0
    assert account.short_for_s(0, 112.0, busy=False) == 0


def test_progress_starts_the_clock_anew() -> None:
    """Runs that wait in a queue come one after the other."""
    account = Account(held=lambda _: 0)
    account.fetched(0, 5)
    account.short_for_s(0, 100.0, busy=False)
    account.take(run_of(1, handed_over=1))

    assert account.short_for_s(0, 111.0, busy=False) == 0


def test_a_run_that_was_lost_is_missed_by_the_next_one_of_its_partition() -> None:
    """Of whatever topic: a tick comes every few seconds, a ferritin once a day."""
    account = Account(held=lambda _: 0)
    account.fetched(0, 1)
    account.take(run_of(1, handed_over=1))
    account.fetched(0, 1)
    account.fetched(1, 1)
    lost = run_of(1, handed_over=account.handed_over(0))
    account.take(run_of(1, handed_over=account.handed_over(1), partition=1))
    account.fetched(0, 1)
    tick = run_of(1, handed_over=account.handed_over(0))

    assert (lost.handed_over, tick.handed_over) == (2, 3)
    with pytest.raises(MissingRecordsError, match="3 records of partition 0 were handed over"):
        account.take(tick)


def test_what_was_on_its_way_is_forgotten_when_reading_starts_anew() -> None:
    """It is read again."""
    account = Account(held=lambda _: 0)
    account.fetched(0, 5)

    account.begin()

    assert account.on_the_way(0) == 0
    assert list(account.partitions()) == []


def test_what_is_on_the_way_is_limited_for_all_partitions_together() -> None:
    """One agent takes the runs of all of them."""
    account = Account(held=lambda partition: partition)
    account.fetched(0, 5)
    account.fetched(1, 5)
    account.take(run_of(2, handed_over=2, partition=1))

    assert account.all_on_the_way() == 5 + 2


# Which record was taken last


def positions(start: int = 0) -> Positions:
    found = Positions()
    found.begin({LABS: start})
    return found


def labs(before: int, last: int) -> Run:
    return Run(0, (), {LABS: (before, last)}, 1, at_end=False)


def test_a_run_that_follows_one_that_was_not_taken_is_missing_it() -> None:
    known = positions()
    after = known.take(labs(-1, 4))

    assert after == {LABS: 5}
    known.check(labs(4, 9))
    with pytest.raises(MissingRecordsError, match="the run follows 5, taken is 4"):
        known.check(labs(5, 9))


def test_what_was_deleted_is_passed_over_where_all_before_it_was_taken() -> None:
    """The next run follows what was handed over last, which lies before it."""
    known = positions(5)
    known.gone(LABS, 5, 9)

    assert known.next_offsets() == [(LABS, 9)]
    known.check(labs(4, 12))
    assert known.take(labs(4, 12)) == {LABS: 13}


def test_what_was_not_taken_yet_is_not_passed_over_with_what_was_deleted_behind_it() -> None:
    """A run that is lost on its way is missed by the next one all the same."""
    known = positions(2)
    known.gone(LABS, 5, 9)

    assert known.next_offsets() == [(LABS, 2)]
    assert known.take(labs(1, 3)) == {LABS: 4}
    with pytest.raises(MissingRecordsError):
        known.check(labs(4, 12))
    assert known.take(labs(3, 4)) == {LABS: 9}


def test_what_is_deleted_again_behind_it_is_passed_over_with_it() -> None:
    known = positions(2)
    known.gone(LABS, 5, 9)
    known.gone(LABS, 9, 12)

    assert known.take(labs(1, 4)) == {LABS: 12}
    known.gone(LABS, 12, 20)
    assert known.next_offsets() == [(LABS, 20)]


def test_nothing_is_passed_over_once_reading_starts_anew() -> None:
    known = positions(2)
    known.gone(LABS, 5, 9)
    known.begin({LABS: 2})

    assert known.take(labs(1, 4)) == {LABS: 5}
