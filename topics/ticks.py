"""stormwatch.ticks.v1: time as an event, from the pipeline itself."""

from typing import Literal

from topics.base import Strict, Timestamp


class Tick(Strict):
    """One record a partition: only ticks move a partition's clock. A tick has no patient."""

    kind: Literal["tick"] = "tick"
    at: Timestamp
