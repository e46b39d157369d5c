"""What is open and who has it, as the alerts and pages topics say.

It is kept in memory alone, and read anew at every start.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from alerts.life import OPEN_STATES
from topics import codec, registry
from topics.alerts import Alert
from topics.base import epoch_ms
from topics.pages import Outcome, PageLine

LOOKS_BACK: Final = timedelta(days=46)  # as long as the pager knows an alert
ALERTS_MAX: Final = 100_000  # the longest not heard of make room
ANSWERS_MAX: Final = 8  # shown of one alert
FETCH_WAIT_MS: Final = 200
ANSWERED: Final = frozenset(
    {Outcome.ACKNOWLEDGED, Outcome.UNACKNOWLEDGED, Outcome.SNOOZED, Outcome.CLOSED}
)

log = logging.getLogger("stormwatch.answer")


@dataclass(slots=True)
class Entry:
    """An alert: its newest line, since when it is open, and what people answered."""

    line: Alert
    partition: int
    since: datetime
    answers: list[PageLine] = field(default_factory=list)  # the newest last

    @property
    def is_open(self) -> bool:
        """Whether the condition holds."""
        return self.line.state in OPEN_STATES


class Board:
    """Follows the topics; `ready` is set once it has read what there was when it began."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._alerts: OrderedDict[str, Entry] = OrderedDict()
        self._awaited: dict[str, asyncio.Event] = {}

    def find(self, alert_id: str) -> Entry | None:
        """Return an alert, or None where it is not known."""
        return self._alerts.get(alert_id)

    async def confirmed(self, line_id: str, within_s: float) -> bool:
        """Wait for the pager's line of that id: only the pager says that an answer counts."""
        seen = self._awaited.setdefault(line_id, asyncio.Event())
        try:
            await asyncio.wait_for(seen.wait(), within_s)
        except TimeoutError:
            return False
        finally:
            self._awaited.pop(line_id, None)
        return True

    async def follow(self, kafka: str) -> None:
        """Read for ever; what cannot be read is left to the pager, which keeps dead letters."""
        consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            ends = await _begin(consumer)
            while True:
                fetched = await consumer.getmany(timeout_ms=FETCH_WAIT_MS)
                for records in fetched.values():
                    for record in records:
                        self.take(record)
                if not self.ready.is_set() and await _is_at(consumer, ends):
                    log.info("answers_ready alerts=%s", len(self._alerts))
                    self.ready.set()
        finally:
            await consumer.stop()

    def take(self, record: ConsumerRecord) -> None:
        """Take one record."""
        line = codec.decode_line(record.topic, record.value or b"")
        if isinstance(line, Alert):
            self._hear(line, record.partition)
        elif isinstance(line, PageLine) and line.outcome in ANSWERED:
            if (entry := self._alerts.get(line.alert_id)) is not None:
                entry.answers = [*entry.answers, line][-ANSWERS_MAX:]
            if (seen := self._awaited.get(line.page_id)) is not None:
                seen.set()

    def _hear(self, line: Alert, partition: int) -> None:
        known = self._alerts.pop(line.alert_id, None)
        if known is not None and known.line.revision > line.revision:
            newest = known
        elif known is None or not known.is_open:
            newest = Entry(line, partition, line.at)
        else:
            newest = Entry(line, partition, known.since, known.answers)
        self._alerts[line.alert_id] = newest
        if len(self._alerts) > ALERTS_MAX:
            self._alerts.popitem(last=False)


async def _begin(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Read from some time ago on; return where the topics end now."""
    places = [
        TopicPartition(topic, partition)
        for topic in (registry.ALERTS, registry.PAGES)
        for partition in range(registry.PARTITIONS)
    ]
    consumer.assign(places)
    ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
    ago_ms = epoch_ms(datetime.now(UTC) - LOOKS_BACK)
    found = await consumer.offsets_for_times(dict.fromkeys(places, ago_ms))
    for place in places:
        since = found.get(place)
        consumer.seek(place, ends[place] if since is None else since.offset)
    return ends


async def _is_at(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return all([await consumer.position(place) >= end for place, end in ends.items()])
