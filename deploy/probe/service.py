"""Sends the probes on their rounds, reads what comes back, and listens to the feeds.

It belongs to no group and keeps nothing: what it finds goes as events to the topics, and the
watchers remember it. Two of it do the same twice, and the second changes nothing. Whatever of it
fails ends it; then no pulse comes any more, and that is told.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NoReturn

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.probe.feeds import Listening
from deploy.probe.rounds import GROUPS, Rounds
from deploy.timetable import partition_of
from stream import metrics
from topics import codec, registry
from topics.alerts import Alert
from topics.base import EPOCH, MILLISECOND
from topics.pages import PageLine
from topics.reserved import LOOP_PARTITIONS, LOOPS, PROBE_KEYS, PROBES, feed_id
from topics.vitals import Vitals

FETCH_WAIT_MS: Final = 200
SOURCE: Final = "stormwatch-probe"
PULSE: Final = 60.0  # of a feed that comes; 0 is that of one that is silent
WELL: Final = {"systolic_mmhg": 120.0, "mean_arterial_mmhg": 85.0}
LOW: Final = {"systolic_mmhg": 60.0, "mean_arterial_mmhg": 40.0}
READ_BACK: Final = frozenset({registry.ALERTS, registry.PAGES})

log = logging.getLogger("stormwatch.probe")
Write = Callable[[int, Vitals], Awaitable[None]]
Ping = Callable[[], Awaitable[None]]


class Probe:
    """`write` returns once the broker has confirmed an event; `ping` never raises."""

    def __init__(
        self, listening: Listening, write: Write, ping: Ping, *, every: timedelta, lost: timedelta
    ) -> None:
        self._listening, self._write, self._ping = listening, write, ping
        self._every_ms, self._lost = every // MILLISECOND, lost
        self._rounds = Rounds()
        self._beaten_ms = dict.fromkeys(LOOPS, 0)
        self._whole_ms = 0
        self._comes: dict[str, bool] = {}  # what was written of each feed
        self._ends: Mapping[TopicPartition, int] = {}
        self.is_reading = asyncio.Event()

    async def read(self, consumer: AIOKafkaConsumer) -> NoReturn:
        """Read for ever."""
        await self._begin(consumer)
        while True:
            fetched = await consumer.getmany(timeout_ms=FETCH_WAIT_MS)
            for records in fetched.values():
                for record in records:
                    self._take(record)
            await self._beat()
            if not self.is_reading.is_set() and await self._is_at_end(consumer):
                self.is_reading.set()

    async def go_round(self) -> NoReturn:
        """Begin a round at each whole interval of the clock, once what there was is read."""
        await self.is_reading.wait()
        while True:
            now_ms = _now_ms()
            round_ms = (now_ms // self._every_ms + 1) * self._every_ms
            await asyncio.sleep((round_ms - now_ms) / 1000)
            readings = LOW if round_ms // self._every_ms % 2 == 0 else WELL
            await asyncio.gather(
                *(
                    self._write(partition, _vitals(probe, round_ms, readings))
                    for partition, probe in enumerate(PROBES)
                )
            )
            metrics.PROBE_ROUNDS.inc()
            await self._say_of_feeds()
            lost = list(self._rounds.lost(round_ms - self._lost // MILLISECOND))
            metrics.PROBE_LOST_PARTITIONS.set(len(lost))
            if lost and self._whole_ms:
                log.error("pages_do_not_come_back partitions=%s", ",".join(map(str, lost)))

    # Reading

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        """Read pages from now on, who is there from the beginning, feeds as far back as need be."""
        since_ms = {topic: _now_ms() - back_ms for topic, back_ms in self._listening.topics}
        names = {*READ_BACK, registry.PATIENTS, *since_ms}
        every = [TopicPartition(name, p) for name in names for p in range(registry.PARTITIONS)]
        consumer.assign(every)
        self._ends = await consumer.end_offsets(every)
        asked = {tp: since_ms[tp.topic] for tp in every if tp.topic in since_ms}
        found = await consumer.offsets_for_times(asked) if asked else {}
        for place, end in self._ends.items():
            if place.topic == registry.PATIENTS:
                await consumer.seek_to_beginning(place)
            else:
                since = found.get(place)
                consumer.seek(place, end if since is None else since.offset)

    async def _is_at_end(self, consumer: AIOKafkaConsumer) -> bool:
        return all([await consumer.position(place) >= end for place, end in self._ends.items()])

    def _take(self, record: ConsumerRecord) -> None:
        if record.topic in READ_BACK:
            if record.key in PROBE_KEYS:
                self._take_line(record)
            return
        # A feed whose clock is wrong is heard when it comes, if that can be known.
        place, now_ms = TopicPartition(record.topic, record.partition), _now_ms()
        is_new = record.offset >= self._ends[place]
        at_ms = now_ms if is_new else min(record.timestamp, now_ms)
        self._listening.take(record.topic, record.key, record.value, at_ms)

    def _take_line(self, record: ConsumerRecord) -> None:
        line = codec.decode_line(record.topic, record.value)
        back = self._rounds.take(line) if isinstance(line, Alert | PageLine) else None
        if back is not None:
            metrics.PROBE_SECONDS.observe(max(0.0, (_now_ms() - back.round_ms) / 1000))

    # Telling

    async def _beat(self) -> None:
        """Give each loop its pulse once it is whole, and say so to the world outside."""
        for loop, partitions, home in zip(LOOPS, GROUPS, LOOP_PARTITIONS, strict=True):
            whole_ms = self._rounds.whole_ms(partitions)
            if whole_ms > self._beaten_ms[loop]:
                self._beaten_ms[loop] = whole_ms
                holds = {"heart_rate_per_min": self._lost.total_seconds()}
                await self._write(home, _vitals(loop, whole_ms, holds))
        whole_ms = self._rounds.whole_ms()
        if whole_ms > self._whole_ms:
            self._whole_ms = whole_ms
            metrics.PROBE_WHOLE_TIMESTAMP_SECONDS.set(whole_ms / 1000)
            await self._ping()

    async def _say_of_feeds(self) -> None:
        """Write what has changed of the feeds, and once what is so."""
        for feed, comes, at_ms in self._listening.pulses(_now_ms()):
            if self._comes.get(feed) is comes:
                continue
            self._comes[feed] = comes
            metrics.FEED_SILENT.labels(feed).set(not comes)
            log.log(logging.INFO if comes else logging.ERROR, "feed=%s comes=%s", feed, comes)
            patient_id = feed_id(feed)
            home = partition_of(patient_id.encode(), registry.PARTITIONS)
            pulse = {"heart_rate_per_min": PULSE if comes else 0.0}
            await self._write(home, _vitals(patient_id, at_ms, pulse))


def _vitals(patient_id: str, at_ms: int, readings: Mapping[str, float]) -> Vitals:
    at: datetime = EPOCH + at_ms * MILLISECOND
    said = {
        "event_id": f"{patient_id}-{at_ms}",
        "patient_id": patient_id,
        "effective_at": at,
        "recorded_at": at,
        "source": SOURCE,
        "kind": "vitals",
    }
    return Vitals.model_validate({**said, **readings})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def announce(feeds: Iterable[str], lost_s: float) -> None:
    """Begin with every feed heard, and the loop whole as of now."""
    metrics.PROBE_LOST_SECONDS.set(lost_s)
    metrics.PROBE_WHOLE_TIMESTAMP_SECONDS.set(time.time())
    for feed in feeds:
        metrics.FEED_SILENT.labels(feed).set(0)
