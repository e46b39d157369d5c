"""GoAlert by its generic API: an alert a condition, closed when it ends.

GoAlert takes what comes again under a `dedup` for the same alert; to ring anew it is closed first.
It hands `meta` back in its webhooks: by that an answer finds its alert.
Source: target/goalert, web/src/app/documentation/sections/IntegrationKeys.md ("Generic API"), and
alert/alert.go for the limits.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from pydantic import SecretStr

from alerts.page import Page
from alerts.readings import cut
from alerts.sinks import Delivery, Tried
from alerts.sinks.posting import Poster

INCOMING_PATH: Final = "/api/v2/generic/incoming"
SUMMARY_MAX: Final = 1024  # characters
DETAILS_MAX: Final = 6 * 1024  # characters
ALERT_ID: Final = "stormwatch_alert_id"  # in `meta`
HEADERS: Final = {"content-type": "application/x-www-form-urlencoded"}


class GoAlertSink:
    """Sends alerts to one service of GoAlert."""

    room: Final = DETAILS_MAX
    bundles: Final = False  # an alert is about one condition
    answers_as: Final = "stormwatch-answer-goalert"

    def __init__(self, name: str, url: str, token: str, *, timeout_s: float) -> None:
        self.name = name
        self._token = SecretStr(token)
        self._poster = Poster(name, url.rstrip("/") + INCOMING_PATH, timeout_s=timeout_s)

    async def send(self, page: Page) -> Tried:
        """Try once: to open an alert, to open it anew, or to close it."""
        # Its API cannot acknowledge: what somebody has answered elsewhere is closed there.
        if not page.is_open or page.answered is not None:
            return await self._post(closing(page))
        closed = await self._post(closing(page)) if page.renews else Tried(Delivery.SENT)
        opened = await self._post(opening(page))
        return opened if opened.delivery is not Delivery.SENT else closed

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._poster.close()

    def __repr__(self) -> str:
        return f"GoAlertSink({self.name})"

    async def _post(self, fields: Sequence[tuple[str, str]]) -> Tried:
        keyed = [("token", self._token.get_secret_value()), *fields]
        return await self._poster.post(urlencode(keyed).encode(), HEADERS)


def opening(page: Page) -> Sequence[tuple[str, str]]:
    """Return the fields that open an alert."""
    return [
        ("summary", cut(page.subject, SUMMARY_MAX)),
        ("details", page.fit(DETAILS_MAX)),
        ("dedup", page.alert_id),
        ("meta", f"{ALERT_ID}={page.alert_id}"),
    ]


def closing(page: Page) -> Sequence[tuple[str, str]]:
    """Return the fields that close it."""
    return [
        ("summary", cut(page.subject, SUMMARY_MAX)),
        ("dedup", page.alert_id),
        ("action", "close"),
    ]
