"""Events as their senders write them, valid by construction: each is read by its model first."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from types import MappingProxyType
from typing import Any, Final, NamedTuple, get_args

import orjson
from pydantic import BaseModel

from topics import registry
from topics.base import Event

AT_ONCE: Final = timedelta()
TOPIC_OF: Final = MappingProxyType(
    {model: topic.name for topic in registry.INPUTS for model in topic.models}
)
KIND_OF: Final = MappingProxyType(
    {model: get_args(model.model_fields["kind"].annotation)[0] for model in TOPIC_OF}
)


class Sent(NamedTuple):
    """A record on its way: when it arose, when it arrives, and what it says."""

    made_at: datetime
    arrives_at: datetime
    topic: str
    kind: str
    record: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """What the record says."""
        fields: dict[str, Any] = orjson.loads(self.record)
        return fields

    def saying(self, fields: dict[str, Any]) -> "Sent":
        """Make a record of it that says something else."""
        return self._replace(record=orjson.dumps(fields))

    def line(self) -> bytes:
        """Write it as a line of a replay file: the same bytes with the topic before them."""
        return b'{"topic":"%s",%s\n' % (self.topic.encode(), self.record[1:])


class Scribe:
    """One system that writes about one patient; it numbers what it writes."""

    def __init__(self, patient_id: str, source: str) -> None:
        self._patient_id, self._source = patient_id, source
        self._written = 0
        self._event_id = f"{patient_id}-{source}-"

    def write(
        self, model: type[Event], at: datetime, delay: timedelta = AT_ONCE, **fields: object
    ) -> Sent:
        """Write an event that was true at a time, and is known so much later."""
        self._written += 1
        said: dict[str, Any] = {
            "event_id": f"{self._event_id}{self._written}",
            "patient_id": self._patient_id,
            "kind": KIND_OF[model],
            "effective_at": at,
            "recorded_at": at + delay,
            "source": self._source,
            **fields,
        }
        model(**said)  # what a topic would refuse is an error here
        record = orjson.dumps(said, default=_inner, option=orjson.OPT_UTC_Z)
        return Sent(at, at + delay, TOPIC_OF[model], said["kind"], record)


def _inner(model: BaseModel) -> dict[str, Any]:
    """Say what a model within an event says, and nothing of what is unknown."""
    return {name: value for name, value in model if value is not None}


def by_arrival(events: Iterable[Sent]) -> Iterator[Sent]:
    """Bring into the order of their arrival what comes in the order in which it arose.

    Nothing arrives before it arose: so only what is still on its way is held.
    """
    waiting: list[tuple[datetime, int, Sent]] = []
    for number, event in enumerate(events):
        while waiting and waiting[0][0] <= event.made_at:
            yield heappop(waiting)[2]
        heappush(waiting, (event.arrives_at, number, event))
    while waiting:
        yield heappop(waiting)[2]
