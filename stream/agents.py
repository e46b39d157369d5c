"""Faust's agent: it only wires. What is taken is never kept waiting by the broker."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from stream.ending import end_process
from stream.pipeline import Pipeline

Agent = Callable[[Any], Awaitable[None]]


def take_runs(pipeline: Pipeline) -> Agent:
    """Return the agent of an app: runs of records in, what they change goes to the committer."""

    async def take(stream: Any) -> None:  # noqa: ANN401, Faust's streams are untyped
        pipeline.start()
        async for event in stream.noack().events():
            try:
                await pipeline.take(event.value)
            except asyncio.CancelledError:
                raise
            except Exception:  # noqa: BLE001, Faust would acknowledge the run and go on
                end_process("a run could not be taken")
            event.ack()

    return take
