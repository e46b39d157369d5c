"""The health of a process that reads topics without a pipeline, as `answer` and `probe` do."""

import asyncio

from stream.health import Health
from stream.pulse import TURN_S


async def beat(health: Health, is_read: asyncio.Event) -> None:
    """Say that the loop turns, and once everything is read that the process is ready."""
    health.assigned(0)
    while True:
        health.beat()
        if is_read.is_set() and not health.ready:
            health.recovered()
        await asyncio.sleep(TURN_S)
