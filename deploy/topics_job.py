"""`stormwatch topics`: makes the topics, and names every difference of those that are there."""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import click
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from deploy.kafka_option import kafka_option
from stream.topic_check import (
    ANSWER_TIMEOUT_S,
    COPIES,
    LOOK_AGAIN_S,
    Cluster,
    Difference,
    NoBrokerError,
    connected,
    differences,
    read,
    wanted_settings,
)
from topics.registry import TopicSpec, topics_with

TOPIC_ALREADY_EXISTS: Final = 36
CREATION_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True)
class Made:
    """What the job did and found."""

    created: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # why, a line for each topic
    different: list[Difference] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether every topic is now there and as it must be."""
        return not self.refused and not self.different


@click.group()
def topics() -> None:
    """Make and check the topics that Stormwatch reads and writes."""


@topics.command()
@kafka_option
@click.option("--keep", is_flag=True, help="Keep records for ever: for replays of old times.")
@click.option(
    "--replication",
    type=click.IntRange(1),
    help="Copies of each partition; 3 or as many as there are brokers by default.",
)
@click.option(
    "--replica",
    "replicas",
    multiple=True,
    help="Make the changelog of this replica of the watcher too (STORMWATCH_REPLICA).",
)
def create(kafka: str, *, keep: bool, replication: int | None, replicas: tuple[str, ...]) -> None:
    """Make the topics that are missing and name every difference of those that are there.

    Nothing that is there is altered. Exits with 1 if anything is not as it must be.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say ourselves what it would
    try:
        made = asyncio.run(
            make_topics(kafka, keep=keep, replication=replication, replicas=replicas)
        )
    except NoBrokerError as error:
        raise click.ClickException(str(error)) from error
    for name in made.created:
        click.echo(f"{name} made")
    for line in (*made.refused, *made.different):
        click.echo(line, err=True)
    click.echo(
        f"{len(made.created)} of {len(topics_with(replicas))} topics made, "
        f"{len(made.different)} differences"
    )
    sys.exit(0 if made.is_good else 1)


async def make_topics(
    bootstrap: str,
    *,
    keep: bool = False,
    replication: int | None = None,
    replicas: Sequence[str] = (),
) -> Made:
    """Make the topics that are missing and compare the others.

    Raises `NoBrokerError` if no broker answers in time.
    """
    specs = topics_with(replicas)
    async with connected(bootstrap) as admin:
        cluster = await read(admin, specs)
        copies = replication or min(COPIES, cluster.brokers)
        missing = [spec for spec in specs if spec.name not in cluster.topics]
        made = await _create(admin, missing, keep=keep, copies=copies)
        if made.created:
            cluster = await _until_led(admin, specs, made.created)
    for spec in specs:
        if found := cluster.topics.get(spec.name):
            made.different.extend(differences(spec, found, keep=keep, copies=copies))
    return made


async def _create(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], *, keep: bool, copies: int
) -> Made:
    """Ask for all missing topics at once. The answer raises nothing: each has an error code."""
    made = Made()
    missing = [
        NewTopic(
            spec.name,
            spec.partitions,
            copies,
            topic_configs=wanted_settings(spec, keep=keep, copies=copies),
        )
        for spec in specs
    ]
    if not missing:
        return made
    answer = await admin.create_topics(missing, timeout_ms=round(ANSWER_TIMEOUT_S * 1000))
    for name, code, *message in answer.topic_errors:
        if code in (0, TOPIC_ALREADY_EXISTS):  # another job may have been quicker
            made.created.append(name)
        else:
            made.refused.append(f"{name} is refused: {for_code(code).__name__} {message}")
    return made


async def _until_led(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], names: list[str]
) -> Cluster:
    """Wait until the new topics can be written: their partitions get leaders a moment later."""
    deadline = time.monotonic() + CREATION_TIMEOUT_S
    while True:
        cluster = await read(admin, specs)
        if all((found := cluster.topics.get(name)) and found.is_led for name in names):
            return cluster
        if time.monotonic() > deadline:
            raise NoBrokerError(f"the new topics have no leaders after {CREATION_TIMEOUT_S:.0f} s")
        await asyncio.sleep(LOOK_AGAIN_S)
