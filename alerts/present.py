"""A page is about now: which pages wait until a partition has caught up.

After an outage the watchers raise the alerts of hours ago first, and then what ended them. Only
what is still open at the end of that is worth a page; its words say since when.
"""

from typing import Final

BEHIND_MS: Final = 60_000  # an alert that lies further behind the newest tick is not about now
# The watchers say that a partition is present once a minute, on a tick that may be 5 s late.
PRESENT_FOR_MS: Final = 90_000


def must_wait(about_ms: int, clock_ms: int, present_ms: int | None) -> bool:
    """Tell whether a page about a moment waits for the watchers of its partition.

    `clock_ms` is the partition's newest tick, `present_ms` the time at which it was last known to
    have caught up: a feed whose clock is slow does not make its pages late.
    """
    if clock_ms - about_ms <= BEHIND_MS:
        return False
    return present_ms is None or clock_ms - present_ms > PRESENT_FOR_MS
