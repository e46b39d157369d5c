"""Pages by e-mail: one message a try, over TLS unless the server is this machine.

All messages about one condition are one thread. The id of a message is that of its page, so a
server or a reader that gets it twice can tell. Source: RFC 5321 4.2.1 (replies), 5322 and 3834.
"""

import logging
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib
from pydantic import SecretStr

from alerts.page import Page
from alerts.routing import Part
from alerts.sinks import Delivery, Tried
from alerts.sinks.posting import failed

FINAL_REPLIES: Final = range(500, 600)  # 4yz: try again
HOST: Final = "stormwatch.invalid"  # of message ids: no server answers under it

Tls = Literal["tls", "starttls", "none"]
log = logging.getLogger("stormwatch.sinks")


class MailSink:
    """Sends messages through one server, from one address to some."""

    room: Final = None
    bundles: Final = True
    answers_as: Final = None

    def __init__(  # noqa: PLR0913, what a mail server asks
        self,
        name: str,
        *,
        host: str,
        port: int,
        tls: Tls,
        sender: str,
        recipients: tuple[str, ...],
        timeout_s: float,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.name = name
        self._host, self._port, self._tls, self._timeout_s = host, port, tls, timeout_s
        self._sender, self._recipients = sender, recipients
        self._login = None if login is None else (login[0], SecretStr(login[1]))

    async def send(self, page: Page) -> Tried:
        """Try once; a server that cannot be reached, or says so, is worth another try."""
        try:
            async with self._client() as server:
                if self._login is not None:
                    user, password = self._login
                    await server.login(user, password.get_secret_value())
                refused, _ = await server.send_message(self._message(page))
        except aiosmtplib.SMTPRecipientsRefused as error:
            # Nobody has it: whoever is refused for now is tried again, whatever was said of others.
            return self._judged(min((each.code for each in error.recipients), key=_is_final))
        except aiosmtplib.SMTPResponseException as error:
            return self._judged(error.code)
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            return failed(self.name, error)
        return self._sent(len(refused))

    async def close(self) -> None:
        """Hold nothing: each try has a connection of its own."""

    def __repr__(self) -> str:
        return f"MailSink({self.name})"

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            timeout=self._timeout_s,
        )

    def _judged(self, code: int) -> Tried:
        log.warning("sink_answered sink=%s status=%s", self.name, code)
        delivery = Delivery.REFUSED if _is_final(code) else Delivery.RETRY
        return Tried(delivery, f"reply {code}")

    def _sent(self, refused: int) -> Tried:
        if refused == 0:
            return Tried(Delivery.SENT)
        of = len(self._recipients)
        log.error("recipients_refused sink=%s refused=%s of=%s", self.name, refused, of)
        return Tried(Delivery.SENT, f"{refused} of {of} recipients refused")

    def _message(self, page: Page) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = page.subject
        message["From"] = self._sender
        message["To"] = ", ".join(self._recipients)
        message["Message-ID"] = f"<{page.page_id}@{HOST}>"
        message["References"] = message["In-Reply-To"] = f"<{page.alert_id}@{HOST}>"
        message["Auto-Submitted"] = "auto-generated"
        if page.part is Part.ACT and page.is_open:
            message["X-Priority"] = "1"
            message["Importance"] = "high"
        message.set_content(page.text, charset="utf-8")
        return message


def _is_final(code: int) -> bool:
    return code in FINAL_REPLIES
