"""stormwatch.dead-letters.v1: what was refused, key and value as they came, and why in the headers.

The headers name the record and the reason; never a patient, never a value.
"""

from typing import Protocol


class Placed(Protocol):
    """A record that knows its place; a ConsumerRecord does."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def partition(self) -> int:
        """Its partition."""

    @property
    def offset(self) -> int:
        """Its offset."""

    @property
    def timestamp(self) -> int:
        """Its timestamp in epoch milliseconds."""


class Reasoned(Protocol):
    """Why a record or a part of it was refused."""

    @property
    def reason(self) -> str:
        """One of `codec.Reason`."""

    @property
    def path(self) -> str:
        """The JSON path to what was refused."""


def headers_of(record: Placed, why: Reasoned) -> list[tuple[str, bytes]]:
    """Return the headers of the dead letter of a record."""
    said = {
        "reason": why.reason,
        "path": why.path,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
    }
    return [(name, str(value).encode()) for name, value in said.items()]
