"""What cannot be made durable ends the process before anything of it counts as durable."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaError
from pipelinebench import Nothing, Table

from stream import committer as committers
from stream.committer import Committer
from stream.partition import Epoch
from stream.runs import Fields, TopicPartition
from stream.transport import Producer
from topics import registry

ALERTS, CHANGELOG = registry.ALERTS, Table.changelog_topic_name
OFFSET = TopicPartition("labs", 0)


class Ended(BaseException):
    """Stands for the end of the process, behind which no line is reached."""


class Failing(Committer):
    """Writes to topics, one of which is refused by the broker."""

    def __init__(self, refused: str) -> None:
        super().__init__(
            Nothing(),
            cast(Any, Table()),
            producer=lambda: cast(Any, None),
            on_durable=self._count,
            check_alive=lambda: None,
            pending_records=100,
            rewrite_after_s=3600,
        )
        self.refused, self.sent = refused, list[str]()
        self.durable: dict[TopicPartition, int] = {}
        self.epochs[0] = Epoch(1, 1)

    def _count(self, positions: Mapping[TopicPartition, int]) -> None:
        self.durable.update(positions)

    async def send(self, tp: TopicPartition, rows: Iterable[Fields]) -> int:
        if tp.topic == self.refused:
            raise KafkaError("refused")
        self.sent.append(tp.topic)
        return len(list(rows)) - 1


async def one_group(committer: Failing) -> None:
    """Have one group written, with an alert, a state and an offset."""
    committer.group.publish(ALERTS, 0, b"P01", b"{}")
    committer.group.keep(0, b"P01", (b"{}", None))
    committer.group.positions[OFFSET] = 1
    await committer.taken()
    running = asyncio.ensure_future(committer.run())
    idle = asyncio.ensure_future(committer._idle.wait())
    await asyncio.wait([running, idle], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    running.cancel()


@pytest.mark.parametrize(("refused", "sent"), [(ALERTS, []), (CHANGELOG, [ALERTS])])
async def test_a_write_that_fails_ends_the_process_before_its_offsets_count(
    monkeypatch: pytest.MonkeyPatch, refused: str, sent: list[str]
) -> None:
    def end(_reason: str) -> None:
        raise Ended

    monkeypatch.setattr(committers, "end_process", end)
    committer = Failing(refused)

    with pytest.raises(Ended):
        await one_group(committer)

    assert committer.sent == sent
    assert committer.durable == {}
    assert committer._table.of(0).states == {}


async def test_alerts_come_before_states_and_states_before_offsets() -> None:
    committer = Failing("none")
    await one_group(committer)

    assert committer.sent == [ALERTS, CHANGELOG]
    assert committer.durable == {OFFSET: 1}


class Silent:
    """A producer whose broker takes batches, and confirms none before it is asked to."""

    def __init__(self) -> None:
        self.confirmed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def create_batch(self) -> Any:
        return SimpleNamespace(append=lambda **_: object(), record_count=lambda: 1)

    async def send_batch(self, _batch: object, _topic: str, *, partition: int) -> Any:
        assert partition == 0
        return self.confirmed


async def test_it_is_known_for_how_long_a_marker_is_not_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that can't begin because of its brokers is to say so."""
    clock = SimpleNamespace(now_s=100.0)
    its_time = SimpleNamespace(monotonic=lambda: clock.now_s, time=time.time, time_ns=time.time_ns)
    monkeypatch.setattr(committers, "time", its_time)
    producer = Silent()
    committer = Committer(
        Nothing(),
        cast(Any, Table()),
        producer=lambda: cast(Any, producer),
        on_durable=lambda _: None,
        check_alive=lambda: None,
        pending_records=100,
        rewrite_after_s=3600,
    )
    claiming = asyncio.ensure_future(committer.claim(0, Epoch(1, 1)))
    await asyncio.sleep(0)
    clock.now_s += 12.5
    waited_s = committer.unconfirmed_for_s()
    producer.confirmed.set_result(SimpleNamespace(offset=7))

    assert (waited_s, await claiming) == (12.5, 7)
    assert committer.unconfirmed_for_s() == 0.0


def test_the_producer_writes_once_what_it_has_to_send_again() -> None:
    """A batch whose answer was lost is in the log once, and in its place."""
    producer = cast(Any, Producer.__new__(Producer))  # without Faust's app around it
    producer.app = SimpleNamespace()

    assert producer._settings_extra() == {"acks": "all", "enable_idempotence": True}
