"""Reading months of lines: as long as the broker gives more, and no longer.

A broker that takes minutes is stood for by what a reader asks of its consumer; all else that a
reader does is shown by a real one, in integration/test_status.py.
"""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from clocks import Clock

from deploy.status.alerts import Open
from deploy.status.reading import Reader, StatusError
from topics import registry

PLACE = TopicPartition(registry.STATUS, 0)
THERE_ARE = 10
EVERY_S = 50.0


class SlowConsumer:
    """Gives a record every 50 seconds, until it gives no more."""

    def __init__(self, clock: Clock, gives: int) -> None:
        self.at, self.clock, self.gives = 0, clock, gives

    async def end_offsets(self, places: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(places, THERE_ARE)

    async def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> Mapping[Any, Any]:
        return dict.fromkeys(times)

    async def seek_to_beginning(self, *_: TopicPartition) -> None:
        self.at = 0

    async def position(self, _: TopicPartition) -> int:
        return self.at

    async def getmany(self, **_: int) -> Mapping[TopicPartition, Sequence[Any]]:
        self.clock.now_s += EVERY_S
        if self.at == self.gives:
            return {}
        self.at += 1
        return {PLACE: [SimpleNamespace(key=b"P01", value=b"{}")]}


def slow(gives: int) -> tuple[Reader, Open]:
    clock, board = Clock(), Open()
    consumer: Any = SlowConsumer(clock, gives)
    return Reader(board, consumer, [PLACE], clock), board


async def test_it_reads_on_for_as_long_as_there_is_more() -> None:
    reader, board = slow(gives=THERE_ARE)

    await reader.catch_up()

    assert board.unread == THERE_ARE  # each of them was taken


async def test_it_gives_up_where_the_broker_gives_nothing_any_more() -> None:
    reader, board = slow(gives=3)

    with pytest.raises(StatusError, match="gave no more of the topics for 120 s"):
        await reader.catch_up()

    assert board.unread == 3
