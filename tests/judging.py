"""What the codec says of an event, for the tests of the contract."""

from typing import Any

from builders import Fields, encoded, key_of, topic_of

from topics import codec
from topics.codec import Decoded, Reason, Rejected


def judged(fields: Fields, **options: Any) -> Decoded | Rejected:
    return codec.decode(topic_of(fields), key_of(fields), encoded(fields), **options)


def refused(fields: Fields) -> Rejected:
    found = judged(fields)
    assert isinstance(found, Rejected), found
    return found


def why(fields: Fields) -> tuple[Reason, str]:
    found = refused(fields)
    return found.reason, found.path
