"""Whether the feeds of a site come: of each topic, or of one source in it.

A feed that was heard, and then is not for longer than it may be while patients are in the house,
is silent. One that was never heard is not missed, nor is any while nobody is there.

Pure: records go in as they are read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from topics import registry
from topics.reserved import is_made_up_key

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
IN_HOUSE_MS: Final = registry.KEPT_MS  # who was not heard of for so long is gone, told or not
ENDS: Final = frozenset({"discharge", "death"})


@dataclass(frozen=True, slots=True)
class Feed:
    """Something that has to be heard every so often; with a source, of it alone."""

    topic: str
    every_ms: int  # the longest time without, that included
    source: str | None = None


# Monitors speak every minute; of the others something comes once a day while a patient is there.
FEEDS: Final[Mapping[str, Feed]] = MappingProxyType(
    {
        "vitals": Feed(registry.VITALS, 10 * MINUTE_MS),
        "labs": Feed(registry.LABS, 24 * HOUR_MS),
        "medications": Feed(registry.MEDICATIONS, 24 * HOUR_MS),
        "assessments": Feed(registry.ASSESSMENTS, 24 * HOUR_MS),
    }
)


class Pulse(NamedTuple):
    """Whether a feed comes, and since when it is so."""

    feed: str
    comes: bool
    at_ms: int


class Listening:
    """When each feed was last heard, and who is in the house."""

    def __init__(self, feeds: Mapping[str, Feed]) -> None:
        self._feeds = feeds
        self._by_topic: dict[str, list[str]] = {}
        for name, feed in feeds.items():
            self._by_topic.setdefault(feed.topic, []).append(name)
        self._heard_ms: dict[str, int] = {}
        self._in_house: dict[bytes, int] = {}  # by key: when they were last heard of
        self._ended: dict[bytes, int] = {}  # whose watch has ended, and when
        self._empty_ms: int | None = None  # when nobody was in the house, last

    @property
    def topics(self) -> Iterable[tuple[str, int]]:
        """Name the topics, each with the longest time in which something has to come."""
        return [
            (topic, max(self._feeds[name].every_ms for name in names))
            for topic, names in self._by_topic.items()
        ]

    def take(self, topic: str, key: bytes | None, value: bytes | None, at_ms: int) -> None:
        """Take a record that was heard at a time."""
        if key is None or is_made_up_key(key):
            return
        said: Mapping[str, Any] | None = None
        if topic == registry.PATIENTS:
            said = _read(value)
            self._take_stay(key, said, at_ms)
        elif key not in self._ended:
            self._in_house[key] = max(at_ms, self._in_house.get(key, at_ms))
        for name in self._by_topic.get(topic, ()):
            source = self._feeds[name].source
            if source is not None:
                said = _read(value) if said is None else said
            if source is None or (said or {}).get("source") == source:
                self._heard_ms[name] = max(at_ms, self._heard_ms.get(name, at_ms))

    def _take_stay(self, key: bytes, said: Mapping[str, Any], at_ms: int) -> None:
        """Know who comes and goes; what ended in error has not ended."""
        is_end = said.get("kind") in ENDS and said.get("status") != "entered_in_error"
        if is_end:
            self._in_house.pop(key, None)
            self._ended[key] = at_ms
        else:
            self._ended.pop(key, None)
            self._in_house[key] = at_ms

    def pulses(self, now_ms: int) -> Iterator[Pulse]:
        """Say of each feed whether it comes; of one that was never heard nothing."""
        for known in (self._in_house, self._ended):
            for key in [key for key, at_ms in known.items() if now_ms - at_ms > IN_HOUSE_MS]:
                del known[key]
        if not self._in_house:
            self._empty_ms = now_ms
        for name, feed in self._feeds.items():
            heard_ms = self._heard_ms.get(name)
            if not self._in_house:
                yield Pulse(name, comes=True, at_ms=now_ms)
            elif heard_ms is not None:
                late_ms = max(heard_ms, self._empty_ms or heard_ms) + feed.every_ms
                comes = now_ms <= late_ms
                yield Pulse(name, comes, now_ms if comes else late_ms)


def _read(value: bytes | None) -> Mapping[str, Any]:
    """Read a record as far as it can be; what is wrong with it is the watcher's to say."""
    try:
        said = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}
