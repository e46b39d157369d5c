"""What the pager takes: alert lines, answers, its own page lines and ticks."""

from stream.runs import Record
from topics import codec, registry
from topics.acks import Ack
from topics.alerts import Alert, Present
from topics.codec import Rejected
from topics.pages import PageLine
from topics.ticks import Tick


def read(record: Record) -> Alert | Present | Ack | PageLine | Tick | Rejected:
    """Read a record of one of the pager's topics."""
    if record.topic in (registry.ALERTS, registry.PAGES):
        return codec.decode_line(record.topic, record.value)
    found = codec.decode(record.topic, record.key, record.value)
    if isinstance(found, Rejected):
        return found
    if not isinstance(found.event, Ack | Tick):
        raise TypeError(record.topic)  # the pager reads no other input
    return found.event
