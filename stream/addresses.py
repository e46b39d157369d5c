"""What an address or a secret in the settings has to look like. No message repeats a value."""

import base64
import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

VALID_PORTS: Final = range(1, 65_536)
SECRET_BYTES: Final = range(24, 65)  # Standard Webhooks 1.0, "Signature scheme"

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]+\]")


def is_host(text: str) -> bool:
    """Whether this is a host name or an IPv4 address, without a port."""
    return _NAME.fullmatch(text) is not None


def normalise_brokers(text: str) -> str:
    """Check `host:port,host:port`, drop blanks and repeats; raise ValueError where it is wrong."""
    brokers = [part.strip() for part in text.split(",")]
    for number, broker in enumerate(brokers, start=1):
        host, colon, port = broker.rpartition(":")
        if not colon or not (is_host(host) or _IPV6.fullmatch(host)):
            raise ValueError(f"must be host:port,host:port; number {number} is not host:port")
        if not (port.isascii() and port.isdigit() and int(port) in VALID_PORTS):
            raise ValueError(f"must be host:port,host:port; number {number} has no valid port")
    return ",".join(dict.fromkeys(brokers))


def check_url(url: str) -> None:
    """Raise ValueError unless pages may be posted to this URL."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable():
        raise ValueError("must be a URL that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password")
    # A page says who lies where and why: it does not cross a network in the clear.
    if parts.scheme == "http" and not is_this_machine(host):
        raise ValueError("must begin with https:// unless the gateway is on this machine")


def is_this_machine(host: str) -> bool:
    """Whether what is sent there crosses no network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_secret(secret: str) -> None:
    """Raise ValueError unless pages may be signed with this secret."""
    if not secret.startswith("whsec_"):
        raise ValueError("must begin with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:  # binascii.Error is one
        raise ValueError("must be base64 after whsec_") from None
    if len(key) not in SECRET_BYTES:
        raise ValueError("must hold 24 to 64 bytes in base64 after whsec_")


def is_path(text: str) -> bool:
    """Whether this can be the end of an address, and is too long to be guessed."""
    return re.fullmatch(r"[A-Za-z0-9_-]{24,128}", text) is not None


def keys_of(secrets: str) -> tuple[bytes, ...]:
    """Return what secrets that were checked hold."""
    return tuple(base64.b64decode(each.removeprefix("whsec_")) for each in secrets.split(","))
