"""Ready, healthy and the metrics, asked over HTTP; also while the event loop hangs."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from clocks import Clock
from prometheus_client.parser import text_string_to_metric_families

from stream.health import BEAT_LIMIT_S, CONNECTIONS, Endpoint, Health, serve
from stream.settings import SettingsError


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
