"""What the topics must be and what they are: read from the broker and compared, never altered."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code

from stream.addresses import normalise_brokers
from topics.registry import COMPACTION_LAG_H, TOPICS, Role, TopicSpec

ANSWER_TIMEOUT_S: Final = 8.0
SHOWN_TIMEOUT_S: Final = 3.0  # a broker shows new topics a moment after they were made
LOOK_AGAIN_S: Final = 0.1
ALWAYS_MS: Final = str(2**63 - 1)
UNKNOWN_TOPIC: Final = 3  # Kafka's error codes
COPIES: Final = 3  # where there are so many brokers; then a write must be in two of them
MEBIBYTE: Final = 1 << 20
HOUR_MS: Final = 60 * 60 * 1000
RETENTION: Final = "retention.ms"
FOR_EVER: Final = "-1"

OF_EVERY_TOPIC: Final = MappingProxyType(
    {
        "message.timestamp.type": "CreateTime",  # the sender's time is the time of the event
        "message.timestamp.before.max.ms": ALWAYS_MS,  # refusing a time is the codec's work:
        "message.timestamp.after.max.ms": ALWAYS_MS,  # it keeps what it refuses
        "retention.bytes": FOR_EVER,
        "unclean.leader.election.enable": "false",  # rather no broker than one that forgot
    }
)
LARGEST: Final = "max.message.bytes"
OF_AN_INPUT: Final = MappingProxyType({LARGEST: str(MEBIBYTE)})
# A record that is refused is kept whole: what we write must take more than what we read.
OF_AN_OUTPUT: Final = MappingProxyType({LARGEST: str(3 * MEBIBYTE)})
OF_A_CHANGELOG: Final = MappingProxyType(
    {
        # Compaction keeps the last record of a key whatever its epoch: the next owner must see
        # them all. Every owner writes each of its states anew within half this time.
        "min.compaction.lag.ms": str(COMPACTION_LAG_H * HOUR_MS),
        # All that is not compacted is read at every recovery, and an open segment never is.
        "segment.bytes": str(16 * MEBIBYTE),
        "segment.ms": str(6 * HOUR_MS),
        "min.cleanable.dirty.ratio": "0.1",
    }
)


class NoBrokerError(Exception):
    """No broker answers, or it refuses to. The message is one line."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it must be; `found` is None where there is no such topic."""

    topic: str
    setting: str
    found: str | None
    wanted: str

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.topic} is missing"
        return f"{self.topic}: {self.setting} is {self.found}, should be {self.wanted}"


@dataclass(frozen=True)
class Found:
    """A topic as the broker has it; `copies` are those of the partition that has the fewest."""

    partitions: int
    copies: int
    is_led: bool  # every partition has a leader, so that it can be written
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Cluster:
    """The brokers that are alive now, and every topic of ours that they have."""

    brokers: int
    topics: Mapping[str, Found]


async def missing_or_wrong(bootstrap: str, specs: Sequence[TopicSpec] = TOPICS) -> list[Difference]:
    """Name all that keeps a worker from running on these brokers.

    How many copies there are and how long records stay is for who runs the brokers to choose:
    `stormwatch topics create` compares these too. Raises `NoBrokerError`.
    """
    deadline = time.monotonic() + SHOWN_TIMEOUT_S
    async with connected(bootstrap) as admin:
        cluster = await read(admin, specs)
        while len(cluster.topics) < len(specs) and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_AGAIN_S)
            cluster = await read(admin, specs)
    return [
        difference
        for spec in specs
        for difference in differences(spec, cluster.topics.get(spec.name), keep=None, copies=None)
    ]


def wanted_settings(spec: TopicSpec, *, keep: bool, copies: int) -> dict[str, str]:
    """Say what a topic's settings must be; with `keep` its records are kept for ever."""
    retention = FOR_EVER if keep or spec.retention_ms is None else str(spec.retention_ms)
    return {
        **OF_EVERY_TOPIC,
        **(OF_AN_INPUT if spec.role is Role.INPUT else OF_AN_OUTPUT),
        "cleanup.policy": str(spec.cleanup),
        RETENTION: retention,
        "min.insync.replicas": "2" if copies >= COPIES else "1",
        **(OF_A_CHANGELOG if spec.role is Role.CHANGELOG else {}),
    }


def differences(
    spec: TopicSpec, found: Found | None, *, keep: bool | None, copies: int | None
) -> Iterator[Difference]:
    """Compare a topic with what it must be; retention or copies of None are not compared.

    More copies than were asked for are welcome.
    """
    if found is None:
        yield Difference(spec.name, "topic", None, "there")
        return
    if found.partitions != spec.partitions:
        yield Difference(spec.name, "partitions", str(found.partitions), str(spec.partitions))
    if copies is not None and found.copies < copies:
        yield Difference(spec.name, "replication", str(found.copies), str(copies))
    wanted = wanted_settings(spec, keep=bool(keep), copies=max(found.copies, copies or 0))
    if keep is None:
        del wanted[RETENTION]
    for setting, value in wanted.items():
        is_now = found.settings.get(setting, "unknown")
        if is_now != value:
            yield Difference(spec.name, setting, is_now, value)


@asynccontextmanager
async def connected(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Connect to a broker as administrator. Raises `NoBrokerError` within seconds.

    So does the body if a broker ends or refuses meanwhile.
    """
    try:
        brokers = normalise_brokers(bootstrap)
    except ValueError as error:
        raise NoBrokerError(f"the address of the brokers {error}") from error
    admin = AIOKafkaAdminClient(
        bootstrap_servers=brokers, request_timeout_ms=round(ANSWER_TIMEOUT_S * 1000)
    )
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            await admin.start()
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        if isinstance(error, KafkaConnectionError | TimeoutError):  # its own words are no help
            raise NoBrokerError(f"no Kafka broker answers at {bootstrap}") from error
        raise NoBrokerError(f"the Kafka broker at {bootstrap} says: {error}") from error
    finally:
        await admin.close()


async def read(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec] = TOPICS) -> Cluster:
    """Read how many brokers there are and how our topics are.

    All topics are asked for, since asking for one by name makes it on brokers that create
    topics by themselves.
    """
    brokers = (await admin.describe_cluster())["brokers"]
    ours = {spec.name for spec in specs}
    listed = {t["topic"]: t for t in await admin.describe_topics() if t["topic"] in ours}
    settings = await _settings(admin, sorted(listed))
    return Cluster(
        len(brokers),
        {
            name: Found(
                partitions=len(topic["partitions"]),
                copies=min((len(p["replicas"]) for p in topic["partitions"]), default=0),
                is_led=all(p["leader"] >= 0 for p in topic["partitions"]),
                settings=settings[name],
            )
            for name, topic in listed.items()
            if name in settings
        },
    )


async def _settings(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    settings = {}
    for response in await admin.describe_configs(asked):
        for code, message, _type, name, entries in response.resources:
            if code == UNKNOWN_TOPIC:  # deleted since it was listed
                continue
            if code:
                raise for_code(code)(f"settings of {name}: {message}")
            settings[name] = {entry[0]: entry[1] for entry in entries}
    return settings
