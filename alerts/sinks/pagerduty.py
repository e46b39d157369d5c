"""PagerDuty by its Events API v2: an incident a condition, resolved when it ends.

PagerDuty does not ring again for what it has open, whatever becomes of it. So a page that says that
something has become worse, or that nobody answers, first resolves the incident and then opens one
that rings. Source: PagerDuty developer documentation, Events API v2, "Send an Alert Event" and
"Overview" (response codes, limits).
"""

from types import MappingProxyType
from typing import Any, Final

import orjson
from pydantic import SecretStr
from yarl import URL

from alerts.page import Page
from alerts.readings import cut
from alerts.sinks import Delivery, Tried
from alerts.sinks.posting import Poster
from alerts.sinks.sizes import cut_to_bytes
from topics.acks import AckAction
from topics.alerts import Priority
from topics.base import rfc_3339

EVENTS: Final = URL.build(scheme="https", host="events.pagerduty.com", path="/v2/enqueue")
HEADERS: Final = MappingProxyType({"content-type": "application/json"})

SUMMARY_MAX: Final = 1024  # characters
EVENT_MAX: Final = 512 * 1024  # bytes of JSON
# Half of it is for the words: JSON writes a line's end and a quotation mark as two bytes.
TEXT_MAX: Final = (EVENT_MAX - 16 * 1024) // 2
KEY_MAX: Final = 255  # characters of `dedup_key`

SEVERITIES: Final = MappingProxyType(
    {
        Priority.P1: "critical",
        Priority.P2: "error",
        Priority.P3: "warning",
        Priority.INFO: "info",
    }
)


class PagerDutySink:
    """Sends events to one integration of PagerDuty."""

    room: Final = None
    bundles: Final = False  # an incident is about one condition
    answers_as: Final = "stormwatch-answer-pagerduty"

    def __init__(
        self, name: str, routing_key: str, *, timeout_s: float, url: str = str(EVENTS)
    ) -> None:
        self.name = name
        self._key = SecretStr(routing_key)
        self._poster = Poster(name, url, timeout_s=timeout_s)

    async def send(self, page: Page) -> Tried:
        """Try once: to open an incident, to open it anew, to acknowledge or to resolve it."""
        if not page.is_open or page.answered is AckAction.CLOSE:
            return await self._post(resolving(page))
        if page.answered is not None:
            return await self._post(acknowledging(page))
        resolved = await self._post(resolving(page)) if page.renews else Tried(Delivery.SENT)
        opened = await self._post(opening(page))
        # One that could not be resolved did not ring anew: it is tried again.
        return opened if opened.delivery is not Delivery.SENT else resolved

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._poster.close()

    def __repr__(self) -> str:
        return f"PagerDutySink({self.name})"

    async def _post(self, event: dict[str, Any]) -> Tried:
        keyed = {"routing_key": self._key.get_secret_value(), **event}
        return await self._poster.post(orjson.dumps(keyed), HEADERS)


def opening(page: Page) -> dict[str, Any]:
    """Return the event that opens an incident."""
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": page.alert_id[:KEY_MAX],
        "client": "Stormwatch",
        "payload": {
            "summary": cut(page.subject, SUMMARY_MAX),
            "source": "stormwatch",
            "severity": SEVERITIES[page.priority],
            "timestamp": rfc_3339(page.at),
            "component": page.target,
            "group": page.unit or "unit not known",
            "class": page.rule,
            "custom_details": {"page": cut_to_bytes(page.text, TEXT_MAX)},
        },
    }
    if page.link:
        event["links"] = [{"href": page.link, "text": "Answer"}]
    return event


def acknowledging(page: Page) -> dict[str, Any]:
    """Return the event by which it calls nobody for now."""
    return {"event_action": "acknowledge", "dedup_key": page.alert_id[:KEY_MAX]}


def resolving(page: Page) -> dict[str, Any]:
    """Return the event that resolves it."""
    return {"event_action": "resolve", "dedup_key": page.alert_id[:KEY_MAX]}
