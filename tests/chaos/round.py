"""One round: a cluster, workers, a ward, a schedule of faults, and the verdict on it."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from chaos.brokers import Brokers, start_proxies, stop_proxies
from chaos.faults import JOINER, WORKERS, Done, Trouble
from chaos.feed import Sent, Ward
from chaos.live import LiveWard
from chaos.schedule import Fault
from chaos.verdict import SENT, Verdict, judge, replayed
from commands import Stormwatch
from oracle import clocks
from supervision import Supervised

from deploy.topics_job import make_topics
from topics import registry

GROUP: Final = "stormwatch-watch"
# Longer than what a broker told of a topic's end is believed by the workers.
BETWEEN_TOPICS_S: Final = 0.8
PRODUCED_WITHIN_MS: Final = 180_000
WELL_WITHIN_S: Final = 30.0
DONE_WITHIN_S: Final = 300.0
LOOK_S: Final = 0.2
SETTINGS: Final = {
    "STORMWATCH_TICKS": "topic",
    "STORMWATCH_METRICS_PORT": "0",
    "STORMWATCH_ALIGN_WAIT_S": "600",  # the order is that of the replay, whatever is down
}
OWN_TICKS: Final = {"STORMWATCH_METRICS_PORT": "0"}

log = logging.getLogger("chaos")


@dataclass
class Round:
    """Runs one seed. `folder` keeps what the workers said."""

    seed: int
    folder: Path
    schedule: Sequence[Fault]
    patients: int
    own_ticks: bool = False  # the workers write them, and all is as they come
    done: list[Done] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        """Let it happen; return the report."""
        began_s = time.time()
        self.folder.mkdir(parents=True, exist_ok=True)
        brokers = Brokers(self.folder / "kafka")
        await asyncio.to_thread(brokers.__enter__)
        try:
            await start_proxies(brokers)
            verdict, ended, small = await self._with(brokers)
        finally:
            await stop_proxies(brokers)
            await asyncio.to_thread(brokers.__exit__, None, None, None)
        return {
            "seed": self.seed,
            "right": verdict.is_right,
            "ticks": "own" if self.own_ticks else "topic",
            "seconds": round(time.time() - began_s),
            "small_disk": small,
            "faults": dict(Counter(each.kind for each in self.done)),
            "workers_ended": dict(Counter(str(status) for status in ended)),
            **asdict(verdict),
        }

    async def _with(self, brokers: Brokers) -> tuple[Verdict, list[int], bool]:
        await make_topics(brokers.straight, keep=True)
        workers = Supervised(Stormwatch(brokers.by_proxy, self.folder))
        settings = OWN_TICKS if self.own_ticks else SETTINGS
        trouble = Trouble(brokers, workers, settings)
        for name in WORKERS:
            workers.start(name, STORMWATCH_INSTANCE=name, **settings)
        over = asyncio.Event()
        beside = [
            asyncio.ensure_future(each)
            for each in (self._feed(brokers, trouble, over), self._supervise(workers, brokers))
        ]
        try:
            await self._make_faults(trouble, brokers, beside)
            over.set()
            await beside[0]
            await self._until_done(brokers)
            if self.own_ticks:  # each has to end with all that it has told
                beside[1].cancel()
                await asyncio.to_thread(workers.release)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            for process, _ in workers.stormwatch.started:
                if process.poll() is None:
                    workers.stormwatch.kill(process)
        verdict = await self._judge(brokers)
        return verdict, workers.ended, brokers.has_small_disk

    async def _make_faults(
        self, trouble: Trouble, brokers: Brokers, beside: "Sequence[asyncio.Future[None]]"
    ) -> None:
        await well(trouble.workers, WELL_WITHIN_S)
        for fault in self.schedule:
            for task in beside:
                if task.done():
                    task.result()
            if fault.kind == "disk_full" and not brokers.has_small_disk:
                log.info("fault %s: no disk can be mounted here, not made", fault.number)
                continue
            self.done.append(await self._make(trouble, fault))
            await asyncio.sleep(fault.break_s)
        if JOINER in trouble.workers.running:
            trouble.workers.running.pop(JOINER)[0].terminate()

    async def _make(self, trouble: Trouble, fault: Fault) -> Done:
        log.info("fault %s: %s", fault.number, fault.kind)
        done = await trouble.make(fault)
        if fault.waits:
            await well(trouble.workers, WELL_WITHIN_S)
        return done

    async def _supervise(self, workers: Supervised, brokers: Brokers) -> None:
        while True:
            workers.look()
            brokers.revive()
            await asyncio.sleep(LOOK_S)

    async def _feed(self, brokers: Brokers, trouble: Trouble, over: asyncio.Event) -> None:
        """Write step after step until the faults are over; then one more, and a last tick."""
        ward = (LiveWard if self.own_ticks else Ward)(self.seed, self.patients)
        producer = await _producing(brokers.straight)
        try:
            is_last = False
            while not is_last:
                is_last = over.is_set()
                for phase in ward.phases(trouble.bursts.pop(0) if trouble.bursts else None):
                    left: Sequence[Sent] = phase
                    while left := await _write(producer, left):  # as a feed does after an outage
                        await producer.stop()
                        producer = await _producing(brokers.straight)
                    if phase:
                        await asyncio.sleep(BETWEEN_TOPICS_S)
        finally:
            await producer.stop()

    async def _until_done(self, brokers: Brokers) -> None:
        """Wait until all that lies on the inputs is committed as durable."""
        deadline = time.monotonic() + DONE_WITHIN_S
        ends = await _ends(brokers.straight)
        while time.monotonic() < deadline:
            committed = await _committed(brokers.straight)
            if all(committed.get(tp, -1) >= end for tp, end in ends.items() if end):
                return
            await asyncio.sleep(1.0)
        log.error("not all was taken in time")

    async def _judge(self, brokers: Brokers) -> Verdict:
        read = {
            name: await read_all(brokers.straight, name)
            for name in (
                *(spec.name for spec in registry.INPUTS),
                registry.ALERTS,
                registry.WATCH_CHANGELOG,
                registry.DEAD_LETTERS,
            )
        }
        taken_ms = clocks(read[registry.WATCH_CHANGELOG])
        read[registry.TICKS] = [
            each
            for each in read[registry.TICKS]
            if each.timestamp <= (taken_ms.get(each.partition) or 0)
        ]
        inputs = [read[spec.name] for spec in registry.INPUTS]
        wanted = await asyncio.to_thread(replayed, inputs, read[registry.DEAD_LETTERS])
        wanted.by_line = not self.own_ticks
        return judge(
            wanted,
            read[registry.ALERTS],
            read[registry.WATCH_CHANGELOG],
            read[registry.DEAD_LETTERS],
            self.done,
        )


async def _producing(bootstrap: str) -> AIOKafkaProducer:
    """Reach the brokers, however long it takes."""
    while True:
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=1 << 18,
            request_timeout_ms=PRODUCED_WITHIN_MS,
        )
        try:
            await producer.start()
        except KafkaError:
            await producer.stop()
            await asyncio.sleep(LOOK_S)
        else:
            return producer


async def _write(producer: AIOKafkaProducer, records: Sequence[Sent]) -> Sequence[Sent]:
    """Return those that are not confirmed; they may lie on the topic all the same."""
    headers = [(SENT, str(time.time_ns() // 1_000_000).encode())]
    sent: list[Awaitable[Any]] = []
    for each in records:
        told = {"partition": each.partition, "timestamp_ms": each.at_ms, "headers": headers}
        try:
            sent.append(await producer.send(each.topic, each.value, each.key, **told))
        except KafkaError:
            break
    answers = await asyncio.gather(*sent, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, KafkaError):
            raise answer
    pairs = zip_longest(records, answers, fillvalue=KafkaError())  # as for those never sent
    return [record for record, answer in pairs if isinstance(answer, KafkaError)]


async def well(workers: Supervised, limit_s: float) -> bool:
    """Wait until every worker is ready, or for so long."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        names = list(workers.running)
        ready = await asyncio.gather(*(asyncio.to_thread(_ready, workers, n) for n in names))
        if all(ready):
            return True
        await asyncio.sleep(LOOK_S)
    return False


def _ready(workers: Supervised, name: str) -> bool:
    try:
        return workers.measured(name, "stormwatch_ready") == 1
    except (OSError, ValueError):
        return False


async def _ends(bootstrap: str) -> dict[TopicPartition, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(spec.name, partition)
            for spec in registry.INPUTS
            for partition in range(registry.PARTITIONS)
        ]
        return dict(await consumer.end_offsets(partitions))
    finally:
        await consumer.stop()


async def _committed(bootstrap: str) -> dict[TopicPartition, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(GROUP)
        return {TopicPartition(*tp): each.offset for tp, each in offsets.items()}
    finally:
        await admin.close()


async def read_all(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    partitions = [TopicPartition(topic, each) for each in range(registry.PARTITIONS)]
    records: dict[TopicPartition, list[ConsumerRecord]] = {each: [] for each in partitions}
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        async with asyncio.timeout(DONE_WITHIN_S):
            while any([await consumer.position(tp) < end for tp, end in ends.items()]):
                for tp, some in (await consumer.getmany(timeout_ms=200)).items():
                    records[tp] += some
    finally:
        await consumer.stop()
    return [record for each in partitions for record in records[each]]
