"""After an outage, from the topics to the gateway: pages are about now.

The watchers raise the alerts of the outage first, and come to what ended them only later. Here a
watcher stands still in between, for as long as it takes the pager to know of all that was raised.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import overdue
import pytest
from builders import Fields, encoded, key_of, lab, topic_of
from commands import Produce, Produced, Read, Stormwatch
from oracle import clocks, recovered
from sinkkit import Gateway, gateway

from alerts.readings import clock_time
from topics import codec, registry
from topics.alerts import Present
from topics.base import epoch_ms, rfc_3339

HALTED: Final = Path(__file__).with_name("halted.py")
SECRET: Final = "whsec_c2VudGluZWwta2V5LW9mLWEtd2ViaG9vay0zMi1ieXQ="  # noqa: S105, of a test
SETTINGS: Final = {"STORMWATCH_METRICS_PORT": "0", "STORMWATCH_TICK_S": "0.5"}
FEW_AT_ONCE: Final = {"STORMWATCH_RUN_RECORDS": "1", "STORMWATCH_PENDING_RECORDS": "12"}
LIMIT_S: Final = 50
MINUTE: Final = timedelta(minutes=1)
RAISED_BEFORE: Final = 100 * MINUTE  # the end of the outage
HALTED_BEFORE: Final = 80 * MINUTE
ENDED_BEFORE: Final = 60 * MINUTE
RESOLVED: Final = tuple(f"resolved-{number}" for number in range(4))
RETRACTED: Final = tuple(f"retracted-{number}" for number in range(4))
OPEN: Final = ("open-0", "open-1")
HIGH, LOW = 60_000, 400  # of ferritin: one page of P1 to one role, and what ends it

pytestmark = pytest.mark.usefixtures("fresh_topics")

Process = subprocess.Popen[bytes]
Pages = list[tuple[str, str]]  # of whom each is, and since when it says that the alert is open


@dataclass
class Hospital:
    """After an outage that has just ended: the workers that come back, and what is paged."""

    stormwatch: Stormwatch
    read_all: Read
    produce: Produce
    gateway: Gateway
    now: datetime

    def watch(self) -> Process:
        """Start a watcher as it comes."""
        return self.stormwatch.start("watch", **SETTINGS)

    def watch_half(self) -> Process:
        """Start a watcher that comes to what was raised in the outage, and not to its end."""
        program = (sys.executable, HALTED, str(epoch_ms(self.now - HALTED_BEFORE)))
        settings = SETTINGS | {"STORMWATCH_RUN_RECORDS": "1"}
        return self.stormwatch.start("watch", program=program, **settings)

    def page(self, **settings: str) -> Process:
        """Start a pager."""
        url = f"{self.gateway.url}/pages"
        settings |= {"STORMWATCH_WEBHOOK_URL": url, "STORMWATCH_WEBHOOK_SECRET": SECRET}
        return self.stormwatch.start("page", **SETTINGS, **settings)

    async def until_raised_is_known(self) -> None:
        """Wait until the pager has decided whom to page about all that was raised."""
        raised = {*RESOLVED, *RETRACTED, *OPEN}

        async def known() -> bool:
            return recovered(await self.read_all(registry.PAGE_CHANGELOG)).keys() >= raised

        await until(known)

    async def until_present(self) -> None:
        """Wait until the watchers have said of every partition that it has caught up."""

        async def told() -> bool:
            lines = [
                (each.partition, codec.decode_line(each.topic, each.value))
                for each in await self.read_all(registry.ALERTS)
            ]
            present = {p for p, line in lines if isinstance(line, Present) and line.at > self.now}
            return len(present) == registry.PARTITIONS

        await until(told)

    async def until_taken(self) -> None:
        """Wait until the pager has taken all that the topics hold now."""
        now_ms = epoch_ms(overdue.now())

        async def taken() -> bool:
            found = clocks(await self.read_all(registry.PAGE_CHANGELOG))
            return all((found.get(each) or 0) > now_ms for each in range(registry.PARTITIONS))

        await until(taken)

    async def until_paged(self) -> None:
        """Wait until so many pages have come as must, and all else is taken too."""

        async def come() -> bool:
            return len(self.paged()) >= len(self.to_be_paged())

        await self.until_present()
        await until(come)
        await self.until_taken()

    def paged(self) -> Pages:
        """Give what the gateway got."""
        told = [json.loads(body)["data"] for _, body in self.gateway.requests]
        return sorted((each["patient_id"], _since(each["what"])) for each in told)

    def to_be_paged(self) -> Pages:
        """Give what is open now."""
        raised_at = clock_time(self.now - RAISED_BEFORE)
        return [("now", clock_time(self.now)), *((each, raised_at) for each in OPEN)]


@pytest.fixture
async def hospital(
    stormwatch: Stormwatch, read_all: Read, produce: Produce
) -> AsyncIterator[Hospital]:
    """An outage of two hours that has just ended."""
    now = overdue.now()
    await produce(overdue.left_at_the_end(now - overdue.OUTAGE))
    await produce(_record(event) for event in _of_the_outage(now))
    async with gateway() as it:
        yield Hospital(stormwatch, read_all, produce, it, now)


async def test_what_ended_within_the_outage_is_not_paged_and_what_is_open_is_once(
    hospital: Hospital,
) -> None:
    """Though a watcher dies on its way to now, and the next one says some of it again."""
    hospital.page()
    await hospital.until_taken()
    halted = hospital.watch_half()
    await hospital.until_raised_is_known()
    await hospital.until_taken()
    before = hospital.paged()
    hospital.stormwatch.kill(halted)
    hospital.watch()

    await hospital.until_paged()

    assert (before, hospital.paged()) == ([], hospital.to_be_paged())


async def test_a_pager_that_dies_while_it_holds_pages_leaves_them_held(hospital: Hospital) -> None:
    """The watchers are as far from now as they were: nobody is told of the past for that."""
    first = hospital.page()
    await hospital.until_taken()
    halted = hospital.watch_half()
    await hospital.until_raised_is_known()
    hospital.stormwatch.kill(first)
    hospital.page()
    await hospital.until_taken()
    before = hospital.paged()
    hospital.stormwatch.kill(halted)
    hospital.watch()

    await hospital.until_paged()

    assert (before, hospital.paged()) == ([], hospital.to_be_paged())


async def test_a_pager_that_comes_last_pages_what_is_open_then(hospital: Hospital) -> None:
    """It decides on what was raised long before it reads what ended it."""
    hospital.watch()
    await hospital.until_present()
    hospital.page(**FEW_AT_ONCE)

    await hospital.until_paged()

    assert hospital.paged() == hospital.to_be_paged()


def _of_the_outage(now: datetime) -> Iterator[Fields]:
    raised_at, ended_at = now - RAISED_BEFORE, now - ENDED_BEFORE
    raised = {each: _ferritin(HIGH, each, raised_at) for each in (*OPEN, *RESOLVED, *RETRACTED)}
    yield from raised.values()
    for each in RESOLVED:
        yield _ferritin(LOW, each, ended_at)
    for each in RETRACTED:
        yield raised[each] | {"status": "entered_in_error", "recorded_at": rfc_3339(ended_at)}
    yield _ferritin(HIGH, "now", now)


def _ferritin(value: float, patient_id: str, at: datetime) -> Fields:
    return lab("ferritin", value, at=at, patient_id=patient_id)


def _record(event: Fields) -> Produced:
    return Produced(topic_of(event), encoded(event), key_of(event), overdue.recorded_ms(event))


def _since(words: list[str]) -> str:
    """Return since when a page says that its alert is open."""
    (said,) = re.findall(r"Open since (.* UTC)", " ".join(words))
    return str(said)


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Wait for something that is true in the end."""
    deadline = time.monotonic() + LIMIT_S
    while not await condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.2)
