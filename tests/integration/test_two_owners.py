"""Two processes of one name, and of one generation of the group: one of them has lost its place."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from commands import Read
from compacting import compacted, until_dropped
from pipelinebench import Nothing

from deploy.broker.cluster import Cluster
from stream.app import build
from stream.health import Health
from stream.partition import Epoch
from stream.pipeline import Pipeline
from stream.runs import Group
from stream.settings import Settings
from topics import registry

GENERATION = 6
CHANGELOG = registry.BY_NAME[registry.WATCH_CHANGELOG]


class Work(Nothing):
    """A work whose changelog is the watchers'."""

    table = "patients"


class Owner:
    """A process that claims partition 0; what its group says of it, a test says."""

    def __init__(self, bootstrap: str, producer: AIOKafkaProducer) -> None:
        settings = Settings(role="watch", kafka=bootstrap, ticks="topic")
        self.pipeline = Pipeline(Work(), settings, Health(), fills_ticks=False)
        build(self.pipeline)
        self.answers: asyncio.Queue[bool] = asyncio.Queue()
        self.asked = asyncio.Event()
        claims: Any = self.pipeline.claims
        claims._is_member = self.is_member
        committer: Any = self.pipeline.committer
        committer._producer, committer._on_durable = lambda: producer, lambda _: None

    async def is_member(self, _: int) -> bool:
        self.asked.set()
        return await self.answers.get()

    async def begin(self) -> "asyncio.Task[bool]":
        """Read what the changelog holds, and ask the group."""
        claims = self.pipeline.claims
        claiming = asyncio.ensure_future(claims.claim(claims.assigned([0], GENERATION)))
        await self.asked.wait()
        return claiming

    async def write(self, state: bytes) -> None:
        group = Group()
        group.keep(0, b"p", (state, None))
        await self.pipeline.committer._write(group)

    async def write_marker(self) -> None:
        await self.pipeline.committer._mark(0)

    @property
    def epoch(self) -> Epoch:
        return self.pipeline.committer.epochs[0]

    async def recovered(self) -> bytes:
        """Return what whoever comes next finds."""
        found = await self.pipeline.table.read(self.pipeline.settings.kafka, [0])
        return found[0].states[b"p"][0]


@pytest.fixture
async def owners(fresh_topics: Cluster) -> AsyncIterator[tuple[Owner, Owner]]:
    """One that has its place in the group, and one that has lost it."""
    async with (
        AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap) as one,
        AIOKafkaProducer(bootstrap_servers=fresh_topics.bootstrap) as other,
    ):
        yield Owner(fresh_topics.bootstrap, one), Owner(fresh_topics.bootstrap, other)


async def test_of_two_claims_made_of_the_same_log_the_second_is_made_anew(
    owners: tuple[Owner, Owner],
) -> None:
    """Else both would write under one epoch, and the number of a group decide between them."""
    owner, lost = owners
    claiming, late = await owner.begin(), await lost.begin()
    lost.answers.put_nowait(True)  # it had its place until then
    assert await late
    owner.answers.put_nowait(True)
    owner.answers.put_nowait(True)
    assert await claiming

    await owner.write(b"up to 200")
    await lost.write(b"up to 100")

    assert (lost.epoch, owner.epoch) == (Epoch(0, 6), Epoch(1, 6))
    assert await owner.recovered() == b"up to 200"


async def test_what_another_one_wrote_before_our_marker_is_ours(
    owners: tuple[Owner, Owner],
) -> None:
    """Whoever comes next finds it too, and memory and log must not differ."""
    owner, lost = owners
    lost.answers.put_nowait(True)
    assert await (await lost.begin())
    claiming = await owner.begin()
    await lost.write(b"up to 100")
    owner.answers.put_nowait(True)

    assert await claiming
    assert owner.pipeline.table.of(0).states[b"p"][0] == b"up to 100"


async def test_a_claim_that_comes_second_and_has_no_place_any_more_is_none(
    owners: tuple[Owner, Owner],
) -> None:
    """Claimed anew, higher, it would take from the owner what is committed already."""
    owner, lost = owners
    claiming, late = await owner.begin(), await lost.begin()
    owner.answers.put_nowait(True)
    assert await claiming
    lost.answers.put_nowait(True)  # on its way when its place was taken
    lost.answers.put_nowait(False)

    assert not await late
    await owner.write(b"up to 200")
    assert lost.epoch == owner.epoch
    assert await owner.recovered() == b"up to 200"


async def test_compaction_keeps_what_the_owner_has_written_anew(
    owners: tuple[Owner, Owner], fresh_topics: Cluster, read_all: Read
) -> None:
    """It keeps the last record of a key, and knows of no owners."""
    owner, lost = owners
    lost.answers.put_nowait(True)
    assert await (await lost.begin())
    owner.answers.put_nowait(True)
    assert await (await owner.begin())
    await owner.write(b"up to 200")
    await lost.write(b"up to 100")  # of a process that was stopped for long

    owner.pipeline.committer._rewrite_after_s = 0.0
    owner.pipeline.committer.rewrite_old()
    await owner.pipeline.committer._write(owner.pipeline.committer._close())
    async with compacted(fresh_topics.bootstrap, CHANGELOG):
        await until_dropped(read_all, CHANGELOG, share=0.5, write=owner.write_marker)

    values = [record.value or b"" for record in await read_all(CHANGELOG.name)]
    assert not [value for value in values if b"up to 100" in value]
    assert await owner.recovered() == b"up to 200"
