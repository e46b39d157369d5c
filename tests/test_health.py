"""Ready and healthy: what the pipeline tells, and what is answered over HTTP."""

import pytest
from clocks import Clock

from stream.health import (
    BEAT_LIMIT_S,
    RECOVERY_LIMIT_S,
    STALL_S,
    Health,
)


class TestReady:
    """Ready: assigned and recovered."""

    def test_a_worker_that_starts_is_not_ready(self, health: Health) -> None:
        assert not health.ready
        assert health.why_not_ready() == ["no partitions are assigned yet"]

    def test_an_assignment_alone_is_not_enough(self, health: Health) -> None:
        health.assigned(12)

        assert not health.ready
        assert health.recovering
        assert health.why_not_ready() == [
            "states are being read from the changelog, or reading starts anew"
        ]

    def test_a_worker_whose_brokers_confirm_nothing_is_not_ready(self, working: Health) -> None:
        """What it finds is told to nobody. Another worker would fare no better: it is healthy."""
        working.unwritten(12.4)

        assert working.healthy
        assert working.why_not_ready() == [
            "brokers have not confirmed for 12 s what is written: too few are up, or a disk is full"
        ]
        working.unwritten(0.0)
        assert working.ready

    def test_one_that_can_not_even_begin_says_why(self, health: Health) -> None:
        """Its marker is not confirmed: nothing is wrong with its group or with the changelog."""
        health.unwritten(12.4)
        before = health.why_not_ready()
        health.assigned(12)

        assert before == health.why_not_ready()
        assert before[0].endswith("too few are up, or a disk is full")

    def test_an_assigned_and_recovered_worker_is_ready(self, working: Health) -> None:
        assert working.ready
        assert not working.recovering
        assert working.why_not_ready() == []

    def test_a_worker_that_is_assigned_nothing_stands_by_and_is_ready(self, health: Health) -> None:
        health.assigned(0)
        health.recovered()

        assert health.ready

    def test_a_worker_whose_partitions_are_revoked_is_no_longer_ready(
        self, working: Health
    ) -> None:
        working.revoked()

        assert not working.ready
        assert not working.recovering


class TestHealthy:
    """Healthy: the loop turns, and what waits is being done."""

    def test_a_worker_that_starts_is_healthy_until_it_takes_too_long(
        self, health: Health, clock: Clock
    ) -> None:
        clock.now_s += RECOVERY_LIMIT_S
        healthy_at_the_limit = health.healthy
        clock.now_s += 1

        assert healthy_at_the_limit
        assert health.why_not_healthy() == [f"not ready for {RECOVERY_LIMIT_S + 1:.0f} s"]

    def test_a_rebalance_that_does_not_end_is_unhealthy(
        self, working: Health, clock: Clock
    ) -> None:
        working.revoked()
        clock.now_s += RECOVERY_LIMIT_S / 2 + 1
        working.assigned(3)
        working.revoked()
        clock.now_s += RECOVERY_LIMIT_S / 2 + 1
        working.beat()

        assert not working.healthy

    @pytest.mark.parametrize(("blocked_s", "healthy"), [(BEAT_LIMIT_S, True), (5.1, False)])
    def test_a_blocked_event_loop_is_unhealthy(
        self, working: Health, clock: Clock, blocked_s: float, healthy: bool
    ) -> None:
        clock.now_s += blocked_s

        assert working.healthy is healthy

    @pytest.mark.parametrize(("idle_s", "healthy"), [(STALL_S, True), (STALL_S + 0.1, False)])
    def test_records_that_wait_too_long_are_unhealthy(
        self, working: Health, clock: Clock, idle_s: float, healthy: bool
    ) -> None:
        working.pending(7)
        clock.now_s += idle_s
        working.beat()
        working.pending(7)

        assert working.healthy is healthy

    def test_nothing_to_do_is_healthy_for_ever(self, working: Health, clock: Clock) -> None:
        working.pending(0)
        clock.now_s += 100 * STALL_S
        working.beat()

        assert working.healthy

    def test_the_wait_begins_with_the_first_record_that_waits(
        self, working: Health, clock: Clock
    ) -> None:
        working.pending(0)
        clock.now_s += 100 * STALL_S
        working.pending(1)
        clock.now_s += STALL_S
        working.beat()

        assert working.healthy

    def test_progress_under_a_backlog_is_healthy(self, working: Health, clock: Clock) -> None:
        for _ in range(10):
            working.pending(1_000_000)
            clock.now_s += STALL_S
            working.moved()
        working.beat()

        assert working.healthy

    def test_what_waited_before_a_rebalance_is_forgotten(
        self, working: Health, clock: Clock
    ) -> None:
        working.pending(7)
        working.revoked()
        clock.now_s += STALL_S + 1
        working.beat()

        assert working.healthy
