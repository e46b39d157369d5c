"""What can keep the embedded broker from running, in words for whoever started it."""

from typing import Final

EXTRA_IS_MISSING: Final = (
    "the embedded broker needs packages that are not installed: pip install 'stormwatch[embedded]'"
)


class BrokerError(Exception):
    """The broker cannot do what was asked. The message is one line and says what would help."""
