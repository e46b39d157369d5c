"""`stormwatch load`: plays replay files onto the topics, in their own time or shifted to now."""

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import click
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from alerts.readings import counted
from deploy.kafka_option import kafka_option
from deploy.timetable import Planned, shifted, with_ticks, without_ticks
from stream.topic_check import RETENTION, Cluster, NoBrokerError, connected, read
from topics import registry
from topics.feeds import replay
from topics.feeds.replay import BrokenLine, Line

AS_FAST_AS_IT_GOES: Final = "max"
TICK_EVERY_MS: Final = 5_000  # as the owner of a partition does
TICK_AT_MOST_EVERY_S: Final = 0.2  # of real time, however fast the file is played
UNCONFIRMED_AT_MOST: Final = 500  # records of one partition
CONFIRMED_WITHIN_S: Final = 30.0  # an idempotent producer itself would try for ever
LAST_WORDS_S: Final = 2.0


class LoadError(Exception):
    """The files cannot be loaded onto these topics. The message may have several lines."""


class Speed(click.ParamType):
    """How many times faster than real; None is as fast as it goes."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Read a number above zero, or `max`, or 0 which means the same."""
        if value is None or value == AS_FAST_AS_IT_GOES:
            return None
        try:
            speed = float(str(value))
        except ValueError:
            speed = -1.0
        if not 0 <= speed < float("inf"):
            self.fail(f"{value!r} is neither a number nor {AS_FAST_AS_IT_GOES}", param, ctx)
        return speed or None


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@kafka_option
@click.option(
    "--speed",
    type=Speed(),
    default=AS_FAST_AS_IT_GOES,
    show_default=True,
    help="So many times faster than real time, or max.",
)
@click.option("--now", is_flag=True, help="Shift all times to now and leave ticks to the workers.")
@click.option("--keep-going", is_flag=True, help="Leave out lines that are broken.")
def load(
    files: tuple[Path, ...], kafka: str, *, speed: float | None, now: bool, keep_going: bool
) -> None:
    """Play replay files onto the topics; patients keep their order.

    Timestamps are those of the lines, and ticks that say the same time are written too: run
    `stormwatch watch` with STORMWATCH_TICKS=topic. At the end every patient's clock stands at
    the last line's time T, as after `stormwatch replay --at T`.

    With --now the last line is now, or with --speed 1 the first one, and no ticks are written.
    """
    if now and speed not in (None, 1.0):
        raise click.UsageError("with --now only --speed 1 or max: other times would not be now")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say ourselves what it would
    try:
        lines = _lines(files, keep_going=keep_going)
        loaded = asyncio.run(load_lines(kafka, lines, speed=speed, now=now))
    except (LoadError, NoBrokerError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_told(loaded))


def _lines(files: tuple[Path, ...], *, keep_going: bool) -> list[Line]:
    """Read all files before anything is written, so that a broken line stops before it starts."""
    whole: list[list[Line]] = []
    broken = 0
    for file in files:
        whole.append([])
        for line in replay.read(file):
            if isinstance(line, BrokenLine):
                broken += 1
                click.echo(f"{file}:{line.number}: {line.reason}", err=True)
            else:
                whole[-1].append(line)
    if broken and not keep_going:
        raise LoadError(f"{broken} broken lines, nothing was written; --keep-going leaves them out")
    if broken:
        click.echo(f"{broken} broken lines are left out", err=True)
    return list(replay.merge(*whole))


async def load_lines(
    bootstrap: str, lines: list[Line], *, speed: float | None, now: bool
) -> Counter[str]:
    """Write lines that are in order, and return how many records of each topic are confirmed.

    Raises `LoadError` or `NoBrokerError`.
    """
    async with connected(bootstrap) as admin:
        cluster = await read(admin)
    partitions = _equal_partitions(cluster)
    if not lines:
        return Counter()
    if now:
        at = lines[0] if speed else lines[-1]
        lines = shifted(lines, timedelta(milliseconds=_now_ms() - at.timestamp_ms))
        plans = without_ticks(lines, partitions)
    else:
        _warn_of_retention(cluster, lines)
        step_ms = max(TICK_EVERY_MS, round(speed * TICK_AT_MOST_EVERY_S * 1000)) if speed else None
        plans = with_ticks(lines, partitions, step_ms)
    return await _play(bootstrap, plans, min(line.timestamp_ms for line in lines), speed)


def _equal_partitions(cluster: Cluster) -> int:
    """Return how many partitions every input topic has, or name those that differ."""
    found = {topic.name: cluster.topics.get(topic.name) for topic in registry.INPUTS}
    if missing := [name for name, topic in found.items() if topic is None]:
        names = ", ".join(missing)
        raise LoadError(f"missing: {names}; `stormwatch topics create` makes what is missing")
    counts = {name: topic.partitions for name, topic in found.items() if topic}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise LoadError(f"topics must have equal partitions: {told}")
    return next(iter(counts.values()))


def _warn_of_retention(cluster: Cluster, lines: list[Line]) -> None:
    """Say so where lines are too old to stay: the broker deletes by their timestamps."""
    oldest_ms: dict[str, float] = {}
    for line in lines:
        oldest_ms[line.topic] = min(line.timestamp_ms, oldest_ms.get(line.topic, math.inf))
    kept_ms = {name: int(cluster.topics[name].settings.get(RETENTION, -1)) for name in oldest_ms}
    short = [name for name in oldest_ms if 0 <= kept_ms[name] < _now_ms() - oldest_ms[name]]
    if short:
        click.echo(
            f"the broker may delete lines at once that are older than the retention of "
            f"{', '.join(short)}; `stormwatch topics create --keep` makes topics that keep all",
            err=True,
        )


async def _play(
    bootstrap: str, plans: list[Iterator[Planned]], first_ms: int, speed: float | None
) -> Counter[str]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        max_batch_size=256 * 1024,
        request_timeout_ms=round(CONFIRMED_WITHIN_S * 1000),
    )
    player = _Player(producer, first_ms, speed)
    try:
        await producer.start()
        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(player.play(plan))
    except* (KafkaError, OSError) as errors:  # a timeout is an OSError
        reason = str(errors.exceptions[0]) or f"no answer within {CONFIRMED_WITHIN_S:.0f} s"
        done = player.confirmed.total()
        raise LoadError(f"the broker failed after {done} confirmed records: {reason}") from errors
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await producer.stop()
    return player.confirmed


class _Player:
    """Writes one partition's plan beside the others'.

    Kafka keeps order within a topic only. So all of one topic is confirmed before anything of
    another is written: no tick overtakes the line before it, no line the tick that it needs.
    """

    def __init__(self, producer: AIOKafkaProducer, first_ms: int, speed: float | None) -> None:
        self.confirmed: Counter[str] = Counter()
        self._producer, self._first_ms, self._speed = producer, first_ms, speed
        self._start_s = time.monotonic()

    async def play(self, plan: Iterator[Planned]) -> None:
        """Write a plan to its end, each record in its time."""
        topic = ""
        sent: list[asyncio.Future[object]] = []
        for record in plan:
            wait_s = self._until_s(record)
            if record.topic != topic or wait_s > 0 or len(sent) >= UNCONFIRMED_AT_MOST:
                await self._confirm(topic, sent)
                topic, sent = record.topic, []
            if wait_s > 0:
                await asyncio.sleep(self._until_s(record))
            sent.append(
                await self._producer.send(
                    record.topic,
                    record.value,
                    record.key,
                    partition=record.partition,
                    timestamp_ms=record.at_ms,
                )
            )
        await self._confirm(topic, sent)

    async def _confirm(self, topic: str, sent: list[asyncio.Future[object]]) -> None:
        if sent:
            async with asyncio.timeout(CONFIRMED_WITHIN_S):
                await asyncio.gather(*sent)
            self.confirmed[topic] += len(sent)

    def _until_s(self, record: Planned) -> float:
        """Say how long it is until the record's time comes, in real time."""
        if self._speed is None:
            return 0.0
        due_s = self._start_s + (record.at_ms - self._first_ms) / 1000 / self._speed
        return due_s - time.monotonic()


def _told(confirmed: Counter[str]) -> str:
    ticks = confirmed.pop(registry.TICKS, 0)
    topics = "".join(f"\n  {name} {count}" for name, count in sorted(confirmed.items()))
    return f"{counted(confirmed.total(), 'line')} loaded, {counted(ticks, 'tick')}{topics}"


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
