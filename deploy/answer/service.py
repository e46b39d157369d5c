"""Serves the links and the webhooks. GET shows, POST answers: previews of mails open links.

An answer is confirmed by the broker before anybody is thanked for it. No login: the link is the
key, so it is never logged, no other page learns it, and nothing of a page is kept anywhere.
"""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from aiohttp import web
from pydantic import ValidationError

from alerts.links import PATH, Expired, Link, Links
from alerts.policy import Policy
from alerts.sinks.goalert import GoAlertSink
from alerts.sinks.pagerduty import PagerDutySink
from deploy.answer import hooks
from deploy.answer.board import Board, Entry
from deploy.answer.forms import NAME_MAX, NOTE_MAX, SNOOZE, Form, form_of, message_of
from deploy.answer.guard import guarded
from deploy.answer.limits import Limiter
from stream import metrics
from stream.page_lines import answer_id
from topics.acks import Ack, AckAction

SOURCE: Final = "stormwatch-answer"
BODY_MAX: Final = 64 * 1024
OF_ONE_LINK: Final = 20  # a minute
OF_NO_LINK: Final = 60  # a minute from one address, that lead nowhere
PAGER_ANSWERS_WITHIN_S: Final = 5.0
WRITTEN_WITHIN_S: Final = 10.0

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {  # what a button asks for
        "acknowledge": {"action": AckAction.ACKNOWLEDGE},
        "decline": {"action": AckAction.UNACKNOWLEDGE, "decline": True},
        "hand_over": {"action": AckAction.ACKNOWLEDGE},
        "snooze": {"action": AckAction.SNOOZE},
        "unacknowledge": {"action": AckAction.UNACKNOWLEDGE},
    }
)
THANKS: Final = MappingProxyType(
    {
        "acknowledge": "You have it. Nobody else is paged about it unless it becomes worse.",
        "decline": "Whoever is next is called now.",
        "hand_over": "They are called now. If nobody answers in 5 minutes, everyone is called.",
        "snooze": "You are paged again in 15 minutes if it is still true.",
        "unacknowledge": "It is paged again.",
    }
)

log = logging.getLogger("stormwatch.answer")
Write = Callable[[int, Ack], Awaitable[None]]


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What webhooks are known by; without one they are not served."""

    pagerduty: str | None = None
    goalert: str | None = None


class Service:
    """The handlers. `write` returns once the broker has confirmed the answer."""

    def __init__(
        self, board: Board, links: Links, policy: Policy, write: Write, secrets: Secrets
    ) -> None:
        self._board, self._links, self._policy = board, links, policy
        self._write, self._secrets = write, secrets
        self._goalert = hooks.GoAlert()
        self._of_link = Limiter(OF_ONE_LINK, time.monotonic)
        self._of_nobody = Limiter(OF_NO_LINK, time.monotonic)

    def app(self) -> web.Application:
        """Return what is served."""
        app = web.Application(client_max_size=BODY_MAX, middlewares=[guarded])
        app.router.add_get(PATH + "{token}", self.show)  # HEAD too
        app.router.add_post(PATH + "{token}", self.answer)
        app.router.add_get("/healthz", self.health)
        if self._secrets.pagerduty is not None:
            app.router.add_post("/hooks/pagerduty", self.pagerduty)
        if self._secrets.goalert is not None:
            app.router.add_post("/hooks/goalert/{secret}", self.goalert)
        return app

    async def health(self, _: web.Request) -> web.Response:
        """Say whether links can be answered."""
        ready = self._board.ready.is_set()
        return web.json_response({"ready": ready}, status=200 if ready else 503)

    # Links

    async def show(self, request: web.Request) -> web.Response:
        """Show the alert of a link; nothing follows from it."""
        found = self._of(request)
        if isinstance(found, web.Response):
            return found
        link, entry = found
        return _html(form_of(self._form(link, entry)))

    async def answer(self, request: web.Request) -> web.Response:
        """Write an answer, and say thank you once it is kept."""
        found = self._of(request)
        if isinstance(found, web.Response):
            return found
        link, entry = found
        form = {name: str(value).strip() for name, value in (await request.post()).items()}
        deed = form.get("action", "")
        if not entry.is_open:
            return _html(form_of(self._form(link, entry)))
        said = _ack_of(entry, form)
        if said is None:
            wrong = "Say who you are, in at most 80 characters."
            return _html(form_of(self._form(link, entry)._replace(wrong=wrong)), 400)
        counts = asyncio.create_task(
            self._board.confirmed(answer_id(said), WRITTEN_WITHIN_S + PAGER_ANSWERS_WITHIN_S)
        )
        if not await self._kept(entry, said):
            counts.cancel()
            return _html(_not_kept(), 503)
        return _html(await self._thanks(deed, counts))

    def _of(self, request: web.Request) -> tuple[Link, Entry] | web.Response:
        """Find the alert of a link, or say why there is none."""
        token = request.match_info["token"]
        now_s = time.time()
        link = self._links.read(token, now_s)
        asker, limiter = (
            (request.remote or "", self._of_nobody) if link is None else (token, self._of_link)
        )
        if not limiter.lets(asker):
            return _html(
                message_of("Too often", "Try again in a minute."), 429, {"Retry-After": "60"}
            )
        if link is None:
            return _html(message_of("No such link", "Compare it with the page."), 404)
        if isinstance(link, Expired):
            return _html(_expired(), 410)
        if not self._board.ready.is_set():
            return _html(_starting(), 503, {"Retry-After": "5"})
        entry = self._board.find(link.alert_id)
        if entry is None:
            return _html(message_of("Not known", "Nothing is known of this alert any more."), 404)
        return link, entry

    def _form(self, link: Link, entry: Entry) -> Form:
        expires = datetime.fromtimestamp(link.expires_s, UTC)
        return Form(entry, self._policy, link.person, datetime.now(UTC), expires)

    async def _thanks(self, deed: str, counts: "asyncio.Task[bool]") -> str:
        done, _ = await asyncio.wait({counts}, timeout=PAGER_ANSWERS_WITHIN_S)
        if done and counts.result():
            return message_of("Thank you", THANKS[deed], good=True)
        counts.cancel()
        return message_of(
            "Thank you",
            "Your answer is kept. The pager has not confirmed it yet: it counts once a pager runs.",
            "If one does, it changed nothing: the alert has just ended, somebody was before you, "
            "or it is worse than its last page said, and you are paged about that now.",
            good=True,
        )

    async def _kept(self, entry: Entry, said: Ack) -> bool:
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S):
                await self._write(entry.partition, said)
        except Exception:
            log.exception("answer_not_written")
            metrics.ANSWERS.labels("not_written").inc()
            return False
        metrics.ANSWERS.labels("written").inc()
        log.info("answer_written event_id=%s", said.event_id)
        return True

    # Webhooks

    async def pagerduty(self, request: web.Request) -> web.Response:
        """Take what somebody did in PagerDuty."""
        body = await request.read()
        secret = self._secrets.pagerduty or ""
        if not hooks.is_signed(body, request.headers.get("X-PagerDuty-Signature", ""), secret):
            return web.Response(status=401)
        return await self._take(hooks.of_pagerduty(_json(body)), PagerDutySink.answers_as)

    async def goalert(self, request: web.Request) -> web.Response:
        """Take what somebody did in GoAlert."""
        given, secret = request.match_info["secret"], self._secrets.goalert or ""
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return web.Response(status=404)
        deed = self._goalert.read(_json(await request.read()))
        return await self._take(deed, GoAlertSink.answers_as)

    async def _take(self, deed: hooks.Deed | None, source: str) -> web.Response:
        """Write what somebody did; 503 where it has to be sent again."""
        if deed is None:
            return web.Response(status=204)
        if not self._board.ready.is_set():
            return web.Response(status=503)
        entry = self._board.find(deed.alert_id)
        if entry is None:
            log.warning("answer_to_unknown source=%s", source)
            return web.Response(status=204)
        try:
            said = Ack(
                kind="ack",
                event_id=deed.event_id,
                patient_id=entry.line.patient_id,
                effective_at=deed.at,
                source=source,
                alert_id=deed.alert_id,
                action=deed.action,
                by=deed.by[:NAME_MAX],
            )
        except ValidationError:
            log.warning("answer_not_understood source=%s", source)
            return web.Response(status=204)
        return web.Response(status=204 if await self._kept(entry, said) else 503)


def _ack_of(entry: Entry, form: dict[str, str]) -> Ack | None:
    """Return what a form says; None where it says too little or too much."""
    deed = form.get("action", "")
    by, note = form.get("by", ""), form.get("note", "")
    if deed not in FIELDS or not 0 < len(by) <= NAME_MAX or len(note) > NOTE_MAX:
        return None
    now = datetime.now(UTC)
    try:
        return Ack(
            kind="ack",
            event_id=str(uuid4()),
            patient_id=entry.line.patient_id,
            effective_at=now,
            source=SOURCE,
            alert_id=entry.line.alert_id,
            by=by,
            note=note or None,
            hand_to=form.get("hand_to") if deed == "hand_over" else None,
            snooze_until=now + SNOOZE if deed == "snooze" else None,
            **FIELDS[deed],
        )
    except ValidationError:
        return None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _expired() -> str:
    return message_of(
        "This link is too old",
        "Use the link of a newer page, or answer by stormwatch ack.",
    )


def _starting() -> str:
    return message_of("Starting", "Try again in some seconds.")


def _not_kept() -> str:
    return message_of(
        "Your answer is NOT kept",
        "Kafka did not confirm it. Try again, or answer by stormwatch ack.",
    )
