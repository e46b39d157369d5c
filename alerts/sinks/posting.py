"""One HTTP POST to a gateway, and what its answer means to a pager.

No redirect is followed, no cookie kept, no proxy of the environment asked: a gateway gets what is
written here. The URL, what is posted and what a gateway or a library says may hold a secret, so
none of it is logged or handed on: a status and the type of an error are all that is told.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp
from pydantic import SecretStr

from alerts.sinks import Delivery, Tried

# A request that timed out or came too often may be let in later. Any other 4xx is final.
RETRIED_STATUSES: Final = frozenset({408, 429})
SENT_STATUSES: Final = range(200, 300)
REFUSED_STATUSES: Final = range(400, 500)
ASK_TO_WAIT: Final = frozenset({429, 503})  # RFC 9110 10.2.3: a date, or seconds

log = logging.getLogger("stormwatch.sinks")


class Poster:
    """Posts to one URL over connections that are kept."""

    def __init__(self, name: str, url: str, *, timeout_s: float) -> None:
        self._name, self._url = name, SecretStr(url)
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Tried:
        """Try once; a gateway that cannot be reached is worth another try."""
        try:
            async with self._open_session().post(
                self._url.get_secret_value(),
                data=body,
                headers={"user-agent": "stormwatch", **headers},
                allow_redirects=False,
            ) as reply:
                return self._judged(reply.status, reply.headers.get("retry-after"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return failed(self._name, error)

    async def close(self) -> None:
        """Close the connections that are kept."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def __repr__(self) -> str:
        return f"Poster({self._name})"

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    def _judged(self, status: int, retry_after: str | None) -> Tried:
        if status in SENT_STATUSES:
            return Tried(Delivery.SENT)
        log.warning("sink_answered sink=%s status=%s", self._name, status)
        if status in REFUSED_STATUSES and status not in RETRIED_STATUSES:
            return Tried(Delivery.REFUSED, f"status {status}")
        wait_s = wait_of(retry_after, datetime.now(UTC)) if status in ASK_TO_WAIT else None
        return Tried(Delivery.RETRY, f"status {status}", wait_s)


def failed(name: str, error: BaseException) -> Tried:
    """Say of a try that an error ended it: another one may go better. Its text may hold a URL."""
    kind = type(error).__name__
    log.warning("sink_failed sink=%s error=%s", name, kind)
    return Tried(Delivery.RETRY, kind)


def wait_of(retry_after: str | None, now: datetime) -> float | None:
    """Read how many seconds a gateway asks to be let alone; None where it says nothing we know."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
