"""Every record that was fetched is accounted for."""

from typing import Any, cast

import pytest

from stream.accounting import Account, MissingRecordsError
from stream.runs import Run


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
