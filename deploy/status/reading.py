"""Reads status, alerts and ticks: from their beginning to where they end, and then as they come."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from alerts.policy import ENDED_KEPT
from stream.topic_check import connected, read
from topics import codec, registry
from topics.alerts import Alert, Present
from topics.base import epoch_ms
from topics.codec import Line, Rejected
from topics.pages import PageLine
from topics.reserved import PROBE_KEYS
from topics.status import Status
from topics.ticks import Tick

READ: Final = (registry.STATUS, registry.ALERTS, registry.TICKS)
PAGED: Final = frozenset({registry.ALERTS, registry.PAGES})  # read as far back as the pager knows
FETCH_WAIT_MS: Final = 200
SILENT_AT_MOST_S: Final = 120.0  # of the broker, while there is more to read
SILENT: Final = f"the broker gave no more of the topics for {SILENT_AT_MOST_S:.0f} s"


class StatusError(Exception):
    """What is known cannot be shown; the text says why."""


class Board(Protocol):
    """What is made of the lines."""

    unread: int  # lines that this version cannot read

    def take(self, line: Status | Alert | PageLine | Tick, partition: int) -> None:
        """Take one line, in the order of its topic and partition."""


class Reader:
    """Keeps a board by what lies on the topics. It is in no group and leaves no trace."""

    def __init__(
        self,
        board: Board,
        consumer: AIOKafkaConsumer,
        places: Sequence[TopicPartition],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._board, self._clock = board, clock
        self._consumer, self._places = consumer, places

    async def catch_up(self) -> None:
        """Read to where the topics end now; of the ticks, the last of each partition says it."""
        ends = await self._consumer.end_offsets(self._places)
        ago_ms = epoch_ms(datetime.now(UTC) - ENDED_KEPT)
        paged = [place for place in self._places if place.topic in PAGED]
        found = await self._consumer.offsets_for_times(dict.fromkeys(paged, ago_ms))
        for place in self._places:
            if place.topic == registry.TICKS and ends[place]:
                self._consumer.seek(place, ends[place] - 1)
            elif place.topic in PAGED:
                since = found[place]
                self._consumer.seek(place, ends[place] if since is None else since.offset)
            else:
                await self._consumer.seek_to_beginning(place)
        heard_s = self._clock()
        for place, end in ends.items():
            while await self._position(place) < end:
                # Months of lines may take minutes on a machine that is busy.
                if await self.follow():
                    heard_s = self._clock()
                elif self._clock() - heard_s >= SILENT_AT_MOST_S:
                    raise StatusError(SILENT)

    async def _position(self, place: TopicPartition) -> int:
        try:
            async with asyncio.timeout(SILENT_AT_MOST_S):
                return int(await self._consumer.position(place))
        except TimeoutError as error:
            raise StatusError(SILENT) from error

    async def follow(self) -> int:
        """Take what has come since; return how many records that were."""
        fetched = await self._consumer.getmany(timeout_ms=FETCH_WAIT_MS)
        for place, records in fetched.items():
            for record in records:
                if record.key not in PROBE_KEYS:
                    self._take(place, record.value)
        return sum(map(len, fetched.values()))

    def _take(self, place: TopicPartition, value: bytes | None) -> None:
        line = _decode(place.topic, value)
        if isinstance(line, Rejected):
            self._board.unread += 1
        elif not isinstance(line, Present):
            self._board.take(line, place.partition)


def _decode(topic: str, value: bytes | None) -> Status | Tick | Line | Rejected:
    if topic == registry.STATUS:
        return codec.decode_status(value)
    if topic in (registry.ALERTS, registry.PAGES):
        return codec.decode_line(topic, value)
    found = codec.decode(topic, None, value)
    if isinstance(found, Rejected):
        return found
    if not isinstance(found.event, Tick):
        raise TypeError(topic)  # no other input is read
    return found.event


@asynccontextmanager
async def reading(
    kafka: str, board: Board, topics: Collection[str] = READ
) -> AsyncIterator[Reader]:
    """Read the topics of a broker. Raises `StatusError` or `NoBrokerError`."""
    places = await _places(kafka, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(places)
        yield Reader(board, consumer, places)
    except KafkaError as error:
        raise StatusError(f"the broker failed: {error}") from error
    finally:
        await consumer.stop()


async def _places(kafka: str, wanted: Collection[str]) -> list[TopicPartition]:
    async with connected(kafka) as admin:
        topics = (await read(admin)).topics
    if missing := [name for name in wanted if name not in topics]:
        names = ", ".join(missing)
        raise StatusError(f"missing: {names}; `stormwatch topics create` makes them")
    return [
        TopicPartition(name, partition)
        for name in wanted
        for partition in range(topics[name].partitions)
    ]
