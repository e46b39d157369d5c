"""A pipeline whose broker is a list on paper, and whose partitions are assigned by hand."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from stream import pipeline as pipelines
from stream.claims import Assignment, Claims
from stream.committer import Committer
from stream.health import Health
from stream.partition import Partition
from stream.pipeline import Pipeline
from stream.runs import Fields, Group, Kept, Run, TopicPartition
from stream.settings import Settings
from stream.ticks import Ticker
from topics import registry

INPUTS = ("labs", registry.TICKS)


class Nothing:
    """A work that does nothing."""

    inputs = INPUTS
    table = "nothing"
    version = 7

    def recovered(
        self,
        partition: int,
        states: Mapping[bytes, Kept],
        clock_ms: int | None,
        made_anew: Collection[str] = (),
    ) -> None:
        pass

    def revoked(self) -> None:
        pass

    def take(self, run: Run, group: Group) -> None:
        pass

    def finish(self, group: Group) -> None:
        pass

    def durable(self, group: Group) -> None:
        pass

    async def close(self) -> None:
        pass


class Table:
    """States by partition, as Faust's table holds them."""

    changelog_topic_name = "changelog"

    def __init__(self) -> None:
        self.by_partition: dict[int, Partition] = {}
        self.changelog: dict[int, Partition] = {}
        self.broker_answers = asyncio.Event()
        self.broker_answers.set()

    async def read(self, _: str, partitions: Collection[int]) -> dict[int, Partition]:
        found = {each: self.changelog.get(each, Partition()) for each in partitions}
        await self.broker_answers.wait()
        return found

    async def read_on(self, _: str, partition: int, until: int) -> None:
        self.of(partition).read_to = until

    def of(self, partition: int) -> Partition:
        return self.by_partition.setdefault(partition, Partition())


class Paper(Committer):
    """Writes what is sent on a list; the broker may be slow."""

    def __init__(self, work: Nothing, table: Any) -> None:
        super().__init__(
            work,
            table,
            producer=lambda: None,
            on_durable=lambda _: None,
            check_alive=lambda: None,
            pending_records=100,
            rewrite_after_s=3600,
        )
        self.sent: list[tuple[int, Sequence[Fields]]] = []
        self.broker_answers = asyncio.Event()
        self.broker_answers.set()

    async def send(self, tp: TopicPartition, rows: Iterable[Fields]) -> int:
        await self.broker_answers.wait()
        self.sent.append((tp.partition, list(rows)))
        return len(self.sent)


class Ticking(Ticker):
    """Finds no tick on its topic."""

    async def read_last(self, _: Collection[int]) -> dict[int, int]:
        return {}


class Bench:
    """A pipeline whose broker is a list, and the reasons for which it would have ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shorter: set[str] = set()  # topics, than what was read of them
        self.is_member = True  # of the group, as its coordinator says
        settings = Settings(role="watch", kafka="127.0.0.1:1", ticks="topic")
        self.health = Health()
        self.pipeline = Pipeline(Nothing(), settings, self.health, fills_ticks=False)
        self.table = Table()
        self.pipeline.table = self.table  # type: ignore[assignment]  # what is used of it
        self.paper = Paper(Nothing(), self.pipeline.table)
        self.pipeline.committer = self.paper
        self.pipeline.ticker = Ticking(self.paper.send, bootstrap="127.0.0.1:1", interval_s=5)
        self.pipeline.claims = self._claims()
        self.reasons: list[str] = []
        monkeypatch.setattr(pipelines, "end_process", self.reasons.append)

    def of(self, partition: int) -> Partition:
        """What the changelog holds of a partition."""
        return self.table.changelog.setdefault(partition, Partition())

    def read_by(self, *, behind: int) -> None:
        """Have a consumer that says how far each topic is behind."""
        thread = SimpleNamespace(behind=lambda _tp, _next: behind)
        self.pipeline.app = SimpleNamespace(consumer=SimpleNamespace(_thread=thread))

    def assign(self, *partitions: int, generation: int = 1) -> Assignment:
        """Assign partitions, as the group does."""
        self.table.by_partition.clear()
        return self.pipeline._assigned(set(partitions), generation)

    def recover(self, assignment: Assignment) -> "asyncio.Task[None]":
        """Complete a recovery of what was assigned, as Faust does."""
        return asyncio.ensure_future(self.pipeline._claim(assignment))

    def claim(self, *partitions: int, generation: int = 1) -> "asyncio.Task[None]":
        """Assign partitions and recover them."""
        return self.recover(self.assign(*partitions, generation=generation))

    def write_ticks(self) -> None:
        """Be one whose ticks are by this machine's clock."""
        self.pipeline.claims = self._claims(writes_ticks=True)

    def _claims(self, *, writes_ticks: bool = False) -> Claims:
        return Claims(
            self.pipeline.table,
            self.paper,
            self.pipeline.ticker,
            version=Nothing.version,
            bootstrap="127.0.0.1:1",
            writes_ticks=writes_ticks,
            fills_ticks=False,
            made_anew=self._made_anew,
            is_member=self._is_member,
            gate=self.pipeline.scheduler.gate,
        )

    async def _is_member(self, _: int) -> bool:
        return self.is_member

    async def _made_anew(self, _: int, positions: Mapping[str, int]) -> set[str]:
        return self.shorter & set(positions)


def start(*partitions: int, inputs: Sequence[str] = INPUTS) -> dict[TopicPartition, int]:
    return {TopicPartition(topic, p): 0 for topic in inputs for p in partitions}
