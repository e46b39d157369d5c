"""One module a gateway. A sink tries once and says how it went; `decide` chooses what follows."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from alerts.page import Page


class Delivery(StrEnum):
    """How one try to hand a page to a gateway ended."""

    SENT = "sent"
    RETRY = "retry"  # worth another try
    REFUSED = "refused"  # would be refused again


class Tried(NamedTuple):
    """How one try ended.

    `why` says it in words of ours: nothing that a gateway or a library said, which may hold a
    secret. `wait_s` is for how many seconds the gateway asks to be let alone.
    """

    delivery: Delivery
    why: str = ""
    wait_s: float | None = None


class Sink(Protocol):
    """A way to tell people. Its name goes into every page line and never changes."""

    @property
    def name(self) -> str:
        """Its name: lower case, short."""

    @property
    def room(self) -> int | None:
        """How many characters it can carry; None: as many as there are (see `Page.fit`)."""

    @property
    def bundles(self) -> bool:
        """Whether several pages may travel in one: for people, not for what sorts alerts by id."""

    @property
    def answers_as(self) -> str | None:
        """As which source what people answer there comes back, where it calls on its own.

        Such a sink is told when somebody has answered elsewhere (`Page.answered`), and keeps one
        incident an alert, whoever is paged. None: it keeps nothing that rings.
        """

    async def send(self, page: Page) -> Tried:
        """Try once. The gateway may get a page twice, and knows it by its `page_id`."""

    async def close(self) -> None:
        """Let go of what it holds; it is not asked to send any more."""
