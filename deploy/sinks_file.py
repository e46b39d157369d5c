"""A site's gateways: a TOML file to sinks, or refuse, naming the place.

Each table is a sink under its name; `kind` says what it is. Whatever is secret stands in a file of
its own, whose path is here: so this file can be shown to anyone. No message repeats a value.
docs/operators.md has an example of each kind.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    model_validator,
)

from alerts.routing import LOOP_BACK
from alerts.sinks import Sink
from alerts.sinks.alertmanager import AlertmanagerSink
from alerts.sinks.goalert import GoAlertSink
from alerts.sinks.mail import MailSink, Tls
from alerts.sinks.pagerduty import EVENTS, PagerDutySink
from stream import addresses
from stream.toml_file import read_toml

NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
TAKEN: Final = frozenset({"console", "webhook", LOOP_BACK})  # sinks that need no file
SECRET_MAX: Final = 4_096  # characters
PORTS: Final[Mapping[Tls, int]] = {"tls": 465, "starttls": 587, "none": 25}


class SinksError(Exception):
    """The file is wrong; the text has a line for each place."""


def _url(text: str) -> str:
    addresses.check_url(text)
    return text


Name = Annotated[str, Field(pattern=NAME)]
Url = Annotated[str, AfterValidator(_url)]
Timeout = Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)]
# Nothing that could begin another header.
Address = Annotated[str, Field(pattern=r"^[^\s<>,;:\"\\()\[\]@]{1,64}@[A-Za-z0-9.-]{1,253}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    timeout_s: Timeout = 5.0  # how long the gateway may take to answer


class PagerDutyEntry(_Entry):
    """An integration of PagerDuty; `url` is for accounts of other regions."""

    kind: Literal["pagerduty"]
    routing_key_file: Path
    url: Url = str(EVENTS)

    def sink(self, name: str, folder: Path) -> Sink:
        """Return the sink; raise SinksError."""
        key = read_secret(folder / self.routing_key_file)
        return PagerDutySink(name, key, timeout_s=self.timeout_s, url=self.url)

    @property
    def does(self) -> str:
        """What it does with a page."""
        return f"opens an incident at {_host(self.url)}, and ends it with an answer or the end"


class AlertmanagerEntry(_Entry):
    """An Alertmanager: its address, without the path of its API."""

    kind: Literal["alertmanager"]
    url: Url
    token_file: Path | None = None

    def sink(self, name: str, folder: Path) -> Sink:
        """Return the sink; raise SinksError."""
        token = None if self.token_file is None else read_secret(folder / self.token_file)
        return AlertmanagerSink(name, self.url, timeout_s=self.timeout_s, token=token)

    @property
    def does(self) -> str:
        """What it does with a page."""
        return f"fires an alert at {_host(self.url)} until the end"


class GoAlertEntry(_Entry):
    """A service of GoAlert: its address, and the token of a generic API key."""

    kind: Literal["goalert"]
    url: Url
    token_file: Path

    def sink(self, name: str, folder: Path) -> Sink:
        """Return the sink; raise SinksError."""
        token = read_secret(folder / self.token_file)
        return GoAlertSink(name, self.url, token, timeout_s=self.timeout_s)

    @property
    def does(self) -> str:
        """What it does with a page."""
        return f"opens an alert at {_host(self.url)}, and closes it with an answer or the end"


class MailEntry(_Entry):
    """A mail server, and who gets what."""

    kind: Literal["email"]
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    tls: Tls = "starttls"
    sender: Address = Field(alias="from")
    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20)]
    user: str | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _kept_from_others(self) -> Self:
        if not addresses.is_host(self.host):
            raise ValueError("host must be an IPv4 address or a host name, without a port")
        if self.tls == "none" and not addresses.is_this_machine(self.host):
            raise ValueError("tls may be none only where the server is on this machine")
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user goes with password_file: set both, or neither")
        return self

    def sink(self, name: str, folder: Path) -> Sink:
        """Return the sink; raise SinksError."""
        login = None
        if self.user is not None and self.password_file is not None:
            login = (self.user, read_secret(folder / self.password_file))
        return MailSink(
            name,
            host=self.host,
            port=PORTS[self.tls] if self.port is None else self.port,
            tls=self.tls,
            sender=self.sender,
            recipients=self.to,
            timeout_s=self.timeout_s,
            login=login,
        )

    @property
    def does(self) -> str:
        """What it does with a page."""
        return f"mails it to {', '.join(self.to)} by {self.host}, and the end"


class AppriseEntry(_Entry):
    """Any service that Apprise knows. Its URL is a secret."""

    kind: Literal["apprise"]
    url_file: Path

    def sink(self, name: str, folder: Path) -> Sink:
        """Return the sink; raise SinksError."""
        # It knows hundreds of services, and takes a while to load: only where it is used.
        from alerts.sinks.services import AppriseSink, UnknownServiceError  # noqa: PLC0415

        try:
            return AppriseSink(name, read_secret(folder / self.url_file), timeout_s=self.timeout_s)
        except UnknownServiceError as error:
            raise SinksError(f"{name}.url_file: {error}") from None

    @property
    def does(self) -> str:
        """What it does with a page."""
        return f"sends it to the service whose URL {self.url_file.name} holds, and the end"


Entry = Annotated[
    PagerDutyEntry | AlertmanagerEntry | GoAlertEntry | MailEntry | AppriseEntry,
    Field(discriminator="kind"),
]
_FILE: Final = TypeAdapter(dict[Name, Entry])


def read_sinks(path: Path) -> Mapping[str, Sink]:
    """Read a file and its secrets; raise SinksError where it is none or is wrong."""
    return {name: entry.sink(name, path.parent) for name, entry in read_entries(path).items()}


def read_entries(path: Path) -> Mapping[str, Entry]:
    """Read a file, and no secret that it names; raise SinksError where it is none or is wrong."""
    entries = read_toml(path, _FILE.validate_python, SinksError)
    if taken := entries.keys() & TAKEN:
        raise SinksError(f"{', '.join(sorted(taken))}: this name is taken")
    return entries


def read_secret(path: Path) -> str:
    """Read what is secret, without the line's end; raise SinksError naming the file alone."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SinksError(f"{path}: cannot be read: {type(error).__name__}") from None
    if not secret or len(secret) > SECRET_MAX or not secret.isprintable():
        raise SinksError(f"{path}: must hold one line of at most {SECRET_MAX} characters")
    return secret


def _host(url: str) -> str:
    """Return all of an address that is surely no secret."""
    return urlsplit(url).hostname or ""
