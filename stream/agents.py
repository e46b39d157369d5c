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
        try:
            async for event in stream.noack().events():
                await pipeline.take(event.value)
                event.ack()
                # Faust does not let the loop turn while runs wait: after an outage nothing would be
                # written, and nobody would know that this worker lives, until all are taken.
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            if pipeline.app.should_stop:
                raise
            end_process("the agent was cancelled, and nobody takes runs")
        except Exception:  # noqa: BLE001, Faust would acknowledge the run and go on
            end_process("a run could not be taken")
        if not pipeline.app.should_stop:
            end_process("the agent has ended, and nobody takes runs")

    return take
