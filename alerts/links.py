"""Signed links: whoever holds one may answer one alert until it expires, and nothing else.

A link names the alert and the person who was called, never the patient. It is signed with the first
of the site's keys and read with any of them: so a key is changed by putting a new one in front, and
the old one goes once its links have expired.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

PATH: Final = "/a/"
MAC_BYTES: Final = 16  # NIST SP 800-107: a tag half as long as the hash is enough
KEY_BYTES_MIN: Final = 32
TOKEN_MAX: Final = 600  # characters
VERSION: Final = 1


class Link(NamedTuple):
    """What a link allows: an answer to this alert until then. `person` is empty if not known."""

    alert_id: str
    expires_s: int  # epoch seconds
    person: str = ""


class Expired(NamedTuple):
    """A link that was one of ours."""

    link: Link


@dataclass(frozen=True, slots=True, repr=False)
class Links:
    """Signs and reads the links of a site; `base` is the address that people reach it under."""

    base: str
    keys: Sequence[bytes]

    def url_of(self, link: Link) -> str:
        """Return the address of a link."""
        return f"{self.base.rstrip('/')}{PATH}{self.token_of(link)}"

    def token_of(self, link: Link) -> str:
        """Return what stands for a link in its address."""
        said = json.dumps([VERSION, *link], separators=(",", ":"), ensure_ascii=False).encode()
        return _text(_mac(self.keys[0], said) + said)

    def read(self, token: str, now_s: float) -> Link | Expired | None:
        """Return what a link allows; None: nobody of this site has signed it."""
        if len(token) > TOKEN_MAX or (signed := _bytes(token)) is None:
            return None
        mac, said = signed[:MAC_BYTES], signed[MAC_BYTES:]
        if not any(hmac.compare_digest(mac, _mac(key, said)) for key in self.keys):
            return None
        version, *fields = json.loads(said)
        if version != VERSION:
            return None
        link = Link(*fields)
        return link if now_s < link.expires_s else Expired(link)


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, b"stormwatch-link\0" + said, sha256).digest()[:MAC_BYTES]


def _text(signed: bytes) -> str:
    return base64.urlsafe_b64encode(signed).decode().rstrip("=")


def _bytes(token: str) -> bytes | None:
    try:
        signed = base64.b64decode(
            token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
    except ValueError:  # UnicodeEncodeError and binascii.Error are some
        return None
    # One token has one spelling: so what is limited by its token is limited.
    return signed if _text(signed) == token else None
