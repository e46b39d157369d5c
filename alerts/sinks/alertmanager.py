"""Alertmanager by its API v2: an alert a condition and priority, firing until it ends.

What Alertmanager does with it (who is told, how often it says so again) is its own configuration.
It lets an alert go that is not sent again, so an open one says that it ends long from now. Of one
condition one priority fires at most: the others are sent along as ended.
Source: prometheus/alertmanager, api/v2/openapi.yaml, `postableAlerts`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from pydantic import SecretStr

from alerts.page import Page
from alerts.sinks import Tried
from alerts.sinks.posting import Poster
from topics.alerts import Priority
from topics.base import rfc_3339

ALERTS_PATH: Final = "/api/v2/alerts"
FIRES_FOR: Final = timedelta(days=46)  # as long as the pager knows an alert
PAGED: Final = (Priority.P1, Priority.P2, Priority.P3)
SEVERITIES: Final = {Priority.P1: "critical", Priority.P2: "warning", Priority.P3: "info"}


class AlertmanagerSink:
    """Posts alerts to one Alertmanager; the members of a cluster are a sink each."""

    room: Final = None
    bundles: Final = False  # it sorts alerts by their labels
    answers_as: Final = None

    def __init__(self, name: str, url: str, *, timeout_s: float, token: str | None = None) -> None:
        self.name = name
        self._token = None if token is None else SecretStr(token)
        self._poster = Poster(name, url.rstrip("/") + ALERTS_PATH, timeout_s=timeout_s)

    async def send(self, page: Page) -> Tried:
        """Try once to say what fires, and what no longer does."""
        headers = {"content-type": "application/json"}
        if self._token is not None:
            headers["authorization"] = f"Bearer {self._token.get_secret_value()}"
        return await self._poster.post(orjson.dumps(alerts_of(page, datetime.now(UTC))), headers)

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._poster.close()

    def __repr__(self) -> str:
        return f"AlertmanagerSink({self.name})"


def alerts_of(page: Page, now: datetime) -> list[dict[str, Any]]:
    """Return what is posted: the alert of each priority, one of them open at most."""
    return [_alert(page, priority, now) for priority in PAGED]


def _alert(page: Page, priority: Priority, now: datetime) -> dict[str, Any]:
    fires = page.is_open and priority is page.priority
    return {
        # What makes it this alert: it must be the same each time.
        "labels": {
            "alertname": page.rule,
            "alert_id": page.alert_id,
            "priority": priority,
            "severity": SEVERITIES[priority],
            "target": page.target,
            "service": "stormwatch",
        },
        "annotations": {
            "summary": page.subject,
            "description": page.text,
            "page_id": page.page_id,
        },
        "endsAt": rfc_3339(now + FIRES_FOR if fires else now),
        **({"generatorURL": page.link} if page.link else {}),
    }
