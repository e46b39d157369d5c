"""Connections to brokers that say so when the other side has broken them.

For a turn or two of its loop uvloop has closed a connection that was reset, and aiokafka does not
know it yet: what is written then raises a RuntimeError of uvloop's. asyncio's loop drops it or
raises an OSError, and that is what aiokafka expects. What does not expect the other dies of it: the
task that asks for metadata, without which no leader and no coordinator is found ever again, or the
heartbeat (aiokafka issue 1038, open).
"""

from typing import Any

from aiokafka import conn


class Connection(conn.AIOKafkaConnection):  # type: ignore[misc]  # aiokafka has no types
    """A connection whose `send` raises KafkaConnectionError once the other side has broken it."""

    def send(self, request: Any, expect_response: bool = True) -> Any:  # noqa: ANN401, aiokafka's
        """Send a request; whoever awaits what this returns gets the response."""
        if self._writer is not None and self._writer.is_closing():
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
        return super().send(request, expect_response)


def use() -> None:
    """Have aiokafka open such connections from now on; it has no setting for that."""
    conn.AIOKafkaConnection = Connection
