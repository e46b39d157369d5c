"""Puts a link into every page that asks for an answer, just before it leaves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.links import Link, Links
from alerts.page import Page
from alerts.sinks import Sink, Tried


class LinkedSink:
    """A sink whose pages can be answered by whoever gets them."""

    def __init__(self, sink: Sink, links: Links, lasts: timedelta) -> None:
        self._sink, self._links, self._lasts = sink, links, lasts
        self.name, self.room, self.bundles = sink.name, sink.room, sink.bundles
        self.answers_as = sink.answers_as

    async def send(self, page: Page) -> Tried:
        """Try once, as the sink does."""
        expires = datetime.now(UTC) + self._lasts
        return await self._sink.send(self._linked(page, int(expires.timestamp())))

    async def close(self) -> None:
        """Let go of what the sink holds."""
        await self._sink.close()

    def __repr__(self) -> str:
        return f"LinkedSink({self._sink!r})"

    def _linked(self, page: Page, expires_s: int) -> Page:
        also = tuple(self._linked(each, expires_s) for each in page.also)
        link = Link(page.alert_id, expires_s, page.person)
        return replace(page, also=also, link=self._links.url_of(link) if page.is_open else "")
