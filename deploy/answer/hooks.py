"""What gateways say that people did there, as answers of ours.

Sources: PagerDuty developer documentation, Webhooks v3, "Overview" and "Verifying Signatures";
target/goalert, web/src/app/documentation/sections/Webhooks.md, alert/alertlog for the entries.
"""

import hmac
import re
from collections import OrderedDict
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import uuid4

from alerts.sinks.goalert import ALERT_ID
from topics.acks import AckAction
from topics.base import to_utc

REMEMBERED: Final = 10_000  # alerts of GoAlert
BY_A_USER: Final = "user_reference"
PAGERDUTY: Final = MappingProxyType(
    {
        "incident.acknowledged": AckAction.ACKNOWLEDGE,
        "incident.unacknowledged": AckAction.UNACKNOWLEDGE,
        "incident.resolved": AckAction.CLOSE,
    }
)
GOALERT: Final = MappingProxyType(
    {"Acknowledged": AckAction.ACKNOWLEDGE, "Closed": AckAction.CLOSE}
)
_ENTRY: Final = re.compile(r"(Acknowledged|Closed) by (.+?)(?: via .*)?", re.DOTALL)


class Deed(NamedTuple):
    """What somebody did to an alert in a gateway."""

    alert_id: str
    action: AckAction
    by: str
    event_id: str
    at: datetime


def is_signed(body: bytes, signatures: str, secret: str) -> bool:
    """Tell whether PagerDuty sent this; it sends a signature for each secret that holds."""
    mine = "v1=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    return any(
        hmac.compare_digest(mine.encode(), each.strip().encode()) for each in signatures.split(",")
    )


def of_pagerduty(message: Any) -> Deed | None:  # noqa: ANN401, JSON
    """Read a webhook of PagerDuty; None where nobody did anything that we take for an answer.

    What we resolve ourselves comes back as resolved too, by no user. An acknowledgement that runs
    out there is nobody's deed either, but it is as good as taken back.
    """
    try:
        event = message["event"]
        action = PAGERDUTY.get(event["event_type"])
        agent = event.get("agent") or {}
        is_users = agent.get("type") == BY_A_USER
        if action is None or not (is_users or action is AckAction.UNACKNOWLEDGE):
            return None
        return Deed(
            alert_id=event["data"]["incident_key"],
            action=action,
            by=agent.get("summary") or "PagerDuty",
            event_id=event["id"],
            at=to_utc(datetime.fromisoformat(event["occurred_at"])),
        )
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


class GoAlert:
    """Reads webhooks of GoAlert, which names our alert once and then only by its own number."""

    def __init__(self) -> None:
        self._ours: OrderedDict[int, str] = OrderedDict()

    def read(self, message: Any) -> Deed | None:  # noqa: ANN401, JSON
        """Read a webhook; None where nobody did anything that we take for an answer."""
        try:
            if message["Type"] == "Alert":
                self._remember(message["AlertID"], message["Meta"][ALERT_ID])
            if message["Type"] != "AlertStatus":
                return None
            entry = _ENTRY.fullmatch(message["LogEntry"])
            ours = self._ours.get(message["AlertID"])
        except (KeyError, TypeError):
            return None
        if entry is None or ours is None:
            return None
        return Deed(ours, GOALERT[entry[1]], entry[2], str(uuid4()), datetime.now(UTC))

    def _remember(self, number: int, ours: str) -> None:
        self._ours[number] = ours
        if len(self._ours) > REMEMBERED:
            self._ours.popitem(last=False)
