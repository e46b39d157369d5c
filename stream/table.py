"""Faust's table, as far as it is needed: it tells what is assigned, and when to recover it."""

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

import faust
from faust.types import TP

from stream import changelog
from stream.ending import end_process
from stream.partition import Partition

if TYPE_CHECKING:
    from stream.claims import Assignment


class StateTable(faust.Table[bytes, bytes]):
    """Keeps states as bytes, by partition; written by the committer alone."""

    def __init__(
        self,
        app: faust.App,
        name: str,
        *,
        assign: Callable[[set[int], int], "Assignment"],
        claim: Callable[["Assignment"], Awaitable[None]],
    ) -> None:
        super().__init__(
            app,
            name=name,
            partitions=app.conf.topic_partitions,
            schema=faust.Schema(
                key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
            ),
            key_type=bytes,
            value_type=bytes,
        )
        self.by_partition: dict[int, Partition] = {}
        self._assign, self._claim = assign, claim

    def of(self, partition: int) -> Partition:
        """Return what is held of a partition."""
        return self.by_partition.setdefault(partition, Partition())

    async def read(self, bootstrap: str, partitions: Collection[int]) -> dict[int, Partition]:
        """Read what the changelog holds of partitions. Raises KafkaError."""
        found = {partition: Partition() for partition in partitions}
        await changelog.read(bootstrap, self.changelog_topic_name, found)
        return found

    async def read_on(self, bootstrap: str, partition: int, until: int) -> None:
        """Read the changelog of a partition on, up to an offset. Raises KafkaError."""
        held, topic = self.of(partition), self.changelog_topic_name
        await changelog.read(bootstrap, topic, {partition: held}, {partition: until})

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Forget what is no longer ours; all that is ours is read anew before it is claimed."""
        ours = {tp.partition for tp in assigned if tp.topic == self.changelog_topic_name}
        # Not what is assigned when a recovery is complete: it may be that of the one before.
        self._assigned = self._assign(ours, generation_id)
        self.by_partition.clear()
        for tp in revoked | newly_assigned:
            if tp.topic == self.changelog_topic_name:  # or Faust would compare with what it was
                self.app.tables.recovery.revoke(tp)  # type: ignore[attr-defined]  # of its interface
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Claim what was assigned, before a record of it is read."""
        await super().on_recovery_completed(active_tps, standby_tps)
        try:
            await self._claim(self._assigned)
        except Exception:  # noqa: BLE001, Faust would not even look at it
            end_process("what is assigned can't be recovered and claimed")
