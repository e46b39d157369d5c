"""The feeds of a site: a TOML file to feeds by their names, or refuse, naming the place.

    [vitals]                      a name that is built in, in place of that one
    topic = "vitals"
    every = "1h"

    [icu_monitors]
    topic = "vitals"
    source = "icu-gateway"        the `source` of its events; without it all of the topic
    every = "5min"

    [labs]
    every = "never"               not listened for

docs/integrators.md describes it.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, model_validator

from deploy.probe.feeds import FEEDS, Feed
from stream.spans import span_of
from stream.toml_file import read_toml
from topics import registry
from topics.base import MILLISECOND

SHORTEST: Final = timedelta(seconds=10)
TOPICS: Final = {
    topic.name.split(".")[1]: topic.name
    for topic in registry.INPUTS
    if topic.name != registry.TICKS
}


class FeedsError(Exception):
    """The file is wrong; the text has a line for each place."""


def _span(value: Any) -> Any:  # noqa: ANN401, whatever stands in the file
    return span_of(value) if isinstance(value, str) and value != "never" else value


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Span = Annotated[timedelta, Field(ge=SHORTEST, le=timedelta(days=7))]


class FeedEntry(BaseModel):
    """A feed as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: Annotated[Span | Literal["never"], BeforeValidator(_span)]
    topic: str | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @model_validator(mode="after")
    def _known_topic(self) -> Self:
        if self.every != "never" and self.topic not in TOPICS:
            raise ValueError(f"topic is one of {', '.join(TOPICS)}")
        return self


_FILE: Final = TypeAdapter(dict[Name, FeedEntry])


def read_feeds(path: Path) -> dict[str, Feed]:
    """Read a file; raise FeedsError where it is none or is wrong."""
    feeds = dict(FEEDS)
    for name, entry in read_toml(path, _FILE.validate_python, FeedsError).items():
        if entry.topic is None or isinstance(entry.every, str):
            feeds.pop(name, None)
        else:
            every_ms = entry.every // MILLISECOND
            feeds[name] = Feed(TOPICS[entry.topic], every_ms, entry.source)
    return feeds
