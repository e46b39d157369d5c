"""E-mail, held to a real SMTP server on this machine: what is sent, and what each reply means."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from sinkkit import a_page, overheard

from alerts.sinks import Delivery, Tried
from alerts.sinks.mail import MailSink, Tls

PASSWORD = "sentinel-password"  # noqa: S105, of a test
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server's own
TLS: tuple[Tls, ...] = ("none", "tls", "starttls")
JOY, SAM = "joy@hospital.example", "sam@hospital.example"


@dataclass
class Server:
    """A mail server that answers as it is told, and keeps what it was given."""

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)  # of recipients, and of the data
    hangs: bool = False
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802, the library's
        envelope, address = given[2], given[3]
        if self.hangs:
            await asyncio.Event().wait()
        if (reply := self.replies.get(address)) is not None:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
        envelope: Envelope = given[2]
        if (reply := self.replies.get("data")) is not None:
            return reply
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def authenticate(self, *given: Any) -> AuthResult:
        said = given[-1]
        return AuthResult(success=said.password == PASSWORD.encode(), handled=False)


@asynccontextmanager
async def mail_server() -> AsyncIterator[Server]:
    it = Server()

    def protocol() -> SMTP:
        return SMTP(it, authenticator=it.authenticate, auth_require_tls=False, hostname="x")

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    it.port = server.sockets[0].getsockname()[1]
    try:
        yield it
    finally:
        server.close()


def sink(port: int, *recipients: str, tls: Tls = "none", **options: Any) -> MailSink:
    return MailSink(
        "mail",
        host="127.0.0.1",
        port=port,
        tls=tls,
        sender="stormwatch@hospital.example",
        recipients=recipients or (JOY,),
        **{"timeout_s": 2.0} | options,
    )


async def test_a_page_is_a_message_that_says_all_of_it() -> None:
    async with mail_server() as it:
        tried = await sink(it.port, JOY, SAM).send(a_page())

    (message,) = it.messages
    assert tried == Tried(Delivery.SENT)
    assert (message["subject"], message["to"]) == (a_page().subject, f"{JOY}, {SAM}")
    assert message.get_content().rstrip().splitlines() == a_page().text.splitlines()
    assert (message["importance"], message["auto-submitted"]) == ("high", "auto-generated")


async def test_what_is_said_of_one_condition_is_one_thread() -> None:
    async with mail_server() as it:
        for page in (a_page(), a_page(), a_page(is_open=False)):
            await sink(it.port).send(page)

    first, again, ended = it.messages
    assert first["message-id"] == again["message-id"]
    assert first["references"] == ended["references"]
    assert ended["importance"] is None


@pytest.mark.parametrize(
    ("reply", "tried"),
    [
        ("450 busy sentinel", Tried(Delivery.RETRY, "reply 450")),
        ("452 full sentinel", Tried(Delivery.RETRY, "reply 452")),
        ("550 unknown sentinel", Tried(Delivery.REFUSED, "reply 550")),
        ("554 spam sentinel", Tried(Delivery.REFUSED, "reply 554")),
    ],
)
@pytest.mark.parametrize("of", [JOY, "data"])
async def test_a_reply_says_whether_another_try_is_worth_it(
    reply: str, tried: Tried, of: str
) -> None:
    async with mail_server() as it:
        it.replies[of] = reply

        assert await sink(it.port).send(a_page()) == tried


async def test_one_recipient_who_is_refused_keeps_no_other_from_being_told() -> None:
    async with mail_server() as it:
        it.replies[JOY] = "550 unknown"

        tried = await sink(it.port, JOY, SAM).send(a_page())

    assert tried == Tried(Delivery.SENT, "1 of 2 recipients refused")
    assert len(it.messages) == 1


@pytest.mark.parametrize("reply", ["450 greylisted", "452 full"])
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_recipient_who_is_refused_for_now_is_tried_again_though_another_is_for_good(
    reply: str, *, is_first: bool
) -> None:
    """Nobody had the first one, and nobody has it twice."""
    recipients = (JOY, SAM) if is_first else (SAM, JOY)
    async with mail_server() as it:
        mail = sink(it.port, *recipients)
        it.replies |= {JOY: reply, SAM: "550 unknown"}
        first = await mail.send(a_page())
        del it.replies[JOY]
        second = await mail.send(a_page())

    assert first == Tried(Delivery.RETRY, f"reply {reply[:3]}")
    assert second == Tried(Delivery.SENT, "1 of 2 recipients refused")
    assert len(it.messages) == 1


async def test_recipients_who_are_all_refused_for_good_are_not_tried_again() -> None:
    async with mail_server() as it:
        it.replies |= {JOY: "550 unknown", SAM: "554 spam"}

        tried = await sink(it.port, JOY, SAM).send(a_page())

    assert tried.delivery is Delivery.REFUSED


@pytest.mark.parametrize(
    ("password", "tried"),
    [
        (PASSWORD, Tried(Delivery.SENT)),
        ("sentinel-wrong", Tried(Delivery.REFUSED, "reply 535")),
    ],
)
async def test_who_has_to_log_in_does(password: str, tried: Tried) -> None:
    async with mail_server() as it:
        mail = sink(it.port, login=("stormwatch", password))

        assert await mail.send(a_page()) == tried


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_page_never_leaves_in_the_clear(tls: Tls) -> None:
    """The server speaks no TLS."""
    async with mail_server() as it:
        tried = await sink(it.port, tls=tls, login=("stormwatch", PASSWORD)).send(a_page())

    assert (tried.delivery, it.messages) == (Delivery.RETRY, [])


async def test_a_server_that_hangs_or_is_gone_is_worth_another_try() -> None:
    async with mail_server() as it:
        it.hangs = True
        hung = await sink(it.port, timeout_s=0.2).send(a_page())
    gone = await sink(it.port).send(a_page())

    assert [hung.delivery, gone.delivery] == [Delivery.RETRY, Delivery.RETRY]


async def test_no_secret_gets_out() -> None:
    """Whatever the server says back, and however it fails."""
    said: list[object] = []
    with overheard() as heard:
        async with mail_server() as it:
            for tls in TLS:
                for of, reply in ((JOY, f"550 {PASSWORD}"), ("data", f"451 {PASSWORD}")):
                    it.replies = {of: reply}
                    mail = sink(it.port, tls=tls, login=("stormwatch", PASSWORD))
                    said += [await mail.send(a_page()), mail, vars(mail)]
        said += [await sink(it.port).send(a_page())]

    assert heard
    assert PASSWORD not in str(said) + str(heard)
