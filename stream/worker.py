"""Runs a worker: checks what it stands on, then hands the process to Faust."""

import asyncio
import logging
import tempfile
from collections.abc import Awaitable, Callable, Collection
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import faust
import uvloop

from stream import connections, logs, metrics
from stream.app import build
from stream.health import Health, serve
from stream.pipeline import Pipeline
from stream.runs import Work
from stream.settings import Settings
from stream.topic_check import NoBrokerError, missing_or_wrong
from topics import codec, registry

log = logging.getLogger("stormwatch.worker")


Produce = Callable[[str, int, bytes, bytes], Awaitable[None]]


class CannotStartError(Exception):
    """What a worker needs is not there, or not as it has to be; the text says what to do."""


def run_worker(settings: Settings, make_work: Callable[[Produce], Work]) -> NoReturn:
    """Run until SIGTERM; raise CannotStartError where it could not even begin.

    `make_work` gets what writes one record beside the groups, and returns once it is confirmed.
    """
    logs.configure(settings)
    check_topics(settings)
    health = Health(stall_s=settings.stall_s, recovery_limit_s=settings.recovery_limit_s)
    uvloop.install()
    connections.use()

    async def produce(topic: str, partition: int, key: bytes, value: bytes) -> None:
        await pipeline.produce(topic, partition, key, value)

    work = make_work(produce)
    pipeline = Pipeline(work, settings, health, fills_ticks=settings.role == "watch")
    app = build(pipeline)
    pipeline.watch()
    serve_metrics(settings, health, topics=work.inputs)
    with tempfile.TemporaryDirectory(prefix="stormwatch-") as scratch:  # Faust wants a folder
        app.conf.datadir = Path(scratch)
        worker = faust.Worker(
            app, loglevel=None, override_logging=False, redirect_stdouts=False, quiet=True
        )
        worker.spinner = None  # it moves the cursor about in what may be a log
        worker.execute_from_commandline()


def check_topics(settings: Settings) -> None:
    """Refuse to run on topics that are missing or not as they have to be."""
    specs = registry.topics_with([settings.replica] if settings.replica else [])
    try:
        wrong = asyncio.run(missing_or_wrong(settings.kafka, specs))
    except NoBrokerError as error:
        raise CannotStartError(f"STORMWATCH_KAFKA: {error}") from error
    if wrong:
        lines = "".join(f"\n  {each}" for each in wrong)
        raise CannotStartError(f"the topics are not as they must be:{lines}")


def serve_metrics(settings: Settings, health: Health, *, topics: Collection[str] = ()) -> None:
    """Serve metrics and health from now on; `topics` are those whose records are counted."""
    metrics.announce(
        version=metadata.version("stormwatch"),
        role=settings.role,
        replica=settings.replica,
        topics=topics,
        reasons=[reason.value for reason in codec.Reason] if topics else (),
    )
    port = serve(settings.metrics_host, settings.bound_port, health)
    log.info("metrics_and_health_served port=%s", port)
