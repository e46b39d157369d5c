"""Pages as signed webhooks: Standard Webhooks 1.0, one POST a try.

The id in the headers is the page's: a gateway that gets it twice need not tell it twice. Neither
the secret nor the URL, which may hold a token, is ever logged or shown.
"""

import logging
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
import orjson
from pydantic import SecretStr
from standardwebhooks import Webhook

from alerts.page import Page
from alerts.sinks import Delivery
from topics.base import rfc_3339

NAME: Final = "webhook"
OPENED: Final = "page.opened"
ENDED: Final = "page.ended"

# A request that timed out or came too often may be let in later. Any other 4xx is final.
RETRIED_STATUSES: Final = frozenset({408, 429})
SENT_STATUSES: Final = range(200, 300)
REFUSED_STATUSES: Final = range(400, 500)

log = logging.getLogger("stormwatch.sinks.webhook")


class WebhookSink:
    """Posts pages to one URL, signed with a secret that both sides know."""

    name: Final = NAME
    room: Final = None
    bundles: Final = False  # a gateway sorts alerts by their ids

    def __init__(self, url: str, secret: str, *, timeout_s: float) -> None:
        self._url = SecretStr(url)
        self._signer = Webhook(secret)
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, page: Page) -> Delivery:
        """Try once; a gateway that cannot be reached is worth another try."""
        body = orjson.dumps(body_of(page))
        try:
            async with self._open_session().post(
                self._url.get_secret_value(),
                data=body,
                headers=self._headers(page, body),
                allow_redirects=False,
            ) as reply:
                return _delivery(reply.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Its text may hold the URL.
            log.warning("webhook_failed %s", type(error).__name__)
            return Delivery.RETRY

    async def close(self) -> None:
        """Close the connections that are kept."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def __repr__(self) -> str:
        return "WebhookSink(...)"

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            # No cookies and no proxy from the environment: a gateway gets what is written here.
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session

    def _headers(self, page: Page, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "user-agent": "stormwatch",
            "webhook-id": page.page_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(page.page_id, now, body.decode()),
        }


def body_of(page: Page) -> dict[str, Any]:
    """Return what is posted; docs/responders.md describes it field by field."""
    within = page.answer_within
    return {
        "type": OPENED if page.is_open else ENDED,
        "timestamp": rfc_3339(page.at),
        "data": {
            "page_id": page.page_id,
            "alert_id": page.alert_id,
            "revision": page.revision,
            "patient_id": page.patient_id,
            "unit": page.unit,
            "bed": page.bed,
            "rule": page.rule,
            "title": page.title,
            "priority": page.priority,
            "state": page.state,
            "target": page.target,
            "role": page.role,
            "person": page.person or None,
            "tier": page.tier,
            "part": page.part,
            "answer_within_s": None if within is None else int(within.total_seconds()),
            "subject": page.subject,
            "who": page.who,
            "what": page.what,
            "why": page.why,
            "advice": page.advice,
            "under": page.under,
            "source": page.source,
            "answer": page.answer,
            "text": page.text,
        },
    }


def _delivery(status: int) -> Delivery:
    if status in SENT_STATUSES:
        return Delivery.SENT
    log.warning("webhook_failed status=%s", status)
    if status in REFUSED_STATUSES and status not in RETRIED_STATUSES:
        return Delivery.REFUSED
    return Delivery.RETRY
