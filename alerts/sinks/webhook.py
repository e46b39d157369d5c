"""Pages as signed webhooks: Standard Webhooks 1.0, one POST a try.

The id in the headers is the page's: a gateway that gets it twice need not tell it twice. Neither
the secret nor the URL, which may hold a token, is ever logged or shown.
"""

from datetime import UTC, datetime
from typing import Any, Final

import orjson
from standardwebhooks import Webhook

from alerts.page import Page
from alerts.sinks import Tried
from alerts.sinks.posting import Poster
from topics.base import rfc_3339

NAME: Final = "webhook"
OPENED: Final = "page.opened"
ENDED: Final = "page.ended"


class WebhookSink:
    """Posts pages to one URL, signed with a secret that both sides know."""

    name: Final = NAME
    room: Final = None
    bundles: Final = False  # a gateway sorts alerts by their ids
    answers_as: Final = None

    def __init__(self, url: str, secret: str, *, timeout_s: float) -> None:
        self._poster = Poster(self.name, url, timeout_s=timeout_s)
        self._signer = Webhook(secret)

    async def send(self, page: Page) -> Tried:
        """Try once; a gateway that cannot be reached is worth another try."""
        body = orjson.dumps(body_of(page))
        return await self._poster.post(body, self._headers(page, body))

    async def close(self) -> None:
        """Close the connections that are kept."""
        await self._poster.close()

    def __repr__(self) -> str:
        return "WebhookSink(...)"

    def _headers(self, page: Page, body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
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
            "link": page.link or None,
            "text": page.text,
        },
    }
