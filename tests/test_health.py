"""Ready and healthy: what the pipeline tells, and what is answered over HTTP."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stream.health import (
    BEAT_LIMIT_S,
    CONNECTIONS,
    RECOVERY_LIMIT_S,
    STALL_S,
    Endpoint,
    Health,
    serve,
)
from stream.settings import SettingsError


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(now=clock)


@pytest.fixture
def working(health: Health) -> Health:
    """Return a worker that is assigned, recovered and beating."""
    health.beat()
    health.assigned(12)
    health.recovered()
    return health


class TestReady:
    """Ready: assigned and recovered."""

    def test_a_worker_that_starts_is_not_ready(self, health: Health) -> None:
        assert not health.ready
        assert health.why_not_ready() == ["no partitions are assigned yet"]

    def test_an_assignment_alone_is_not_enough(self, health: Health) -> None:
        health.assigned(12)

        assert not health.ready
        assert health.recovering
        assert health.why_not_ready() == ["states are being read from the changelog"]

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


@pytest.fixture
def endpoint(working: Health) -> Iterator[tuple[int, Health]]:
    server = Endpoint("127.0.0.1", 0, working)
    yield server.start(), working
    server.close()


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.headers["Content-Type"], reply.read()
    finally:
        connection.close()


def verdict(port: int, path: str) -> tuple[int, dict[str, Any]]:
    status, content_type, body = ask(port, path)
    assert content_type == "application/json"
    return status, json.loads(body)


class TestEndpoint:
    """The same, over HTTP."""

    def test_a_worker_that_is_well_answers_200(self, endpoint: tuple[int, Health]) -> None:
        port, _ = endpoint

        assert verdict(port, "/readyz") == (200, {"ready": True, "reasons": []})
        assert verdict(port, "/healthz") == (200, {"healthy": True, "reasons": []})

    def test_a_worker_that_is_not_answers_503_and_says_why(
        self, endpoint: tuple[int, Health], clock: Clock
    ) -> None:
        port, health = endpoint
        health.pending(3)
        clock.now_s += 31
        health.beat()
        health.revoked()
        health.pending(3)
        clock.now_s += 31
        health.beat()

        assert verdict(port, "/readyz") == (
            503,
            {"ready": False, "reasons": ["no partitions are assigned yet"]},
        )
        assert verdict(port, "/healthz") == (
            503,
            {"healthy": False, "reasons": ["3 records wait, none was done for 31 s"]},
        )

    def test_the_metrics_say_the_same(self, endpoint: tuple[int, Health], clock: Clock) -> None:
        port, _ = endpoint
        clock.now_s += BEAT_LIMIT_S + 1
        status, content_type, body = ask(port, "/metrics")
        values = {
            sample.name: sample.value
            for family in text_string_to_metric_families(body.decode())
            for sample in family.samples
            if not sample.labels
        }

        assert status == 200
        assert content_type.startswith("text/plain; version=")
        assert values["stormwatch_ready"] == 1
        assert values["stormwatch_healthy"] == 0
        assert values["stormwatch_recovering"] == 0

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/"), ("GET", "/metrics/x"), ("POST", "/healthz")]
    )
    def test_anything_else_is_not_found(
        self, endpoint: tuple[int, Health], method: str, path: str
    ) -> None:
        port, _ = endpoint

        assert ask(port, path, method)[0] == 404

    async def test_it_answers_while_the_event_loop_hangs(
        self, endpoint: tuple[int, Health]
    ) -> None:
        port, _ = endpoint
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ask(port, "/healthz")[0]))

        async def hang() -> None:
            asking.start()
            asking.join()  # blocks the loop, and is freed by an answer alone

        await asyncio.create_task(hang())

        assert answers == [200]

    def test_a_silent_client_keeps_nobody_waiting(self, endpoint: tuple[int, Health]) -> None:
        port, _ = endpoint
        with socket.create_connection(("127.0.0.1", port)):
            began_s = time.monotonic()
            status, _ = verdict(port, "/healthz")

        assert status == 200
        assert time.monotonic() - began_s < 5

    def test_more_connections_than_are_answered_at_once_are_closed(
        self, endpoint: tuple[int, Health]
    ) -> None:
        port, _ = endpoint
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        with socket.create_connection(("127.0.0.1", port), timeout=5) as one_more:
            closed = one_more.recv(1) == b""
        for each in silent:
            each.close()

        assert closed


class TestBinding:
    """An address that cannot be had names the variable to mend."""

    def test_a_free_port_is_chosen_and_returned(self) -> None:
        port = serve("127.0.0.1", 0, Health())

        assert port > 0
        assert ask(port, "/readyz")[0] == 503

    def test_a_taken_port_names_the_variable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]

            with pytest.raises(SettingsError, match=f"STORMWATCH_METRICS_PORT: port {port} of"):
                serve("127.0.0.1", port, Health())

    @pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
    def test_a_foreign_address_names_the_variable(self, host: str) -> None:
        with pytest.raises(SettingsError, match=f"STORMWATCH_METRICS_HOST: {host} is no address"):
            serve(host, 0, Health())
