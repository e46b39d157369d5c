"""`stormwatch probe`: finds out whether pages arrive and feeds come, and tells it."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import aiohttp
import click
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from deploy.beating import beat
from deploy.probe.feeds import FEEDS, Listening
from deploy.probe.feeds_file import FeedsError, read_feeds
from deploy.probe.service import Ping, Probe, Write, announce
from stream import logs, metrics
from stream.health import Health
from stream.settings import Settings, SettingsError, load_settings
from stream.worker import CannotStartError, check_topics, serve_metrics
from topics import codec, registry
from topics.base import epoch_ms
from topics.vitals import Vitals

CONFIRMED_WITHIN_S: Final = 15.0
PING_WITHIN_S: Final = 10.0
PING_OUTCOMES: Final = ("answered", "failed")

log = logging.getLogger("stormwatch.probe")


@click.command()
def probe() -> None:
    """Send made-up patients through everything each minute, and listen to the feeds.

    What does not come back as a page, or does not come at all, is told as OPS-SILENCE; each round
    that comes back whole asks for STORMWATCH_PING_URL, a dead man's switch. Any number may run.
    """
    try:
        settings = load_settings("probe")
        feeds = dict(FEEDS) if settings.feeds is None else read_feeds(settings.feeds)
        logs.configure(settings)
        check_topics(settings)
        health = Health()
        serve_metrics(settings, health)
        announce(feeds, settings.probe_lost_s)
        for outcome in PING_OUTCOMES:
            metrics.PINGS.labels(outcome)
        asyncio.run(serve(settings, Listening(feeds), health))
    except (SettingsError, CannotStartError) as error:
        raise click.ClickException(str(error)) from error
    except FeedsError as error:
        raise click.ClickException(f"STORMWATCH_FEEDS:\n{error}") from error


async def serve(settings: Settings, listening: Listening, health: Health) -> None:
    """Probe until SIGTERM, or until something fails: a supervisor starts it again."""
    async with writing(settings.kafka) as write, pinging(settings) as ping:
        probe = Probe(
            listening,
            write,
            ping,
            every=timedelta(seconds=settings.probe_s),
            lost=timedelta(seconds=settings.probe_lost_s),
        )
        consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False)
        await consumer.start()
        work = [
            asyncio.ensure_future(each)
            for each in (probe.read(consumer), probe.go_round(), beat(health, probe.is_reading))
        ]
        asked = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, asked.set)
        stop = asyncio.ensure_future(asked.wait())
        try:
            done, _ = await asyncio.wait([stop, *work], return_when=asyncio.FIRST_COMPLETED)
            for each in done - {stop}:
                each.result()  # raises what it failed on
        finally:
            for each in (stop, *work):
                each.cancel()
            await consumer.stop()


@asynccontextmanager
async def writing(kafka: str) -> AsyncIterator[Write]:
    """Give what writes an event to a partition, and returns once the broker has confirmed it."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)

    async def write(partition: int, event: Vitals) -> None:
        async with asyncio.timeout(CONFIRMED_WITHIN_S):
            await producer.send_and_wait(
                registry.VITALS,
                codec.encode(event),
                key=event.patient_id.encode(),
                partition=partition,
                timestamp_ms=epoch_ms(event.recorded_at),
            )

    try:
        await producer.start()
        yield write
    finally:
        await producer.stop()


@asynccontextmanager
async def pinging(settings: Settings) -> AsyncIterator[Ping]:
    """Give what asks for the dead man's switch; what goes wrong is counted, the next may do."""
    url = None if settings.ping_url is None else settings.ping_url.get_secret_value()
    limit = aiohttp.ClientTimeout(total=PING_WITHIN_S)
    async with aiohttp.ClientSession(timeout=limit) as session:

        async def ping() -> None:
            if url is None:
                return
            try:
                async with session.get(url, allow_redirects=False) as reply:
                    outcome = PING_OUTCOMES[not reply.ok]
            except (aiohttp.ClientError, TimeoutError):
                outcome = PING_OUTCOMES[1]
            if outcome != PING_OUTCOMES[0]:
                log.error("ping_failed")  # the address is a secret
            metrics.PINGS.labels(outcome).inc()

        yield ping
