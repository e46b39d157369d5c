"""Takes the pages about probes, and tells nobody: that one came this far is written down as of any.

`stormwatch probe` reads of it on the pages topic, and so knows that the way of pages works.
"""

from alerts.page import Page
from alerts.routing import LOOP_BACK
from alerts.sinks import Delivery, Tried


class LoopBackSink:
    """A sink that always has what it is given."""

    name = LOOP_BACK
    room = None
    bundles = False
    answers_as = None

    async def send(self, page: Page) -> Tried:  # noqa: ARG002, the protocol's
        """Have it."""
        return Tried(Delivery.SENT)

    async def close(self) -> None:
        """Nothing is held."""
