"""A pager at work in one process: its topics, its gateways, and what a crash leaves."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from builders import NOON, PATIENT_ID
from pager import CONSOLE, line

from alerts.page import Page
from alerts.policy import Policy
from alerts.sinks import Delivery, Tried
from stream.paging import Paging
from stream.runs import Group, Kept, Run
from topics import codec, registry
from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.base import epoch_ms
from topics.pages import PageLine
from topics.ticks import Tick

PARTITION = 3
TOPIC_OF: dict[type, str] = {
    Alert: registry.ALERTS,
    Present: registry.ALERTS,
    Ack: registry.ACKS,
    PageLine: registry.PAGES,
    Tick: registry.TICKS,
}


class Gateway:
    """A sink that keeps what it is given, and answers as it is told."""

    def __init__(self, name: str = "console") -> None:
        self.name = name
        self.room, self.bundles = None, False
        self.answers_as: str | None = None
        self.got: list[Page] = []
        self.answer: Delivery | Exception = Delivery.SENT
        self.wait_s: float | None = None  # for how long it asks to be let alone
        self.opened = asyncio.Event()
        self.opened.set()
        self.at_once = self.most_at_once = 0
        self.is_closed = False

    async def send(self, page: Page) -> Tried:
        self.got.append(page)
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.opened.wait()
        finally:
            self.at_once -= 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return Tried(self.answer, wait_s=self.wait_s)

    async def close(self) -> None:
        self.is_closed = True


class Bench:
    """A worker with its topics: groups are made durable by hand, pages come back when asked for."""

    def __init__(self, policy: Policy = CONSOLE, **options: Any) -> None:
        self.gateways = {name: Gateway(name) for name in ("console", "webhook")}
        self.policy, self.options = policy, options
        self.states: dict[bytes, Kept] = {}
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.written: list[PageLine] = []  # on the pages topic, and not yet read back
        self.ended: list[str] = []
        self.broken = False
        self.clock = NOON
        self._offset = 0
        self.start()

    def start(self, clock_ms: int | None = epoch_ms(NOON)) -> None:
        """Start a worker on what the last one left, with nothing to wait for."""
        self.paging = Paging(
            self.policy,
            self.gateways,
            produce=self._produce,
            end_process=self.ended.append,
            **{"gather_s": 0.0} | self.options,
        )
        self.paging.recovered(PARTITION, dict(self.states), clock_ms)

    async def _produce(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        assert (topic, partition, key) == (registry.PAGES, PARTITION, PATIENT_ID.encode())
        if self.broken:
            raise ConnectionError("the broker is gone")
        read = codec.decode_line(topic, value)
        assert isinstance(read, PageLine)
        self.written.append(read)

    def take(self, *events: Any, at_end: bool = True) -> Group:
        """Take events as records of one run; return the group, which is not durable yet."""
        group = Group()
        records = [self._record(event) for event in events]
        self.paging.take(Run(PARTITION, records, {}, 0, at_end), group)
        return group

    def _record(self, event: Any) -> Any:
        self._offset += 1
        raw = isinstance(event, tuple)
        return SimpleNamespace(
            topic=event[0] if raw else TOPIC_OF[type(event)],
            partition=PARTITION,
            offset=self._offset,
            timestamp=epoch_ms(self.clock),
            key=PATIENT_ID.encode(),
            value=event[1] if raw else codec.encode(event),
        )

    async def commit(self, group: Group) -> None:
        """Make a group durable, and let everything happen that can."""
        self.paging.finish(group)
        for topic, rows in group.published.items():
            assert topic.partition == PARTITION
            if topic.topic != registry.DEAD_LETTERS:  # they may be of any bytes
                self.published += ((topic.topic, json.loads(row.value or b"")) for row in rows)
        self.states |= group.states.get(PARTITION, {})
        self.paging.durable(group)
        await self.settle()

    async def settle(self) -> None:
        """Let every task run that is not waiting for a gateway."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def hears(self, *events: Any, at_end: bool = True) -> None:
        """Take events, and make durable what they bring."""
        await self.commit(self.take(*events, at_end=at_end))

    async def reads_back(self) -> list[str]:
        """Take what was written to the pages topic; return how the tries ended."""
        lines, self.written = self.written, []
        await self.hears(*lines)
        return [each.outcome for each in lines]

    async def ticks(self, length: timedelta) -> None:
        """Let so much time pass."""
        self.clock += length
        await self.hears(Tick(at=self.clock))

    def got(self, sink: str = "console") -> list[str]:
        """Return how each page that a gateway got begins."""
        return [page.call for page in self.gateways[sink].got]

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return what groups published to a topic."""
        return [value for each, value in self.published if each == topic]


P1 = "P1 | Rapid response: answer now"
P1_OVER = "ENDED P1 | Rapid response: this alert is over"


def a_line_of(number: int, priority: str = "P1") -> Alert:
    """Build the line of one alert among many."""
    return line(priority=priority, alert_id=f"{number:08}-0000-0000-0000-000000000000")


def in_error(ack: Ack) -> bytes:
    """Say that an answer was entered in error."""
    return json.dumps(json.loads(codec.encode(ack)) | {"status": "entered_in_error"}).encode()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not holds():  # noqa: ASYNC110, what is waited for belongs to a sink
        await asyncio.sleep(0.001)
