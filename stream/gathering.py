"""How long the broker may let records gather before it answers a fetch.

Few records at a time cost much, and one that comes after a silence should not wait: so the broker
answers at once after a fetch that found nothing, and after others once it has so much.

aiokafka fetches on while what came is worked on, from another thread that takes the interpreter
away each time. What there is no time for yet need not come a hundred times a second: records may
gather for half of the time that the work will still take, so that they are there at its end.
"""

import time
from collections.abc import Callable
from typing import Any, Final

GATHERED_BYTES: Final = 64 * 1024
OF_WORK: Final = 0.5  # of what is left of it, as far as that can be told
LIMIT_MS: Final = 200  # well below what an end that was told holds for


class Gathering:
    """Sets what aiokafka's fetcher asks the broker for with each fetch."""

    def __init__(
        self,
        *,
        fetch_wait_ms: int,
        gather_ms: int,
        left_s: Callable[[], float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        # The two are for while records are waited for: after a silence, and after others.
        self._fetch_wait_ms, self._gather_ms = fetch_wait_ms, gather_ms
        self._left_s, self._now = left_s, now  # how long what was brought will still take
        self._fetcher: Any = None
        self._some_came = False
        self._working_since_s: float | None = None  # None: the next records are waited for

    def begin(self, fetcher: Any) -> None:  # noqa: ANN401, aiokafka is untyped
        """Set it for a fetcher that fetches nothing yet."""
        self._fetcher = fetcher
        self._set()

    def fetched(self) -> None:
        """Know that aiokafka has worked on an answer, and will fetch anew."""
        self._set()

    def waited_for(self) -> None:
        """Know that the next records are waited for."""
        self._working_since_s = None
        self._set()

    def handed_over(self, *, some: bool) -> None:
        """Know that what a fetch brought is worked on from now on."""
        self._some_came, self._working_since_s = some, self._now()
        self._set()

    def _set(self) -> None:
        wait_ms = self._gather_ms if self._some_came else self._fetch_wait_ms
        if self._working_since_s is not None:
            # What is held for another topic is counted, and is no work: the next fetch is waited
            # for at once then.
            worked_s = self._now() - self._working_since_s
            gathered_ms = round(1000 * min(OF_WORK * self._left_s(), worked_s))
            wait_ms = max(wait_ms, min(gathered_ms, LIMIT_MS))
        self._fetcher._fetch_min_bytes = GATHERED_BYTES if self._some_came else 1  # noqa: SLF001
        self._fetcher._fetch_max_wait_ms = wait_ms  # noqa: SLF001, aiokafka asks it for each fetch
