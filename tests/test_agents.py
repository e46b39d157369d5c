"""What waits must not keep the event loop from turning."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from stream.agents import take_runs

RUNS = 5


class Backlog:
    """A stream in which all runs wait already, as after an outage."""

    def noack(self) -> "Backlog":
        return self

    async def events(self) -> AsyncIterator[Any]:
        for number in range(RUNS):
            yield SimpleNamespace(value=number, ack=lambda: None)


async def test_the_event_loop_turns_between_two_runs() -> None:
    """Groups are written, and others hear that this worker lives, while it catches up."""
    happened: list[str] = []

    async def take(run: int) -> None:
        happened.append(f"run {run}")

    async def beat() -> None:
        for _ in range(RUNS):
            happened.append("beat")
            await asyncio.sleep(0)

    pipeline: Any = SimpleNamespace(
        start=lambda: None, take=take, app=SimpleNamespace(should_stop=True)
    )
    beating = asyncio.ensure_future(beat())
    await take_runs(pipeline)(Backlog())
    await beating

    assert happened[:6] == ["run 0", "beat", "run 1", "beat", "run 2", "beat"]
