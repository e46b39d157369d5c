"""Pages through Apprise, to any of the services it knows, each by a URL of its own.

What Apprise says holds URLs, and so secrets: its log is not ours. Of what it says only the status
that a service answered is read, since it tells a refusal from a failure.
"""

import logging
import re
from types import MappingProxyType
from typing import Any, Final

import apprise

from alerts.page import Page
from alerts.sinks import Delivery, Tried
from alerts.sinks.posting import REFUSED_STATUSES, RETRIED_STATUSES
from topics.alerts import Priority

CARRIERS: Final = ("requests", "urllib3")  # what Apprise posts with

KINDS: Final = MappingProxyType(
    {
        Priority.P1: apprise.NotifyType.FAILURE,
        Priority.P2: apprise.NotifyType.WARNING,
        Priority.P3: apprise.NotifyType.INFO,
        Priority.INFO: apprise.NotifyType.INFO,
    }
)
_STATUS: Final = re.compile(r"error=([1-5][0-9]{2})\b")

log = logging.getLogger("stormwatch.sinks")


class UnknownServiceError(ValueError):
    """Apprise knows no service by this URL."""


class AppriseSink:
    """Notifies one service; each service is a sink of its own, so that one alone is tried again."""

    bundles: Final = True
    answers_as: Final = None

    def __init__(self, name: str, url: str, *, timeout_s: float) -> None:
        _silence()
        self.name, self._timeout_s = name, timeout_s
        self._apprise: Any = apprise.Apprise(
            asset=apprise.AppriseAsset(
                app_id="Stormwatch", http_redirects=False, secure_logging=True
            )
        )
        if not self._apprise.add(url):
            raise UnknownServiceError("is no URL of a service that Apprise knows")
        service = self._apprise[0]
        # Where there is no title it is written before the text, with a line's end between.
        self._has_title = service.title_maxlen > 0
        self._title_max = service.title_maxlen
        self.room: int | None = service.body_maxlen or None

    async def send(self, page: Page) -> Tried:
        """Try once. What Apprise does not know to be refused is worth another try."""
        kind = KINDS[page.priority] if page.is_open else apprise.NotifyType.SUCCESS
        title = page.subject if self._has_title and len(page.subject) <= self._title_max else ""
        room = None if self.room is None else self.room - len(title) - len("\r\n")
        result = await self._apprise.async_notify(
            body=page.fit(room),
            title=title,
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
            timeout=self._timeout_s,
            log_level=logging.WARNING,
        )
        return Tried(Delivery.SENT) if result else self._judged(result)

    async def close(self) -> None:
        """Hold nothing: each try has a connection of its own."""

    def __repr__(self) -> str:
        return f"AppriseSink({self.name})"

    def _judged(self, result: Any) -> Tried:  # noqa: ANN401, the library's
        status = _status_of(result)
        log.warning("sink_answered sink=%s status=%s", self.name, status)
        if status in REFUSED_STATUSES and status not in RETRIED_STATUSES:
            return Tried(Delivery.REFUSED, f"status {status}")
        why = "no answer that Apprise tells" if status is None else f"status {status}"
        return Tried(Delivery.RETRY, why)


def _silence() -> None:
    """Keep what the libraries say to themselves. Apprise's own log is read by `_status_of`."""
    library = logging.getLogger("apprise")
    library.propagate = False
    library.handlers[:] = [logging.NullHandler()]
    for each in CARRIERS:
        logging.getLogger(each).setLevel(logging.CRITICAL + 1)


def _status_of(result: Any) -> int | None:  # noqa: ANN401, the library's
    """Find the status that the service answered in what Apprise says of the last try."""
    said = [str(entry) for each in result.results for tried in each.attempts for entry in tried]
    found = _STATUS.findall(" ".join(said))
    return int(found[-1]) if found else None
