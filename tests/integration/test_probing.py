"""The probe with a real watcher and a real pager: what comes back, and what is told if it does not.

A round every 5 seconds, and 15 seconds until pages count as lost.
"""

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from builders import encoded, reading
from commands import Produce, Produced, Read, Stormwatch
from served import Served

from topics import registry, reserved
from topics.base import epoch_ms

ROUND_S, LOST_S, TICK_S, FEED_S = 5.0, 15.0, 1.0, 10.0
PIECES_S = 10.0  # what a busy machine may add to each
LIMIT_S = 60.0
TICKING = {"STORMWATCH_TICK_S": str(TICK_S)}
PROBING = {"STORMWATCH_PROBE_S": str(ROUND_S), "STORMWATCH_PROBE_LOST_S": str(LOST_S)}
RULE = "OPS-SILENCE"


class Switch:
    """A dead man's switch: when it was last asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        switch = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                switch.asked.append(time.monotonic())
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/a-secret-path"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def switch() -> Iterator[Switch]:
    made = Switch()
    yield made
    made.close()


async def until(condition: Callable[[], Awaitable[Any]], within_s: float = LIMIT_S) -> Any:
    """Wait for something that is true in the end."""
    deadline = time.monotonic() + within_s
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.2)
    return found


async def lines_of(read_all: Read, patient_id: str) -> list[dict[str, Any]]:
    """Read what was said of a patient."""
    records = await read_all(registry.ALERTS)
    return [json.loads(each.value) for each in records if each.key == patient_id.encode()]


async def states_of(read_all: Read, patient_id: str) -> list[str]:
    return [f"{each['state']} {each['priority']}" for each in await lines_of(read_all, patient_id)]


@pytest.mark.usefixtures("fresh_topics")
async def test_a_loop_is_checked_off_and_a_pager_that_is_killed_is_told_within_the_time(
    stormwatch: Stormwatch, read_all: Read, switch: Switch
) -> None:
    watch = Served(stormwatch, "watch", **TICKING)
    page = Served(stormwatch, "page", **TICKING)
    watch.wait_until_ready()
    page.wait_until_ready()
    probe = Served(stormwatch, "probe", **PROBING, STORMWATCH_PING_URL=switch.url)
    probe.wait_until_ready()
    probe.wait_until(lambda seen: seen.get(("stormwatch_pings_total", "answered"), 0) >= 3, LIMIT_S)
    assert probe.samples()["stormwatch_probe_lost_partitions",] == 0
    assert probe.samples()["stormwatch_probe_lost_seconds",] == 15
    assert probe.samples()["stormwatch_probe_seconds_count",] >= 3 * registry.PARTITIONS
    tried = [json.loads(each.value) for each in await read_all(registry.PAGES)]
    assert {each["sink"] for each in tried} == {"loop_back"}
    assert {each["patient_id"] for each in tried} == set(reserved.PROBES)
    assert "== P" not in stormwatch.log_of(page.process)  # nobody was told
    assert [len(await read_all(each)) for each in (registry.AUDIT, registry.STATUS)] == [0, 0]
    assert watch.samples()["stormwatch_patients",] == 0

    stormwatch.kill(page.process)
    killed_s = time.monotonic()

    async def is_told() -> bool:
        each = [await states_of(read_all, loop) for loop in reserved.LOOPS]
        return each == [["raised P1"], ["raised P1"]]

    await until(is_told)
    assert time.monotonic() - killed_s < LOST_S + TICK_S + PIECES_S
    probe.wait_until(lambda seen: seen["stormwatch_probe_lost_partitions",] == 12)
    pings = len(switch.asked)
    await asyncio.sleep(2 * ROUND_S)
    assert len(switch.asked) == pings  # whoever is called by the switch is called
    assert "pages_do_not_come_back" in probe.log
    assert "a-secret-path" not in probe.log

    again = Served(stormwatch, "page", **TICKING)

    async def is_over() -> bool:
        each = [await states_of(read_all, loop) for loop in reserved.LOOPS]
        return all(states[-1] == "resolved P1" for states in each)

    await until(is_over)
    probe.wait_until(lambda seen: seen["stormwatch_probe_lost_partitions",] == 0)
    assert len(switch.asked) > pings
    for each in (probe, again, watch):
        assert stormwatch.end(each.process) == 0


@pytest.mark.usefixtures("fresh_topics")
async def test_a_feed_that_stops_is_told_once_and_ends_when_it_comes_again(
    stormwatch: Stormwatch, read_all: Read, produce: Produce, tmp_path: Path
) -> None:
    """Of many patients, one alert; of a probe that starts again in between, none more."""
    feeds = tmp_path / "feeds.toml"
    feeds.write_text(f'[vitals]\ntopic = "vitals"\nevery = "{FEED_S:.0f}s"\n')
    watch = Served(stormwatch, "watch", **TICKING)
    page = Served(stormwatch, "page", **TICKING)
    watch.wait_until_ready()
    page.wait_until_ready()
    probing = PROBING | {"STORMWATCH_FEEDS": str(feeds)}
    probe = Served(stormwatch, "probe", **probing)
    probe.wait_until_ready()
    await produce(monitors())
    stopped_s = time.monotonic()
    feed = reserved.feed_id("vitals")

    async def said(*states: str) -> bool:
        return await states_of(read_all, feed) == list(states)

    await until(lambda: said("raised P2"))
    assert FEED_S <= time.monotonic() - stopped_s < FEED_S + ROUND_S + TICK_S + PIECES_S
    probe.wait_until(lambda seen: seen["stormwatch_feed_silent", "vitals"] == 1)

    async def is_paged() -> bool:
        return "Who     Feed vitals" in stormwatch.log_of(page.process)

    await until(is_paged)
    stormwatch.kill(probe.process)
    second = Served(stormwatch, "probe", **probing)
    second.wait_until_ready()
    await produce(monitors())
    await until(lambda: said("raised P2", "resolved P2"))
    told = [json.loads(each.value) for each in await read_all(registry.ALERTS)]
    silent = {each["patient_id"] for each in told if each.get("rule") == RULE}
    assert silent <= {feed, *reserved.LOOPS}
    for each in (second, page, watch):
        assert stormwatch.end(each.process) == 0


def monitors() -> list[Produced]:
    """Say something of 30 patients, now."""
    now = datetime.now(UTC)
    said = [reading(at=now, patient_id=f"P{each}", spo2_percent=97) for each in range(30)]
    return [
        Produced(
            registry.VITALS, encoded(each), each["patient_id"].encode(), timestamp_ms=epoch_ms(now)
        )
        for each in said
    ]
