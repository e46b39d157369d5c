"""A watcher that gets stuck on purpose, in the way that the first argument names."""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

import aiokafka
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import KafkaError
from aiokafka.producer.sender import Sender

from deploy.cli import main
from stream.committer import Committer
from stream.grading import Grading
from stream.pipeline import Pipeline
from stream.runs import Group, Run, TopicPartition
from stream.thread import Thread
from topics import registry


async def for_ever(*_: Any, **__: Any) -> NoReturn:
    while True:
        await asyncio.Event().wait()


def block(_: Grading, run: Run, __: Group) -> None:
    if run.partition >= 0:
        time.sleep(3600)


LABS = TopicPartition(registry.LABS, 0)
fetch_records = Thread._fetch_records


async def withhold_labs(thread: Any, consumer: Any, *args: Any, **kwargs: Any) -> Any:
    """Fetch no labs of one partition any more, once they were read to their end for a while."""
    if LABS in thread.consumer.pipeline.unread._were_read:
        consumer.pause(aiokafka.TopicPartition(*LABS))
    return await fetch_records(thread, consumer, *args, **kwargs)


begin, take, heartbeat = Pipeline.begin, Pipeline.take, GroupCoordinator._do_heartbeat
at_work = asyncio.Event()


def note(pipeline: Pipeline, start: Any) -> None:
    begin(pipeline, start)
    at_work.set()


async def fall_out(coordinator: GroupCoordinator) -> Any:
    """Come upon an error that aiokafka does not expect, once records are taken."""
    if at_work.is_set():
        raise KafkaError("a code that it does not know")
    return await heartbeat(coordinator)


async def lose_labs(pipeline: Pipeline, run: Run) -> None:
    """Never take what holds labs; all else is taken."""
    if all(record.topic != registry.LABS for record in run.records):
        await take(pipeline, run)


def tell_nobody(*_: Any) -> None:
    """Have no fetch that waits just then, as in a worker that stands by."""


WEDGES: dict[str, list[tuple[type, str, Callable[..., Any]]]] = {
    "start": [(Sender, "_maybe_wait_for_pid", for_ever)],  # its broker goes then
    "loop": [(Grading, "take", block)],
    "agent": [(Pipeline, "take", for_ever)],
    "fetcher": [(Thread, "_fetch_records", for_ever)],
    "topic": [(Thread, "_fetch_records", withhold_labs)],
    "group": [
        (Pipeline, "begin", note),
        (GroupCoordinator, "_do_heartbeat", fall_out),
        (SubscriptionState, "abort_waiters", tell_nobody),
    ],
    "labs": [(Pipeline, "take", lose_labs)],
    "producer": [(Committer, "_send", for_ever)],
    "recovery": [(Thread, "ends", for_ever)],
    "observer": [(Pipeline, "take", for_ever), (Pipeline, "_observe", for_ever)],
}


if __name__ == "__main__":
    for owner, name, stuck in WEDGES[sys.argv.pop(1)]:  # what never ends, in place of what works
        setattr(owner, name, stuck)
    main()
